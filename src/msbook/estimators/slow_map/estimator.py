"""The slow map: an encoder learned from projections onto the slow manifold."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

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
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import check_is_fitted

from msbook._registry import serializable
from msbook._validation import (
    check_between,
    check_choice,
    check_count,
    check_methods,
    check_positive,
    check_widths,
    finite_array,
)
from msbook.estimators.network_serialization import NetworkKeeping
from msbook.estimators.random_states import check_random_state
from msbook.estimators.samples import (
    check_changing,
    check_first_samples,
    check_samples,
    check_targets,
    check_weights,
)
from msbook.estimators.slow_map.coordinates import (
    encoder_coordinates,
    settled_coordinates,
)
from msbook.estimators.slow_map.orthogonality import MedianOrthogonalityError
from msbook.networks.layers.dense import EncoderDecoder
from msbook.networks.layers.pruning import (
    MagnitudePruning,
    RowPruning,
    Sparsity,
    active_inputs,
    sparsity,
)
from msbook.sampling.circles import Circle
from msbook.training.loop import train

_PROJECTIONS = "projections, such as those of msbook.sampling.project"


@serializable
class SlowMap(
    NetworkKeeping,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    RegressorMixin,
    BaseEstimator,
):
    r"""Encoder–decoder whose bottleneck is a slow variable.

    The network is fitted to the projection :math:`\mathcal{P}` of points onto the slow
    manifold along the fast fibres,

    .. math:: \min \frac{1}{M} \sum_{m=1}^{M} \frac1D \bigl\lVert
              \mathcal{D}(\mathcal{E}(x_m)) - \mathcal{P}(x_m) \bigr\rVert^2 .

    Points of one fibre share their projection, and the bottleneck is too narrow to
    tell them apart and still be right, so the level sets of the encoder
    :math:`\mathcal{E}` become the fibres. ``fit(P, P)`` on the projections alone is
    the autoencoder; it learns the manifold, and nothing of the fibres.

    Inputs and targets are taken as they are: bring them to the size of one.

    Parameters
    ----------
    n_slow : int
        Number of slow variables, the width of the bottleneck.
    hidden : sequence of int
        Hidden widths of the encoder.
    decoder_hidden : sequence of int, optional
        Hidden widths of the decoder; the encoder's in reverse if not given.
    activation : {"elu", "tanh", "silu"}
        Activation of the hidden layers; bottleneck and output are linear.
    coordinates : {"cartesian", "polar", "auto"}
        ``"polar"`` hands the encoder :class:`msbook.networks.Polar` coordinates about
        the origin. ``"auto"`` hands it those about the circle that the projections go
        round, see :func:`msbook.sampling.find_circle`, and the point as it is if they
        do not.
    epochs, batch_size : int
        Passes through the data, and samples an update.
    learning_rate : float
        Step size of Adam (in its amsgrad form).
    validation_fraction : float
        Share of the samples that chooses the best epoch and is not trained on.
    n_restarts : int
        Networks trained from different initial parameters on the same split; the one
        with the best of its epochs is kept. Small networks often end in a poor minimum.
    keep_best : {"loss", "orthogonality"}
        What chooses the epoch and the restart, by its smallest value on the validation
        points: the loss, or the median orthogonality error, for which :meth:`fit`
        needs covariances.
    pruning : MagnitudePruning or RowPruning, optional
        Sets parameters to zero during the training; see :mod:`msbook.networks`.
    random_state : int, RandomState or None
        Fixes the split, the initial parameters and the batches.

    Attributes
    ----------
    network_ : EncoderDecoder
        The fitted network.
    history_ : History
        Its losses, epoch by epoch.
    sparsity_ : Sparsity
        Shares of its parameters that are zero, layer by layer and in all.
    active_inputs_ : ndarray of bool, shape (n_features,)
        Which inputs can still change its output; in polar coordinates, which of these.
    coordinates_ : {"cartesian", "polar"}
        What the encoder sees.
    n_features_in_, n_outputs_ : int
        Numbers of features and of targets seen in :meth:`fit`.

    Examples
    --------
    Points scattered along the parabolas :math:`x^1 - (x^2)^2 = y`, which are the fast
    fibres, and their projections onto the slow manifold :math:`x^2 = 0`:

    >>> import numpy as np
    >>> import msbook as ms
    >>> rng = np.random.default_rng(0)
    >>> y, z = rng.uniform(-1, 1, (2, 1000))
    >>> X = np.column_stack((y + z**2, z))
    >>> P = np.column_stack((y, np.zeros(1000)))
    >>> slow_map = ms.SlowMap(random_state=0).fit(X, P)
    >>> correlation = np.corrcoef(slow_map.transform(X)[:, 0], y)[0, 1]
    >>> bool(abs(correlation) > 0.99)
    True

    References
    ----------
    Zieliński & Hesthaven (2022), section 4; chapter
    :doc:`/book/slow_maps/learning_the_slow_map`.
    """

    _kept: ClassVar[dict[str, type]] = {
        "n_features_in_": int,
        "n_outputs_": int,
        "coordinates_": str,
        "_flat_targets": bool,
    }
    network_: EncoderDecoder
    n_features_in_: int

    def __init__(
        self,
        n_slow: int = 1,
        hidden: Sequence[int] = (4,),
        *,
        decoder_hidden: Sequence[int] | None = None,
        activation: str = "elu",
        coordinates: str = "cartesian",
        epochs: int = 1000,
        batch_size: int = 16,
        learning_rate: float = 2e-3,
        validation_fraction: float = 0.3,
        n_restarts: int = 1,
        keep_best: str = "loss",
        pruning: MagnitudePruning | RowPruning | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_slow = n_slow
        self.hidden = hidden
        self.decoder_hidden = decoder_hidden
        self.activation = activation
        self.coordinates = coordinates
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.validation_fraction = validation_fraction
        self.n_restarts = n_restarts
        self.keep_best = keep_best
        self.pruning = pruning
        self.random_state = random_state

    def fit(
        self, X: ArrayLike, y: ArrayLike, covariance: ArrayLike | None = None
    ) -> "SlowMap":
        """Train on points and their projections.

        Parameters
        ----------
        X : array_like, shape (n, n_features)
            Points of the observed system.
        y : array_like, shape (n, n_outputs) or (n,)
            Their projections onto the slow manifold.
        covariance : array_like, shape (n, n_features, n_features), optional
            Local noise covariances at the points; only ``keep_best="orthogonality"``
            looks at them.

        Returns
        -------
        SlowMap
            The estimator itself.

        Raises
        ------
        ValueError
            For parameters or data that cannot be used.
        msbook.training.TrainingError
            When the training diverges.
        """
        self._check_parameters()
        points = check_first_samples(self, X)
        check_changing(points)
        projections = check_targets("y", y, len(points), _PROJECTIONS)
        if self.n_slow > self.n_features_in_:
            raise ValueError(
                f"n_slow must not exceed the {self.n_features_in_} features of X; got "
                f"{self.n_slow}."
            )
        targets = projections.reshape(len(points), -1)
        self.n_outputs_ = targets.shape[1]
        self._flat_targets = projections.ndim == 1
        random = check_random_state(self.random_state)
        training, watched = map(
            np.asarray,
            train_test_split(
                np.arange(len(points)),
                test_size=self.validation_fraction,
                random_state=random,
            ),
        )
        monitor = None
        if self.keep_best == "orthogonality":
            monitor = MedianOrthogonalityError(points, covariance, self.n_slow, watched)
        self.coordinates_, circle = settled_coordinates(
            self.coordinates, targets, self.n_features_in_
        )
        seeds = random.randint(2**31 - 1, size=self.n_restarts).tolist()
        networks = [self._new_network(seed, circle) for seed in seeds]
        histories = [
            train(
                network,
                points[training],
                targets[training],
                validation=(points[watched], targets[watched]),
                epochs=self.epochs,
                batch_size=self.batch_size,
                learning_rate=self.learning_rate,
                rng=seed,
                pruning=self.pruning,
                monitor=monitor,
            )
            for network, seed in zip(networks, seeds, strict=True)
        ]
        best = np.argmin([history.best_value for history in histories])
        self.network_, self.history_ = networks[best], histories[best]
        return self

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
        truth = check_targets("y", y, len(predicted), _PROJECTIONS, self.n_outputs_)
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

    def from_arrays(self, arrays: dict[str, NDArray], fitted: dict[str, Any]) -> Self:
        """Take over what :meth:`to_arrays` returned, in place of fitting."""
        super().from_arrays(arrays, fitted)
        if self.coordinates_ not in ("cartesian", "polar"):
            raise ValueError(f"coordinates_ is {self.coordinates_!r}")
        if self._flat_targets and self.n_outputs_ > 1:
            raise ValueError(f"{self.n_outputs_} outputs are no flat targets")
        return self

    def _new_network(self, seed: int, circle: Circle | None = None) -> EncoderDecoder:
        coordinates = encoder_coordinates(
            self.coordinates_, self.n_features_in_, circle
        )
        return EncoderDecoder(
            self.n_features_in_,
            self.n_slow,
            self.n_outputs_,
            hidden=self.hidden,
            decoder_hidden=self.decoder_hidden,
            activation=self.activation,
            coordinates=coordinates,
            generator=torch.Generator().manual_seed(seed),
        )

    def _checked(self, X: ArrayLike) -> NDArray[np.float64]:
        check_is_fitted(self, "network_")
        return check_samples(self, X)

    def _evaluate(self, X: NDArray, method: str) -> NDArray[np.float64]:
        with torch.no_grad():
            return getattr(self.network_, method)(torch.tensor(X)).numpy()

    @property
    def _n_features_out(self) -> int:
        return self.network_.n_slow

    def _check_parameters(self) -> None:
        for name in ("n_slow", "epochs", "batch_size", "n_restarts"):
            check_count(name, getattr(self, name))
        check_positive("learning_rate", self.learning_rate)
        check_between("validation_fraction", self.validation_fraction, 0.0, 1.0)
        check_choice("coordinates", self.coordinates, ("cartesian", "polar", "auto"))
        check_choice("keep_best", self.keep_best, ("loss", "orthogonality"))
        check_choice("activation", self.activation, ("elu", "tanh", "silu"))
        check_widths("hidden", self.hidden)
        if self.decoder_hidden is not None:
            check_widths("decoder_hidden", self.decoder_hidden)
        if self.pruning is not None:
            check_methods(
                "pruning",
                self.pruning,
                ("check", "due", "cut"),
                "a recipe such as msbook.networks.RowPruning(), or None",
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
