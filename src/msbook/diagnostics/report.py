"""What a diagnosis found, and what it advises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from msbook.diagnostics.circle import described
from msbook.diagnostics.generator_report import GeneratorReport
from msbook.metrics.closure import choose_lag

_BIAS = 0.02  # what a closure may do to the standard deviation
_FLOOR = 0.05
_TREND = 0.03
_CORRELATION = 0.02
_EXPLAINED = 0.25
_SURE = 1.5  # standard errors below it: one of twenty shares of a quarter is
_RESOLVED = 0.2  # a correlation that must not be overlooked: it takes 15 % of the std
_SPARE = 1.25  # times the pairs that it takes at the least
_ROUGH = 0.2  # a floor beyond which the relaxation itself is hardly known


@dataclass(frozen=True)
class Diagnosis:
    """What the data say about a Markov model at this lag; ``print`` it.

    Attributes
    ----------
    dt : float
        Time between two saved states.
    lag : int
        Saved states between the two of a pair.
    longest_lag : int
        Longest lag that may be recommended: half of the states lie in trajectories
        that are twice as long.
    n_pairs : int
        Pairs at this lag.
    n_successive : int
        Pairs of increments that follow each other, from which the correlation is.
    t_observed : float
        Length of all trajectories together, in the unit of time.
    n_copies : int
        Trajectories that equal another one, and are left out.
    forgotten : tuple of float or None, length dim
        Periods by which components jump, about, that were not said to have them.
    noise_free : ndarray of bool, shape (dim,)
        Whether the next state is a function of the present one, as that of a constant.
    correlation, correlation_error : ndarray, shape (dim,)
        Correlation of the fluctuations of successive increments, and its standard
        error; NaN where the trajectories are too short, or no fluctuations are seen.
        Where there is a trend, fluctuations are those at a given time.
    correlation_doubt : ndarray, shape (dim,)
        By how much the correlation may be an error of the fitted mean, as neighbouring
        states leave it open; infinite if no states are near enough.
    trend, trend_error : ndarray, shape (dim,)
        Partial correlation of the increment and the time, given the state and the
        context, and its error, of both kinds; NaN where those tell the time.
    closure_rate : ndarray, shape (dim,)
        Decay rate of the driving noise's correlation, per unit of time, that this
        tells; infinite where none is seen.
    closure_bias : ndarray, shape (dim,)
        Relative error of the standard deviation that follows from it.
    explained, explained_error : ndarray, shape (dim,)
        Share of the variance of the next state that the present one explains, and its
        standard error; NaN where the state is constant, or pairs are too few for a fit.
    floor : ndarray, shape (dim,)
        Least error of the stationary mean over the standard deviation; NaN where the
        data do not relax.
    generator : GeneratorReport or None
        Of the generator, if one was given.
    """

    dt: float
    lag: int
    longest_lag: int
    n_pairs: int
    n_successive: int
    t_observed: float
    n_copies: int
    forgotten: tuple[float | None, ...]
    noise_free: NDArray[np.bool_]
    correlation: NDArray[np.float64]
    correlation_error: NDArray[np.float64]
    correlation_doubt: NDArray[np.float64]
    trend: NDArray[np.float64]
    trend_error: NDArray[np.float64]
    closure_rate: NDArray[np.float64]
    closure_bias: NDArray[np.float64]
    explained: NDArray[np.float64]
    explained_error: NDArray[np.float64]
    floor: NDArray[np.float64]
    generator: GeneratorReport | None = None

    @property
    def recommended_lag(self) -> int | None:
        """Shortest lag, in saved states, with a closure bias of at most 2 %.

        It is never shorter than the lag that was examined. None if the trajectories
        are too short for it, or the data cannot tell it.
        """
        told = not any([*self._jumps, *self._of_few()])
        return self._needed_lag if told and self._fits_in(self._needed_lag) else None

    @property
    def _needed_lag(self) -> int:
        least = choose_lag(float(self.closure_rate.min()), _BIAS) / self.dt
        return max(self.lag, int(np.ceil(least - 1e-9)))

    def _fits_in(self, lag: int) -> bool:
        return lag == self.lag or lag <= self.longest_lag

    @property
    def _jumps(self) -> list[tuple[int, float]]:
        """Components that jump, and the periods by which they do."""
        return [(i, p) for i, p in enumerate(self.forgotten) if p is not None]

    @property
    def findings(self) -> list[str]:
        """What is wrong, and what to do; empty if nothing was found."""
        found = []
        if self.n_copies:
            found.append(
                f"Copies: {self.n_copies} trajectories equal another one, and tell "
                "nothing new. They are left out here; leave them out of a training, "
                "too, or find out why random ones came out alike."
            )
        if self._jumps:
            names = ", ".join(f"state[{i}] by {described(p)}" for i, p in self._jumps)
            # Everything else would be found in increments that are wrong.
            return [
                *found,
                f"Jumps of one period: {names}, from one end of the range to the "
                "other, as an angle makes them that is wrapped. If it is one, give its "
                "period in periods=(...). Nothing else can be told before.",
            ]
        found += self._of_memory()
        drifts = (abs(self.trend) > np.maximum(4 * self.trend_error, _TREND)).any()
        if drifts:
            largest = self.trend[np.nanargmax(abs(self.trend))]
            found.append(
                "The law of the increment changes with the time: at the same state "
                f"increments correlate with it ({largest:+.2f}). A parameter drifts, "
                "or something forces the system. Give the time, the parameter or the "
                "phase as context; a longer lag or a memory of noise mends nothing. "
                "(If something unseen starts alike in all trajectories, it is their "
                "beginning: leave that out.)"
            )
        error = np.hypot(self.correlation_error, self.correlation_doubt)
        if (self.correlation < -np.maximum(4 * error, _CORRELATION)).any():
            found.append(
                "Successive increments are negatively correlated "
                f"({np.nanmin(self.correlation):.2f}): the states carry measurement "
                "noise. Use a longer lag, or a memory, from which the noise averages "
                "out. (So does something unseen that swings back within a lag or two; "
                "then the correlation changes its sign with the lag.)"
                + (
                    " In data on their way to equilibrium it also looks like a drift."
                    if drifts
                    else ""
                )
            )
        if (self.explained < _EXPLAINED - _SURE * self.explained_error).any():
            found.append(
                f"The lag is long: the present explains {np.nanmin(self.explained):.0%}"
                " of the variance of the next state, so that relaxation within a lag "
                "is not resolved. Use a shorter one if the correlation of increments "
                "allows."
            )
        found += self._of_few()
        if not drifts and (self.floor > _FLOOR).any():
            floor = np.nanmax(self.floor)
            needed = self.t_observed * (floor / _FLOOR) ** 2
            rough = floor > _ROUGH
            found.append(
                "The data are few: no model can know the stationary mean better than "
                f"{floor:.0%} of the standard deviation. For {_FLOOR:.0%}, observe a "
                f"total time of {needed:.3g}{' at the least' if rough else ''}; there "
                f"are {self.t_observed:.3g}."
                + (
                    " Both may be far more: so few data let the relaxation look faster "
                    "than it is."
                    if rough
                    else ""
                )
            )
        return found + ([] if self.generator is None else self.generator.findings)

    def _of_memory(self) -> list[str]:
        """What positive correlations say, and those that the fit may have made."""
        found = []
        needed = self._needed_lag
        if needed > self.lag:
            found.append(
                "The lag is short beside the memory of the fast noise: successive "
                f"increments are correlated ({np.nanmax(self.correlation):.2f}), and a "
                "Markov model will have a standard deviation about "
                f"{-self.closure_bias.min():.0%} too small. "
                + (
                    f"Use lag={needed}, a time of {needed * self.dt:.4g}, or a memory. "
                    if self._fits_in(needed)
                    else f"It takes a time of {needed * self.dt:.4g}, for which the "
                    "trajectories are too short: observe longer ones, or use a memory. "
                )
                + "If the correlation does not fall with the lag, the cause is a "
                "forcing or a delay: give the phase as context, or a memory."
            )
        size, chance = abs(self.correlation), 4 * self.correlation_error
        limit = np.maximum(chance, _CORRELATION)
        open_ = (size > limit) & (
            size <= 4 * np.hypot(self.correlation_error, self.correlation_doubt)
        )
        if open_.any():
            worst = int(np.argmax(np.where(open_, size, 0.0)))
            found.append(
                f"Cannot tell: increments of state[{worst}] correlate "
                f"({self.correlation[worst]:+.2f}), which may be memory, measurement "
                "noise or an error of the fitted mean: no two states lie near enough "
                "to each other to tell. Add data, or leave out components."
            )
        return found

    def _of_few(self) -> list[str]:
        """What the data are too few to tell, and how many would do."""
        if np.isnan(self.explained).all() and self.noise_free.all():
            return [
                "Cannot tell: the states do not change, so that there is nothing to "
                "learn. Look whether these are the data you meant."
            ]
        error = np.hypot(self.correlation_error, self.correlation_doubt)
        unseen = np.where(np.isnan(error), np.inf, 4 * error)
        size, chance = abs(self.correlation), 4 * self.correlation_error
        # Where something is seen, it is said elsewhere what it may be.
        seen = size > np.maximum(chance, _CORRELATION)
        open_ = (unseen > _RESOLVED) & ~self.noise_free & ~seen
        if not open_.any():
            return []
        worst = int(np.argmax(np.where(open_, unseen, 0.0)))
        told = f"Cannot tell whether a Markov model fits state[{worst}]: "
        if not self.n_successive:
            return [
                f"{told}no trajectory has an increment after another, for which it "
                f"takes {2 * self.lag + 1} states. Observe longer ones."
            ]
        blind = np.isinf(unseen[worst])
        share = 1.0 if blind else unseen[worst] / _RESOLVED
        # At the least the pairs from which an error of independent ones is as small.
        needed = max(self.lag * (4 / _RESOLVED) ** 2, self.n_pairs * share**2)
        if needed <= self.n_pairs:
            return [
                f"{told}no two states lie near enough to each other to know the mean "
                "of the increment. Add data, or leave out components."
            ]
        least = "" if blind else f" of less than {unseen[worst]:.2f}"
        return [
            f"{told}in {self.n_pairs} pairs a correlation of increments{least} cannot "
            f"be seen. About {_rounded(_SPARE * needed)} would do."
        ]

    def __str__(self) -> str:
        lag = self.recommended_lag
        rows = [
            ("lag, in units of time", f"{self.lag * self.dt:9.4g}"),
            ("pairs", f"{self.n_pairs:9d}"),
            ("correlation of increments", _row(self.correlation, "9.3f")),
            ("  its standard error", _row(self.correlation_error, "9.3f")),
            ("  open beside the fit", _row(self.correlation_doubt, "9.3f")),
            ("trend in time", _row(self.trend, "9.3f")),
            ("  its error", _row(self.trend_error, "9.3f")),
            ("closure rate", _row(self.closure_rate, "9.4g")),
            ("closure bias of std", _row(self.closure_bias, "9.1%")),
            ("explained by the present", _row(self.explained, "9.1%")),
            ("floor of the mean", _row(self.floor, "9.1%")),
            ("recommended lag", f"{'none' if lag is None else lag:>9}"),
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


def _rounded(number: float) -> int:
    """Two digits of a number, up."""
    unit = 10.0 ** (np.floor(np.log10(number)) - 1)
    return int(unit * np.ceil(number / unit))


def _row(values: NDArray[Any], form: str) -> str:
    return " ".join(format(float(value), form) for value in values)
