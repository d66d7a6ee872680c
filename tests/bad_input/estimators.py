"""Valid calls of msbook.estimators, fitted with a few updates.

What is handed to an estimator's constructor is checked by its ``fit``.
"""

from __future__ import annotations

import numpy as np

import msbook as ms
from msbook import estimators
from tests.bad_input.fits import fitted, once_more
from tests.bad_input.rule import Call

paths = np.random.default_rng(0).normal(size=(4, 10, 3))
states, ends = paths[0, :, :2], paths[1, :, :2]
slow = {"hidden": (3,), "epochs": 2, "random_state": 0}
slow_map = estimators.SlowMap(**slow).fit(states, ends)

t = 0.1 * np.arange(40)
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

well = ms.systems.quadratic_ripples([1e-4])
starts = well.starts(64, rng=0)
effective = {"step_size": 0.2, "n_steps": 20_000, "friction": 5.0, "random_state": 0}
potential = estimators.EffectivePotential(0.2, **effective).fit(well, starts)
edges = np.linspace(-2.0, 2.0, 17)
run = ms.sampling.large_steps(
    well, starts, 0.3, n_steps=4000, friction=0.5, edges=edges, rng=0
)
axis = estimators.UniformSplines(-2.0, 0.5, 8)
splines = estimators.TensorSplines((axis,))
counts = np.ones(16)
fields = estimators.FieldScaling.of(paths, None)

CALLS = {
    "SlowMap": Call(
        slow | {"n_slow": 1, "learning_rate": 1e-3},
        fitted(estimators.SlowMap, states, ends),
        or_none=("decoder_hidden",),
    ),
    "SlowMap.fit": Call({"X": states, "y": ends}, once_more(slow_map.fit)),
    "EncoderDecoderEstimator.transform": Call({"X": states}, slow_map.transform),
    "EncoderDecoderEstimator.predict": Call({"X": states}, slow_map.predict),
    "EncoderDecoderEstimator.jacobian": Call({"X": states}, slow_map.jacobian),
    "EncoderDecoderEstimator.inverse_transform": Call(
        {"X": states[:, :1]}, slow_map.inverse_transform
    ),
    "EncoderDecoderEstimator.score": Call({"X": states, "y": ends}, slow_map.score),
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
    "scan_scales": Call({"gradient": well, "q0": starts, "n_steps": 100_000, "rng": 0}),
    "noise_covariance": Call(
        {
            "gradient": well,
            "q0": starts,
            "step_size": 0.2,
            "n_steps": 20_000,
            "friction": 5.0,
            "rng": 0,
        }
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
    "UniformSplines": Call(
        {"start": 0.0, "spacing": 0.5, "n_intervals": 4, "periodic": False}
    ),
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
    "FieldScaling.of_portions": Call(
        {"portions": [paths], "n_fields": 3},
        estimators.FieldScaling.of_portions,
        fixed=("portions",),
    ),
    "FieldScaling.of_box": Call(
        {"box": np.array([[0.0, 1.0]])}, estimators.FieldScaling.of_box
    ),
    "FieldScaling.scaled": Call(
        {"states": paths}, fields.scaled, passes_on=("states",)
    ),
    "FieldScaling.unscaled": Call(
        {"scaled": paths}, fields.unscaled, passes_on=("scaled",)
    ),
}

_INSIDE = "called by fit, with what it has checked"
REASONS = dict.fromkeys(
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
    f"SerializableGenerator.{way}": "called by msbook.io, with what it has checked"
    for way in ("from_arrays", "to_arrays")
}
REASONS |= dict.fromkeys(
    (
        *(
            f"{name}.{way}"
            for name in (
                *(
                    "AdaptiveLED",
                    "CoarsePDE",
                    "EffectivePotential",
                    "FittedDynamics",
                    "LEDEnsemble",
                ),
                "SlowMap",
            )
            for way in ("from_arrays", "to_arrays")
        ),
        *("GaussianProcessRegression.rebuild", "NetworkRegression.rebuild"),
    ),
    "called by msbook.io, with what it has checked",
)
REASONS |= dict.fromkeys(
    (
        "AdaptiveRun",
        "SlowMapQuality",
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
