r"""Seven fields of which the book knows nothing.

Each system is a function of a seed that returns 64 paths to train on and 16 to judge
by, arrays ``(n_traj, n_time, dim)`` of 181 states: of 30 that are known, the last is
followed by up to 150. Paths start from random smooth states, drawn anew for each, but
for the two systems that are seen on their attractor. Fields of one state follow one
another.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

import msbook as ms

N_TRAIN, N_TEST, N_TIMES = 64, 16, 181

Array = NDArray[Any]


@dataclass(frozen=True)
class System:
    """How paths ``(n_traj, n_time, dim)`` are made, and the shape of a state."""

    paths: Callable[[np.random.Generator], Array]
    shape: tuple[int, ...]

    @property
    def n_fields(self) -> int:
        """Fields that lie side by side in a state."""
        return self.shape[0]

    def data(self, seed: int) -> tuple[Array, Array]:
        """Paths to train on, and others of the same law to judge by."""
        paths = self.paths(np.random.default_rng(seed))
        return paths[:N_TRAIN], paths[N_TRAIN:]


@dataclass(frozen=True)
class Burgers(ms.systems.PeriodicPDE):
    r"""Waves that steepen to shocks and decay, :math:`u_t + u u_x = \nu u_{xx}`."""

    n_points: int = 128
    length: float = 1.0
    viscosity: float = 0.015

    def linear(self, k: Array) -> Array:
        """Viscosity."""
        return -self.viscosity * k**2

    @staticmethod
    def nonlinear(u: Any) -> Any:
        """Flux, with its sign."""
        return -0.5 * u**2


@dataclass(frozen=True)
class KortewegDeVries(ms.systems.PeriodicPDE):
    """Solitons that pass through each other, :math:`u_t + 6 u u_x + u_{xxx} = 0`."""

    n_points: int = 128
    length: float = 40.0

    def linear(self, k: Array) -> Array:
        """Dispersion."""
        return 1j * k**3

    @staticmethod
    def nonlinear(u: Any) -> Any:
        """Flux, with its sign."""
        return -3.0 * u**2


@dataclass(frozen=True)
class GrayScott(ms.systems.ReactionDiffusion):
    """Pulses of a catalyst that feed on what flows in, and split."""

    n_points: int = 128
    length: float = 1.28
    diffusivities: tuple[float, float] = (2e-5, 1e-5)

    @staticmethod
    def rates(u: Any, v: Any, p: tuple) -> tuple[Any, Any]:
        """Feed .04, and decay of the catalyst .06 beside the outflow."""
        return 0.04 * (1.0 - u) - u * v * v, u * v * v - 0.1 * v


def burgers(rng: np.random.Generator) -> Array:
    """Burgers: sums of the four longest waves, of mean square 1, every .004."""
    system = Burgers()
    starts = waves(rng, system.n_points, 4)
    return solved(system, starts, every=0.004, dt=0.001)


def gray_scott(rng: np.random.Generator) -> Array:
    """Gray–Scott: one to four spots of the catalyst, seen every 15."""
    system = GrayScott()
    v = np.zeros((N_TRAIN + N_TEST, system.n_points))
    for row in v:
        for place in rng.uniform(0.0, system.length, rng.integers(1, 5)):
            height, width = rng.uniform(0.25, 0.5), rng.uniform(0.03, 0.06)
            row += height * np.exp(-(((system.x - place) / width) ** 2))
    starts = np.concatenate([np.exp(-2.0 * v), v], axis=1)
    return solved(system, starts, every=15.0, dt=1.0)


def korteweg_de_vries(rng: np.random.Generator) -> Array:
    """Korteweg–de Vries: two or three solitons of speeds .5 to 3, seen every .1."""
    system, starts = KortewegDeVries(), []
    for _ in range(N_TRAIN + N_TEST):
        n = rng.integers(2, 4)
        speeds = rng.uniform(0.5, 3.0, n)[:, None]
        places = rng.uniform(0.0, 1.0) + (np.arange(n) + rng.uniform(0, 0.3, n)) / n
        apart = system.x - system.length * places[:, None]
        apart -= system.length * np.round(apart / system.length)
        solitons = 0.5 * speeds / np.cosh(0.5 * np.sqrt(speeds) * apart) ** 2
        starts.append(solitons.sum(axis=0))
    return solved(system, np.array(starts), every=0.1, dt=0.01)


def forced_heat(rng: np.random.Generator) -> Array:
    r"""Heat equation under forces white in time: :math:`u_t = \nu u_{xx} + \sigma \xi`.

    Every wave is an Ornstein–Uhlenbeck process of its own, drawn exactly and seen in
    equilibrium every .1; forces of the wavenumber k have the size ``exp(-k²/18)``.
    """
    n_points, every, n = 64, 0.1, N_TRAIN + N_TEST
    k = np.arange(1, n_points // 2)
    rate, size = 0.1 * k**2, np.exp(-(k**2) / 18.0)
    kept = np.exp(-rate * every)
    spread = size / np.sqrt(2.0 * rate)
    modes = np.zeros((n, N_TIMES, n_points // 2 + 1), dtype=complex)
    noise = rng.normal(size=(2, n, N_TIMES, len(k)))
    noise = spread * (noise[0] + 1j * noise[1])
    modes[:, 0, 1:-1] = noise[:, 0]
    for i in range(1, N_TIMES):
        fresh = np.sqrt(1.0 - kept**2) * noise[:, i]
        modes[:, i, 1:-1] = kept * modes[:, i - 1, 1:-1] + fresh
    return np.fft.irfft(modes, n=n_points) * n_points


def lorenz_96(rng: np.random.Generator) -> Array:
    """Lorenz 96: forty variables under F = 8, on the attractor, seen every .05."""

    def drift(x: Array) -> Array:
        ahead, behind = np.roll(x, -1, axis=-1), np.roll(x, 1, axis=-1)
        return (ahead - np.roll(x, 2, axis=-1)) * behind - x + 8.0

    state = 8.0 + rng.normal(size=(N_TRAIN + N_TEST, 40))
    for _ in range(2000):
        state = runge_kutta(drift, state, 0.01)
    return sampled(drift, state, every=0.05, n_steps=5)


def shallow_water(rng: np.random.Generator) -> Array:
    r"""Shallow water: one to three bumps at rest that run, break and meet.

    .. math:: h_t + (hu)_x = 0, \qquad u_t + u u_x + h_x = .03\, u_{xx},

    on 96 points of a circle of length 10, seen every .1; the height is of about one.
    """
    n_points, length = 96, 10.0
    x = length / n_points * np.arange(n_points)
    k = 2.0 * np.pi / length * np.arange(n_points // 2 + 1)
    ik, kept = 1j * k, k < 2.0 / 3.0 * k[-1]

    def along(values: Array) -> Array:
        return np.fft.irfft(kept * ik * np.fft.rfft(values), n=n_points)

    def drift(state: Array) -> Array:
        h, u = state[:, 0], state[:, 1]
        spread = np.fft.irfft(-(k**2) * np.fft.rfft(u), n=n_points)
        return np.stack([-along(h * u), -along(0.5 * u**2 + h) + 0.03 * spread], axis=1)

    starts = np.zeros((N_TRAIN + N_TEST, 2, n_points))
    starts[:, 0] = 1.0
    for h, _ in starts:
        for place in rng.uniform(0.0, length, rng.integers(1, 4)):
            apart = (x - place + 0.5 * length) % length - 0.5 * length
            width = rng.uniform(0.5, 1.0)
            h += rng.uniform(0.1, 0.4) * np.exp(-((apart / width) ** 2))
    paths = sampled(drift, starts, every=0.1, n_steps=4)
    return paths.reshape(len(paths), N_TIMES, -1)


def vortices(rng: np.random.Generator) -> Array:
    r"""Vortices in two dimensions: they turn about each other, merge and decay.

    .. math:: \omega_t + u \cdot \nabla \omega = .001\, \nabla^2 \omega

    on 64 x 64 points of a square of side :math:`2\pi`, seen every .2, in single
    precision. The start has waves of up to 5 and mean square 1.
    """
    n_points, every, n_steps = 64, 0.2, 2
    n = N_TRAIN + N_TEST
    k1 = np.fft.fftfreq(n_points, 1.0 / n_points)[:, None]
    k2 = np.arange(n_points // 2 + 1)
    squared = k1**2 + k2**2
    kept = (np.maximum(abs(k1), k2) < n_points / 3).astype(np.float32)
    inverse = np.where(squared > 0, 1.0 / np.maximum(squared, 1.0), 0.0)
    # Of a wave of the vorticity: its velocity and its slope, in both directions.
    of_wave = np.stack(
        [1j * k2 * inverse, -1j * k1 * inverse, 1j * k1 + 0 * k2, 1j * k2 + 0 * k1]
    ).astype(np.complex64)

    def turned(modes: Array) -> Array:
        u, v, w_x, w_y = (fft.irfft2(each * modes) for each in of_wave)
        return -kept * fft.rfft2(u * w_x + v * w_y)

    modes = fft.rfft2(rng.normal(size=(n, n_points, n_points)))
    modes = (modes * (squared <= 25)).astype(np.complex64)
    modes[:, 0, 0] = 0.0
    states = fft.irfft2(modes)
    modes /= np.sqrt(np.mean(states**2, axis=(1, 2), keepdims=True))
    half = np.exp(-0.5e-3 * squared * every / n_steps).astype(np.float32)
    paths = np.empty((n, N_TIMES, n_points**2), dtype=np.float32)
    for i in range(N_TIMES):
        paths[:, i] = fft.irfft2(modes).reshape(n, -1)
        for _ in range(n_steps):
            # Half the viscosity, all of the motion, half the viscosity.
            modes = half * runge_kutta(turned, half * modes, every / n_steps)
    return paths


def waves(rng: np.random.Generator, n_points: int, n_waves: int) -> Array:
    """Random sums of the longest waves, each of mean 0 and mean square 1."""
    modes = np.zeros((N_TRAIN + N_TEST, n_points // 2 + 1), dtype=complex)
    parts = rng.normal(size=(2, len(modes), n_waves))
    modes[:, 1 : n_waves + 1] = parts[0] + 1j * parts[1]
    states = np.fft.irfft(modes, n=n_points)
    return states / np.sqrt(np.mean(states**2, axis=-1, keepdims=True))


def solved(system: Any, starts: Array, every: float, dt: float) -> Array:
    """Paths of an equation of the package."""
    span = (0.0, every * (N_TIMES - 1))
    each = round(every / dt)
    return ms.solve(system, starts, t_span=span, dt=dt, save_every=each).y


def sampled(drift: Callable, starts: Array, every: float, n_steps: int) -> Array:
    """Paths of an autonomous equation, by so many steps between two states."""
    states = [starts]
    for _ in range(N_TIMES - 1):
        state = states[-1]
        for _ in range(n_steps):
            state = runge_kutta(drift, state, every / n_steps)
        states.append(state)
    return np.stack(states, axis=1)


def runge_kutta(drift: Callable, x: Array, dt: float) -> Array:
    """One step of the classical method."""
    k1 = drift(x)
    k2 = drift(x + 0.5 * dt * k1)
    k3 = drift(x + 0.5 * dt * k2)
    k4 = drift(x + dt * k3)
    return x + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)


SYSTEMS = {
    "Burgers": System(burgers, (1, 128)),
    "Gray-Scott": System(gray_scott, (2, 128)),
    "Korteweg-de Vries": System(korteweg_de_vries, (1, 128)),
    "forced heat": System(forced_heat, (1, 64)),
    "Lorenz 96": System(lorenz_96, (1, 40)),
    "shallow water": System(shallow_water, (2, 96)),
    "vortices": System(vortices, (1, 64, 64)),
}
