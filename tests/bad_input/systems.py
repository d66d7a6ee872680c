"""Valid calls of msbook.systems."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import msbook as ms
from tests.bad_input.rule import Call

systems = ms.systems


def drift(t, y, p):
    return -y[0], p[0] * y[0] - y[1]


def diffusion(t, y, p):
    return 1.0, 0.5


def gradient(q, p):
    return q[0] - q[1], q[1]


ode = systems.ODE(drift, (1.0, 0.5), (2.0,))
sde = systems.SDE(
    drift, diffusion, (1.0, 0.5), (2.0,), walls=((-2.0, 2.0), (-np.inf, np.inf))
)
well = systems.quadratic_well([[1.0, 0.0], [0.0, 2.0]]) + systems.ripple(
    0.1, (1.0, 0.0)
)
langevin = systems.Langevin(well, friction=1.0, temperature=0.5)
multiscale = systems.skew_product(eps=0.1)
in_numpy = systems.Multiscale(
    replace(multiscale.fine, compiled=False), n_slow=1, fine_dt=0.1
)
box = systems.AdvectionDiffusion()
cells = systems.ExcitableGrid(n=2)
front = systems.FitzHughNagumo(n_points=5)
waves = systems.KuramotoSivashinsky(n_points=8)
network = systems.dimerisation(eps=0.1)
points = np.array([[0.5, 1.5], [1.0, 0.25]])
path = np.linspace(0.1, 1.0, 16).reshape(1, 2, 8)
seed = {"rng": 0}


def of_points(system: systems.SlowFast, dim: int = 2) -> dict[str, Call]:
    """Calls of the maps that every slow–fast system has of its own."""
    name, states = type(system).__name__, np.full((3, dim), 0.5)
    return {
        f"{name}.hide": Call({"x": states}, system.hide),
        f"{name}.observe": Call({"hidden": states}, system.observe),
        f"{name}.slow_manifold": Call({"y": states[:, :1]}, system.slow_manifold),
    }


slow_fast = systems.PeriodicSlowFast()
# What integrators call at every step takes states that have blown up: they say at
# which step and time, which a drift cannot know.
at_points = ("y", "t", "q", "increment")

CALLS = {
    "ODE": Call(
        {"drift_rows": drift, "y0": (1.0, 0.5), "parameters": (2.0,)},
        fixed=("parameters",),  # what it reads of them only the function knows
    ),
    "ODE.drift": Call({"t": 0.5, "y": points}, ode.drift, passes_on=at_points),
    "SDE": Call(
        {
            "drift_rows": drift,
            "diffusion_rows": diffusion,
            "y0": (1.0, 0.5),
            "parameters": (2.0,),
            "rates": (1.0, 0.0),
            "walls": ((-2.0, 2.0), (-1.0, 3.0)),
        },
        fixed=("parameters",),  # what it reads of them only the function knows
    ),
    "SDE.drift": Call({"t": 0.5, "y": points}, sde.drift, passes_on=at_points),
    "SDE.diffusion": Call({"t": 0.5, "y": points}, sde.diffusion, passes_on=at_points),
    "SDE.covariance": Call({"y": points, "t": 0.5}, sde.covariance),
    "SDE.noise_of": Call(
        {"t": 0.5, "y": points, "increment": points}, sde.noise_of, passes_on=at_points
    ),
    "SDE.reflect": Call({"y": points}, sde.reflect, passes_on=at_points),
    "Langevin": Call(
        {
            "potential": well,
            "friction": 1.0,
            "mass": np.eye(2),
            "noise": np.eye(2),
        }
    ),
    "Langevin.energy": Call({"y": np.full((2, 4), 0.5)}, langevin.energy),
    "Potential": Call(
        {
            "gradient_rows": gradient,
            "dim": 2,
            "potential_rows": lambda q, p: q[0] * q[0],
            "parameters": (2.0,),
            "centres": ((0.0, 0.5), (1.0, 0.5)),
            "spread": 0.5,
            "gradient_covariance": ((1.0, 0.0), (0.0, 1.0)),
        },
        fixed=("parameters",),  # what it reads of them only the function knows
    ),
    "Potential.gradient": Call({"q": points}, well.gradient, passes_on=at_points),
    "Potential.potential": Call({"q": points}, well.potential),
    "Potential.starts": Call({"n": 3} | seed, well.starts),
    "Potential.truncated": Call({"k": 1}, well.truncated),
    "Potential.microscopic_covariance": Call({"k": 0}, well.microscopic_covariance),
    "as_potential": Call({"source": well, "dim": 2}, fixed=("name",)),
    "gradient_of_energy": Call(
        {"energy": lambda q: (q**2).sum(axis=1), "points": [[0.5, 1.0]], "unit": 1.0}
    ),
    "quadratic_well": Call({"hessian": np.eye(2), "centre": (0.5, 1.0)}),
    "ripple": Call({"eps": 0.1, "direction": (1.0, 0.5), "phase": 0.5}),
    "spline_potential": Call(
        {"knots": np.arange(5.0), "coefficients": np.arange(7.0), "degree": 3}
    ),
    "ring_of_wells": Call({"n_wells": 3, "n_fast": 2, "rates": (0.5, 2.0)}),
    "mixed_scales": Call({"n_terms": 2}),
    "Multiscale": Call(
        {
            "fine": multiscale.fine,
            "n_slow": 1,
            "effective": multiscale.effective,
            "closure_rate": 1.0,
            "relaxation_time": 1.0,
            "fine_dt": 0.5,
            "low": (0.0, 0.0),
            "high": (1.0, 1.0),
            "x0": (0.5,),
            "t_end": 2.0,
        }
    ),
    "Multiscale.starts": Call({"n": 3} | seed, multiscale.starts),
    "Multiscale.trajectories": Call(
        {
            "n": 2,
            "t_end": 0.5,
            "dt": 0.25,
            "start": (1.5,),
            "burn_in": 0.1,
            "n_sub": 20,
        }
        | seed,
        in_numpy.trajectories,
    ),
    "AdvectionDiffusion.random_starts": Call(
        {"n_traj": 2, "n_particles": 3} | seed, box.random_starts
    ),
    "ExcitableGrid": Call({"n": 3}),
    "ExcitableGrid.arrival_times": Call(
        {"firing_points": points[:1] / 2}, cells.arrival_times
    ),
    "ExcitableGrid.waves": Call(
        {"firing_points": points[:1] / 2, "t": np.arange(3.0)}, cells.waves
    ),
    "ExcitableGrid.simulate": Call(
        {"firing_points": points[:1] / 2, "t_span": (0.0, 1.0), "dt": 0.5},
        cells.simulate,
    ),
    "ReactionDiffusion.drift": Call(
        {"t": 0.5, "y": np.full((2, 10), 0.5)}, front.drift, passes_on=at_points
    ),
    "ReactionDiffusion.fields": Call({"y": np.full((2, 10), 0.5)}, front.fields),
    "FitzHughNagumo.front": Call(
        {"position": [3.0], "mean_v": [0.5], "height_v": [0.5]}, front.front
    ),
    "FitzHughNagumo.random_starts": Call({"n": 2} | seed, front.random_starts),
    "PeriodicPDE.drift": Call({"t": 0.5, "y": path}, waves.drift, passes_on=at_points),
    "PeriodicPDE.derivatives": Call({"y": path}, waves.derivatives),
    "PeriodicPDE.random_starts": Call({"n": 2} | seed, waves.random_starts),
    "PeriodicPDE.shifted": Call({"y": path, "distance": 0.5}, waves.shifted),
    "KuramotoSivashinsky.reflected": Call({"y": path}, waves.reflected),
    "KuramotoSivashinsky.symmetric_copies": Call(
        {"y": path, "n_shifts": 2}, waves.symmetric_copies
    ),
    "ReactionNetwork": Call(
        {
            "reactants": [[1, 0], [0, 1]],
            "changes": [[-1, 1], [1, -1]],
            "rates": [1.0, 2.0],
            "y0": [20, 5],
            "fast": [True, False],
        }
    ),
    "ReactionNetwork.drift": Call(
        {"t": 0.5, "y": 20 * points}, network.drift, passes_on=at_points
    ),
    "ReactionNetwork.covariance": Call({"x": 20 * points}, network.covariance),
    "ReactionNetwork.propensities": Call({"x": 20 * points}, network.propensities),
    "ReactionNetwork.slow_map": Call({"x": 20 * points}, network.slow_map),
    **of_points(systems.HalfMoons()),
    **of_points(slow_fast),
    **of_points(systems.QuadraticSlowFast()),
    **of_points(systems.TiltedHalfMoons(), dim=3),
    "SlowFast.covariance": Call({"x": points}, slow_fast.covariance),
    "SlowFast.fibre": Call({"y": points[:, :1], "z": points[:, 1:]}, slow_fast.fibre),
    "SlowFast.projection": Call({"x": points}, slow_fast.projection),
    "SlowFast.slow_map": Call({"x": points}, slow_fast.slow_map),
}

_ROWS = "components of rows, called by compiled methods at every step"
REASONS = {
    "ODE.motion": _ROWS,
    "SDE.motion": _ROWS,
    "FitzHughNagumo.rates": _ROWS,
    "KuramotoSivashinsky.linear": _ROWS,
    "KuramotoSivashinsky.nonlinear": _ROWS,
    "ReactionDiffusion.reaction": _ROWS,
    "FitzHughNagumo.starts": "takes nothing",
    "ReactionNetwork.slow_directions": "takes nothing",
}
