"""What a diagnosis found, and what it advises."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from msbook.metrics.closure import choose_lag

_BIAS = 0.02  # what a closure may do to the standard deviation
_FLOOR = 0.05
_SPREAD = 0.1
_TREND = 0.03
_DISTANCE = 0.1  # Wasserstein-1 over std
_COVERAGE = 0.9
_EXPLAINED = 0.25

Part = tuple[int, float, float]


@dataclass(frozen=True)
class GeneratorReport:
    """A trained generator against the data, component by component.

    Attributes
    ----------
    one_step : ndarray, shape (dim,)
        Wasserstein-1 distance of the one-step fluctuations, over their std, in that
        part of the states where it is largest. Each component of the state is divided
        into up to eight parts of equal weight.
    where : tuple, length dim
        Those parts: the component of the state that was divided, and from where to
        where the part goes.
    spread : ndarray, shape (dim,)
        Standard deviation of the model's fluctuations over that of the data's.
    long_run : ndarray, shape (dim,)
        Wasserstein-1 distance of the states in the second half of rollouts, over
        their std; NaN if a rollout left the finite numbers.
    coverage : ndarray, shape (dim,)
        Share of the data's law there that the rollouts visit; NaN as above.
    """

    one_step: NDArray[np.float64]
    where: tuple[Part, ...]
    spread: NDArray[np.float64]
    long_run: NDArray[np.float64]
    coverage: NDArray[np.float64]

    @property
    def findings(self) -> list[str]:
        """What is wrong with the generator, and what to do."""
        found = []
        if (self.spread > 1 + _SPREAD).any():
            found.append(
                f"Inflated variance: one step fluctuates {self.spread.max():.2f} times "
                "as much as in the data. Train longer or with a smaller learning rate; "
                "if it stays, give the generator more freedom (head='spline')."
            )
        if (self.spread < 1 - _SPREAD).any():
            found.append(
                f"Too quiet: one step fluctuates only {self.spread.min():.2f} times as "
                "much as in the data. An adversarial or variational generator tends "
                "to this; use a flow."
            )
        if (self.one_step > _DISTANCE).any() and not found:
            component, low, high = self.where[int(self.one_step.argmax())]
            found.append(
                "The one-step law is wrong in part of the states: W1/std is "
                f"{self.one_step.max():.0%} where state[{component}] lies between "
                f"{low:.3g} and {high:.3g}, whatever the law of all states together "
                "is. Two peaks or a skewness take head='spline': an affine flow in "
                "one dimension is exactly Gaussian. Otherwise train longer, or on "
                "more pairs from there."
            )
        if np.isnan(self.long_run).any():
            found.append(
                "Rollouts leave the finite numbers. They left the range of the data "
                "before: add trajectories that start further out."
            )
        elif (self.coverage < _COVERAGE).any():
            found.append(
                f"Collapsed modes: rollouts visit {self.coverage.min():.0%} of the "
                "data's long-run law. Look whether the data themselves pass between "
                "the modes often enough; if so, train with another seed or a flow."
            )
        elif (self.long_run > _DISTANCE).any() and not found:
            found.append(
                "The one-step law fits, the long-run law does not (W1/std "
                f"{self.long_run.max():.0%}). Small errors add up, or the present "
                "state is not enough: more data, a longer lag, or a memory."
            )
        return found


@dataclass(frozen=True)
class Diagnosis:
    """What the data say about a Markov model at this lag; ``print`` it.

    Attributes
    ----------
    dt : float
        Time between two saved states.
    lag : int
        Saved states between the two of a pair.
    n_pairs : int
        Pairs at this lag.
    t_observed : float
        Length of all trajectories together, in the unit of time.
    correlation, correlation_error : ndarray, shape (dim,)
        Correlation of the fluctuations of successive increments, and its standard
        error; NaN where the trajectories are too short. Where there is a trend,
        fluctuations are those at a given time.
    trend, trend_error : ndarray, shape (dim,)
        Partial correlation of the increment and the time, given the state and the
        context, and its standard error; NaN where those tell the time.
    closure_rate : ndarray, shape (dim,)
        Decay rate of the driving noise's correlation, per unit of time, that this
        tells; infinite where none is seen.
    closure_bias : ndarray, shape (dim,)
        Relative error of the standard deviation that follows from it.
    explained : ndarray, shape (dim,)
        Share of the variance of the next state that the present one explains.
    floor : ndarray, shape (dim,)
        Least error of the stationary mean over the standard deviation; NaN where the
        data do not relax.
    generator : GeneratorReport or None
        Of the generator, if one was given.
    """

    dt: float
    lag: int
    n_pairs: int
    t_observed: float
    correlation: NDArray[np.float64]
    correlation_error: NDArray[np.float64]
    trend: NDArray[np.float64]
    trend_error: NDArray[np.float64]
    closure_rate: NDArray[np.float64]
    closure_bias: NDArray[np.float64]
    explained: NDArray[np.float64]
    floor: NDArray[np.float64]
    generator: GeneratorReport | None = None

    @property
    def recommended_lag(self) -> int:
        """Shortest lag, in saved states, with a closure bias of at most 2 %.

        It is never shorter than the lag that was examined.
        """
        least = choose_lag(float(self.closure_rate.min()), _BIAS) / self.dt
        return max(self.lag, int(np.ceil(least - 1e-9)))

    @property
    def findings(self) -> list[str]:
        """What is wrong, and what to do; empty if nothing was found."""
        found = []
        if self.recommended_lag > self.lag:
            found.append(
                "The lag is short beside the memory of the fast noise: successive "
                f"increments are correlated ({np.nanmax(self.correlation):.2f}), and a "
                "Markov model will have a standard deviation about "
                f"{-self.closure_bias.min():.0%} too small. Use lag="
                f"{self.recommended_lag}, a time of "
                f"{self.recommended_lag * self.dt:.4g}, or a memory. If the "
                "correlation does not fall with the lag, the cause is a forcing or a "
                "delay: give the phase as context, or a memory."
            )
        drifts = (abs(self.trend) > np.maximum(4 * self.trend_error, _TREND)).any()
        if drifts:
            largest = self.trend[np.nanargmax(abs(self.trend))]
            found.append(
                "The law of the increment changes with the time: at the same state "
                f"increments correlate with it ({largest:+.2f}). A parameter drifts, "
                "or something forces the system. Give the time, the parameter or the "
                "phase as context; a longer lag or a memory of noise mends nothing."
            )
        if (self.correlation < -np.maximum(4 * self.correlation_error, 0.02)).any():
            found.append(
                "Successive increments are negatively correlated "
                f"({np.nanmin(self.correlation):.2f}): the states carry measurement "
                "noise. Use a longer lag, or a memory, from which the noise averages "
                "out."
                + (
                    " In data on their way to equilibrium it also looks like a drift."
                    if drifts
                    else ""
                )
            )
        if (self.explained < _EXPLAINED).any():
            found.append(
                f"The lag is long: the present explains {self.explained.min():.0%} of "
                "the variance of the next state, so that relaxation within a lag is "
                "not resolved. Use a shorter one if the correlation of increments "
                "allows."
            )
        if not drifts and (self.floor > _FLOOR).any():
            needed = self.t_observed * (np.nanmax(self.floor) / _FLOOR) ** 2
            found.append(
                "The data are few: no model can know the stationary mean better than "
                f"{np.nanmax(self.floor):.0%} of the standard deviation. For "
                f"{_FLOOR:.0%}, observe a total time of {needed:.3g}; there are "
                f"{self.t_observed:.3g}."
            )
        return found + ([] if self.generator is None else self.generator.findings)

    def __str__(self) -> str:
        rows = [
            ("lag, in units of time", f"{self.lag * self.dt:9.4g}"),
            ("pairs", f"{self.n_pairs:9d}"),
            ("correlation of increments", _row(self.correlation, "9.3f")),
            ("  its standard error", _row(self.correlation_error, "9.3f")),
            ("trend in time", _row(self.trend, "9.3f")),
            ("  its standard error", _row(self.trend_error, "9.3f")),
            ("closure rate", _row(self.closure_rate, "9.4g")),
            ("closure bias of std", _row(self.closure_bias, "9.1%")),
            ("explained by the present", _row(self.explained, "9.1%")),
            ("floor of the mean", _row(self.floor, "9.1%")),
            ("recommended lag", f"{self.recommended_lag:9d}"),
        ]
        if self.generator is not None:
            rows += [
                ("one-step W1 / std", _row(self.generator.one_step, "9.1%")),
                ("one-step spread", _row(self.generator.spread, "9.3f")),
                ("long-run W1 / std", _row(self.generator.long_run, "9.1%")),
                ("long-run coverage", _row(self.generator.coverage, "9.1%")),
            ]
        texts = self.findings or ["Nothing found that speaks against a Markov model."]
        return "\n".join(
            [f"{name:<26}{value}" for name, value in rows]
            + [f"- {text}" for text in texts]
        )


def _row(values: NDArray, form: str) -> str:
    return " ".join(format(float(value), form) for value in values)
