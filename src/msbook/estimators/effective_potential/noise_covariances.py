"""The covariance of a noise that is never seen, from averages of the momentum."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import (
    check_count,
    check_kind,
    check_methods,
    check_positive,
    check_rng,
    finite_array,
)
from msbook.equations.gradients import HasGradient, as_potential
from msbook.sampling import LargeSteps, large_steps
from msbook.sampling.bursts import check_points

_BALANCE = (  # what a run must say of its energy
    *("mass", "decay", "step_size"),
    *("momentum_covariance", "momentum_lag_covariance"),
)


def trial_masses(dim: int) -> NDArray[np.float64]:
    r"""Inverse mass matrices whose runs together reveal a noise covariance.

    One matrix for each entry of a symmetric matrix: the identity with 2 in place of
    one 1, or with :math:`\tfrac12` in a pair of off-diagonal places, each divided by
    its largest eigenvalue. No run is then stiffer than one with unit mass.

    Parameters
    ----------
    dim : int
        Number of coordinates.

    Returns
    -------
    ndarray, shape (dim (dim + 1) / 2, dim, dim)
        Inverses :math:`M^{-1}`, symmetric and positive definite.

    References
    ----------
    Li & Tao (2024), section 3.2 and remark 3.3, without the division.

    Examples
    --------
    >>> trial_masses(2)[0]
    array([[1. , 0. ],
           [0. , 0.5]])
    """
    rows, columns = np.tril_indices(check_count("dim", dim))
    matrices = np.tile(np.eye(dim), (len(rows), 1, 1))
    for matrix, i, j in zip(matrices, rows, columns, strict=True):
        matrix[i, j] += 1.0 if i == j else 0.5
        matrix[j, i] = matrix[i, j]
    return matrices / np.linalg.eigvalsh(matrices)[:, -1, None, None]


def noise_covariance(
    gradient: HasGradient | Callable[[NDArray], NDArray],
    q0: ArrayLike,
    step_size: float,
    *,
    friction: float = 0.1,
    n_steps: int = 10**7,
    rng: int | np.random.Generator | None = None,
) -> NDArray[np.float64]:
    r"""Covariance of the noise that large steps make of unresolved scales.

    Runs with the masses of :func:`trial_masses`, and what
    :func:`noise_covariance_of_steps` says of them.

    Parameters
    ----------
    gradient : Potential, or callable
        A potential, or a function from points (n, d) to gradients of the same shape.
    q0 : array_like, shape (n, d)
        Where the chains start.
    step_size : float
        :math:`\delta`, in units of time.
    friction : float
        :math:`\gamma`, in units of mass over time. The larger it is, the sooner a chain
        forgets and the smaller the error, as long as steps still jump over the ripples.
    n_steps : int
        Steps of all chains together, for each mass.
    rng : int or numpy.random.Generator, optional
        Seed or source of starts.

    Returns
    -------
    ndarray, shape (d, d)
        :math:`\Sigma\Sigma^\top`, in units of momentum squared over time.

    Raises
    ------
    ValueError
        When the estimate is not positive definite, for want of steps.

    Examples
    --------
    >>> import msbook as ms
    >>> import numpy as np
    >>> from msbook.estimators import noise_covariance
    >>> V = ms.systems.anisotropic_quadratic()
    >>> found = noise_covariance(V, V.starts(512, rng=0), 0.05, friction=0.5, rng=0)
    >>> bool(np.allclose(found / 0.05, V.microscopic_covariance(0), atol=0.05))
    True

    References
    ----------
    Li & Tao (2024), section 3.2, stage 1.
    """
    starts = check_points("q0", q0)
    potential = as_potential(gradient, starts.shape[1], "gradient")
    # Where momentum is forgotten at once, friction takes no energy from it.
    check_positive("friction", friction)
    rng = check_rng(rng)
    runs = [
        large_steps(
            potential,
            starts,
            step_size,
            n_steps=n_steps,
            friction=friction,
            mass=np.linalg.inv(inverse),
            rng=rng,
        )
        for inverse in trial_masses(starts.shape[-1])
    ]
    covariance = noise_covariance_of_steps(runs)
    if not np.linalg.eigvalsh(covariance)[0] > 0:
        raise ValueError(
            "the noise covariance should be positive definite; got "
            f"{covariance.tolist()}. Take more steps."
        )
    return covariance


def noise_covariance_of_paths(
    inverse_masses: ArrayLike, momentum_covariances: ArrayLike, friction: float
) -> NDArray[np.float64]:
    r"""Noise covariance of Langevin equations that differ in their mass only.

    In the equilibrium of :math:`dp = -\nabla V dt - \gamma M^{-1} p\,dt + \Sigma\,dW`
    friction takes as much energy as the noise gives, whatever the potential:

    .. math:: \tfrac12 \operatorname{Tr}(\Sigma\Sigma^\top M^{-1})
              = \gamma\, \mathbb{E}\bigl[ p^\top M^{-2} p \bigr] .

    Runs with enough mass matrices determine :math:`\Sigma\Sigma^\top` by least squares.

    Parameters
    ----------
    inverse_masses : array_like, shape (n_runs, dim, dim)
        :math:`M^{-1}` of each run, such as :func:`trial_masses`.
    momentum_covariances : array_like, shape (n_runs, dim, dim)
        :math:`\mathbb{E}[p p^\top]` in each run's equilibrium.
    friction : float
        :math:`\gamma`, in units of mass over time.

    Returns
    -------
    ndarray, shape (dim, dim)
        :math:`\Sigma\Sigma^\top`, in units of momentum squared over time.

    Raises
    ------
    ValueError
        When shapes do not fit or the masses do not determine the covariance.

    Examples
    --------
    The noise :math:`2 \gamma T` of a fluctuation–dissipation balance, in which
    :math:`\mathbb{E}[p p^\top] = T M`:

    >>> import numpy as np
    >>> inverse_masses = trial_masses(2)
    >>> momenta = 0.5 * np.linalg.inv(inverse_masses)
    >>> noise_covariance_of_paths(inverse_masses, momenta, friction=0.1).round(12)
    array([[0.1, 0. ],
           [0. , 0.1]])

    References
    ----------
    Li & Tao (2024), theorem 3.1, where the factor 1/2 is lost; see
    :doc:`/book/reference/errata`.
    """
    inverses = finite_array("inverse_masses", inverse_masses)
    momenta = finite_array("momentum_covariances", momentum_covariances)
    square = inverses.ndim == 3 and inverses.shape[1] == inverses.shape[2]
    if not square or not inverses.size or momenta.shape != inverses.shape:
        raise ValueError(
            "inverse_masses and momentum_covariances must have the same shape "
            f"(n_runs, dim, dim); got {inverses.shape} and {momenta.shape}."
        )
    friction = check_positive("friction", friction)
    losses = friction * np.einsum("nij,njk,nki->n", inverses, momenta, inverses)
    return _solve(inverses, 2 * losses)


def noise_covariance_of_steps(runs: Sequence[LargeSteps]) -> NDArray[np.float64]:
    r"""Noise covariance of large-step runs that differ in their mass only.

    The balance of :func:`noise_covariance_of_paths` at a finite step :math:`\delta`.
    With the decay :math:`A = e^{-\gamma M^{-1} \delta}` and
    :math:`\Sigma\Sigma^\top = \delta\, \mathbb{E}[\zeta\zeta^\top]` of the unresolved
    gradient :math:`\zeta`,

    .. math:: \tfrac12 \operatorname{Tr}(\Sigma\Sigma^\top M^{-1}) = \frac1\delta\,
              \mathbb{E}\Bigl[ \frac{p_n + p_{n+1}}{2} \cdot M^{-1} (I - A)\, p_n
              \Bigr] .

    It is found by multiplying :math:`p_{n+1} - p_n` by
    :math:`\tfrac12 M^{-1} (p_n + p_{n+1})`, half the distance of the midpoints before
    and after over :math:`\delta`: the resolved forces of a quadratic potential then
    cancel, whatever its curvature, and those of any other to the order
    :math:`\delta^2`.

    Parameters
    ----------
    runs : sequence of LargeSteps
        Runs of one step size and one scalar friction, with masses such as the inverses
        of :func:`trial_masses`; in one dimension a single run will do.

    Returns
    -------
    ndarray, shape (dim, dim)
        :math:`\Sigma\Sigma^\top`, in units of momentum squared over time.

    Raises
    ------
    ValueError
        When the masses do not determine the covariance.

    Examples
    --------
    A ripple of mean square force 1/2:

    >>> import msbook as ms
    >>> V = ms.systems.quadratic_ripples([1e-4])
    >>> run = ms.sampling.large_steps(V, [[0.0]], 0.5, n_steps=10**6, rng=0)
    >>> bool(abs(noise_covariance_of_steps([run]) / (0.5 * 0.5) - 1) < 0.03)
    True

    References
    ----------
    Li & Tao (2024), eqs. (3.2), (3.4) and (3.8).
    """
    _check_runs(runs)
    inverses = np.array([np.linalg.inv(run.mass) for run in runs])
    return _solve(inverses, np.array([_loss(run) for run in runs]))


def _check_runs(runs: Sequence[LargeSteps]) -> None:
    check_kind("runs", runs, Sequence, "a sequence of LargeSteps")
    for run in runs:
        check_methods("runs", run, _BALANCE, "a sequence of LargeSteps")
        for name in _BALANCE:
            finite_array(f"{name} of the runs", getattr(run, name))
    alike = {(run.step_size, *np.shape(run.mass)) for run in runs}
    if len(alike) != 1:
        raise ValueError(
            "runs must be one at least, all of one step size and one dimension; got "
            f"{len(runs)} runs with (step_size, *mass.shape) in {sorted(alike)}."
        )


def _loss(run: LargeSteps) -> float:
    """Twice the energy that friction takes in a unit of time."""
    weight = np.linalg.inv(run.mass) @ (np.eye(len(run.mass)) - run.decay)
    products = run.momentum_covariance + run.momentum_lag_covariance.T
    return float(np.trace(weight @ products)) / run.step_size


def _solve(inverses: NDArray, traces: NDArray) -> NDArray[np.float64]:
    """Symmetric Z with Tr(Z A) as given for every A."""
    dim = inverses.shape[-1]
    rows, columns = np.tril_indices(dim)
    design = inverses[:, rows, columns] * np.where(rows == columns, 1.0, 2.0)
    finite_array("the energy that friction takes in the runs", traces)
    entries, _, rank, _ = np.linalg.lstsq(design, traces, rcond=None)
    if rank < len(rows):
        raise ValueError(
            f"{len(rows)} entries of a covariance in {dim} dimensions need as many "
            f"independent mass matrices; got {rank}. Use trial_masses({dim})."
        )
    covariance = np.empty((dim, dim))
    covariance[rows, columns] = covariance[columns, rows] = entries
    return covariance
