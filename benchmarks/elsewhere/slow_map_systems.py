r"""Slow–fast systems of which the book knows nothing, and their exact gradients.

Hidden states hold the slow components first, then the fast ones; what is seen is a
function of both. Points are labelled by the mean of 250 bursts, simulated with the
package in the first four systems, and drawn from the law of the fast variables in
equilibrium in the others.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import msbook as ms

EPS = 0.002
N_POINTS, N_BURSTS = 2000, 250
RELAXATIONS, STEPS = 5, 10  # length of a burst, and steps of one relaxation time
LENGTH = 200.0  # of a path, in the unit of the slow time
PATH_POINTS, PATH_GAP, PATH_WINDOW = 20_000, 5, 20  # intervals of one relaxation time


@dataclass(frozen=True)
class System:
    """What is seen of hidden states, and how these move or are drawn.

    ``draw(rng, n)`` returns slow states and ``fast(rng, shape)`` equilibrated fast
    ones; of a system that is simulated, ``hidden`` is the equation instead.
    """

    n_slow: int
    n_fast: int
    observe: Callable
    hidden: ms.SDE | None = None
    draw: Callable | None = None
    fast: Callable | None = None
    units: tuple[float, ...] = ()
    closed: bool = False  # the slow variable is an angle

    def data(self, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Points, projections, gradients (n, n_slow, dim) and slow variables."""
        rng = np.random.default_rng(seed)
        if self.hidden is not None:
            dt = EPS / STEPS
            path = self.path(rng, save_every=500)
            states = path[np.linspace(0, len(path) - 1, N_POINTS).astype(int)]
            ends = ms.sampling.bursts(
                self.hidden, states, N_BURSTS, RELAXATIONS * EPS, dt=dt, rng=rng
            )
        else:
            slow = self.draw(rng, N_POINTS)
            many = np.repeat(slow[:, None], N_BURSTS, axis=1)
            z = self.fast(rng, (N_POINTS, N_BURSTS + 1, self.n_fast))
            states = np.concatenate([slow, z[:, 0]], axis=-1)
            ends = np.concatenate([many, z[:, 1:]], axis=-1)
        seen = ms.sampling.project(self.see(ends), self.see(states))
        return seen.x, seen.projection, self.gradients(states), states[:, : self.n_slow]

    def path_data(self, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Points, projections and gradients from one long path, without bursts."""
        hidden = self.path(np.random.default_rng(seed), save_every=STEPS)
        seen = ms.sampling.project_path(
            self.see(hidden), PATH_GAP, PATH_WINDOW, PATH_POINTS
        )
        inner = PATH_GAP + PATH_WINDOW - 1
        hidden = hidden[inner : len(hidden) - inner]
        chosen = np.linspace(0, len(hidden) - 1, PATH_POINTS).round().astype(int)
        return seen.x, seen.projection, self.gradients(hidden[chosen])

    def path(self, rng: np.random.Generator, save_every: int) -> np.ndarray:
        """Hidden states along one path."""
        dt, span = EPS / STEPS, (0, LENGTH)
        return ms.solve(
            self.hidden, t_span=span, dt=dt, save_every=save_every, rng=rng
        ).y[0]

    def see(self, states: np.ndarray) -> np.ndarray:
        """What is seen of states, shape (..., dim)."""
        return np.stack(self.observe(*np.moveaxis(states, -1, 0)), axis=-1)

    def gradients(self, states: np.ndarray) -> np.ndarray:
        """Derivatives of the slow variables by what is seen, by central differences."""
        step = 1e-6
        shifts = step * np.eye(states.shape[1])
        columns = [self.see(states + h) - self.see(states - h) for h in shifts]
        return np.linalg.inv(np.stack(columns, axis=-1) / (2 * step))[:, : self.n_slow]


def _normal(rng, shape):
    return rng.normal(0.0, 0.5**0.5, shape)


def _skewed(rng, shape):
    return rng.exponential(0.7, shape) - 0.7


def _drift_a(t, h, p):
    return h[0] - h[0] ** 3, -h[1] / p[0], -h[2] / p[0], -h[3] / p[0]


def _noise_a(t, h, p):
    root = 1 / np.sqrt(p[0])
    return 0.5, root, root, root


def _see_a(y, z1, z2, z3):
    first = y + 0.5 * z1**2 + 0.2 * z1 * z2
    return first, z1 + 0.3 * np.sin(z2), z2 - 0.2 * y, z3


def _drift_b(t, h, p):
    return h[0] - h[0] ** 3 + 0.5 * h[1], -h[1] - 0.5 * h[0], -h[2] / p[0], -h[3] / p[0]


def _noise_b(t, h, p):
    root = 1 / np.sqrt(p[0])
    return 0.6, 0.8, root, root


def _see_b(y1, y2, z1, z2):
    return y1 + 0.5 * z1**2, y2 + 0.3 * z1 * z2, z1 + 0.3 * np.sin(z2), z2 + 0.2 * y1


def _drift_c(t, h, p):
    return 0.5 + 0.3 * np.sin(h[0]), -h[1] / p[0], -h[2] / p[0]


def _noise_c(t, h, p):
    root = 1 / np.sqrt(p[0])
    return 0.7, root, root


def _see_c(y, z1, z2):
    radius, angle = 1 + 0.2 * z1, y + 0.3 * z1
    return radius * np.cos(angle), radius * np.sin(angle), 0.5 * z2 + 0.2 * z1**2


def _drift_d(t, h, p):
    return h[0] - h[0] ** 3, (h[1] - h[1] ** 3) / p[0], (1 - np.exp(h[2])) / p[0]


def _noise_d(t, h, p):
    root = 1 / np.sqrt(p[0])
    return 0.5, 1.2 * root, root


def _see_d(y, z1, z2):
    return y + 0.3 * z1**2 - 0.2 * z2, z1 + 0.2 * y, z2 + 0.3 * z1


_TURN = np.linalg.qr(np.random.default_rng(2024).standard_normal((10, 10)))[0]


def _see_e(y, *z):
    bent = y + 0.4 * z[0] ** 2 + 0.3 * z[1] * z[2]
    seen = (bent, z[0] + 0.3 * np.sin(z[3]), z[1] + 0.2 * y, *z[2:])
    return tuple(np.tensordot(_TURN, np.stack(seen), 1))


def _see_f(y1, y2, z):
    radius, polar, azimuth = 1 + 0.2 * z, y1 + 0.3 * z, y2 - 0.2 * z
    return (
        radius * np.sin(polar) * np.cos(azimuth),
        radius * np.sin(polar) * np.sin(azimuth),
        radius * np.cos(polar),
    )


def _see_g(y, z1, z2):
    return (
        300 + 20 * (y + 0.5 * z1**2 + 0.3 * z2),
        1e-6 * (2 + z1 + 0.3 * y),
        1e5 * (z2 + 0.4 * np.sin(y)),
    )


def _see_h(y, z1, z2):
    return y + 0.1 * z1 * z2, 0.5 * y**2 + z1, np.sin(2 * y) + z2


SYSTEMS = {
    "four coordinates": System(
        1,
        3,
        _see_a,
        ms.SDE(_drift_a, _noise_a, y0=(1, 0, 0, 0), parameters=(EPS,)),
    ),
    "two slow, two fast": System(
        2,
        2,
        _see_b,
        ms.SDE(_drift_b, _noise_b, y0=(1, 0, 0, 0), parameters=(EPS,)),
    ),
    "circle": System(
        1,
        2,
        _see_c,
        ms.SDE(_drift_c, _noise_c, y0=(0, 0, 0), parameters=(EPS,)),
        closed=True,
    ),
    "not Gaussian": System(
        1,
        2,
        _see_d,
        ms.SDE(_drift_d, _noise_d, y0=(1, 1, 0), parameters=(EPS,)),
    ),
    "ten coordinates": System(
        1, 9, _see_e, draw=lambda rng, n: rng.uniform(-1.5, 1.5, (n, 1)), fast=_normal
    ),
    "on a sphere": System(
        2,
        1,
        _see_f,
        draw=lambda rng, n: np.column_stack(
            [rng.uniform(0.8, 2.3, n), rng.uniform(-1.0, 1.0, n)]
        ),
        fast=_normal,
    ),
    "unlike units": System(
        1,
        2,
        _see_g,
        draw=lambda rng, n: rng.normal(size=(n, 1)),
        fast=_skewed,
        units=(20.0, 1e-6, 1e5),
    ),
    "bent manifold": System(
        1, 2, _see_h, draw=lambda rng, n: rng.uniform(-1.5, 1.5, (n, 1)), fast=_normal
    ),
}
