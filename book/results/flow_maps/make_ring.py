"""A local flow map on a ring of eight double wells with 128 fast processes.

Wells drawn on a chequerboard, at once, and without neighbours, five seeds. Standard
deviations and correlations over time go to ring.safetensors.
``python book/results/flow_maps/make_ring.py``, two minutes.
"""

from pathlib import Path

import numpy as np

import msbook as ms

LAG, N_STEPS, N_PATHS = 0.1, 40, 2000
SEEDS = range(5)
RING = ms.systems.ring_of_wells(eps=0.05)


def neighbours(x: np.ndarray) -> np.ndarray:
    """Left and right neighbours, shape (..., K, 2), of wells (..., K)."""
    return np.stack([np.roll(x, 1, axis=-1), np.roll(x, -1, axis=-1)], axis=-1)


def fit(now: np.ndarray, then: np.ndarray, context: np.ndarray, seed: int):
    """A flow for one well, from all wells of all rings."""
    return ms.StochasticFlowMap(
        "affine",
        dt=LAG,
        hidden=(32, 32),
        baseline="mean",
        n_updates=300,
        batch_size=4096,
        learning_rate=1e-2,
        random_state=seed,
    ).fit(
        now.reshape(-1, 1),
        then.reshape(-1, 1),
        context.reshape(-1, context.shape[-1]),
    )


def draw(flow, x: np.ndarray, context: np.ndarray, rng) -> np.ndarray:
    """Next states of wells, given a context of each."""
    rows = context.reshape(-1, context.shape[-1])
    return flow.sample(x.reshape(-1, 1), rows, rng=rng).reshape(x.shape)


def chequerboard(x: np.ndarray, first, second, rng) -> np.ndarray:
    """Next states: even wells, then odd ones given the new even ones."""
    new, known = np.empty_like(x), neighbours(x)
    new[:, ::2] = draw(first, x[:, ::2], known[:, ::2], rng)
    known = np.concatenate([known, neighbours(new)], axis=-1)
    new[:, 1::2] = draw(second, x[:, 1::2], known[:, 1::2], rng)
    return new


def statistics(x: np.ndarray) -> np.ndarray:
    """Std of a well and correlation of neighbours, shape (2, n_time - 1)."""
    x = (x - x.mean(axis=0))[:, 1:]
    variance = (x**2).mean(axis=(0, 2))
    product = (x * np.roll(x, 1, axis=2)).mean(axis=(0, 2))
    return np.array([np.sqrt(variance), product / variance])


def rollout(step) -> np.ndarray:
    """Statistics of rings from the alternating start, for a step of all wells."""
    path = [np.tile(RING.x0, (N_PATHS, 1))]
    for _ in range(N_STEPS):
        path.append(step(path[-1]))
    return statistics(np.stack(path, axis=1))


def main() -> None:
    """Train everything; statistics of maps have the shape (seed, 2, n_time - 1)."""
    t_end = N_STEPS * LAG
    found = {"chequerboard": [], "at once": [], "independent": []}
    for seed in SEEDS:
        x = RING.trajectories(400, t_end, LAG, rng=seed)
        now, then = x[:, :-1], x[:, 1:]
        old, new = neighbours(now), neighbours(then)
        rng = np.random.default_rng(seed)
        first = fit(now, then, old, seed)
        second = fit(now, then, np.concatenate([old, new], axis=-1), seed)
        blind = fit(now, then, 0 * old, seed)  # a context that says nothing
        for name, step in (
            ("chequerboard", lambda x: chequerboard(x, first, second, rng)),  # noqa: B023
            ("at once", lambda x: draw(first, x, neighbours(x), rng)),  # noqa: B023
            ("independent", lambda x: draw(blind, x, 0 * neighbours(x), rng)),  # noqa: B023
        ):
            found[name].append(rollout(step))
        print(seed, [np.array(f)[-1, :, -1] for f in found.values()], flush=True)
    arrays = {name: np.array(runs) for name, runs in found.items()}
    full = RING.trajectories(N_PATHS, t_end, LAG, start=RING.x0, rng=99)
    arrays["full"] = statistics(full)
    effective = ms.solve(
        RING.effective,
        np.tile(RING.x0, (N_PATHS, 1)),
        t_span=(0, t_end),
        dt=LAG / 10,
        save_every=10,
        rng=0,
    )
    arrays["effective"] = statistics(effective.y)
    facts = ms.io.provenance(
        command="python book/results/flow_maps/make_ring.py", seed=[*SEEDS]
    )
    ms.io.save_arrays(Path(__file__).parent / "ring.safetensors", arrays, facts)


if __name__ == "__main__":
    main()
