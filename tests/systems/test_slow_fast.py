"""The slow–fast systems: their maps, equations and laws."""

import numpy as np
import pytest
import sympy as sp

import msbook as ms
from msbook.systems import (
    HalfMoons,
    PeriodicSlowFast,
    QuadraticSlowFast,
    TiltedHalfMoons,
)

SYSTEMS = [
    PeriodicSlowFast(eps=1e-2),
    HalfMoons(),
    TiltedHalfMoons(),
    QuadraticSlowFast(eps=1e-2),
    QuadraticSlowFast(n_slow=2, n_fast=3, eps=1e-2),
]


def hidden_states(system, n=50, seed=0):
    rng = np.random.default_rng(seed)
    states = rng.normal(size=(n, system.dim))
    if isinstance(system, HalfMoons | TiltedHalfMoons):  # an angle, a positive radius
        states = 0.3 * rng.uniform(-1, 1, (n, system.dim))
        states[:, 0] = rng.uniform(-1.5, 1.5, n)
        states[:, 1] += 1
    return states


@pytest.mark.parametrize("system", SYSTEMS, ids=repr)
def test_hide_inverts_observe(system):
    states = hidden_states(system)
    assert np.allclose(system.hide(system.observe(states)), states, atol=1e-13)


@pytest.mark.parametrize("system", SYSTEMS, ids=repr)
def test_slow_map_is_constant_on_fibres_and_projection_lies_on_the_manifold(system):
    y = hidden_states(system)[:1, : system.n_slow]
    z = 1 + 0.1 * np.random.default_rng(1).normal(size=(20, system.n_fast))
    x = system.fibre(y, z)
    assert np.allclose(system.slow_map(x), y)
    assert np.allclose(system.projection(x), system.slow_manifold(y))


@pytest.mark.parametrize("system", SYSTEMS, ids=repr)
def test_slow_manifold_is_the_mean_over_the_fibre(system):
    y = hidden_states(system)[0, : system.n_slow]
    start = np.concatenate([y, np.full(system.n_fast, 1.0)])
    # With the slow part frozen, one long exact step of the fast part reaches P_y.
    hidden = system.hidden
    mean = start + hidden.drift(0.0, start) / np.where(
        np.array(hidden.rates) > 0, hidden.rates, np.inf
    )
    rates = np.array(hidden.rates[system.n_slow :])
    std = hidden.diffusion(0.0, start)[system.n_slow :] / np.sqrt(2 * rates)
    noise = np.random.default_rng(2).normal(size=(200_000, system.n_fast))
    x = system.fibre(y, mean[system.n_slow :] + std * noise)
    error = x.std(axis=0) / np.sqrt(len(x))
    gap = np.abs(x.mean(axis=0) - system.slow_manifold(y))
    assert (gap < 4 * error + 1e-12).all()


def ito(observe, symbols, drift, diffusion):
    """Drift and noise of f(h) for dh = drift dt + diag(diffusion) dW, by Itô."""
    new_drift, noise = [], []
    for f in observe:
        terms = [sp.diff(f, s) * a for s, a in zip(symbols, drift, strict=True)]
        terms += [
            sp.diff(f, s, 2) * b**2 / 2 for s, b in zip(symbols, diffusion, strict=True)
        ]
        new_drift.append(sum(terms))
        noise.append(
            [sp.diff(f, s) * b for s, b in zip(symbols, diffusion, strict=True)]
        )
    return new_drift, noise


@pytest.mark.parametrize("system", SYSTEMS, ids=repr)
def test_observed_equations_follow_from_the_hidden_ones_by_ito(system):
    symbols = sp.symbols(f"h:{system.dim}")
    slow, fast = symbols[: system.n_slow], symbols[system.n_slow :]
    if isinstance(system, PeriodicSlowFast):
        f = [slow[0] + sp.sin(fast[0]), fast[0]]
        drift = [sp.sin(fast[0]), (sp.sin(slow[0]) - fast[0]) / system.eps]
        noise = [sp.sqrt(1 + sp.sin(fast[0]) / 2), system.eps**-0.5]
    elif isinstance(system, HalfMoons):
        angle = slow[0] + fast[0] - 1
        f = [fast[0] * sp.cos(angle), fast[0] * sp.sin(angle)]
        drift = [system.a1, system.a3 * (1 - fast[0])]
        noise = [system.a2, system.a4]
    elif isinstance(system, TiltedHalfMoons):
        angle = slow[0] + fast[0] - 1 + fast[1]
        ring = sp.Matrix([fast[0] * sp.cos(angle), fast[0] * sp.sin(angle), fast[1]])
        f = list(sp.Matrix(system.rotation) * ring)
        drift = [system.a1, system.a3 * (1 - fast[0]), -system.a3 * fast[1]]
        noise = [system.a2, system.a4, system.a4]
    else:
        f = [y + z**2 for y, z in zip(slow, fast, strict=False)] + list(fast)
        drift = [1] * system.n_slow + [-z / system.eps for z in fast]
        noise = [1] * system.n_slow + [system.eps**-0.5] * system.n_fast
    expected = sp.lambdify(symbols, ito(f, symbols, drift, noise))
    for state in hidden_states(system, n=10):
        drift_there, noise_there = expected(*state)
        x = system.observe(state)
        assert np.allclose(system.observed.drift(0.0, x), drift_there, rtol=1e-10)
        assert np.allclose(system.observed.diffusion(0.0, x), noise_there, rtol=1e-10)


@pytest.mark.parametrize("system", SYSTEMS, ids=repr)
def test_fast_eigenvectors_are_tangent_to_the_fibres(system):
    """Without slow noise the covariance is spanned by the fibre's tangents."""
    state = hidden_states(system)[0]
    x = system.observe(state)
    step = 1e-6
    tangents = []
    for k in range(system.n_fast):
        z = state[system.n_slow :].copy()
        z[k] += step
        tangents.append(
            (system.fibre(state[: system.n_slow], z) - x)
            / step
            * system.hidden.diffusion(0.0, state)[system.n_slow + k]
        )
    fast_part = sum(np.outer(t, t) for t in tangents)
    slow_part = system.covariance(x) - fast_part
    slow_values = np.linalg.eigvalsh(slow_part)
    fastest = np.linalg.eigvalsh(fast_part)[-1]
    # What is left has rank n_slow, up to the error of the difference quotient.
    assert (np.abs(slow_values[: system.n_fast]) < 1e-4 * fastest).all()


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: PeriodicSlowFast(eps=0.0), "eps"),
        (lambda: PeriodicSlowFast(eps=np.nan), "eps"),
        (lambda: HalfMoons(a3=-1.0), "a3"),
        (lambda: TiltedHalfMoons(axis=(0.0, 0.0, 0.0)), "axis"),
        (lambda: QuadraticSlowFast(n_slow=3, n_fast=2), "n_fast"),
        (lambda: QuadraticSlowFast().observed.drift(0.0, np.zeros((4, 3))), "shape"),
        (lambda: ms.SDE(lambda t, y, p: (0.0,), lambda t, y, p: (0.0,), (1, 2)), "dr"),
        (lambda: ms.SDE(lambda t, y, p: 0.0, lambda t, y, p: None, (1.0,)), "diffus"),
        (
            lambda: ms.SDE(
                lambda t, y, p: (0.0,), lambda t, y, p: (0.0,), (1.0,), noise="white"
            ),
            "noise",
        ),
    ],
)
def test_bad_input_is_named(make, word):
    with pytest.raises(ValueError, match=word):
        make()
