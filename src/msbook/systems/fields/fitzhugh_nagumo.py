"""The FitzHugh–Nagumo equation on an interval: a front that swings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import check_count, check_rng, finite_array
from msbook.equations.parameters import check_finite
from msbook.equations.reaction_diffusion import ReactionDiffusion

# Position of the front on an interval of length 20, mean and half height of v.
_STARTS = np.array(
    [
        (5.2, 0.03, 0.07),
        (11.0, 0.09, 0.10),
        (12.6, -0.09, 0.09),
        (6.8, -0.04, 0.10),
        (10.4, 0.09, 0.10),
        (14.4, -0.075, 0.08),
    ]
)
_LENGTH = 20.0


@dataclass(frozen=True)
class FitzHughNagumo(ReactionDiffusion):
    r"""FitzHugh–Nagumo equation on :math:`[0, L]` with no flux through the walls.

    .. math:: \partial_t u &= D_u\, \partial_x^2 u + u - u^3 - v, \\
              \partial_t v &= D_v\, \partial_x^2 v
                              + \varepsilon (u - \alpha_1 v - \alpha_0) .

    The activator :math:`u` is fast and the inhibitor :math:`v` slow. With the default
    parameters a front between a low and a high state of :math:`u` swings to and fro
    with a period of 185.5. Two uniform states are stable as well, and a front that
    runs into a wall leaves one of them behind.

    Parameters
    ----------
    n_points : int
        Cells :math:`N`, at least 3.
    length : float
        :math:`L`; all quantities are without units.
    diffusivities : (float, float)
        :math:`D_u, D_v`.
    eps, alpha0, alpha1 : float
        Parameters of the reaction; ``eps`` is the ratio of the time scales.
    compiled : bool
        ``False`` keeps to NumPy.

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> import msbook as ms
    >>> system = ms.systems.FitzHughNagumo()
    >>> u, v = system.fields(system.starts())
    >>> u.shape
    (6, 101)
    >>> system.drift(0.0, system.y0).shape
    (202,)

    References
    ----------
    Vlachas et al. (2020), eqs. (7) and (29). Lee et al. (2020).
    """

    default_method: ClassVar[str] = "LatticeBoltzmannD1Q3"  # as its paper

    n_points: int = 101
    length: float = _LENGTH
    diffusivities: tuple[float, float] = (1.0, 4.0)
    eps: float = 0.006
    alpha0: float = -0.03
    alpha1: float = 2.0

    def __post_init__(self) -> None:
        check_finite(eps=self.eps, alpha0=self.alpha0, alpha1=self.alpha1)
        super().__post_init__()

    @property
    def parameters(self) -> tuple[float, float, float]:
        """Parameters of the reaction: ``eps``, ``alpha0``, ``alpha1``."""
        return float(self.eps), float(self.alpha0), float(self.alpha1)

    @staticmethod
    def rates(u: Any, v: Any, p: tuple[Any, ...]) -> tuple[Any, Any]:
        """Rates of the reaction, of the shape of u and v, at parameters ``p``."""
        eps, alpha0, alpha1 = p
        return u - u * u * u - v, eps * (u - alpha1 * v - alpha0)

    @property
    def y0(self) -> NDArray[np.float64]:
        """Default start, the first of :meth:`starts`, shape ``(dim,)``."""
        return self.starts()[0]

    def front(
        self, position: ArrayLike, mean_v: ArrayLike, height_v: ArrayLike
    ) -> NDArray[np.float64]:
        r"""States with one front.

        .. math:: u = \tanh\frac{x - x_0}{w}, \qquad
                  v = b + a \tanh\frac{x - x_0}{4 w}, \qquad w = \sqrt{2 D_u}

        The profile of :math:`u` is that of a front at rest where :math:`v = 0`.

        Parameters
        ----------
        position, mean_v, height_v : array_like, of shapes that go together
            :math:`x_0`, :math:`b` and :math:`a`.

        Returns
        -------
        ndarray, shape (..., dim)
        """
        given = {"position": position, "mean_v": mean_v, "height_v": height_v}
        arrays = {name: finite_array(name, values) for name, values in given.items()}
        try:
            position, mean_v, height_v = (
                array[..., None] for array in np.broadcast_arrays(*arrays.values())
            )
        except ValueError as error:
            raise ValueError(
                "position, mean_v and height_v must have shapes that go together; got "
                f"{', '.join(str(array.shape) for array in arrays.values())}."
            ) from error
        distance = (self.x - position) / np.sqrt(2.0 * self.diffusivities[0])
        v = mean_v + height_v * np.tanh(distance / 4.0)
        u = np.broadcast_to(np.tanh(distance), v.shape)
        return np.concatenate([u, v], axis=-1)

    def starts(self) -> NDArray[np.float64]:
        """Six starts near the limit cycle: 3 to train on, 2 to validate, 1 to test.

        The initial states of the papers are files without a formula. These fronts
        (:meth:`front`) stand in for them: their positions are those of the files, and
        the ranges of their inhibitors nearly so.

        Returns
        -------
        ndarray, shape (6, dim)
        """
        position, mean_v, height_v = _STARTS.T
        return self.front(self.length / _LENGTH * position, mean_v, height_v)

    def random_starts(
        self, n: int, rng: int | np.random.Generator | None = None
    ) -> NDArray[np.float64]:
        """Fronts at random positions with random inhibitors.

        Positions are uniform between a fifth and four fifths of the interval, means of
        v between -0.1 and 0.1, half heights between 0.06 and 0.12. With the default
        parameters about one in 25 collapses to a uniform state, the others come to
        the limit cycle; leave the former out where the cycle is meant.

        Parameters
        ----------
        n : int
            How many.
        rng : int or numpy.random.Generator, optional
            Seed or source.

        Returns
        -------
        ndarray, shape (n, dim)
        """
        rng, n = check_rng(rng), check_count("n", n)
        return self.front(
            self.length * rng.uniform(0.2, 0.8, n),
            rng.uniform(-0.1, 0.1, n),
            rng.uniform(0.06, 0.12, n),
        )
