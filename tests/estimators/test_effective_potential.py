"""EffectivePotential: the right level, honest errors, the manners of scikit-learn."""

import math
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import msbook as ms
from msbook import EffectivePotential
from msbook.metrics import potential_error

RIPPLES = ms.systems.quadratic_ripples([0.05, 0.001])
WELLS = ms.systems.double_well_ripples([0.025, 0.001])
Q = np.linspace(-8, 8, 8001)[:, None]


def fit(potential, scale, n_steps=2_000_000, seed=0, **options):
    estimator = EffectivePotential(scale, n_steps=n_steps, random_state=seed, **options)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "[0-9.]+% of the run was dropped")
        return estimator.fit(potential)


def error(fitted, truth):
    learnt = fitted.potential_.potential(Q)
    return potential_error(learnt, truth.potential(Q), fitted.temperature_)


@pytest.fixture(scope="module")
def fitted():
    return fit(RIPPLES, 0.5)


@pytest.mark.parametrize(
    ("potential", "scale", "level"),
    [(RIPPLES, 0.5, 0), (RIPPLES, 0.065, 1), (WELLS, 0.2, 0), (WELLS, 0.05, 1)],
)
def test_scale_chooses_the_level(potential, scale, level):
    learnt = fit(potential, scale)
    errors = [error(learnt, potential.truncated(k)) for k in range(2)]
    assert errors[level] < 0.01
    assert errors[1 - level] > 2 * errors[level]


@pytest.mark.parametrize(
    ("potential", "scale", "level", "bound"),
    [(RIPPLES, 0.5, 0, 0.12), (RIPPLES, 0.065, 1, 0.02), (WELLS, 0.2, 0, 0.06)],
)
def test_density_chooses_it_by_the_step(potential, scale, level, bound):
    learnt = fit(potential, scale, n_steps=10**7, method="density")
    assert error(learnt, potential.truncated(level)) < bound


def test_step_and_knots_may_differ():
    # The motion resolves the ripple, the knots do not.
    learnt = fit(RIPPLES, 0.5, step_size=0.065)
    assert (learnt.step_size_, learnt.spacing_) == (0.065, 0.5)
    assert error(learnt, RIPPLES.truncated(0)) < 0.02


def test_stated_error_is_the_spread_of_repetitions():
    learnt = [fit(RIPPLES, 0.5, n_steps=200_000, seed=seed) for seed in range(12)]
    actual = [error(one, RIPPLES.truncated(0)) for one in learnt]
    stated = [one.error_ for one in learnt]
    ratio = np.sqrt(np.mean(np.square(stated)) / np.mean(np.square(actual)))
    assert 0.6 < ratio < 1.7


def test_noise_and_temperature_are_those_of_the_unresolved_ripples(fitted):
    step = 0.5
    assert fitted.covariance_[0, 0] == pytest.approx(step * 1.0, rel=0.03)
    a = np.exp(-0.1 * step)
    expected = (1 + a) / 2 * step**2 / ((1 - a) * (1 + a - step**2 / 2))
    assert fitted.temperature_ == pytest.approx(expected, rel=0.03)


def test_finds_the_scale_by_itself():
    learnt = fit(RIPPLES, "auto", n_steps=8_000_000)
    np.testing.assert_allclose(learnt.scales_, [0.05, 0.001], rtol=0.2)
    assert error(learnt, RIPPLES.truncated(0)) < 0.01


def test_balanced_friction_restores_the_gibbs_law():
    V = ms.systems.anisotropic_quadratic()
    axes = np.meshgrid(*2 * [np.linspace(-3, 3, 61)], indexing="ij")
    q = np.stack(axes, -1).reshape(-1, 2) + np.array([2 / 3, -1 / 3])
    truth = V.truncated(0).potential(q)
    errors = np.empty((2, 5))
    for seed in range(5):  # the error of a density is mostly that of counting
        for i, balance in enumerate((True, False)):
            options = {"step_size": 0.05, "method": "density", "balance": balance}
            learnt = fit(V, 1.0, seed=seed, **options)
            values, unit = learnt.potential_.potential(q), learnt.temperature_
            errors[i, seed] = potential_error(values, truth, unit) / unit
    balanced, scalar = np.median(errors, axis=1)
    assert balanced < 0.3
    assert scalar > 3 * balanced
    by_force = fit(V, 0.5, step_size=0.05, balance=False)
    values = by_force.potential_.potential(q)
    assert potential_error(values, truth, by_force.temperature_) < 0.01
    assert by_force.covariance_ is None


def test_gradient_is_that_of_the_potential_beyond_the_range_too(fitted):
    q = np.linspace(-12, 12, 49)[:, None]
    above, below = (fitted.potential_.potential(q + h) for h in (1e-5, -1e-5))
    np.testing.assert_allclose(
        fitted.gradient(q)[:, 0], (above - below) / 2e-5, rtol=0, atol=1e-5
    )


def test_constant_and_range(fitted):
    low, high = fitted.range_[0]
    inside = np.linspace(low, high, 2000)[:, None]
    assert fitted.predict(inside).min() == pytest.approx(0, abs=1e-3)
    with pytest.warns(UserWarning, match="50% of the points lie beyond"):
        fitted.predict([[0.0], [high + 1]])


def test_surrogate_has_the_gibbs_law_of_the_level(fitted):
    system = fitted.langevin(friction=1.0, temperature=0.5)
    y0 = np.zeros((4000, 2))
    y = ms.solve(system, y0, t_span=(0, 10), dt=0.1, rng=0, save_every=100).y
    assert np.var(y[:, -1, 0]) == pytest.approx(0.5, rel=0.08)
    orbit = ms.solve(
        fitted.hamiltonian(), np.array([[1.0, 0.0]]), t_span=(0, 50), dt=0.02, rng=0
    ).y[0]
    assert np.ptp((orbit**2).sum(axis=1)) < 0.02


def test_plain_function_needs_starts():
    def gradient(q):
        return q + np.cos(q / 1e-3)

    learnt = EffectivePotential(0.5, n_steps=200_000, random_state=0)
    with pytest.raises(ValueError, match="q0 must say where the chains start"):
        learnt.fit(gradient)
    learnt.fit(gradient, np.random.default_rng(0).normal(size=(100, 1)))
    assert error(learnt, RIPPLES.truncated(0)) < 0.2


def test_seed_decides_everything():
    first, second = (fit(RIPPLES, 0.5, n_steps=200_000, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first.coefficients_, second.coefficients_)
    other = fit(RIPPLES, 0.5, n_steps=200_000, seed=4)
    assert not np.array_equal(first.predict([[1.0]]), other.predict([[1.0]]))


def test_manners(fitted):
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    for use in (copy.predict, copy.gradient):
        with pytest.raises(NotFittedError):
            use([[0.0]])
    with pytest.raises(NotFittedError):
        copy.langevin()


def test_saved_and_loaded(fitted, tmp_path):
    path = tmp_path / "potential.safetensors"
    ms.io.save_model(path, fitted)
    loaded = ms.io.load_model(path)
    np.testing.assert_array_equal(
        loaded.predict(Q[3000:5000]), fitted.predict(Q[3000:5000])
    )
    assert loaded.diagnostics_ == fitted.diagnostics_
    assert loaded.temperature_ == fitted.temperature_
    np.testing.assert_array_equal(loaded.covariance_, fitted.covariance_)


def test_doubts_are_spoken():
    # Between two scales the momentum is not normal.
    with pytest.warns(UserWarning, match="excess kurtosis 0"):
        fit(RIPPLES, 0.16)
    # Two wells that nothing connects: the chains start in one and never see the gap.
    split = ms.systems.Potential(
        lambda q, p: (100 * (q[0] - 8 * np.sign(q[0])),), compiled=False
    ) + ms.systems.ripple(1e-4)
    starts = np.array([[-8.0], [8.0]])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        learnt = EffectivePotential(0.1, n_steps=100_000, random_state=0)
        learnt.fit(split, np.repeat(starts, 100, axis=0))
    assert learnt.diagnostics_.unvisited_share > 0.5
    assert any("gaps where no state was" in str(one.message) for one in caught)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": -1.0}, "scale must be a positive number"),
        ({"scale": "all"}, 'scale must be "auto" or a positive number'),
        ({"scale": 0.5, "method": "histogram"}, 'method must be one of "force"'),
        ({"scale": 0.5, "n_steps": 0}, "n_steps must be a whole number"),
        ({"scale": 0.5, "friction": 0.0}, "friction must be a positive"),
        ({"scale": 0.5, "step_size": 0.0}, "step_size must be a positive"),
    ],
)
def test_says_which_parameter_is_wrong(options, message):
    with pytest.raises(ValueError, match=message):
        EffectivePotential(**options).fit(RIPPLES)


@pytest.mark.parametrize(
    ("gradient", "q0", "message"),
    [
        (RIPPLES, np.zeros(3), r"q0 must have shape \(n_points, dim\)"),
        (RIPPLES, np.zeros((3, 2)), "coordinates"),
        (lambda q: q[:, 0], np.zeros((3, 1)), "shape of its points"),
        (lambda q: q * np.nan, np.zeros((3, 1)), "finite"),
        (3.0, np.zeros((3, 1)), "gradient must be a potential"),
        (lambda q: math.sin(q), np.zeros((3, 1)), r"gradient must be .* np\.sin"),
        (lambda q: q if q > 0 else -q, np.zeros((3, 1)), r"gradient must .* np\.where"),
        (lambda t, q: q, np.zeros((3, 1)), r"gradient must be .* f\(0\.0, q\)"),
        (lambda q: 1j * q, np.zeros((3, 1)), "what gradient returns must .* complex"),
        (lambda q: "q", np.zeros((3, 1)), "what gradient returns must be an array"),
    ],
)
def test_says_what_is_wrong_with_the_gradient(gradient, q0, message):
    with pytest.raises(ValueError, match=message):
        EffectivePotential(0.5, random_state=0).fit(gradient, q0)


@pytest.mark.parametrize("n_steps", [10, 2000])
@pytest.mark.parametrize("potential", [RIPPLES, ms.systems.anisotropic_quadratic()])
def test_too_few_steps_are_named_as_they_were_given(n_steps, potential):
    with pytest.raises(ValueError, match=f"n_steps must .* or more .*; got {n_steps}"):
        EffectivePotential(0.3, n_steps=n_steps, random_state=0).fit(potential)


@pytest.mark.parametrize("scale", [20.0, 1e10, 1e300])
def test_a_scale_beyond_all_that_is_visited_leaves_no_potential(scale):
    # The run would be right, for its steps do not depend on the scale.
    learnt = EffectivePotential(scale, step_size=0.5, n_steps=100_000, random_state=0)
    with pytest.raises(ValueError, match="scale must not exceed the region"):
        learnt.fit(RIPPLES)


def test_a_surrogate_has_a_temperature(fitted):
    for temperature in (None, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="temperature must be a number"):
            fitted.langevin(temperature=temperature)
    assert fitted.langevin(0.0, 0.0).temperature == 0.0


def test_divergence_is_an_error(fitted):
    with pytest.raises(ms.IntegrationError, match="infinity"):
        fit(WELLS, 0.5, friction=0.1)
    with pytest.raises(ValueError, match=r"q must have shape \(n, 1\)"):
        fitted.predict([0.0])
