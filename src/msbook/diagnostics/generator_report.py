"""What is wrong with a generator, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SPREAD = 0.1
_DISTANCE = 0.1  # Wasserstein-1 over std
_COVERAGE = 0.9
_BY_CHANCE = 2.5  # times what is usual between two samples of one law
_FEW = 0.18  # that of a hundred independent states; with fewer no law is known

Part = tuple[int, float, float]


@dataclass(frozen=True)
class GeneratorReport:
    """A trained generator against the data, component by component.

    Figures are NaN where the data have no noise or do not move, and where the
    generator left the finite numbers.

    Attributes
    ----------
    one_step : ndarray, shape (dim,)
        Wasserstein-1 distance of the one-step fluctuations, over their std, in that
        part of the states where it is largest. Each component of the state is divided
        into up to eight parts of equal weight.
    one_step_floor : ndarray, shape (dim,)
        What two samples of one normal law have, as large as a part.
    where : tuple, length dim
        Those parts: the component of the state that was divided, and from where to
        where the part goes.
    spread : ndarray, shape (dim,)
        Standard deviation of the model's fluctuations over that of the data's.
    spread_floor : ndarray, shape (dim,)
        By how much it differs from 1 by chance.
    finite : bool
        Whether all that the generator made is finite.
    long_run : ndarray, shape (dim,)
        Wasserstein-1 distance of the states in the second half of rollouts, over
        their std; on circles both are those of the circle.
    long_run_floor : ndarray, shape (dim,)
        What two samples of one law have, with as many independent states as the data
        have there; where they do not relax, with as many as trajectories. Nothing is
        said of the long run where there are less than a hundred.
    coverage : ndarray, shape (dim,)
        Share of the data's law there that the rollouts visit.
    """

    one_step: NDArray[np.float64]
    one_step_floor: NDArray[np.float64]
    where: tuple[Part, ...]
    spread: NDArray[np.float64]
    spread_floor: NDArray[np.float64]
    finite: bool
    long_run: NDArray[np.float64]
    long_run_floor: NDArray[np.float64]
    coverage: NDArray[np.float64]

    @property
    def findings(self) -> list[str]:
        """What is wrong with the generator, and what to do."""
        found = []
        spread_error = np.maximum(_SPREAD, 4 * self.spread_floor)
        if (self.spread > 1 + spread_error).any():
            found.append(
                f"Inflated variance: one step fluctuates {np.nanmax(self.spread):.2f} "
                "times as much as in the data. Train longer or with a smaller learning "
                "rate; if it stays, give the generator more freedom (head='spline')."
            )
        if (self.spread < 1 - spread_error).any():
            found.append(
                f"Too quiet: one step fluctuates only {np.nanmin(self.spread):.2f} "
                "times as much as in the data. An adversarial or variational generator "
                "tends to this; use a flow."
            )
        if _large(self.one_step, self.one_step_floor) and not found:
            component, low, high = self.where[int(np.nanargmax(self.one_step))]
            found.append(
                "The one-step law is wrong in part of the states: W1/std is "
                f"{np.nanmax(self.one_step):.0%} where state[{component}] lies between "
                f"{low:.3g} and {high:.3g}, whatever the law of all states together "
                "is. Two peaks or a skewness take head='spline': an affine flow in "
                "one dimension is exactly Gaussian. Otherwise train longer, or on "
                "more pairs from there."
            )
        if not self.finite:
            found.append(
                "Rollouts leave the finite numbers. They left the range of the data "
                "before: add trajectories that start further out."
            )
            return found
        many = self.long_run_floor <= _FEW
        coverage = np.where(many, self.coverage, np.nan)
        long_run = np.where(many, self.long_run, np.nan)
        if (coverage < _COVERAGE).any():
            found.append(
                f"Collapsed modes: rollouts visit {np.nanmin(coverage):.0%} of the "
                "data's long-run law. Look whether the data themselves pass between "
                "the modes often enough; if so, train with another seed or a flow."
            )
        elif _large(long_run, self.long_run_floor) and not found:
            found.append(
                "The one-step law fits, the long-run law does not (W1/std "
                f"{np.nanmax(long_run):.0%}). Small errors add up, or the present "
                "state is not enough: more data, a longer lag, or a memory."
            )
        return found


def _large(distance: NDArray[Any], floor: NDArray[Any]) -> bool:
    return bool((distance > np.maximum(_DISTANCE, _BY_CHANCE * floor)).any())
