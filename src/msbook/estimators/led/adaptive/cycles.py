"""The cycles of adaptive LED: who makes the next states, and who learns from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from msbook._memory import new_array
from msbook.estimators.led.adaptive.run import AdaptiveRun, Phase, relative_error
from msbook.estimators.led.adaptive.surrogate import Surrogate
from msbook.estimators.led.led import LED
from msbook.integrators.simulators import Simulator, trajectories

GROWTH = 1.25  # of the data, after which the surrogate is trained anyhow


class Settings(Protocol):
    """How long who goes on; :class:`msbook.AdaptiveLED` explains each."""

    dt: float
    max_error: float
    n_members: int
    n_first: int
    n_relax: int
    n_compare: int
    n_macro: tuple[int, int]
    n_micro: tuple[int, int]


class Cycles:
    """A run under way: what was done so far, and the surrogate that was learned."""

    settings: Settings
    new_led: Callable[[int], LED]
    solver: Simulator
    substeps: int
    start: NDArray[np.float64]
    t: float
    rng: np.random.Generator
    times: NDArray[np.float64]
    states: NDArray[np.float64]
    phase: NDArray[np.int8]
    uncertainty: NDArray[np.float64]
    error: NDArray[np.float64]
    surrogate: Surrogate

    def __init__(
        self,
        settings: Settings,
        new_led: Callable[[int], LED],
        solver: Simulator,
        substeps: int,
        start: NDArray[np.float64],
        t: float,
        rng: np.random.Generator,
    ) -> None:
        self.settings, self.new_led = settings, new_led
        self.solver, self.substeps = solver, substeps
        self.start, self.t, self.rng = start, t, rng
        self.step: int = 0
        self.stretches: list[NDArray[np.float64]] = []  # of latents
        self.trainings: list[int] = []
        self.n_learned: int = 0

    def begin(self, n_steps: int) -> None:
        """The first stretch of the solver, and what is learned from it."""
        steps = np.arange(n_steps + 1, dtype=np.float64)
        self.times = self.t + self.settings.dt * steps
        shape = (n_steps + 1, len(self.start))
        self.states = new_array("the states of the run", shape, "Take fewer n_steps.")
        self.states[0] = self.start
        self.phase = np.full(n_steps + 1, Phase.FIRST, dtype=np.int8)
        self.uncertainty, self.error = np.full((2, n_steps + 1), np.nan)
        self._solve(Phase.FIRST, self.settings.n_first)
        first = self.states[: self.step + 1]
        led = self.new_led(int(self.rng.integers(2**31)))
        self.surrogate = Surrogate(led, first, self.settings.n_members, self.rng)
        self._store(0)
        self._learn()

    def follow(self, end: int) -> None:
        """Cycles until the step ``end``, where the solver changes or the run ends."""
        settings, n_known = self.settings, self.surrogate.n_warm_up
        while self.step < end:
            self._solve(Phase.RELAXATION, min(settings.n_relax, end - self.step))
            begin = self.step + 1  # the state that was handed over is not the solver's
            whole = end - self.step > n_known + settings.n_compare
            self._solve(Phase.WARM_UP, min(n_known, end - self.step))
            accepted = whole and self._compare()
            if accepted:
                self._store(begin)
                accepted = self._replace(end) > 0
            if not accepted:
                self._solve(Phase.MICRO, min(self._draw("n_micro"), end - self.step))
                self._store(begin)
            if (whole and not accepted) or self._n_stored() > GROWTH * self.n_learned:
                self._learn()

    def result(self) -> AdaptiveRun:
        """What was done."""
        return AdaptiveRun(
            self.times,
            self.states,
            self.phase,
            self.uncertainty,
            self.error,
            np.array(self.trainings),
            self.surrogate.scale,
            float(self.settings.max_error),
        )

    def _compare(self) -> bool:
        """Solver and surrogate side by side; whether the surrogate is accepted."""
        n_steps, surrogate = self.settings.n_compare, self.surrogate
        found, spread = surrogate.forecast(self._known(), n_steps)
        self._solve(Phase.COMPARISON, n_steps)
        compared = slice(self.step + 1 - n_steps, self.step + 1)
        error = relative_error(found, self.states[compared], surrogate.scale)
        surrogate.score(error.max(), spread[-1])
        self.error[compared] = error
        self.uncertainty[compared] = surrogate.factor * spread
        expected = self.uncertainty[self.step]
        return bool(max(error.max(), expected) < self.settings.max_error)

    def _replace(self, end: int) -> int:
        """Macro steps as long as they can be trusted, but not beyond ``end``."""
        n_steps = min(self._draw("n_macro"), end - self.step)
        found, spread = self.surrogate.forecast(self._known(), n_steps)
        expected = self.surrogate.factor * spread
        # The spread never falls, so that the trusted steps come first.
        n_steps = int(np.sum(expected < self.settings.max_error))
        macro = slice(self.step + 1, self.step + 1 + n_steps)
        self.states[macro], self.uncertainty[macro] = (
            found[:n_steps],
            expected[:n_steps],
        )
        self._advance(Phase.MACRO, n_steps)
        return n_steps

    def _solve(self, phase: Phase, n_steps: int) -> None:
        """Steps of the solver."""
        if n_steps:
            self.states[self.step : self.step + n_steps + 1] = trajectories(
                self.solver,
                self.states[self.step][None],
                float(self.times[self.step]),
                n_steps,
                self.substeps,
            )[0]
        self._advance(phase, n_steps)

    def _advance(self, phase: Phase, n_steps: int) -> None:
        self.phase[self.step + 1 : self.step + 1 + n_steps] = phase
        self.step += n_steps

    def _known(self) -> NDArray[np.float64]:
        """The last states, which warm the surrogate up."""
        return self.states[self.step + 1 - self.surrogate.n_warm_up : self.step + 1]

    def _store(self, begin: int) -> None:
        """Add the states from ``begin`` on to what is learned from."""
        if begin <= self.step:
            states = self.states[begin : self.step + 1]
            self.stretches.append(self.surrogate.encode(states))

    def _n_stored(self) -> int:
        return sum(map(len, self.stretches))

    def _learn(self) -> None:
        self.surrogate.learn(self.stretches)
        self.trainings.append(self.step)
        self.n_learned = self._n_stored()

    def _draw(self, name: str) -> int:
        """A length between the bounds of this name."""
        low, high = getattr(self.settings, name)
        return int(self.rng.integers(low, high + 1))
