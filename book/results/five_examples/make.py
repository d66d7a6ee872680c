"""Train flow maps of the five examples of Chen & Xiu (2024): `make results`.

At the paper's lag and sizes, and at a lag that is long against the memory of the
noise; three more systems with a closed form are trained at the latter. Eight seeds
each; batches and step sizes of p3 and s4 were chosen on others. What was found goes
to a file a system, NAME.safetensors; names as arguments make only those.
"""

import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from cases import CASES, Case, Short
from closed_form import lag_moments, linear_rival, relative, roots
from numpy.typing import NDArray
from truth import N_ONE_STEP, N_PATHS, Truth

import msbook as ms

SEEDS = range(8)


def follow(case: Case, truth: Truth, roll: Callable, dt: float, rng) -> dict:
    """Errors of a map's mean and std over time, at the times of the truth."""
    every = round(case.lag / dt)
    n_steps = every * (truth.paths.shape[1] - 1)
    paths = roll(case.x0, n_steps, n_paths=N_PATHS, rng=rng)[:, ::every]
    errors = ms.metrics.path_errors(paths, truth.paths)
    return {
        "mean": paths.mean(axis=0),
        "std": paths.std(axis=0),
        "mean_error": errors.mean,
        "std_error": errors.std,
        "mean_floor": errors.mean_floor,
        "std_floor": errors.std_floor,
    }


def one_step_distances(truth: Truth, sample: Callable) -> NDArray:
    """Wasserstein distance over std, for each state and component."""
    return np.array(
        [
            ms.metrics.relative_wasserstein(
                sample(np.repeat(state[None], N_ONE_STEP, axis=0)), true
            )
            for state, true in zip(truth.states, truth.one_step, strict=True)
        ]
    )


def at_chosen_lag(case: Case, truth: Truth, seed: int) -> dict[str, NDArray]:
    """Train at the long lag, and compare everything."""
    rng = np.random.default_rng(seed)
    dt = case.lag
    _, (x, y) = case.data(case.n_pairs, case.t_data, dt, rng)
    begun = time.process_time()
    flow = case.train(
        x,
        y,
        dt,
        seed,
        n_updates=case.n_updates,
        batch_size=case.batch_size,
        learning_rate=case.learning_rate,
    )
    found = {"seconds": np.array(time.process_time() - begun)}
    mean, covariance = lag_moments(case.effective, truth.points, dt)
    drift, diffusion = mean / dt, roots(covariance / dt)
    rival = linear_rival(x, y, dt, truth.points)
    found["field_error"] = np.array(
        [
            relative(flow.drift_(truth.points), drift),
            relative(flow.diffusion_(truth.points), diffusion),
        ]
    )
    found["field_rival"] = np.array(
        [relative(rival[0], drift), relative(rival[1], diffusion)]
    )
    found["drift"], found["diffusion"] = (
        flow.drift_(truth.grid),
        flow.diffusion_(truth.grid),
    )
    if not case.own:
        return found
    found |= follow(case, truth, case.table(flow).rollout, dt, rng)
    found["one_step"] = one_step_distances(truth, partial(flow.sample, rng=rng))
    found["sample"] = flow.sample(np.repeat(case.x0[None], N_ONE_STEP, 0), rng=rng)
    # The rival adds the same normal law to every state.
    move, spread = (y - x).mean(axis=0), (y - x).std(axis=0)
    steps = np.arange(truth.paths.shape[1])[:, None]
    true_std = truth.paths.std(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found["rival_mean_error"] = (
            case.x0 + steps * move - truth.paths.mean(axis=0)
        ) / true_std
        found["rival_std_error"] = np.sqrt(steps) * spread / true_std - 1
    found["rival_one_step"] = one_step_distances(
        truth, lambda x: x + move + spread * rng.standard_normal(x.shape)
    )
    return found


def at_short_lag(
    case: Case, truth: Truth, data: Short, seed: int
) -> dict[str, NDArray]:
    """Train at a short lag, and say what the data alone tell about the fit."""
    rng = np.random.default_rng(seed)
    paths, (x, y) = case.data(data.n_pairs, data.t_data, data.lag, rng, data.per_path)
    flow = case.train(x, y, data.lag, seed, n_updates=data.n_updates)
    some = paths[: 50_000 // paths.shape[1]]
    report = ms.diagnose(some, data.lag, periods=case.periods, generator=flow)
    found = follow(case, truth, case.table(flow).rollout, data.lag, rng)
    return found | {"spread": report.generator.spread}


def make_case(name: str) -> dict[str, NDArray]:
    """All seeds of one system; entries have the seeds first."""
    case = CASES[name]
    truth = Truth.of(case)
    mean, covariance = lag_moments(case.effective, truth.grid, case.lag)
    arrays = {
        "grid": truth.grid,
        "true_drift": mean / case.lag,
        "true_diffusion": roots(covariance / case.lag),
    }
    parts = {"chosen": partial(at_chosen_lag, case, truth)}
    for part in ("own", "budget"):
        if data := getattr(case, part):
            parts[part] = partial(at_short_lag, case, truth, data)
    for part, run in parts.items():
        runs = []
        for seed in SEEDS:
            runs.append(run(seed))
            summary = {
                key: np.round(np.nanmean(np.abs(values), axis=0), 4).tolist()
                for key, values in runs[-1].items()
                if key in ("mean_error", "std_error", "one_step", "spread")
            }
            if "field_error" in runs[-1]:
                summary["field_error"] = runs[-1]["field_error"].round(4).tolist()
            print(name, part, seed, summary, flush=True)
        if "sample" in runs[0]:
            arrays |= densities(truth.one_step[0], runs[0]["sample"])
        for key in runs[0]:
            if key != "sample":
                arrays[f"{part}/{key}"] = np.stack([run[key] for run in runs])
    if truth.paths is not None:
        arrays["true_mean"] = truth.paths.mean(axis=0)
        arrays["true_std"] = truth.paths.std(axis=0)
    return arrays


def densities(true: NDArray, learned: NDArray) -> dict[str, NDArray]:
    """Histograms of one-step laws, by component."""
    edges, heights = [], []
    for a, b in zip(true.T, learned.T, strict=True):
        bins = np.linspace(*np.quantile(a, (0.0005, 0.9995)), 61)
        edges.append(bins)
        heights.append([np.histogram(v, bins, density=True)[0] for v in (a, b)])
    return {"edges": np.array(edges), "heights": np.array(heights)}


def main(names: list[str]) -> None:
    """Make what is named, or everything."""
    # Paths of the paper's length leave the range of its data, which are shorter.
    warnings.filterwarnings("ignore", "(?s).*lie beyond the range of the data")
    for name in names or CASES:
        facts = ms.io.provenance(
            command="python book/results/five_examples/make.py", seed=[*SEEDS]
        )
        path = Path(__file__).parent / f"{name}.safetensors"
        ms.io.save_arrays(path, make_case(name), facts)


if __name__ == "__main__":
    main(sys.argv[1:])
