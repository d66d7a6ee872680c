"""The slow map: an encoder learned from projections onto the slow manifold."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    RegressorMixin,
    TransformerMixin,
)
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from msbook.networks.dense import EncoderDecoder
from msbook.training import History, train

# scikit-learn carries no types; checkers guess them from default values, wrongly.
_validate_data: Any = validate_data
_check_array: Any = check_array


class SlowMap(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, RegressorMixin, BaseEstimator
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
    coordinates : {"cartesian", "polar"}
        ``"polar"`` hands the encoder radius and angle of a point of the plane.
    epochs, batch_size : int
        Passes through the data, and samples an update.
    learning_rate : float
        Step size of Adam (in its amsgrad form).
    validation_fraction : float
        Share of the samples that chooses the best epoch and is not trained on.
    n_restarts : int
        Networks trained from different initial parameters on the same split; the one
        of lowest validation loss is kept. Small networks often end in a poor minimum.
    random_state : int, RandomState or None
        Fixes the split, the initial parameters and the batches.

    Attributes
    ----------
    network_ : EncoderDecoder
        The fitted network.
    history_ : History
        Its losses, epoch by epoch.
    n_features_in_ : int
        Number of features seen in :meth:`fit`.

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
    >>> slow_map = ms.SlowMap(epochs=300, random_state=0).fit(X, P)
    >>> correlation = np.corrcoef(slow_map.transform(X)[:, 0], y)[0, 1]
    >>> bool(abs(correlation) > 0.99)
    True

    References
    ----------
    Zieliński and Hesthaven (2022), section 4; chapter
    :doc:`/slow_maps/learning_the_slow_map`.
    """

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
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> "SlowMap":
        """Train on points and their projections.

        Parameters
        ----------
        X : array_like, shape (n, n_features)
            Points of the observed system.
        y : array_like, shape (n, n_outputs) or (n,)
            Their projections onto the slow manifold.

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
        points, projections = _validate_data(
            self, X, y, dtype=np.float64, multi_output=True, ensure_min_samples=2
        )
        targets = projections.astype(np.float64).reshape(len(points), -1)
        random = check_random_state(self.random_state)
        x_train, x_validation, y_train, y_validation = train_test_split(
            points, targets, test_size=self.validation_fraction, random_state=random
        )
        fits = []
        for seed in random.randint(2**31 - 1, size=self.n_restarts):
            network = self._network(targets.shape[1], int(seed))
            history = train(
                network,
                x_train,
                y_train,
                validation=(x_validation, y_validation),
                epochs=self.epochs,
                batch_size=self.batch_size,
                learning_rate=self.learning_rate,
                rng=int(seed),
            )
            fits.append((network, history))
        self.network_, self.history_ = min(fits, key=lambda fit: fit[1].best_loss)
        self._one_dimensional_targets = projections.ndim == 1
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
        return self._evaluate(self._points(X), "encode")

    def inverse_transform(self, X: ArrayLike) -> NDArray[np.float64]:
        """Points of the slow manifold from slow variables: the decoder.

        Parameters
        ----------
        X : array_like, shape (n, n_slow)

        Returns
        -------
        ndarray, shape (n, n_outputs)
        """
        check_is_fitted(self)
        slow = _check_array(X, dtype=np.float64)
        if slow.shape[1] != self.network_.n_slow:
            raise ValueError(
                f"slow variables must have shape (n, {self.network_.n_slow}); got "
                f"{slow.shape}. They are what transform returns."
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
        projection = self._evaluate(self._points(X), "forward")
        return projection[:, 0] if self._one_dimensional_targets else projection

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
        points = torch.tensor(self._points(X))
        encoder = torch.func.jacrev(self.network_.encode)
        with torch.no_grad():
            return torch.vmap(encoder)(points).numpy()

    def to_arrays(self) -> tuple[dict[str, NDArray], dict[str, Any]]:
        """What :meth:`fit` found, as arrays and JSON values; see ``msbook.io``."""
        check_is_fitted(self)
        weights = self.network_.state_dict()
        arrays = {f"network.{name}": w.numpy() for name, w in weights.items()}
        arrays["train_loss"] = self.history_.train_loss
        arrays["validation_loss"] = self.history_.validation_loss
        fitted = {
            "n_features_in": self.n_features_in_,
            "feature_names_in": list(getattr(self, "feature_names_in_", [])),
            "n_outputs": self.network_.decoder.widths[-1],
            "one_dimensional_targets": self._one_dimensional_targets,
            "best_epoch": self.history_.best_epoch,
        }
        return arrays, fitted

    def from_arrays(
        self, arrays: dict[str, NDArray], fitted: dict[str, Any]
    ) -> "SlowMap":
        """Take over what :meth:`to_arrays` returned, in place of fitting."""
        self.n_features_in_ = fitted["n_features_in"]
        if fitted["feature_names_in"]:
            self.feature_names_in_ = np.array(fitted["feature_names_in"], dtype=object)
        self._one_dimensional_targets = fitted["one_dimensional_targets"]
        self.network_ = self._network(fitted["n_outputs"], seed=0)
        self.network_.load_state_dict(
            {
                name.removeprefix("network."): torch.tensor(values)
                for name, values in arrays.items()
                if name.startswith("network.")
            }
        )
        self.history_ = History(
            arrays["train_loss"], arrays["validation_loss"], fitted["best_epoch"]
        )
        return self

    def _network(self, n_outputs: int, seed: int) -> EncoderDecoder:
        return EncoderDecoder(
            self.n_features_in_,
            self.n_slow,
            n_outputs,
            hidden=self.hidden,
            decoder_hidden=self.decoder_hidden,
            activation=self.activation,
            coordinates=self.coordinates,
            generator=torch.Generator().manual_seed(seed),
        )

    def _points(self, X: ArrayLike) -> NDArray[np.float64]:
        check_is_fitted(self)
        return _validate_data(self, X, dtype=np.float64, reset=False)

    def _evaluate(self, X: NDArray, method: str) -> NDArray[np.float64]:
        with torch.no_grad():
            return getattr(self.network_, method)(torch.tensor(X)).numpy()

    @property
    def _n_features_out(self) -> int:
        return self.network_.n_slow

    def _check_parameters(self) -> None:
        for name in ("n_slow", "epochs", "batch_size", "n_restarts"):
            value = getattr(self, name)
            if not isinstance(value, Integral) or value < 1:
                raise ValueError(f"{name} must be a positive integer; got {value!r}.")
        if not isinstance(self.learning_rate, Real) or not self.learning_rate > 0:
            raise ValueError(
                f"learning_rate must be positive; got {self.learning_rate!r}."
            )
        if not 0 < self.validation_fraction < 1:
            raise ValueError(
                "validation_fraction must lie between 0 and 1, both excluded; got "
                f"{self.validation_fraction!r}."
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
