"""The slow map: an encoder learned from projections onto the slow manifold."""

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from msbook._registry import serializable
from msbook.estimators.samples import check_changing, check_first_samples
from msbook.estimators.slow_map.checks import (
    check_bottleneck,
    check_parameters,
    check_projections,
)
from msbook.estimators.slow_map.encoder_decoder import EncoderDecoderEstimator
from msbook.estimators.slow_map.fitting import Fitting
from msbook.estimators.slow_map.quality import SlowMapQuality
from msbook.estimators.slow_map.serialization import (
    attributes_from_arrays,
    attributes_to_arrays,
)
from msbook.networks.layers.pruning import MagnitudePruning, RowPruning
from msbook.sampling.covariances import check_covariance
from msbook.training.loop import History
from msbook.training.session import session


@serializable
class SlowMap(EncoderDecoderEstimator):
    r"""Encoder–decoder whose bottleneck is a slow variable.

    The network is fitted to the projection :math:`\mathcal{P}` of points onto the slow
    manifold along the fast fibres,

    .. math:: \min \frac{1}{M} \sum_{m=1}^{M} \frac1D \bigl\lVert
              \mathcal{D}(\mathcal{E}(x_m)) - \mathcal{P}(x_m) \bigr\rVert^2 .

    Points of one fibre share their projection, and the bottleneck is too narrow to
    tell them apart and still be right, so the level sets of the encoder
    :math:`\mathcal{E}` become the fibres. ``fit(P, P)`` on the projections alone is
    the autoencoder; it learns the manifold, and nothing of the fibres.

    Points and targets are brought to the size of one inside, and what comes out is in
    the reader's units: any unit and offset gives the same map. A fit that is not good
    by its own :attr:`quality_` warns.

    Points and targets come from a system by :func:`msbook.sampling.project`; from the
    end points of bursts ``(n, n_bursts, dim)`` and their starts by
    ``project(ends, starts)``; from paths alone, ``(n_time, dim)``, by
    :func:`msbook.sampling.project_path`. On eight systems made for the purpose, ten
    data sets each, 2 000 points with 250 bursts brought the gradients to within .6 to
    2.3 degrees of the exact ones in the median fit of a system, and to 3.6 in the worst
    of all; on four of them 20 000 points of one path to within .9 to 1.9, and 2.6
    (``benchmarks/elsewhere/slow_map.py``).

    Parameters
    ----------
    n_slow : int or "auto"
        Number of slow variables, the width of the bottleneck. ``"auto"`` trains with
        1, 2, ... of them, and takes the first number that leaves less than a tenth of
        the targets' spread unexplained. A slow variable that moves the targets by less
        than that is not seen; :func:`msbook.sampling.slow_dimension` reads the number
        off noise covariances, where these are known.
    hidden : sequence of int
        Hidden widths of the encoder.
    decoder_hidden : sequence of int or None
        Hidden widths of the decoder; None for the encoder's in reverse.
    activation : {"elu", "tanh", "silu"}
        Activation of the hidden layers; bottleneck and output are linear.
    coordinates : {"cartesian", "polar", "auto"}
        ``"polar"`` hands the encoder :class:`msbook.networks.Polar` coordinates about
        the origin. ``"auto"`` hands it those about the circle that the projections go
        round, see :func:`msbook.sampling.find_circle`, and the point if they do not.
    scale : bool
        False takes points and targets as they are.
    epochs : int, optional
        Passes through the data; by default as many as make ten thousand updates, from
        20 to 1 000. Pruning, which counts them, needs a number.
    batch_size : int
        Samples an update.
    learning_rate : float
        Step size of Adam (in its amsgrad form), at the start.
    schedule : {"cosine", "constant"}
        Whether it falls to nearly nothing along half a cosine, or stays.
    validation_fraction : float
        Share of the samples that chooses the best epoch and is not trained on.
    n_restarts : int, optional
        Networks trained from different initial parameters on the same split; the one
        with the best of its epochs is kept. By default one, and up to three more while
        what is kept is not good.
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
    quality_ : SlowMapQuality
        Its ``verdict``, ``"good"``, ``"doubtful"`` or ``"bad"``, and the numbers behind
        it, told from the data of :meth:`fit` alone.
    network_ : EncoderDecoder
        The fitted network.
    history_ : History
        Its losses, epoch by epoch, of the scaled targets.
    n_slow_ : int
        Number of slow variables.
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
    >>> bool(abs(correlation) > 0.999)
    True
    >>> slow_map.quality_.verdict
    'good'

    References
    ----------
    Zieliński & Hesthaven (2022), section 4; chapter
    :doc:`/book/slow_maps/learning_the_slow_map`.
    """

    history_: History
    quality_: SlowMapQuality
    coordinates_: str
    n_slow_: int
    n_features_in_: int

    def __init__(
        self,
        n_slow: int | str = 1,
        hidden: Sequence[int] = (16, 16),
        *,
        decoder_hidden: Sequence[int] | None = (16,),
        activation: str = "silu",
        coordinates: str = "auto",
        scale: bool = True,
        epochs: int | None = None,
        batch_size: int = 16,
        learning_rate: float = 0.015,
        schedule: str = "cosine",
        validation_fraction: float = 0.15,
        n_restarts: int | None = None,
        keep_best: str = "loss",
        pruning: MagnitudePruning | RowPruning | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_slow = n_slow
        self.hidden = hidden
        self.decoder_hidden = decoder_hidden
        self.activation = activation
        self.coordinates = coordinates
        self.scale = scale
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.schedule = schedule
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
            Local noise covariances at the points, for :attr:`quality_` and for
            ``keep_best="orthogonality"``.

        Returns
        -------
        SlowMap
            The estimator itself.

        Raises
        ------
        ValueError
            For parameters or data that cannot be used, or if ``n_slow="auto"`` finds
            no number.
        msbook.training.TrainingError
            When the training diverges.
        """
        parameters = self.get_params(deep=False)
        check_parameters(parameters)
        points = check_first_samples(self, X)
        check_changing(points)
        projections = check_projections(y, len(points))
        check_bottleneck(self.n_slow, self.n_features_in_)
        if covariance is not None:
            covariance = check_covariance(covariance, points.shape)
        targets = projections.reshape(len(points), -1)
        self.n_outputs_ = targets.shape[1]
        self._flat_targets = projections.ndim == 1
        fitting = Fitting(parameters, points, targets, covariance)
        with session() as trainings:
            if isinstance(self.n_slow, str):
                found = fitting.smallest(trainings)
            else:
                found = fitting.of(self.n_slow)
        self.network_, self.history_, self.quality_ = found
        self.coordinates_ = fitting.coordinates
        self.n_slow_ = self.network_.n_slow
        if self.quality_.verdict != "good":
            warnings.warn(
                f"the slow map is {self.quality_}. {self.quality_.advice}",
                UserWarning,
                stacklevel=2,
            )
        return self

    def to_arrays(self) -> tuple[dict[str, NDArray], dict[str, Any]]:
        """What ``fit`` found, as arrays and JSON values."""
        check_is_fitted(self, "network_")
        return attributes_to_arrays(vars(self))

    def from_arrays(self, arrays: dict[str, NDArray], fitted: dict[str, Any]) -> Self:
        """Take over what :meth:`to_arrays` returned, in place of fitting."""
        parameters = self.get_params(deep=False)
        check_parameters(parameters)
        found = attributes_from_arrays(parameters, arrays, fitted)
        for name, value in found.items():
            setattr(self, name, value)
        return self
