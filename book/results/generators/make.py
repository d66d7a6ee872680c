"""Train seven kinds of generators on two systems, five seeds each: `make results`.

What was found goes to generators.safetensors.
"""

import time
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import msbook as ms
from msbook.estimators import (
    ConditionalAutoencoder,
    ConditionalGAN,
    EnergyScore,
    KramersMoyal,
)
from msbook.sampling import pairs

SEEDS = range(5)
N_PAIRS = 100_000
N_STATES = 8  # in which one-step laws are compared
N_ONE_STEP = 20_000
N_PATHS = 5_000

FLOW = {
    "hidden": (32, 32),
    "baseline": "mean",
    "n_updates": 500,
    "batch_size": 4096,
    "learning_rate": 2e-2,
}
OTHER = {"baseline": "mean", "n_updates": 600}
GENERATORS = {
    "spline flow": partial(ms.StochasticFlowMap, "spline", **FLOW),
    "mixture density": partial(ms.StochasticFlowMap, "mixture", **FLOW),
    "affine flow": partial(ms.StochasticFlowMap, "affine", **FLOW),
    "energy score": partial(EnergyScore, **OTHER),
    "autoencoder": partial(ConditionalAutoencoder, **OTHER),
    "adversarial": partial(ConditionalGAN, **OTHER),
    "regression": KramersMoyal,
}


def _drift(t, y, p):
    sigma, eps = p
    return y[0] - y[0] ** 3 + sigma * y[1] / eps, -y[1] / (eps * eps)


def _diffusion(t, y, p):
    return 0.0, np.sqrt(2.0) / p[1]


def double_well(sigma: float = 0.35, eps: float = 0.1) -> ms.systems.Multiscale:
    """Two wells and fast noise; after a long lag the next state is in either."""
    fine = ms.SDE(
        _drift,
        _diffusion,
        y0=(-1.0, 0.0),
        parameters=(sigma, eps),
        rates=(0.0, eps**-2),
    )
    return ms.systems.Multiscale(
        fine,
        n_slow=1,
        closure_rate=eps**-2,
        relaxation_time=eps**2,
        fine_dt=0.4 * eps**2,
        low=(-1.5, -2.0),
        high=(1.5, 2.0),
        t_end=40.0,
    )


class SkewProduct:
    """The paper's first example, in log x."""

    system, lag, t_data = ms.systems.skew_product(), 0.05, 4.0
    x0 = np.log([1.5])

    @classmethod
    def paths(cls, n: int, t_end: float, start, rng) -> NDArray:
        """Trajectories of log |x|."""
        start = None if start is None else np.exp(start)
        return np.log(
            abs(cls.system.trajectories(n, t_end, cls.lag, start=start, rng=rng))
        )


class DoubleWell:
    """Two wells, at a lag in which many change."""

    system, lag, t_data = double_well(), 2.0, 20.0
    x0 = np.array([-1.0])

    @classmethod
    def paths(cls, n: int, t_end: float, start, rng) -> NDArray:
        """Trajectories."""
        return cls.system.trajectories(n, t_end, cls.lag, start=start, rng=rng)


SYSTEMS = {"skew product": SkewProduct, "double well": DoubleWell}


def measure(system, truth: tuple, name: str, seed: int) -> dict[str, NDArray]:
    """Train one generator; its errors, and its times in seconds and in ns."""
    paths, states, laws = truth
    rng = np.random.default_rng(seed)
    n_traj = round(N_PAIRS * system.lag / system.t_data)
    x, y = pairs(system.paths(n_traj, system.t_data, None, rng))
    begun = time.process_time()
    seeded = {} if name == "regression" else {"random_state": seed}
    model = GENERATORS[name](dt=system.lag, **seeded).fit(x, y)
    training = time.process_time() - begun
    samples = [
        model.sample(np.repeat(state[None], N_ONE_STEP, axis=0), rng=rng)
        for state in states
    ]
    distances = [
        ms.metrics.relative_wasserstein(a, b)[0]
        for a, b in zip(samples, laws, strict=True)
    ]
    n_steps = paths.shape[1] - 1
    begun = time.process_time()
    rolled = model.rollout(system.x0, n_steps, n_paths=N_PATHS, rng=rng)
    step = (time.process_time() - begun) / (n_steps * N_PATHS)
    errors = ms.metrics.path_errors(rolled, paths)
    return {
        "one_step": np.array(distances),
        "mean_error": errors.mean[1:, 0],
        "std_error": errors.std[1:, 0],
        "floor": np.array(errors.floor),
        "training": np.array(training),
        "step": np.array(1e9 * step),
        "law": np.histogram(samples[0][:, 0], system_bins(laws[0]), density=True)[0],
        "final": np.histogram(
            rolled[:, -1, 0], system_bins(paths[:, -1]), density=True
        )[0],
    }


def system_bins(values: NDArray) -> NDArray:
    """Bins of a histogram of such values."""
    low, high = np.quantile(values, (0.0005, 0.9995))
    return np.linspace(low - 0.1 * (high - low), high + 0.1 * (high - low), 73)


def main() -> None:
    """Train everything, and keep what was measured."""
    arrays = {}
    for label, system in SYSTEMS.items():
        rng = np.random.default_rng(1000)
        paths = system.paths(N_PATHS, system.system.t_end, system.x0, rng)
        low, high = np.quantile(paths, (0.05, 0.95))
        middle = paths[0, 0] if label == "skew product" else np.array([0.1])
        states = np.vstack([middle, np.linspace(low, high, N_STATES - 1)[:, None]])
        laws = [system.paths(N_ONE_STEP, system.lag, s, rng)[:, 1] for s in states]
        truth = paths, states, laws
        arrays[f"{label}/states"] = states[:, 0]
        for key, values in (("law", laws[0]), ("final", paths[:, -1])):
            bins = system_bins(values)
            arrays[f"{label}/{key}/bins"] = bins
            arrays[f"{label}/{key}"] = np.histogram(values, bins, density=True)[0]
        for name in GENERATORS:
            runs = [measure(system, truth, name, seed) for seed in SEEDS]
            for key in runs[0]:
                arrays[f"{label}/{name}/{key}"] = np.stack([run[key] for run in runs])
            print(
                f"{label:13} {name:16}",
                *(
                    f"{key} {np.median([abs(r[key]).mean() for r in runs]):.3f}"
                    for key in ("one_step", "mean_error", "std_error", "training")
                ),
                flush=True,
            )
    facts = ms.io.provenance(
        command="python book/results/generators/make.py", seed=[*SEEDS]
    )
    path = Path(__file__).parent / "generators.safetensors"
    ms.io.save_arrays(path, arrays, facts)


if __name__ == "__main__":
    main()
