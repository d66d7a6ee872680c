"""What an encoder–decoder gives once it is fitted."""

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    RegressorMixin,
    TransformerMixin,
)
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from msbook._validation import finite_array
from msbook.estimators.samples import check_samples, check_weights
from msbook.estimators.slow_map.checks import check_projections
from msbook.networks.layers.dense import EncoderDecoder
from msbook.networks.layers.pruning import Sparsity, active_inputs, sparsity


class EncoderDecoderEstimator(
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    RegressorMixin,
    BaseEstimator,
):
    """Base of estimators whose ``fit`` finds an encoder–decoder, ``network_``."""

    network_: EncoderDecoder
    n_outputs_: int
    _flat_targets: bool

    def transform(self, X: ArrayLike) -> NDArray[np.float64]:
        """Slow variables of points: the encoder.

        Parameters
        ----------
        X : array_like, shape (n, n_features)

        Returns
        -------
        ndarray, shape (n, n_slow)
        """
        return self._evaluate(self._checked(X), "encode")

    def inverse_transform(self, X: ArrayLike) -> NDArray[np.float64]:
        """Points of the slow manifold from slow variables: the decoder.

        Parameters
        ----------
        X : array_like, shape (n, n_slow)

        Returns
        -------
        ndarray, shape (n, n_outputs)
        """
        check_is_fitted(self, "network_")
        slow = finite_array("X", X)
        if slow.ndim != 2 or slow.shape[1] != self.network_.n_slow or not slow.size:
            raise ValueError(
                f"X must have shape (n, {self.network_.n_slow}), the slow variables "
                f"that transform returns; got {slow.shape}."
            )
        return self._evaluate(slow, "decode")

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Projections of points onto the slow manifold: the whole network.

        Parameters
        ----------
        X : array_like, shape (n, n_features)

        Returns
        -------
        ndarray, shape (n, n_outputs), or (n,) if the targets in fit were so
        """
        projection = self._evaluate(self._checked(X), "forward")
        return projection[:, 0] if self._flat_targets else projection

    def score(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
        r"""Share of the projections' variance that :meth:`predict` explains.

        .. math:: R^2 = 1 - \frac{\sum_m \lVert \mathcal{N}(x_m) - y_m \rVert^2}
                               {\sum_m \lVert y_m - \bar y \rVert^2}

        Outputs count by their variance, not alike, and not at all where the targets
        are constant: along a flat slow manifold there is nothing to explain.

        Parameters
        ----------
        X : array_like, shape (n, n_features)
        y : array_like, shape (n, n_outputs) or (n,)
        sample_weight : array_like, shape (n,), optional

        Returns
        -------
        float
            1 for a perfect fit; 0 for the mean of ``y``.
        """
        predicted = self.predict(X)
        truth = check_projections(y, len(predicted), self.n_outputs_)
        return r2_score(
            truth,
            predicted,
            sample_weight=check_weights(sample_weight, len(truth)),
            multioutput="variance_weighted",
        )

    def jacobian(self, X: ArrayLike) -> NDArray[np.float64]:
        r"""Derivative of the encoder.

        .. math:: J_{ij} = \partial \mathcal{E}^i / \partial x^j

        Parameters
        ----------
        X : array_like, shape (n, n_features)

        Returns
        -------
        ndarray, shape (n, n_slow, n_features)
        """
        points = torch.tensor(self._checked(X))
        return self.network_.encoder_jacobian(points).numpy()

    @property
    def sparsity_(self) -> Sparsity:
        return sparsity(self.network_)

    @property
    def active_inputs_(self) -> NDArray[np.bool_]:
        return active_inputs(self.network_)

    def _checked(self, X: ArrayLike) -> NDArray[np.float64]:
        check_is_fitted(self, "network_")
        return check_samples(self, X)

    def _evaluate(self, X: NDArray, method: str) -> NDArray[np.float64]:
        with torch.no_grad():
            return getattr(self.network_, method)(torch.tensor(X)).numpy()

    @property
    def _n_features_out(self) -> int:
        return self.network_.n_slow

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
