"""The stochastic flow map: the law of the next slow state, learned from pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from msbook._registry import serializable
from msbook._validation import check_choice
from msbook.estimators.flow_map.inputs import check_following
from msbook.estimators.flow_map.network_generator import NetworkGenerator
from msbook.estimators.flow_map.table import FlowMapTable, tabulate
from msbook.networks.densities.flows import Affine, Autoregressive, ConditionalFlow
from msbook.networks.densities.mixture_density import MixtureDensity
from msbook.networks.densities.spline_transform import Spline

HEADS = ("spline", "affine", "mixture")
N_PARTS = 8  # Gaussians of the mixture


@serializable
class StochasticFlowMap(NetworkGenerator):
    r"""Conditional density that draws the next slow state from the present.

    .. math:: x_{n+1} = x_n + \mu + s\,\bigl(B^\top c(x_n) + L z_n\bigr), \qquad
              z_n \sim p(\cdot \mid x_n),

    where :math:`p` is a mixture of Gaussians or a normalizing flow, component after
    component, fitted by maximum likelihood to pairs of states one lag :math:`\Delta`
    apart. Fast variables are not seen, nor is any equation. If the lag is long against
    their relaxation and short against the slow motion, iterating the map gives the
    effective dynamics.

    Parameters
    ----------
    head : {"mixture", "spline", "affine"}
        The form of the law. ``"mixture"`` is a sum of eight Gaussians, which start at
        the law of all increments, so that rare jumps and heavy tails have theirs;
        ``"affine"`` is a conditional Gaussian, in one dimension exactly that;
        ``"spline"`` adds a monotone rational-quadratic spline and may be skewed or
        have two peaks. Beyond six standard deviations the spline's tails are
        Gaussian, and it misses a part of rare jumps.
    hidden : sequence of int
        Hidden widths of each network.
    dt : float
        Time :math:`\Delta` of one lag; it is the unit of drift and diffusion only.
    periods : sequence of float or None, length dim, optional
        Periods of the components on a circle, None for those on a line.
    memory : int
        How many earlier states ``X`` holds behind the present one.
    baseline : {"linear", "mean"}
        What is taken out of the increments before the network learns the rest: their
        linear regression on what is seen, and the covariance of what is left; or their
        mean and standard deviations alone. See :class:`IncrementScaling`.
    n_updates : int, optional
        Updates of the network, by one rise and fall of the learning rate. By default
        it is trained until the likelihood of a tenth of the pairs, which are not
        trained on, is still: at most 20 000 updates, and the best state is kept.
    batch_size : int
        Pairs an update.
    learning_rate : float
        Step size of Adam at its peak.
    random_state : int, RandomState or None
        Fixes the split, the initial parameters and the batches.
    device : str
        Where the network is trained; it is evaluated on the processor.

    Attributes
    ----------
    network_ : ConditionalFlow or MixtureDensity
        The fitted network, for scaled increments.
    scaling_ : IncrementScaling
        What scales them, and the range of the data.
    history_ : msbook.training.by_loss.LossHistory
        Its losses: minus the mean logarithm of the density of scaled increments.
    n_features_in_, n_context_ : int
        Numbers of columns of ``X`` and of the context seen in :meth:`fit`.

    Examples
    --------
    An Ornstein–Uhlenbeck process, seen at times one half apart:

    >>> import numpy as np
    >>> import msbook as ms
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(20_000, 1))
    >>> y = np.exp(-0.5) * x + np.sqrt(1 - np.exp(-1)) * rng.normal(size=x.shape)
    >>> flow = ms.StochasticFlowMap("affine", dt=0.5, n_updates=150, random_state=0)
    >>> paths = flow.fit(x, y).rollout([2.0], 10, n_paths=2000, rng=0)
    >>> paths.shape
    (2000, 11, 1)
    >>> bool(abs(paths[:, -1].std() - 1) < 0.05)
    True

    References
    ----------
    Chen & Xiu (2024). The paper maps :math:`x_n` to :math:`x_{n+1}` by affine layers;
    increments, scaling and splines are ours.
    """

    def __init__(
        self,
        head: str = "mixture",
        *,
        hidden: Sequence[int] = (64, 64),
        dt: float = 1.0,
        periods: Sequence[float | None] | None = None,
        memory: int = 0,
        baseline: str = "linear",
        n_updates: int | None = None,
        batch_size: int = 1024,
        learning_rate: float = 1e-2,
        random_state: int | np.random.RandomState | None = None,
        device: str = "cpu",
    ) -> None:
        self.head = head
        self.hidden = hidden
        self.dt = dt
        self.periods = periods
        self.memory = memory
        self.baseline = baseline
        self.n_updates = n_updates
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.random_state = random_state
        self.device = device

    _may_be_still = True

    def log_prob(
        self, X: ArrayLike, y: ArrayLike, context: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """Logarithm of the density of the next state.

        Parameters
        ----------
        X : array_like, shape (n, (memory + 1) dim)
        y : array_like, shape (n, dim)
        context : array_like, shape (n, n_context), optional

        Returns
        -------
        ndarray, shape (n,)
            Of densities in the units of the state, to the power of minus dim.
        """
        states, known = self._inputs(X, context)
        following = check_following(y, len(states), self.scaling_.dim)
        condition = self.scaling_.condition(states, known)
        increments = self.scaling_.scaled(states, following, condition)
        with torch.no_grad():
            found = self.network_.log_prob(
                torch.tensor(increments), torch.tensor(condition)
            )
        return found.numpy() - self.scaling_.log_volume

    def score(
        self, X: ArrayLike, y: ArrayLike, context: ArrayLike | None = None
    ) -> float:
        """Mean of :meth:`log_prob`: the larger, the better."""
        return float(self.log_prob(X, y, context).mean())

    def to_table(
        self, n_states: int | None = None, n_noise: int | None = None
    ) -> FlowMapTable:
        """The map as a table, which steps many paths in compiled code.

        Parameters
        ----------
        n_states, n_noise : int, optional
            Grid points along each component of the state and of the noise; by default
            129 in one dimension, and 33 and 25 in two.

        Returns
        -------
        FlowMapTable

        Raises
        ------
        ValueError
            If there are more than two components, memory or context, or the head is
            a mixture.
        """
        check_is_fitted(self, "scaling_")
        return tabulate(self, n_states, n_noise)

    def _new_network(self, generator: torch.Generator) -> nn.Module:
        sizes = self.scaling_.n_noisy, self.scaling_.n_condition
        if self.head == "mixture":
            return MixtureDensity(*sizes, N_PARTS, self.hidden, generator)
        transforms = [Affine(), Spline()] if self.head == "spline" else [Affine()]
        layers = [Autoregressive(t, *sizes, self.hidden, generator) for t in transforms]
        return ConditionalFlow(layers, self.scaling_.n_noisy)

    def _prepare(self, network: Any, increments: NDArray) -> None:
        if self.head == "mixture" and self._linear:
            network.start_at(increments)

    def _objective(
        self, network: Any, generator: torch.Generator
    ) -> dict[str, Callable]:
        def loss(increments: Tensor, condition: Tensor) -> Tensor:
            return -network.log_prob(increments, condition).mean()

        return {"loss": loss}

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice("head", self.head, HEADS)
