"""Prinz's potential: four wells, and what is exactly true of them.

V(x) = 4 (x^8 + .8 exp(-80 x^2) + .2 exp(-80 (x - .5)^2) + .5 exp(-40 (x + .5)^2)),
dX = -V'(X) dt + sqrt(2) dW, as in deeptime's examples.

Protocol, fixed before the first run: Euler-Maruyama with steps of 1e-5; a lag of .01;
500 paths of 100 lags, from starts that are uniform on (-1, 1), make the 50 000 pairs.
Rollouts: 2 000 paths of 500 lags from other such starts; their last states go into 50
bins on (-1.2, 1.2). "Data" are as many exact draws from the invariant law, the median
of a hundred. Implied timescales are those of the one-step density on 400 cells.

Prinz et al. (2011), Markov models of molecular kinetics, J. Chem. Phys. 134, 174105.
"""

import numpy as np
from scipy.linalg import eigh_tridiagonal

import msbook as ms

DT, LAG = 1e-5, 0.01
EDGES = np.linspace(-1.2, 1.2, 51)


def _drift(t, y, p):
    x = y[0]
    left, right = x + 0.5, x - 0.5
    force = (
        8 * x**7
        - 128 * x * np.exp(-80 * x * x)
        - 32 * right * np.exp(-80 * right * right)
        - 40 * left * np.exp(-40 * left * left)
    )
    return (-4 * force,)


def _diffusion(t, y, p):
    return (np.sqrt(2.0),)


SYSTEM = ms.SDE(_drift, _diffusion, y0=(0.0,))


def potential(x):
    """V at states x."""
    wells = 0.8 * np.exp(-80 * x**2) + 0.2 * np.exp(-80 * (x - 0.5) ** 2)
    return 4 * (x**8 + wells + 0.5 * np.exp(-40 * (x + 0.5) ** 2))


def paths(n_paths, n_lags, rng):
    """Paths (n_paths, n_lags + 1, 1), a lag apart."""
    rng = np.random.default_rng(rng)
    starts = rng.uniform(-1, 1, (n_paths, 1))
    every = round(LAG / DT)
    t_span = (0.0, n_lags * LAG)
    return ms.solve(SYSTEM, starts, t_span=t_span, dt=DT, save_every=every, rng=rng).y


def exact_shares():
    """Exact shares of the bins."""
    fine = np.linspace(-1.2, 1.2, 50 * 400 + 1)
    middle = (fine[1:] + fine[:-1]) / 2
    weights = np.exp(-potential(middle)).reshape(50, -1).sum(axis=1)
    return weights / weights.sum()


def total_variation(states):
    """Of a histogram from the exact shares; what is outside counts as wrong."""
    found = np.histogram(states, EDGES)[0] / len(states)
    return 0.5 * (np.abs(found - exact_shares()).sum() + 1 - found.sum())


def exact_timescales():
    """The three slowest, of the Fokker-Planck equation on a fine grid."""
    n, half = 3000, 1.5
    dx = 2 * half / n
    x = (np.arange(n) + 0.5) * dx - half
    u = potential(x)
    up = np.exp(-(u[1:] - u[:-1]) / 2) / dx**2
    down = np.exp((u[1:] - u[:-1]) / 2) / dx**2
    out = np.zeros(n)
    out[:-1] += up
    out[1:] += down
    rates = eigh_tridiagonal(
        out,
        -np.sqrt(up * down),
        select="i",
        select_range=(1, 3),
        eigvals_only=True,
    )
    return 1 / rates


def timescales(log_prob, n_cells=400):
    """The three slowest implied timescales of a one-step density ``log_prob(x, y)``."""
    x = np.linspace(-1.3, 1.3, n_cells)
    here, there = (v.reshape(-1, 1) for v in np.meshgrid(x, x, indexing="ij"))
    density = np.exp(log_prob(here, there)).reshape(n_cells, n_cells)
    values = np.linalg.eigvals(density / density.sum(axis=1, keepdims=True))
    slow = np.sort(np.abs(values))[::-1][1:4]
    return -LAG / np.log(slow)
