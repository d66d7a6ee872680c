"""The misprints of Zieliński & Hesthaven (2022), each proved. See the errata page."""

import numpy as np
import sympy as sp

from msbook.systems import HalfMoons, PeriodicSlowFast, QuadraticSlowFast


def test_equation_10_drift():
    """Itô's formula gives sin(x1 - sin x2) - x2 where (10) has sin x1 - sin x2."""
    y, z, eps = sp.symbols("y z epsilon", positive=True)
    drift_z = (sp.sin(y) - z) / eps
    x1, x2 = y + sp.sin(z), z
    right = (sp.sin(x1 - sp.sin(x2)) - x2) / eps
    printed = (sp.sin(x1) - sp.sin(x2)) / eps
    assert sp.simplify(drift_z - right) == 0
    at = {y: 1.0, z: 2.0, eps: 1.0}
    assert abs(float((drift_z - printed).subs(at))) > 0.5
    # and the package has the right one
    system = PeriodicSlowFast(eps=1.0)
    x = system.observe([1.0, 2.0])
    assert np.isclose(system.observed.drift(0.0, x)[1], float(drift_z.subs(at)))


def test_equation_12_covariance():
    """The mean must be subtracted inside the factor 1 / (J dt)."""
    dt, n = 1e-3, 200_000
    rng = np.random.default_rng(0)
    x = np.array([3.0, -2.0]) + np.sqrt(dt) * rng.normal(size=(n, 2)) * [1.0, 2.0]
    sigma = np.diag([1.0, 4.0])
    mean = x.mean(axis=0)
    second_moments = x.T @ x / (dt * n)
    printed = second_moments - np.outer(mean, mean)
    right = second_moments - np.outer(mean, mean) / dt
    assert np.abs(right - sigma).max() < 0.05
    assert np.abs(printed - sigma).max() > 1000


def test_equation_16_needs_atan2():
    """The arctangent of a quotient is off by pi wherever x1 < 0."""
    system = HalfMoons()
    y = np.linspace(-3.0, 3.0, 601)[:, None]
    x = system.fibre(y, np.ones_like(y))
    printed = np.arctan(x[:, 1] / x[:, 0]) + 1 - np.hypot(x[:, 0], x[:, 1])
    left = x[:, 0] < 0
    assert np.allclose(system.slow_map(x), y)
    assert np.allclose(printed[~left], y[~left, 0])
    assert np.allclose(np.abs(printed[left] - y[left, 0]), np.pi)


def test_fast_variance_after_17():
    """Stationary variance solves 0 = -2 v / eps + 1 / eps, so v = 1/2, not 1 / eps."""
    system = QuadraticSlowFast(eps=1e-3)
    z = system.hidden
    rate = -z.drift(0.0, [0.0, 1.0])[1]
    variance = z.diffusion(0.0, [0.0, 1.0])[1] ** 2 / (2 * rate)
    assert np.isclose(variance, 0.5)
    assert not np.isclose(variance, 1 / system.eps)
