"""Gradients of a reader's energies: by complex steps, or by differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import (
    LARGEST,
    check_between,
    check_callable,
    finite_array,
    real_array,
)
from msbook.equations.gradients import GradientFunction

_IMAGINARY = 1e-100  # of the unit: its square is nothing
_DIFFERENCE = 1e-6  # of the unit; the error is that squared, and rounding over it
_TOLERANCE = 1e-3  # up to which the two ways are one


def gradient_of_energy(
    energy: Callable[[Any], Any], points: ArrayLike, *, unit: float = 1.0
) -> GradientFunction:
    r"""Gradient of an energy that is known as a function only.

    A function of analytic operations (sums, products, powers, ``np.exp``, ``np.sin``,
    …) is differentiated exactly, up to rounding, by a complex step,

    .. math:: \partial_i V(q) = \operatorname{Im} V(q + i h e_i) / h ,

    with :math:`h` too small to count. Where it takes no complex numbers, or another
    result comes of it than of differences (``abs``, ``maximum`` and comparisons lose
    the imaginary part), the differences are used,

    .. math:: \partial_i V(q) \approx \frac{V(q + h e_i) - V(q - h e_i)}{2h} .

    Parameters
    ----------
    energy : callable
        ``V(q)`` takes points (n, d) and returns energies (n,).
    points : array_like, shape (n, d)
        Where the two ways are compared: points of the region of interest.
    unit : float
        Unit of length of the coordinates. Differences are a millionth of it, which
        must be small beside the finest ripple.

    Returns
    -------
    object with ``gradient`` and ``dim``
        For :class:`msbook.EffectivePotential`, :func:`msbook.sampling.large_steps` and
        whatever else takes a potential.

    Raises
    ------
    ValueError
        If the energy is not finite at the points, or of another shape than (n,).

    Examples
    --------
    >>> import numpy as np
    >>> V = gradient_of_energy(lambda q: (q**4).sum(axis=1), [[1.0, 0.5]])
    >>> V.gradient([[1.0, -1.0]]).tolist()
    [[4.0, -4.0]]

    References
    ----------
    Squire & Trapp (1998), Using complex variables to estimate derivatives of real
    functions, SIAM Review 40, 110-112.
    """
    check_callable("energy", energy, "a function of points (n, d)")
    unit = check_between("unit", unit, 0.0, LARGEST)
    q = finite_array("points", points)
    if q.ndim != 2 or not q.size:
        raise ValueError(f"points must have shape (n, d); got {q.shape}.")
    dim = q.shape[1]
    if not np.isfinite(_energies(energy, q)).all():
        raise ValueError("the energy must be finite at the points; some are not.")

    def by_differences(q: NDArray[np.float64]) -> NDArray[np.float64]:
        columns: list[NDArray[np.float64]] = []
        for shift in _DIFFERENCE * unit * np.eye(dim):
            ahead, behind = q + shift, q - shift
            length = (ahead - behind).sum(axis=1)  # as it is rounded
            columns.append(
                (_energies(energy, ahead) - _energies(energy, behind)) / length
            )
        return np.stack(columns, axis=1)

    def by_complex_steps(q: NDArray[np.float64]) -> NDArray[np.float64]:
        h = _IMAGINARY * unit
        rows = [np.imag(energy(q + 1j * shift)) / h for shift in h * np.eye(dim)]
        return np.stack(rows, axis=1)

    chosen = by_differences
    try:
        exact = by_complex_steps(q)
    except (TypeError, ValueError, AttributeError):  # it takes no complex numbers
        pass
    else:
        wanted = by_differences(q)
        size = np.abs(wanted).max()
        if exact.shape == q.shape and np.abs(exact - wanted).max() <= _TOLERANCE * size:
            chosen = by_complex_steps
    return GradientFunction(chosen, dim, "energy")


def _energies(
    energy: Callable[[Any], Any], q: NDArray[np.float64]
) -> NDArray[np.float64]:
    values = real_array("what energy returns", energy(q))
    if values.shape != q.shape[:1]:
        raise ValueError(
            "energy must take points (n, d) and return one energy for each, here "
            f"({len(q)},); got shape {values.shape}. Sum over the last axis."
        )
    return values
