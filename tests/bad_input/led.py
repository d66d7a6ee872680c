"""Valid calls of LED and its relatives in msbook.estimators."""

from __future__ import annotations

from copy import deepcopy
from functools import wraps

import numpy as np

import msbook as ms
from msbook import estimators, networks
from tests.bad_input.fits import fitted, once_more
from tests.bad_input.rule import Call

random = np.random.default_rng(0)
t = 0.1 * np.arange(40)
paths = np.stack([np.sin(t + p)[:, None] * [1.0, 0.5, -0.5] for p in range(10)])
paths += 0.01 * random.normal(size=paths.shape)
recipe = {
    "autoencoder": networks.PrincipalComponents(2),
    "propagator": networks.DelayedMLP((4,), 2),
    "n_updates": 2,
    "rollouts": ((2, 2),),
    "batch_size": 8,
    "n_windows": 4,
    "random_state": 0,
}
led = estimators.LED(**recipe).fit(paths)
ensemble = estimators.LEDEnsemble(estimators.LED(**recipe), 2, random_state=0)
ensemble.fit(paths)
known = paths[:2, :5]
turns = deepcopy(led).set_params(dt=0.1)


def drift(t, y, p):
    return y[1], -y[0], -y[2]


solver = ms.Solver(ms.ODE(drift, (1.0, 0.0, 0.5), compiled=False), dt=0.1)
box = networks.ParticleAutoencoder(
    1, (4,), n_pooled=3, n_parts=2, box=(-3.0, 3.0), n_seen=3, n_scored=3
)
clouds = np.repeat(paths[:, :, None, :1], 5, axis=2)
clouds += 0.1 * random.normal(size=clouds.shape)
particles = estimators.LED(**recipe | {"autoencoder": box}).fit(clouds)
adaptive_recipe = {
    "autoencoder": networks.Identity(3),
    "propagator": networks.DelayedMLP((4,), 2),
    "dt": 0.1,
    "n_members": 2,
    "n_first": 60,
    "n_compare": 2,
    "n_macro": (2, 3),
    "n_micro": (8, 9),
    "n_updates": 2,
    "rollouts": ((2, 2),),
    "n_windows": 4,
    "random_state": 0,
}
hybrid = {"solver": solver, "y0": [1.0, 0.0, 0.5], "n_steps": 80}
adaptive = estimators.AdaptiveLED(**adaptive_recipe)
# Without a macro step a run has no errors to be asked for.
hybrid_run = estimators.AdaptiveLED(**adaptive_recipe, max_error=1e3).run(**hybrid)


@wraps(estimators.AdaptiveLED)
def construct_and_run(**settings):
    return estimators.AdaptiveLED(**settings).run(**hybrid)


CALLS = {
    "LED": Call(recipe | {"dt": 0.1}, fitted(estimators.LED, paths)),
    # States with a NaN are gaps.
    "LED.fit": Call(
        {"X": paths, "validation": paths[:2]},
        once_more(led.fit),
        passes_on=("X", "validation"),
    ),
    "LED.refit_propagator": Call(
        {"X": paths}, once_more(led.refit_propagator), passes_on=("X",)
    ),
    "LatentSpace.transform": Call({"X": known}, led.transform),
    "LatentSpace.inverse_transform": Call(
        {"X": np.ones((2, 2))}, led.inverse_transform
    ),
    "LatentSpace.warm_up": Call({"X": known}, led.warm_up),
    "LED.forecast": Call(
        {"X": known, "n_steps": 2, "micro": solver, "n_macro": 1, "n_micro": 1},
        turns.forecast,
    ),
    "LED.score": Call({"X": paths}, led.score, passes_on=("X",)),
    "LEDEnsemble.score": Call({"X": paths}, ensemble.score, passes_on=("X",)),
    "LatentSpace.forecast_latent": Call(
        {"X": known, "n_steps": 2}, led.forecast_latent
    ),
    "LatentSpace.propagate": Call(
        {"state": led.warm_up(known), "n_steps": 2}, led.propagate
    ),
    "LEDEnsemble": Call(
        {"led": estimators.LED(**recipe), "n_members": 2},
        fitted(estimators.LEDEnsemble, paths),
    ),
    "LEDEnsemble.fit": Call({"X": paths}, once_more(ensemble.fit), passes_on=("X",)),
    "LEDEnsemble.forecast": Call({"X": known, "n_steps": 2}, ensemble.forecast),
    "LEDEnsemble.forecast_members": Call(
        {"X": known, "n_steps": 2}, ensemble.forecast_members
    ),
    "LEDEnsemble.calibrate": Call(
        {"X": known, "truth": paths[:2, 5:8]}, once_more(ensemble.calibrate)
    ),
    "LEDEnsemble.forecast_interval": Call(
        {"X": known, "n_steps": 2}, ensemble.forecast_interval
    ),
    "LEDEnsemble.from_members": Call(
        {"members": [led, led]}, estimators.LEDEnsemble.from_members
    ),
    "SpeedUp": Call(
        {"n_traj": 1, "solver": 6e-3, "propagation": 5e-5, "decoding": 1e-4}
    ),
    "SpeedUp.multiscale": Call(
        {"rho": 0.5}, estimators.SpeedUp(1, 6e-3, 5e-5, 1e-4).multiscale
    ),
    "LatentSpace.log_likelihood": Call({"X": clouds[:2]}, particles.log_likelihood),
    "LatentSpace.sample": Call(
        {"X": np.ones((2, 1)), "n_particles": 3, "rng": 0}, particles.sample
    ),
    "LED.speed_up": Call(
        {"solver": solver, "X": known, "n_steps": 2, "n_repeats": 1}, led.speed_up
    ),
    "AdaptiveLED": Call(adaptive_recipe, construct_and_run),
    "AdaptiveLED.run": Call(hybrid, once_more(adaptive.run)),
    "AdaptiveRun.macro_errors": Call({"solver": solver}, hybrid_run.macro_errors),
}
REASONS: dict[str, str] = {}
