"""Coarse equations learnt from snapshots of their fields."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from sklearn.exceptions import NotFittedError

import msbook as ms
from msbook.estimators import (
    CoarsePDE,
    GaussianProcessRegression,
    NetworkRegression,
    feature_ranking,
)
from msbook.estimators.coarse_pde.field_derivatives import (
    FieldDerivatives,
    time_derivatives,
)

U, U_X, U_XX, V, V_X, V_XX = ((i, order) for i in (0, 1) for order in (0, 1, 2))
SMALL = {
    "gp": GaussianProcessRegression(n_samples=300, n_for_kernel=150),
    "network": NetworkRegression((8,), n_samples=800, n_iterations=100),
}
NEEDED = ((U, U_XX, V), (U, V, V_XX))


class Brusselator(ms.systems.ReactionDiffusion):
    """A known right-hand side of polynomials."""

    @staticmethod
    def rates(u, v, p):
        return 1.0 - 3.0 * u + u * u * v, 2.0 * u - u * u * v


@pytest.fixture(scope="module")
def system():
    return Brusselator(n_points=20, length=10.0, diffusivities=(0.5, 1.0))


@pytest.fixture(scope="module")
def runs(system):
    """Six smooth random starts, solved by the method of lines: the law is exact."""
    rng = np.random.default_rng(0)
    waves = np.cos(np.pi * np.arange(4)[:, None] * system.x / system.length)
    starts = np.array([1.0, 2.0])[:, None] + 0.2 * rng.normal(size=(6, 2, 4)) @ waves
    starts[5] = starts[:5].mean(axis=0)  # within what the others show
    times = np.linspace(0, 2, 41)
    return np.stack(
        [
            solve_ivp(system.drift, (0, 2), y0, "BDF", times, rtol=1e-8, atol=1e-10).y.T
            for y0 in starts.reshape(6, -1)
        ]
    )


def learnt(kind, runs, system, **options) -> CoarsePDE:
    options = {"features": NEEDED, "random_state": 0} | options
    return CoarsePDE(SMALL[kind], dt=0.05, dx=system.dx, **options).fit(runs)


@pytest.mark.parametrize("kind", SMALL)
def test_recovers_a_known_right_hand_side(kind, runs, system):
    pde = learnt(kind, runs[:5], system)
    unseen = runs[5:]
    exact = system.drift(0.0, unseen)
    assert np.std(pde.rates(unseen) - exact) < 0.01 * np.std(exact)
    forecast = pde.forecast(unseen[:, :1], 40)
    assert np.abs(forecast - unseen[:, 1:]).max() < 0.005 * np.ptp(unseen)


@pytest.mark.parametrize("kind", SMALL)
def test_jacobian_is_the_derivative_of_the_rates(kind, runs, system):
    pde = learnt(kind, runs, system, features=None)
    state, step = runs[0, 20], 1e-4 * np.eye(system.dim)
    differences = (pde.rates(state + step) - pde.rates(state - step)) / 2e-4
    exact = pde.jacobian(state).toarray()
    np.testing.assert_allclose(exact, differences.T, atol=1e-3 * np.abs(exact).max())


@pytest.mark.parametrize("kind", SMALL)
def test_same_seed_same_forecast_and_refit_forgets(kind, runs, system):
    runs = runs[:2, :20]
    pde = learnt(kind, runs, system)
    first = pde.forecast(runs[:, :1], 3)
    pde.fit(runs[:1, :6])
    assert not np.array_equal(pde.forecast(runs[:, :1], 3), first)
    assert np.array_equal(pde.fit(runs).forecast(runs[:, :1], 3), first)
    assert np.array_equal(
        CoarsePDE(**pde.get_params()).fit(runs).forecast(runs[:, :1], 3), first
    )


def test_only_the_last_known_state_counts(runs, system):
    pde = learnt("gp", runs, system)
    short, long = pde.forecast(runs[:, 9:10], 2), pde.forecast(runs[:, :10], 2)
    assert np.array_equal(short, long)


def test_an_unstable_equation_ends_in_nan_and_a_warning(runs, system):
    # Seen backwards in time, diffusion is not well posed.
    pde = learnt("gp", runs[:, ::-1], system)
    with pytest.warns(RuntimeWarning, match="learnt equation is unstable"):
        forecast = pde.forecast(runs[:1, -1:], 100)
    lost = np.isnan(forecast[0]).all(axis=1)
    assert lost[-1]
    assert (np.diff(lost.astype(int)) >= 0).all()
    assert np.isfinite(forecast[0, ~lost]).all()


def test_ranking_finds_the_features_of_the_equation(runs, system):
    ranking = feature_ranking(
        runs, dt=0.05, dx=system.dx, n_samples=1500, random_state=0
    )
    assert tuple(best[0] for best in ranking) == NEEDED
    assert len(ranking[0]) == len(set(ranking[0])) == 20


@pytest.mark.parametrize("at", range(5))
def test_time_derivatives_are_exact_for_polynomials_of_degree_four(at):
    t = np.arange(5) * 0.3
    polynomial = np.polynomial.Polynomial([1.0, -2.0, 0.5, 3.0, -1.0])
    found = time_derivatives(polynomial(t)[None, :, None], 0.3)[0, :, 0]
    np.testing.assert_allclose(found[at], polynomial.deriv()(t[at]), rtol=1e-10)


def test_space_derivatives_are_of_second_order_and_keep_flux_out():
    errors = []
    for n_points in (20, 40, 80):
        x = (np.arange(n_points) + 0.5) / n_points
        wave, k = np.cos(2 * np.pi * x), 2 * np.pi
        exact = np.stack([wave, -k * np.sin(k * x), -(k**2) * wave], axis=-1)
        found = FieldDerivatives(1, n_points, 1 / n_points).of(wave)
        errors.append(np.abs(found - exact).max())
    orders = np.log2(np.divide(errors[:-1], errors[1:]))
    np.testing.assert_allclose(orders, 2.0, atol=0.1)


def test_bad_input_is_refused(runs, system):
    pde = CoarsePDE(SMALL["gp"], dx=system.dx)
    with pytest.raises(NotFittedError):
        pde.forecast(runs, 3)
    with pytest.raises(ValueError, match="must have 5 states"):
        pde.fit(runs[:, :4])
    with pytest.raises(ValueError, match="n_traj, n_time, dim"):
        pde.fit(runs[0])
    for options, match in (
        ({"regressor": "forest"}, "regressor must be"),
        ({"dx": 0.0}, "dx must be a number strictly between 0"),
        ({"dx": 1e200}, "dx must be a number strictly between 0"),
        ({"dx": 1e-80}, "dx must not be so small"),
        ({"dt": 1e-200}, "dt must not be so small"),
        ({"n_fields": 3}, "n_fields must divide"),
        ({"features": ((U,), (V, (1, 3)))}, "features must name"),
        ({"features": ((U,),)}, "features must name"),
    ):
        with pytest.raises(ValueError, match=match):
            CoarsePDE(**{**pde.get_params(), **options}).fit(runs)
    fitted = learnt("gp", runs, system)
    with pytest.raises(ValueError, match="n_steps must be"):
        fitted.forecast(runs, 0)
    with pytest.raises(ValueError, match="components"):
        fitted.forecast(runs[:, :, :7], 1)
    with pytest.raises(ValueError, match="n_chosen must lie"):
        feature_ranking(runs, n_chosen=7)
    with pytest.raises(ValueError, match="takes more than 20 points"):
        feature_ranking(runs, n_samples=20)


def test_no_states_have_no_rates(runs, system):
    fitted = learnt("gp", runs, system)
    assert fitted.rates(runs[0, :0]).shape == (0, runs.shape[2])


def test_a_ranking_checks_the_steps_as_the_fit_does(runs):
    for step in ({"dx": 1e200}, {"dx": 1e-80}, {"dt": 1e200}, {"dt": 1e-200}):
        with pytest.raises(ValueError, match=f"{next(iter(step))} must"):
            feature_ranking(runs, **step)
