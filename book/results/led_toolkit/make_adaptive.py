"""Adaptive LED: long runs on the Van der Pol oscillator, and on a field.

``long_*`` follow the oscillator while its parameter switches, five seeds, a quarter as
long as the original. One seed each: ``blind_0`` is not told when it does;
``thresholds_0`` allows more and less error; ``field_0`` follows the FitzHugh–Nagumo
equation. What is needed of them goes to adaptive_{name}_{seed}.safetensors.
``python book/results/led_toolkit/make_adaptive.py``, half an hour on one core;
``make_adaptive.py long 3`` is one of them.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import msbook as ms
from msbook.estimators import AdaptiveRun
from msbook.networks import DelayedMLP, DenseAutoencoder, Identity

FOLDER = Path(__file__).parent
SEEDS = range(5)
N_STEPS = 100_010  # a quarter of the original's
SWITCH = 500.0  # time units, which are ten steps
N_SHORT = 10_000
N_FIELD = 3000
MAX_ERROR = 0.1
THRESHOLDS = (0.05, 0.1, 0.2, 0.5)

Arrays = dict[str, NDArray]


def switching(t, y, p):
    """Van der Pol's oscillator with a parameter of 3, of 1, of 3, and so on."""
    (period,) = p
    mu = 3.0 - 2.0 * (np.floor(t / period) % 2.0)
    return mu * (y[0] - y[0] * y[0] * y[0] / 3.0 - y[1]), y[0] / mu


def oscillator() -> ms.Solver:
    """The solver, which is also the truth."""
    system = ms.ODE(switching, y0=(2.0, 0.0), parameters=(SWITCH,))
    return ms.Solver(system, dt=0.02)


def adaptive(seed: int, max_error: float = MAX_ERROR) -> ms.AdaptiveLED:
    """Of the oscillator; what is not named is the default."""
    return ms.AdaptiveLED(
        Identity(2),
        DelayedMLP((64, 64), n_delays=7),
        max_error=max_error,
        dt=0.1,
        random_state=seed,
    )


def switches(n_steps: int) -> NDArray[np.float64]:
    """Times at which the parameter switches."""
    return np.arange(SWITCH, 0.1 * n_steps, SWITCH)


def turns(t: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Times at which x rises through zero."""
    before = np.flatnonzero((x[:-1] < 0) & (x[1:] >= 0))
    share = x[before] / (x[before] - x[before + 1])
    return t[before] + share * (t[1] - t[0])


def facts_of(run: AdaptiveRun, solver: ms.Solver) -> Arrays:
    """What is kept of a run: all but its states."""
    return {
        "phase": run.phase,
        "trainings": run.trainings,
        "stretches": run.stretches,
        "errors": run.macro_errors(solver),
        "compared": run.error[np.isfinite(run.error)].astype(np.float32),
        "expected": run.uncertainty[run.stretches[:, 1]],
    }


def long(seed: int) -> Arrays:
    """The run of the claim, and how far its turns lag behind the solver's."""
    solver = oscillator()
    start = solver.system.y0
    run = adaptive(seed).run(solver, start, N_STEPS, changes=switches(N_STEPS))
    truth = solver.trajectories(np.array([start]), 0.0, 5 * N_STEPS, save_every=5)[0]
    ours, solvers = turns(run.t, run.y[:, 0]), turns(run.t, truth[:, 0])
    n = min(len(ours), len(solvers))
    rival = adaptive(seed).set_params(max_error=np.inf, n_macro=(N_STEPS, N_STEPS))
    n_rival = 10_000  # two switches are enough
    alone = rival.run(solver, start, n_rival)
    return facts_of(run, solver) | {
        "turns": solvers[:n],
        "lag": ours[:n] - solvers[:n],
        "rival": alone.macro_errors(solver),
    }


def blind(seed: int) -> Arrays:
    """A shorter run that is not told when the parameter switches."""
    solver = oscillator()
    return facts_of(adaptive(seed).run(solver, solver.system.y0, N_SHORT), solver)


def thresholds(seed: int) -> Arrays:
    """Shorter runs for each threshold: macro shares, errors and trainings."""
    solver, found = oscillator(), []
    for max_error in THRESHOLDS:
        run = adaptive(seed, max_error).run(
            solver, solver.system.y0, N_SHORT, changes=switches(N_SHORT)
        )
        errors = run.macro_errors(solver)
        largest = errors.max() if len(errors) else 0.0
        typical = np.median(errors) if len(errors) else 0.0
        found.append((run.macro_share, largest, typical, len(run.trainings)))
    names = ("macro_share", "largest", "typical", "n_trainings")
    columns = dict(zip(names, np.array(found).T, strict=True))
    return {"max_error": np.array(THRESHOLDS), **columns}


def field(seed: int) -> Arrays:
    """The FitzHugh–Nagumo equation, and what of its error is reconstruction."""
    system = ms.systems.FitzHughNagumo()
    solver = ms.Solver(system, dt=0.005)
    start = solver.advance(system.y0[None], n_steps=400)[0]
    estimator = ms.AdaptiveLED(
        DenseAutoencoder(6),
        DelayedMLP((64, 64), n_delays=4),
        max_error=MAX_ERROR,
        n_fields=2,
        n_first=450,
        n_relax=5,
        n_compare=40,
        n_macro=(150, 250),
        n_updates=1500,
        rollouts=((2, 150), (40, 150)),
        learning_rate=5e-3,
        random_state=seed,
    )
    run = estimator.run(solver, start, N_FIELD)
    member = estimator.members_[0]
    seen = member.inverse_transform(member.transform(run.y))
    reconstruction = np.sqrt(np.mean(((seen - run.y) / run.scale) ** 2, axis=1))
    truth = solver.trajectories(start[None], 0.0, 200 * N_FIELD, save_every=200)[0]
    middle = system.n_points // 2
    return facts_of(run, solver) | {
        "reconstruction": reconstruction.astype(np.float32),
        "u": run.y[:, : system.n_points].astype(np.float32),
        "u_solver": truth[:, middle].astype(np.float32),
    }


RUNS = {"long": long, "blind": blind, "thresholds": thresholds, "field": field}
PLAN = [
    *(("long", seed) for seed in SEEDS),
    *((name, 0) for name in ("blind", "thresholds", "field")),
]


def main() -> None:
    """Run what is asked for, or everything, and keep it."""
    chosen = [(sys.argv[1], int(sys.argv[2]))] if len(sys.argv) > 1 else None
    facts = ms.io.provenance(
        command="python book/results/led_toolkit/make_adaptive.py", seed=[*SEEDS]
    )
    for name, seed in chosen or PLAN:
        path = FOLDER / f"adaptive_{name}_{seed}.safetensors"
        ms.io.save_arrays(path, RUNS[name](seed), facts)


if __name__ == "__main__":
    main()
