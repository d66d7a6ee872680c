"""Errors of functions that were learnt."""

import numpy as np
from numpy.typing import ArrayLike

_LEAST_DENSITY = 1e-3  # of its maximum


def potential_error(
    predicted: ArrayLike, reference: ArrayLike, temperature: float = 1.0
) -> float:
    r"""Root-mean-square error of a potential where its Gibbs law lives.

    .. math:: \min_c \Bigl( \frac1n \sum_{i} (\hat U(q_i) - U(q_i) - c)^2 \Bigr)^{1/2}
              \quad\text{over}\quad e^{-(U(q_i) - \min U)/T} > 10^{-3} .

    The constant :math:`c`, which no dynamics can tell, is the mean difference. Points
    that the dynamics hardly ever visits do not count.

    Parameters
    ----------
    predicted, reference : array_like, of the same shape
        Values of the two potentials at the same points, evenly spread over a region
        that holds the Gibbs law, such as a grid.
    temperature : float
        :math:`T`, in the unit of the potentials.

    Returns
    -------
    float
        In the unit of the potentials.

    Raises
    ------
    ValueError
        When the shapes differ, the temperature is not positive, or a value that
        counts is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from msbook.metrics import potential_error
    >>> q = np.linspace(-5, 5, 101)
    >>> round(potential_error(3 + q**2 / 2 + 0.1 * np.sign(q), q**2 / 2), 2)
    0.1
    """
    learnt = np.asarray(predicted, dtype=np.float64)
    truth = np.asarray(reference, dtype=np.float64)
    if learnt.shape != truth.shape or not truth.size:
        raise ValueError(
            "both potentials must be given at the same points; got shapes "
            f"{learnt.shape} and {truth.shape}."
        )
    if not temperature > 0:
        raise ValueError(f"temperature must be positive; got {temperature}.")
    counts = truth - np.nanmin(truth) < -temperature * np.log(_LEAST_DENSITY)
    difference = (learnt - truth)[counts]
    if not np.isfinite(difference).all():
        raise ValueError(
            f"{np.count_nonzero(~np.isfinite(difference))} of {difference.size} values "
            "are not finite where the density counts. Compare on points that both "
            "potentials know."
        )
    return float(np.std(difference))
