# pyright: strict
"""Calls as readers write them, which ``test_types.py`` hands to a checker of types.

Nothing here runs: the docstrings' examples do, with the same calls.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import msbook as ms

Array = NDArray[np.float64]


def drift(t: Any, x: Any, p: Any) -> Any:
    """A drift of two components."""
    return x[1], -p[0] * x[0]


def diffusion(t: Any, x: Any, p: Any) -> Any:
    """A diffusion of two rows."""
    return (0.5, 1.0), (0.5, -1.0)


def equations() -> None:
    """Equations of a reader's own."""
    scalar = ms.SDE(lambda t, y, p: -y[0], lambda t, y, p: 1.0, y0=1.0)
    general = ms.SDE(drift, diffusion, y0=(1, 1), parameters=(1e-3,), noise="general")
    ms.SDE(drift, lambda t, y, p: [1.0, 0.0], y0=[0, 0.0], rates=[1.0, 0.0])
    ms.SDE(drift, drift, np.zeros(2), {"k": 1.0}, walls=[(0, np.inf), (-1.0, 1.0)])
    ms.ODE(lambda t, y, p: -y[0], y0=1)
    ms.ODE(drift, y0=np.ones(2), parameters=np.eye(2))
    ms.ODE(drift, (1.0, 0.0), parameters=[1, (2.0, np.ones(3))], compiled=False)
    size: int = len(scalar.y0) + general.noise_dim
    rates: Array = scalar.drift(0.0, [[1.0], [2.0]]) + size
    scalar.noise_of(0.0, [1.0], [0.1])
    print(general.covariance([0.0, 1.0])[..., 0], rates)


def solutions() -> None:
    """Simulations."""
    system = ms.ODE(drift, y0=(1.0, 0.0), parameters=(2.0,))
    solution = ms.solve(system, t_span=(0, np.pi), dt=np.pi / 200)
    last: Array = solution.y[:, -1]
    ms.solve(system, [2.0, 0.0], t_span=(0, 1), dt=0.1, save_every=5)
    ms.solve(system, [[2, 0], [1, 0]], t_span=[0, 1], dt=0.1, method=ms.Theta(0.5))
    ms.solve(system, last, t_span=np.array([0.0, 1.0]), dt=0.1)
    noisy = ms.SDE(drift, drift, y0=(0, 0))
    for method in (ms.EulerMaruyama(), ms.Milstein(), ms.StratonovichHeun()):
        ms.solve(noisy, t_span=(0, 1), dt=0.1, method=method, rng=0)
    with ThreadPoolExecutor(2) as pool:
        ms.solve(noisy, np.zeros((9, 2)), t_span=(0, 1), dt=0.1, rng=0, executor=pool)
    random = np.random.default_rng(0)
    increments = random.normal(0.0, 0.1, (1, 10, 2))
    ms.solve(noisy, t_span=(0, 1), dt=0.1, rng=random, increments=increments)
    solver = ms.Solver(noisy, dt=0.1, rng=0)
    solver.advance([[0.0, 0.0]], n_steps=10)
    solver.trajectories(np.zeros((3, 2)), 0.0, 10, save_every=5)
    tableau = ms.Tableau(A=[[0, 0], [1, 0]], b=[1 / 2, 1 / 2], c=[0, 1], order=2)
    ms.Solver(system, ms.RungeKutta(tableau), dt=0.1)
    ms.Solver(system, ms.AdamsBashforth(3), dt=0.1)


@dataclass(frozen=True)
class Burgers(ms.systems.PeriodicPDE):
    """A periodic equation of a reader's own."""

    n_points: int = 128
    length: float = 2 * np.pi
    viscosity: float = 0.05

    def linear(self, k: Array) -> Array:
        """Symbol."""
        return -self.viscosity * k**2

    @staticmethod
    def nonlinear(u: Any) -> Any:
        """Flux."""
        return -0.5 * u**2


def systems() -> None:
    """Systems of the book, and more of a reader's own."""
    burgers = Burgers()
    ms.solve(burgers, np.sin(burgers.x), t_span=(0, 1), dt=0.01)
    burgers.derivatives(burgers.y0)
    decay = ms.systems.ReactionNetwork([[1]], [[-1]], rates=[1.0], y0=[10**6])
    ms.solve(decay, t_span=(0, 1), dt=0.5, method=ms.Gillespie(), rng=0)
    decay.propensities([[20], [30]])
    first: float = decay.rates[0]
    half_moons = ms.systems.HalfMoons(a1=1e-3)
    print(half_moons.hide(half_moons.observe([0.5, 1.1])), first)
    ms.systems.TiltedHalfMoons(axis=(1, 0, 0)).slow_map([[1.0, 0.0, 0.0]])
    wells = ms.systems.Potential(
        lambda q, p: (q[0] ** 3 - q[0],), potential_rows=lambda q, p: q[0] ** 2
    )
    total = wells + ms.systems.ripple(0.01)
    total.truncated(0).potential([0.0])
    total.gradient([[0.0], [1.0]])
    ms.systems.Potential(drift_of, 2, centres=[[0, 0]], gradient_covariance=np.eye(2))
    ms.systems.Langevin(total, friction=1.0, temperature=0.5).energy([1.0, 0.0])
    triad = ms.systems.triad()
    triad.effective.drift(0.0, [1.0])
    triad.trajectories(10, 0.5, 0.05, start=triad.x0, rng=0)
    fine = ms.SDE(drift, drift, y0=(0, 0))
    ms.systems.Multiscale(fine, n_slow=1, low=[0, 0], high=[1, 1], x0=0.5)
    ms.systems.quadratic_well([[1.0]], centre=[0.5])


def drift_of(q: Any, p: Any) -> Any:
    """A gradient of two coordinates."""
    return q[0], q[1]


def samples() -> None:
    """From a solver to data."""
    system = ms.systems.PeriodicSlowFast()
    paths = ms.solve(system, t_span=(0, 2), dt=1e-4, save_every=100, rng=0)
    data = ms.sampling.project(system, paths, 50, rng=1)
    train, test = data.split(0.33, rng=0)
    ms.metrics.fibre_angle(ms.SlowMap(), train.x, train.covariance).mean()
    ends = ms.sampling.bursts(system, [[3.0, 3.0]], 10, 1e-3, rng=0)
    ms.sampling.slow_dimension(ms.sampling.local_covariance(ends, 1e-3))
    covariance = system.covariance([[3.0, 3.0]])
    ms.sampling.choose_tau(system, [[3.0, 3.0]], covariance, 1, 1e-5, rng=0)
    circle = ms.sampling.find_circle(test.projection.tolist())
    if circle is not None:
        print(circle.centre, circle.radius)
    now, later = ms.sampling.pairs(paths.y, lag=2, periods=[None, 2 * np.pi])
    ms.sampling.pairs([paths.y[0], paths.y[0][:9]], n_pairs=5, rng=0)
    V = ms.systems.quadratic_ripples([1e-4])
    ms.sampling.gradient_descent(V, [[0.0]], 0.2, n_steps=10**6, rng=0)
    ms.sampling.large_steps(np.sin, [[0.0]], 0.2, n_steps=10**6, rng=0)
    ms.diagnose(
        paths.y, dt=0.1, lag=1, generator=ms.StochasticFlowMap().fit(now, later)
    )


def estimators(folder: Path) -> None:
    """What is fitted, and what it gives."""
    points = np.zeros((9, 2))
    slow_map = ms.SlowMap(n_slow=1, hidden=[16, 16], random_state=0).fit(points, points)
    slow: Array = slow_map.transform(points.tolist())
    slow_map.inverse_transform(slow)
    slow_map.predict([[0.0, 1.0]])
    ms.io.save_model(folder / "slow_map.safetensors", slow_map)
    ms.io.load_model("slow_map.safetensors").transform(points)

    def gradient(q: Array) -> Array:
        return 0.4 * q**3 - 2 * q

    potential = ms.EffectivePotential(scale=0.2, n_steps=10**6, random_state=0)
    potential.fit(gradient, [[-2.0], [0.0], [2.0]])
    potential.predict([[0.0], [1.0]])
    surrogate = potential.langevin(friction=0.1, temperature=1.0)
    ms.solve(surrogate, [2.0, 0.0], t_span=(0, 100), dt=0.1, rng=0)

    led = ms.LED(dt=0.1, rollouts=[(2, 10)], random_state=0)
    led.fit(np.zeros((4, 99, 5))).forecast(np.zeros((1, 20, 5)), n_steps=100)
    led.fit([np.zeros((99, 5)), np.zeros((80, 5))])
    led.fit(np.zeros((4, 99, 2, 16, 16)), validation=[np.zeros((99, 2, 16, 16))])
    led.fit(np.lib.format.open_memmap(folder / "fields.npy"))
    good: float = led.score(np.zeros((1, 99, 5)))
    print(good, led.forecast([np.zeros((20, 5))], n_steps=3).shape)

    flow_map = ms.StochasticFlowMap(random_state=0).fit(points, points)
    flow_map.log_prob(points, points)
    flow_map.sample([[0.0, 1.0]], rng=0)
    flow_map.rollout([[0.0, 1.0]], n_steps=9, rng=np.random.default_rng(0))
    ms.estimators.CoarsePDE(dt=0.1).fit(np.zeros((2, 9, 40)))


def metrics() -> None:
    """Errors of lists."""
    ms.metrics.wasserstein_distance([0.0, 1.0], [1, 2])
    ms.metrics.kolmogorov_distance([0.0, 1.0], lambda x: x)
    ms.metrics.valid_prediction_time([[0.0, 1.0]], [[0.0, 1.5]], dt=0.1)
    ms.metrics.closure_bias(2.0, [0.1, 0.2])
    ms.metrics.closure_rate(ms.metrics.increment_correlation(2.0, 0.1), 0.1)
    ms.metrics.principal_angles([[1.0, 0.0]], [[0.0, 1.0]])
    ms.metrics.autocorrelation(np.zeros((4, 99, 1)), n_lags=9).value.mean()
    solver = ms.Solver(ms.systems.van_der_pol(), dt=0.01)
    ms.metrics.lyapunov_exponents(solver, [[1.0, 0.0]], interval=0.1, n_intervals=9)


def files(folder: Path) -> None:
    """Arrays in files."""
    ms.io.save_arrays(folder / "x.safetensors", {"x": [1.0, 2.0]}, {"made": "here"})
    arrays, facts = ms.io.load_arrays("x.safetensors")
    print(arrays["x"].shape, facts["made"])
    ms.io.write_array("x.csv", [[1.0, 2.0]])
    ms.io.read_array(folder / "x.csv", shape=("n", 2), header=False).mean()
    ms.io.provenance("python make.py", seed=0)
