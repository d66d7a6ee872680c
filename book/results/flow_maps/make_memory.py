"""What memory gains for a chaotic and for a stochastic fast driver, by the lag.

Flow maps with and without six earlier states, trained on the slow variable of
``lorenz_driven`` and of ``slow_ornstein_uhlenbeck``, five seeds each. The gains go to
memory.safetensors. ``python book/results/flow_maps/make_memory.py``, three minutes.
"""

from pathlib import Path

import numpy as np

import msbook as ms
from msbook.sampling import pairs

EPS = 0.1
LAGS = (0.5, 1.0, 2.0, 4.0)  # over ε²
SEEDS = range(5)
MEMORY = 6
N_STEPS = 40

# The laws of the linear system are normal; those of the chaotic one have two peaks.
DRIVERS = {
    "deterministic": (ms.systems.lorenz_driven(eps=EPS), "mixture", 500),
    "stochastic": (ms.systems.slow_ornstein_uhlenbeck(eps=EPS), "affine", 200),
}


def gain(driver: str, lag: float, seed: int) -> float:
    """Held-out log-likelihood with memory less that without, in nats a step."""
    system, head, n_updates = DRIVERS[driver]
    rng = np.random.default_rng(seed)
    dt = lag * EPS**2
    x, y, new_x, new_y = (
        array
        for n in (1500, 500)
        for array in pairs(
            system.trajectories(n, N_STEPS * dt, dt, burn_in=0.2, rng=rng),
            memory=MEMORY,
        )
    )
    scores = []
    for memory in (0, MEMORY):
        flow = ms.StochasticFlowMap(
            head,
            memory=memory,
            hidden=(32, 32),
            baseline="mean",
            n_updates=n_updates,
            batch_size=2048,
            learning_rate=1e-2,
            random_state=seed,
        ).fit(x[:, : memory + 1], y)
        scores.append(flow.score(new_x[:, : memory + 1], new_y))
    return scores[1] - scores[0]


def main() -> None:
    """Train everything and keep the gains, an array (lag, seed) for each driver."""
    arrays = {"lags": np.array(LAGS)}
    for driver in DRIVERS:
        gains = [[gain(driver, lag, seed) for seed in SEEDS] for lag in LAGS]
        arrays[driver] = np.array(gains)
    facts = ms.io.provenance(
        command="python book/results/flow_maps/make_memory.py", seed=[*SEEDS]
    )
    path = Path(__file__).parent / "memory.safetensors"
    ms.io.save_arrays(path, arrays, facts)


if __name__ == "__main__":
    main()
