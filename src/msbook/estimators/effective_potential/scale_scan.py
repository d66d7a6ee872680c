"""Which scales a potential has: a scan over the step size of large steps."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import LARGEST, check_between, check_count, check_rng
from msbook.equations.gradients import HasGradient, as_potential
from msbook.estimators.effective_potential.force_fit import fit_forces
from msbook.estimators.effective_potential.splines import TensorSplines
from msbook.integrators.solution import IntegrationError
from msbook.sampling.bursts import check_points
from msbook.sampling.large_steps.judging import WrongSignError
from msbook.sampling.large_steps.result import LargeSteps
from msbook.sampling.large_steps.sampler import large_steps

_RATIO = 2.0**-0.25  # of neighbouring step sizes
_MOST_KURTOSIS = 0.15
_MOST_DROPPED = 0.2
_FEWEST_STEPS_OF_A_PLATEAU = 3
_RELAXATIONS = 1000  # of the friction, that the smallest step size must last
_SMALLEST_DROP = 0.1  # of the noise, between two plateaus


@dataclass(frozen=True)
class ScaleScan:
    r"""What :func:`scan_scales` found, from the coarse to the fine.

    Attributes
    ----------
    step_sizes : ndarray, shape (n,)
        Step sizes :math:`\delta` that ran, falling.
    noise : ndarray, shape (n,)
        Mean square :math:`\hat s^2(\delta)` of a component of the unresolved gradient.
    kurtosis : ndarray, shape (n,)
        Excess kurtosis of the momentum, that of the component where it is largest.
    dropped_share : ndarray, shape (n,)
        Shares of locked and diverged steps together.
    plateaus : ndarray, shape (k,)
        Middle step size of each plateau: the values of ``scale`` with which
        :class:`msbook.EffectivePotential` learns the levels one after the other.
    scales : ndarray, shape (k,)
        Length :math:`\varepsilon` of the finer part that each plateau takes for noise:
        that of :math:`\varepsilon \sin(q/\varepsilon)` is :math:`\varepsilon`.
    """

    step_sizes: NDArray[np.float64]
    noise: NDArray[np.float64]
    kurtosis: NDArray[np.float64]
    dropped_share: NDArray[np.float64]
    plateaus: NDArray[np.float64]
    scales: NDArray[np.float64]


def scan_scales(
    gradient: HasGradient | Callable[[NDArray], NDArray],
    q0: ArrayLike,
    *,
    largest: float = 2.0,
    friction: float = 0.1,
    n_steps: int = 4_000_000,
    rng: int | np.random.Generator | None = None,
) -> ScaleScan:
    r"""Find the scales of a potential with no knowledge of them.

    The noise that large steps make of the unresolved gradient,

    .. math:: \hat s^2(\delta) = \frac{1}{\delta^2 d} \operatorname{Tr} \bigl( (I - A)\,
              \mathbb{E}[p_n p_n^\top + p_n p_{n+1}^\top] \bigr),

    is a staircase: it falls where a scale becomes resolved. On a stair the momentum is
    normal, between two it is not, so a plateau is a run of step sizes with small excess
    kurtosis. (A test of normality asks another question: the momentum is never exactly
    normal, and with enough steps every test says so.) The scan ends where most chains
    come to rest, or where ``n_steps`` are less than a thousand relaxation times.

    The scale :math:`\varepsilon` of what lies between two plateaus is the ratio
    :math:`\mathrm{rms}\, r / \mathrm{rms}\, \partial r` of the difference :math:`r` of
    the gradients learnt on them; on the last, of the gradient that is left over.

    Parameters
    ----------
    gradient : Potential, or callable
        A potential of :mod:`msbook.systems`, or a function from points (n, d) to
        gradients of the same shape.
    q0 : array_like, shape (n, d)
        Where the chains start.
    largest : float
        Step size to begin with; those at which chains go to infinity are left out.
    friction : float
        :math:`\gamma`, in units of mass over time.
    n_steps : int
        Steps of all chains together, for each step size.
    rng : int or numpy.random.Generator, optional
        Seed or source of starts.

    Returns
    -------
    ScaleScan

    Raises
    ------
    ValueError
        When there is no plateau.
    msbook.IntegrationError
        When chains go to infinity that stay if the gradient's sign is turned.

    Examples
    --------
    >>> import msbook as ms
    >>> from msbook.estimators import scan_scales
    >>> V = ms.systems.quadratic_ripples([0.05, 0.001])
    >>> scan_scales(V, V.starts(1024, rng=0), rng=0).scales.round(3)
    array([0.05 , 0.001])

    References
    ----------
    Li & Tao (2024), remark 3.2.
    """
    starts = check_points("q0", q0)
    largest = check_between("largest", largest, 0.0, LARGEST)
    friction = check_between("friction", friction, 0.0, LARGEST)
    n_steps = check_count("n_steps", n_steps)
    potential = as_potential(gradient, starts.shape[1], "gradient")
    rng = check_rng(rng)

    def run(step_size: float, **options) -> LargeSteps | None:
        with warnings.catch_warnings():
            # The shares that are warned of are kept and judged here.
            warnings.simplefilter("ignore", RuntimeWarning)
            try:
                return large_steps(
                    potential,
                    starts,
                    step_size,
                    n_steps=n_steps,
                    friction=friction,
                    rng=rng,
                    **options,
                )
            except WrongSignError:
                raise  # with any step size
            except IntegrationError:
                return None

    runs: list[LargeSteps] = []
    n_ratios = np.log(friction * n_steps * largest / _RELAXATIONS) / -np.log(_RATIO)
    for step_size in largest * _RATIO ** np.arange(n_ratios):
        one = run(step_size)
        if one is not None:
            runs.append(one)
        elif runs:
            break
    if not runs:
        raise ValueError(
            f"none of the step sizes up to {largest:.3g} lies on a plateau: with all "
            "of them the chains go to infinity or come to rest. Start them around a "
            "well, choose another largest, or there is no finer scale."
        )
    kurtosis = np.array([_largest(one.momentum_kurtosis) for one in runs])
    dropped = np.array([one.locked_share + one.diverged_share for one in runs])
    noise = np.array([_noise(one) for one in runs])
    calm = (np.abs(kurtosis) < _MOST_KURTOSIS) & (dropped < _MOST_DROPPED)
    plateaus = _plateaus(calm, noise)
    if not plateaus:
        raise ValueError(
            f"none of {len(runs)} step sizes up to {largest:.3g} lies on a plateau, "
            f"where the excess kurtosis of the momentum is below {_MOST_KURTOSIS}; "
            f"the least is {np.abs(kurtosis).min():.2g}. "
            "Take more steps or other starts, or there is no finer scale."
        )

    levels = []
    for i in plateaus:
        splines = TensorSplines.covering(runs[i].samples_q, runs[i].step_size)
        edges = splines.edges()
        bins = edges if potential.dim > 1 else edges[0]
        binned = run(runs[i].step_size, edges=bins, thin=1)
        if binned is None:
            raise ValueError(
                f"the run with step size {runs[i].step_size:.3g} could not be repeated "
                "from other momenta. Start the chains nearer to the wells."
            )
        coefficients = fit_forces(
            splines,
            edges,
            np.asarray(binned.midpoint_counts),
            np.asarray(binned.force_sums),
        )
        levels.append(splines.potential(coefficients))
    finer = [*levels[1:], potential]
    scales = [
        _length(level, fine, runs[i].samples_q)
        for level, fine, i in zip(
            levels, finer, [*plateaus[1:], plateaus[-1]], strict=True
        )
    ]
    return ScaleScan(
        step_sizes=np.array([one.step_size for one in runs]),
        noise=noise,
        kurtosis=kurtosis,
        dropped_share=dropped,
        plateaus=np.array([runs[i].step_size for i in plateaus]),
        scales=np.array(scales),
    )


def _noise(run: LargeSteps) -> float:
    """Mean square of a component of the unresolved gradient."""
    products = run.momentum_covariance + run.momentum_lag_covariance.T
    loss = np.trace((np.eye(len(products)) - run.decay) @ products)
    return float(loss) / (run.step_size**2 * len(products))


def _largest(kurtosis: NDArray) -> float:
    return float(kurtosis[np.argmax(np.abs(kurtosis))])


def _plateaus(calm: NDArray, noise: NDArray) -> list[int]:
    """Middles of the runs of calm step sizes, one for each level of the noise."""
    ends = np.flatnonzero(np.diff(np.concatenate(([0], calm.astype(int), [0]))))
    stairs: Sequence[tuple[int, int]] = [
        (first, last)
        for first, last in ends.reshape(-1, 2).tolist()
        if last - first >= _FEWEST_STEPS_OF_A_PLATEAU
    ]
    middles: list[int] = []
    for first, last in stairs:
        middle = (first + last) // 2
        # A single outlier may cut a plateau in two; the noise tells.
        if not middles or noise[middle] < (1 - _SMALLEST_DROP) * noise[middles[-1]]:
            middles.append(middle)
    return middles


def _length(coarse: HasGradient, fine: HasGradient, q: NDArray) -> float:
    """Length over which the difference of two gradients changes."""
    # The square root of the machine precision, the best step of a quotient.
    shift = 1e-8 * np.ptp(q, axis=0).max()
    difference = fine.gradient(q) - coarse.gradient(q)
    slopes = [
        (fine.gradient(q + e) - coarse.gradient(q + e) - difference)[:, i] / shift
        for i, e in enumerate(shift * np.eye(q.shape[1]))
    ]
    return float(np.sqrt(np.mean(difference**2) / np.mean(np.square(slopes))))
