"""Flow maps under a forcing, a drift and a delay, autonomous and repaired.

Eight fresh seeds each: batch and learning rate were chosen on others, after first
settings had missed the bound. Errors and mean paths go to non_markov.safetensors.
``python book/results/flow_maps/make_non_markov.py``, three minutes.
"""

import warnings
from pathlib import Path

import numpy as np

import msbook as ms
from msbook.metrics import path_errors
from msbook.sampling import pairs

LAG, N_STEPS = 0.2, 40
SEEDS = range(200, 208)
CLOCK = LAG * np.arange(N_STEPS)
PHASE = np.column_stack([np.cos(2 * CLOCK), np.sin(2 * CLOCK)])

# System, context, earlier states, training paths (stages are dear to simulate).
CASES = {
    "forcing": (ms.systems.forced_ornstein_uhlenbeck(), PHASE, 0, 20_000),
    "drift": (ms.systems.drifting_ornstein_uhlenbeck(), CLOCK[:, None], 0, 20_000),
    "delay": (ms.systems.delayed_ornstein_uhlenbeck(), None, 10, 8_000),
}


def rollout(name: str, repaired: bool, seed: int) -> np.ndarray:
    """Paths of a map that is trained on one case, with what repairs it or without."""
    system, context, memory, n = CASES[name]
    if not repaired:
        context, memory = None, 0
    x = system.trajectories(n, N_STEPS * LAG, LAG, rng=seed)
    start = np.repeat(system.x0, memory + 1)
    # The past of a start is constant, and the map has to have seen such a past.
    x = np.concatenate([np.repeat(x[:, :1], memory, axis=1), x], axis=1)
    rows = None if context is None else np.tile(context, (n, 1))
    flow = ms.StochasticFlowMap(
        "affine",
        hidden=(16, 16),
        dt=LAG,
        memory=memory,
        baseline="mean",
        n_updates=300 if repaired else 100,
        batch_size=8192,
        learning_rate=3e-2,
        random_state=seed,
    ).fit(*pairs(x, memory=memory), rows)
    return flow.rollout(start, N_STEPS, n_paths=30_000, context=context, rng=seed)


def main() -> None:
    """Train everything; errors have shape (seed, mean or std), averaged over time."""
    # Maps that do not know the time leave the range of the data.
    warnings.filterwarnings("ignore", ".*beyond the range of the", UserWarning)
    arrays = {}
    for name, (system, *_) in CASES.items():
        truth = system.trajectories(25_000, N_STEPS * LAG, LAG, start=system.x0, rng=99)
        arrays[f"{name}/truth"] = moments(truth)
        for repaired in (True, False):
            key = f"{name}/{'repaired' if repaired else 'autonomous'}"
            # Of the autonomous maps only the first case has a bound of its own.
            seeds = SEEDS if repaired or name == "forcing" else SEEDS[:1]
            runs = [rollout(name, repaired, seed) for seed in seeds]
            errors = [path_errors(paths, truth) for paths in runs]
            arrays[key] = np.array([e.average for e in errors])
            arrays[f"{key}/floor"] = np.array(errors[0].floor)
            arrays[f"{key}/path"] = moments(runs[0])
            print(key, arrays[key][:, 0], flush=True)
    facts = ms.io.provenance(
        command="python book/results/flow_maps/make_non_markov.py", seed=[*SEEDS]
    )
    path = Path(__file__).parent / "non_markov.safetensors"
    ms.io.save_arrays(path, arrays, facts)


def moments(paths: np.ndarray) -> np.ndarray:
    """Mean and standard deviation over time, shape (2, n_time)."""
    return np.array([paths[..., 0].mean(axis=0), paths[..., 0].std(axis=0)])


if __name__ == "__main__":
    main()
