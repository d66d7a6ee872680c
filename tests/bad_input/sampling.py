"""Valid calls of msbook.sampling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import msbook as ms
from tests.bad_input.rule import Call

sampling = ms.sampling
system = ms.systems.QuadraticSlowFast(eps=1e-3)
points = np.array([[1.0, 0.0], [1.3, 0.5], [0.8, -0.4]])
angles = np.linspace(0.0, 6.2, 60)
ring = np.column_stack([np.cos(angles), np.sin(angles)])
paths = np.random.default_rng(0).normal(size=(2, 6, 2))
landscape = replace(ms.systems.quadratic_ripples([1e-4]), compiled=False)
covariance = np.tile(np.diag([1.0, 900.0]), (3, 1, 1))
data = sampling.SlowFastData(points, points)
seed = {"rng": 0}

CALLS = {
    "Circle": Call({"centre": np.zeros(2), "radius": 1.0, "axes": np.eye(2)}),
    "SlowFastData": Call({"x": points, "projection": points, "covariance": covariance}),
    "SlowFastData.split": Call({"fraction": 0.34} | seed, data.split),
    "burst_simulator": Call({"source": system, "dt": 0.01}),
    "bursts": Call(
        {"source": system, "x": points, "n_bursts": 2, "duration": 1e-3, "dt": 1e-3}
        | seed
    ),
    "choose_tau": Call(
        {
            "source": system,
            "x": points,
            "covariance": system.covariance(points),
            "n_slow": 1,
            "shortest": 1e-4,
            "n_bursts": 20,
        }
        | seed
    ),
    "project": Call(
        {
            "source": system,
            "paths": points,
            "n_points": 3,
            "n_bursts": 2,
            "tau": 1e-3,
            "dt": 1e-3,
            "covariance": covariance,
        }
        | seed
    ),
    "project_path": Call({"paths": paths, "gap": 1, "window": 2, "n_points": 3}),
    "find_circle": Call({"points": ring}),
    "local_covariance": Call({"ends": paths, "duration": 0.5}),
    "slow_dimension": Call({"covariance": covariance}),
    "pairs": Call(
        {"trajectories": paths, "memory": 1, "n_pairs": 3, "periods": (6.5, None)}
        | seed,
        passes_on=("trajectories",),  # NaN is a gap
    ),
    "find_scales": Call({"gradient": landscape, "q0": [[0.5], [1.0], [-1.0]]} | seed),
    "large_steps": Call(
        {
            "potential": landscape,
            "q0": [[0.5]],
            "step_size": 0.5,
            "n_steps": 2000,
            "friction": [[0.5]],
            "mass": 1.0,
            "n_chains": 2,
            "burn_in": 20,
            "edges": np.linspace(-2.0, 2.0, 5),
            "keep": 10,
        }
        | seed
    ),
    "gradient_descent": Call(
        {"potential": landscape, "q0": [[0.5]], "learning_rate": 0.2, "n_steps": 2000}
    ),
}

REASONS = {
    "LargeSteps": "a result, made by large_steps",
    "Scales": "a result, made by find_scales",
}
