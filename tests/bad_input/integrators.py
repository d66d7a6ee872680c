"""Valid calls of msbook.integrators, of solve and of diagnose."""

from __future__ import annotations

import numpy as np

import msbook as ms
from tests.bad_input.rule import Call


def drift(t, y, p):
    return -y[0], y[0] - y[1]


def diffusion(t, y, p):
    return 1.0, 0.5


sde = ms.SDE(drift, diffusion, (1.0, 0.5), compiled=False)
method = ms.EulerMaruyama()
solver = ms.Solver(sde, method, dt=0.1)
starts = np.array([[1.0, 0.5], [0.25, 0.75]])
increments = np.full((5, 2, 2), 0.1)
rk4 = ms.integrators.RK4.tableau
walk = np.random.default_rng(0).normal(size=(20, 60, 1)).cumsum(axis=1)

CALLS = {
    "AdamsBashforth": Call({"order": 2}),
    "RungeKutta": Call({"tableau": rk4}),
    "Tableau": Call({"A": rk4.A, "b": rk4.b, "c": rk4.c, "order": 4}),
    "Milstein": Call({"derivative": lambda t, y, p: (0.0, 0.0)}),
    "collocation": Call({"nodes": [0.25, 1.0], "order": 2}),
    "gauss": Call({"n_stages": 2}),
    "lobatto": Call({"n_stages": 3}),
    "radau": Call({"n_stages": 2}),
    "Solution": Call({"t": np.arange(3.0), "y": np.ones((2, 3, 2))}),
    "Solver": Call({"system": sde, "method": method, "dt": 0.1, "rng": 0}),
    "Solver.advance": Call({"y": starts, "t": 0.5, "n_steps": 2}, solver.advance),
    "Solver.trajectories": Call(
        {"y": starts, "t": 0.5, "n_steps": 4, "save_every": 2}, solver.trajectories
    ),
    "solve": Call(
        {
            "system": sde,
            "y0": starts,
            "t_span": (0.0, 0.5),
            "dt": 0.1,
            "method": method,
            "save_every": 1,
            "rng": 0,
        }
    ),
    "diagnose": Call(
        {"trajectories": walk, "dt": 0.1, "lag": 1, "periods": (None,), "rng": 0},
        fixed=("periods",),
        passes_on=("trajectories",),  # states with a NaN are gaps
    ),
}

_STEPS = "called by the solver, with what it has checked"
REASONS = dict.fromkeys(
    (
        "AdamsBashforth.can_compile",
        "AdamsBashforth.compile",
        "AdamsBashforth.march",
        "CosineETDRK4.can_compile",
        "CosineETDRK4.coefficients",
        "CosineETDRK4.fill_compiled",
        "CosineETDRK4.fill_in_numpy",
        "CosineETDRK4.step",
        "ETDRK4.coefficients",
        "ETDRK4.run",
        "ETDRK4.step",
        "ETDRK4.step_modes",
        "EulerMaruyama.check_starts",
        "EulerMaruyama.step",
        "EulerMaruyama.weights",
        "EulerMaruyama.write",
        "ExponentialEuler.weights",
        "Gillespie.check_starts",
        "Gillespie.fill",
        "Gillespie.new_states",
        "Gillespie.run",
        "LatticeBoltzmannD1Q3.can_compile",
        "LatticeBoltzmannD1Q3.fill_compiled",
        "LatticeBoltzmannD1Q3.fill_in_numpy",
        "LatticeBoltzmannD1Q3.lift",
        "LatticeBoltzmannD1Q3.relaxation",
        "LatticeBoltzmannD1Q3.restrict",
        "LatticeBoltzmannD1Q3.step",
        "Method.check_starts",
        "Milstein.fill",
        "Milstein.step",
        "Milstein.write",
        "NoiselessMethod.fill",
        "ODEMethod.run",
        "OneStepMethod.can_compile",
        "OneStepMethod.compile",
        "OneStepMethod.march",
        "OneStepMethod.step",
        "ReactionDiffusionMethod.run",
        "SteppingMethod.fill",
        "StormerVerlet.step",
        "StormerVerlet.weights",
        "StormerVerlet.write",
        "StratonovichHeun.step",
        "StratonovichHeun.write",
    ),
    _STEPS,
) | dict.fromkeys(("Diagnosis", "GeneratorReport"), "a result, made by diagnose")
