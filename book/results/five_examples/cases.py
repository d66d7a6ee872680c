"""The systems, and how their maps are trained."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

import msbook as ms
from msbook.sampling import pairs


def _log_drift(t, x, p):
    return (p[0],)


def _log_diffusion(t, x, p):
    return (p[1],)


@dataclass(frozen=True)
class Short:
    """Training at a lag at which the closure is seen.

    Attributes
    ----------
    n_pairs : int
    lag : float
        By default the paper's, in all examples.
    t_data : float
        Length of the trajectories.
    per_path : int, optional
        Pairs drawn from each of them, on the average; by default all.
    n_updates : int
    """

    n_pairs: int
    lag: float = 0.01
    t_data: float = 1.0
    per_path: int | None = 10
    n_updates: int = 400


@dataclass(frozen=True)
class Case:
    """A system, and how its map is trained.

    Attributes
    ----------
    system : Multiscale
    lag : float
        Long against the memory of the noise.
    n_pairs : int
        At that lag.
    t_data : float
        Length of the trajectories that these come from.
    head : str
        "affine" where one-step laws are normal.
    own : Short, optional
        The paper's lag and sizes; none for systems that are not its.
    budget : Short, optional
        A lag at which the parts of the error are compared, if not the paper's.
    logarithm : bool
        Whether the logarithm of the state is learned.
    n_updates, batch_size, learning_rate : int, int, float
        Of the network, at the long lag; large batches where the drift is weak beside
        the noise, or one-step laws are narrow beside the increments.
    """

    system: ms.systems.Multiscale
    lag: float
    n_pairs: int
    t_data: float
    head: str = "affine"
    own: Short | None = None
    budget: Short | None = None
    logarithm: bool = False
    periods: tuple[float, ...] | None = None
    n_updates: int = 800
    batch_size: int = 4096
    learning_rate: float = 2e-2

    def paths(self, n: int, t_end: float, dt: float, start, rng) -> NDArray:
        """Trajectories in the coordinate that is learned."""
        x = self.system.trajectories(n, t_end, dt, start=start, rng=rng)
        return np.log(np.abs(x)) if self.logarithm else x

    def data(self, n_pairs: int, t_data: float, dt: float, rng, per_path=None):
        """Trajectories, and pairs of them: all, or some from each on the average."""
        n_traj = -(-n_pairs // (per_path or round(t_data / dt)))
        paths = self.paths(n_traj, t_data, dt, None, rng)
        return paths, pairs(paths, n_pairs=n_pairs, periods=self.periods, rng=rng)

    def train(self, x, y, dt: float, seed: int, **training):
        """A flow map of these pairs."""
        flow = ms.StochasticFlowMap(
            self.head,
            dt=dt,
            periods=self.periods,
            random_state=seed,
            **({"batch_size": 4096, "learning_rate": 2e-2} | training),
            hidden=(32, 32),
            baseline="mean",
        )
        return flow.fit(x, y)

    def table(self, flow: ms.StochasticFlowMap):
        """Its table; an affine law is a straight line in its own noise."""
        if flow.scaling_.dim == 1:
            return flow.to_table(n_states=257)
        return flow.to_table(n_states=65, n_noise=9)

    @property
    def x0(self) -> NDArray:
        """Start of tests, in the coordinate that is learned."""
        x0 = np.array(self.system.x0)
        return np.log(x0) if self.logarithm else x0

    @property
    def effective(self) -> ms.SDE:
        """The closed form, in the coordinate that is learned."""
        if not self.logarithm:
            return self.system.effective
        # Itô's lemma for a geometric Brownian motion.
        factor, strength = (
            self.system.effective.drift(0.0, [1.0])[0],
            self.system.effective.diffusion(0.0, [1.0])[0],
        )
        rate = factor - 0.5 * strength**2
        return ms.SDE(
            _log_drift, _log_diffusion, y0=(0.0,), parameters=(rate, strength)
        )


systems = ms.systems
CASES = {
    "p1": Case(
        systems.skew_product(),
        lag=0.1,
        n_pairs=500_000,
        t_data=4.0,
        head="spline",
        own=Short(40_000),
        logarithm=True,
        n_updates=500,
    ),
    "p2": Case(
        systems.exponential_mean(),
        lag=0.1,
        n_pairs=500_000,
        t_data=4.0,
        own=Short(40_000),
        budget=Short(1_000_000, lag=0.005, per_path=None, n_updates=800),
    ),
    "p3": Case(
        # Explicit steps of its usual length relax 1.7 % too slowly.
        replace(systems.triad(), fine_dt=systems.triad().fine_dt / 2),
        lag=0.1,
        n_pairs=500_000,
        t_data=2.0,
        own=Short(60_000, t_data=10.0, per_path=100),
        n_updates=1600,
        batch_size=16_384,
        learning_rate=1e-2,
    ),
    "p4": Case(
        systems.square_forced_oscillator(),
        lag=0.1,
        n_pairs=1_000_000,
        t_data=2.0,
        own=Short(120_000),
        n_updates=1000,
    ),
    "p5": Case(
        systems.stuart_landau(),
        lag=0.1,
        n_pairs=1_000_000,
        t_data=2.0,
        own=Short(120_000),
        n_updates=1600,
    ),
    "s1": Case(
        # Where the density of the data falls, a state tells something of the noise.
        replace(systems.slow_ornstein_uhlenbeck(eps=0.05), low=(-8, -2), high=(8, 2)),
        lag=0.2,
        n_pairs=500_000,
        t_data=1.0,
        budget=Short(1_000_000, lag=0.0125, t_data=0.5, per_path=None, n_updates=800),
    ),
    "s2": Case(systems.noise_induced_drift(), lag=0.1, n_pairs=1_000_000, t_data=2.0),
    "s4": Case(
        systems.periodic_drift(),
        lag=0.4,
        n_pairs=8_000_000,
        t_data=4.0,
        periods=(2 * np.pi,),
        batch_size=16_384,
    ),
}
