"""Valid calls of msbook.estimators, fitted with a few updates.

What is handed to an estimator's constructor is checked by its ``fit``.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from functools import wraps
from typing import Any

import numpy as np

import msbook as ms
from msbook import estimators, networks
from tests.bad_input.rule import Call


def fitted(estimator: type, *data: Any) -> Callable[..., Any]:
    """What the constructor's arguments are checked by: the fit."""

    @wraps(estimator)
    def construct_and_fit(**settings):
        return estimator(**settings).fit(*data)

    return construct_and_fit


def once_more(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method that changes its object, on a copy of it."""

    @wraps(method)
    def on_a_copy(**arguments):
        copy = deepcopy(method.__self__)
        return getattr(copy, method.__name__)(**arguments)

    return on_a_copy


random = np.random.default_rng(0)
states = random.normal(size=(60, 2))
ends = 0.8 * states + 0.3 * random.normal(size=(60, 2))
pairs = {"X": states, "Y": ends}
few = {"n_updates": 2, "batch_size": 16}
small = {"hidden": (4,), "random_state": 0} | few
training = {"learning_rate": 1e-3} | few

flow = estimators.StochasticFlowMap("affine", **small).fit(states, ends)
moyal = estimators.KramersMoyal(1).fit(states, ends)
table = (
    estimators.StochasticFlowMap("affine", **small)
    .fit(states[:, :1], ends[:, :1])
    .to_table(8, 8)
)

slow = {"hidden": (3,), "epochs": 2, "random_state": 0}
slow_map = estimators.SlowMap(**slow).fit(states, ends)

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

x = np.linspace(0.05, 0.95, 10)
heat = np.exp(-t[:, None]) * np.cos(np.pi * x) + 0.3 * np.cos(2 * np.pi * x)
regression = estimators.NetworkRegression((3,), 50, 2)
coarse = {
    "regressor": regression,
    "features": (((0, 0), (0, 2)),),
    "n_fields": 1,
    "dt": 0.1,
    "dx": 0.1,
    "random_state": 0,
}
coarse_pde = estimators.CoarsePDE(**coarse).fit(heat[None])

well = replace(ms.systems.quadratic_ripples([1e-4]), compiled=False)
starts = well.starts(20, rng=0)
effective = {"step_size": 0.2, "n_steps": 20_000, "friction": 0.5, "random_state": 0}
potential = estimators.EffectivePotential(0.2, **effective).fit(well, starts)
edges = np.linspace(-2.0, 2.0, 17)
run = ms.sampling.large_steps(
    well, starts, 0.3, n_steps=4000, friction=0.5, edges=edges, rng=0
)
axis = estimators.UniformSplines(-2.0, 0.5, 8)
splines = estimators.TensorSplines((axis,))
counts = np.ones(16)
fields = estimators.FieldScaling.of(paths, None)

CALLS: dict[str, Call] = {}
REASONS: dict[str, str] = {}
for one in (
    "StochasticFlowMap",
    "ConditionalAutoencoder",
    "ConditionalGAN",
    "EnergyScore",
):
    CALLS[one] = Call(
        {"hidden": (4,), "dt": 0.1, "memory": 0, "random_state": 0} | training,
        fitted(getattr(estimators, one), states, ends),
    )
CALLS |= {
    "KramersMoyal": Call(
        {"degree": 1, "dt": 0.1}, fitted(estimators.KramersMoyal, states, ends)
    ),
    "OneStepGenerator.fit": Call(pairs, once_more(moyal.fit)),
    "OneStepGenerator.drift_": Call({"X": states}, moyal.drift_),
    "OneStepGenerator.diffusion_": Call({"X": states}, moyal.diffusion_),
    "OneStepGenerator.sample": Call({"X": states, "rng": 0}, flow.sample),
    "OneStepGenerator.rollout": Call(
        {"x0": states[:2], "n_steps": 2, "rng": 0}, flow.rollout
    ),
    "StochasticFlowMap.log_prob": Call(pairs, flow.log_prob),
    "StochasticFlowMap.score": Call(pairs, flow.score),
    "FlowMapTable.rollout": Call(
        {"x0": [0.5], "n_steps": 2, "n_paths": 2, "rng": 0}, table.rollout
    ),
    "SlowMap": Call(
        slow | {"n_slow": 1, "learning_rate": 1e-3},
        fitted(estimators.SlowMap, states, ends),
    ),
    "SlowMap.fit": Call({"X": states, "y": ends}, once_more(slow_map.fit)),
    "SlowMap.transform": Call({"X": states}, slow_map.transform),
    "SlowMap.predict": Call({"X": states}, slow_map.predict),
    "SlowMap.jacobian": Call({"X": states}, slow_map.jacobian),
    "SlowMap.inverse_transform": Call({"X": states[:, :1]}, slow_map.inverse_transform),
    "SlowMap.score": Call({"X": states, "y": ends}, slow_map.score),
    "LED": Call(recipe | {"dt": 0.1}, fitted(estimators.LED, paths)),
    "LED.fit": Call({"X": paths, "validation": paths[:2]}, once_more(led.fit)),
    "LEDLearning.refit_propagator": Call({"X": paths}, once_more(led.refit_propagator)),
    "LEDCoding.transform": Call({"X": known}, led.transform),
    "LEDCoding.inverse_transform": Call({"X": np.ones((2, 2))}, led.inverse_transform),
    "LEDForecasting.warm_up": Call({"X": known}, led.warm_up),
    "LEDForecasting.forecast": Call({"X": known, "n_steps": 2}, led.forecast),
    "LEDForecasting.forecast_latent": Call(
        {"X": known, "n_steps": 2}, led.forecast_latent
    ),
    "LEDForecasting.propagate": Call(
        {"state": led.warm_up(known), "n_steps": 2}, led.propagate
    ),
    "LEDEnsemble": Call(
        {"led": estimators.LED(**recipe), "n_members": 2},
        fitted(estimators.LEDEnsemble, paths),
    ),
    "LEDEnsemble.fit": Call({"X": paths}, once_more(ensemble.fit)),
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
    "CoarsePDE": Call(coarse, fitted(estimators.CoarsePDE, heat[None])),
    "CoarsePDE.fit": Call({"X": heat[None]}, once_more(coarse_pde.fit)),
    "CoarsePDE.rates": Call({"X": heat[:2]}, coarse_pde.rates),
    "CoarsePDE.jacobian": Call({"state": heat[0]}, coarse_pde.jacobian),
    "CoarsePDE.forecast": Call(
        {"X": heat[None, :2], "n_steps": 2}, coarse_pde.forecast
    ),
    "feature_ranking": Call(
        {
            "X": heat[None],
            "n_fields": 1,
            "dt": 0.1,
            "dx": 0.1,
            "n_chosen": 1,
            "n_samples": 50,
            "random_state": 0,
        }
    ),
    "EffectivePotential": Call(
        {"scale": 0.2} | effective, fitted(estimators.EffectivePotential, well, starts)
    ),
    "EffectivePotential.fit": Call(
        {"gradient": well, "q0": starts}, once_more(potential.fit)
    ),
    "EffectivePotential.predict": Call({"q": starts / 9}, potential.predict),
    "EffectivePotential.gradient": Call({"q": starts / 9}, potential.gradient),
    "EffectivePotential.langevin": Call({}, potential.langevin),
    "scan_scales": Call({"gradient": well, "q0": starts, "n_steps": 20_000, "rng": 0}),
    "noise_covariance": Call(
        {"gradient": well, "q0": starts, "step_size": 0.2, "n_steps": 20_000, "rng": 0}
    ),
    "noise_covariance_of_paths": Call(
        {
            "inverse_masses": estimators.trial_masses(1),
            "momentum_covariances": np.ones((1, 1, 1)),
            "friction": 0.1,
        }
    ),
    "noise_covariance_of_steps": Call({"runs": [run]}),
    "trial_masses": Call({"dim": 2}),
    "gibbs_temperature": Call({"run": run}),
    "fit_density": Call(
        {"splines": splines, "edges": (edges,), "counts": counts, "temperature": 0.5}
    ),
    "fit_forces": Call(
        {
            "splines": splines,
            "edges": (edges,),
            "counts": counts,
            "force_sums": counts[:, None],
        }
    ),
    "UniformSplines": Call({"start": 0.0, "spacing": 0.5, "n_intervals": 4}),
    "UniformSplines.bin_means": Call({"edges": edges, "derivative": 0}, axis.bin_means),
    "UniformSplines.design": Call({"x": edges, "derivative": 0}, axis.design),
    "UniformSplines.edges": Call({"bins_per_interval": 2}, axis.edges),
    "TensorSplines": Call({"axes": (axis,)}),
    "TensorSplines.bin_means": Call(
        {"edges": (edges,), "along": None}, splines.bin_means
    ),
    "TensorSplines.covering": Call(
        {"points": starts, "spacing": 0.5}, estimators.TensorSplines.covering
    ),
    "TensorSplines.potential": Call(
        {"coefficients": np.ones(splines.shape)}, splines.potential
    ),
    "FieldScaling": Call({"mean": np.zeros(3), "scale": np.ones(3)}),
    "FieldScaling.of": Call(
        {"states": paths, "n_fields": 3}, estimators.FieldScaling.of
    ),
    "FieldScaling.of_box": Call(
        {"box": np.array([[0.0, 1.0]])}, estimators.FieldScaling.of_box
    ),
    "FieldScaling.scaled": Call({"states": paths}, fields.scaled),
    "FieldScaling.unscaled": Call({"scaled": paths}, fields.unscaled),
}

_INSIDE = "called by fit, with what it has checked"
REASONS |= dict.fromkeys(
    (
        "FlowMapTable.step",
        "GaussianProcessRegression.fit",
        "NetworkRegression.fit",
        "IncrementScaling.condition",
        "IncrementScaling.moved",
        "IncrementScaling.of",
        "IncrementScaling.outside",
        "IncrementScaling.scaled",
    ),
    _INSIDE,
)
REASONS |= {
    f"{name}Keeping.{way}": "called by msbook.io, with what it has checked"
    for name in ("Generator", "LED", "Network", "Potential")
    for way in ("from_arrays", "to_arrays")
}
REASONS |= dict.fromkeys(
    (
        "AdaptiveRun",
        "FlowMapTable",
        "IncrementScaling",
        "IntervalForecast",
        "LatentState",
        "ScaleScan",
    ),
    "a result, made by the estimators",
)
REASONS |= {
    "Phase": "an enumeration, which says itself what it has",
    "EffectivePotential.hamiltonian": "takes nothing",
    "TensorSplines.edges": "takes nothing",
    "TensorSplines.roughness": "takes nothing",
    "UniformSplines.third_differences": "takes nothing",
}
