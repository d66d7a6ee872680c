"""Arguments of estimators: wrong ones by name, unusual ones with the right result."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

import msbook as ms
from msbook.estimators import (
    CoarsePDE,
    ConditionalAutoencoder,
    ConditionalGAN,
    EffectivePotential,
    EnergyScore,
    FieldScaling,
    GaussianProcessRegression,
    KramersMoyal,
)
from msbook.networks import DelayedMLP, Identity, PrincipalComponents

RNG = np.random.default_rng(0)
X, NOISE = RNG.normal(size=(2, 400, 2))
Y = 0.8 * X + 0.6 * NOISE
WAVE = np.sin(np.linspace(0, 2 * np.pi, 16) - 0.1 * np.arange(200)[:, None])[None]
NONE = np.array([[None, 1.0]] * len(X), dtype=object)
GENERATORS = [
    KramersMoyal(degree=1),
    EnergyScore(n_updates=2, random_state=0),
    ConditionalGAN(n_updates=2, random_state=0),
    ConditionalAutoencoder(n_updates=2, random_state=0),
    ms.StochasticFlowMap("affine", n_updates=2, random_state=0),
]


def led(**settings):
    few = {"rollouts": ((2, 2),), "n_updates": 2, "random_state": 0}
    return ms.LED(
        PrincipalComponents(2), DelayedMLP((4,), n_delays=5), **few
    ).set_params(**settings)


def flow(**settings):
    return ms.StochasticFlowMap("affine", n_updates=2, random_state=0, **settings)


def coarse(**settings):
    few = {"n_fields": 1, "dt": 0.1, "dx": 0.05, "random_state": 0}
    few |= {"regressor": GaussianProcessRegression(50, 50)}
    return CoarsePDE(**(few | settings))


@pytest.fixture(scope="module")
def fitted():
    return flow().fit(X, Y)


@pytest.fixture(scope="module")
def fitted_led():
    return led().fit(WAVE)


@pytest.fixture(scope="module")
def fitted_pde():
    x, t = np.arange(0.025, 1, 0.05), 0.1 * np.arange(11)[:, None]
    return coarse().fit((np.exp(-t) * np.cos(np.pi * x))[None])


@pytest.fixture(scope="module")
def potential():
    wells = ms.systems.quadratic_ripples([0.05])
    return EffectivePotential(0.5, n_steps=200_000, random_state=0).fit(wells)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: flow(hidden=8).fit(X, Y), "hidden must be .* got 8"),
        (lambda: flow(periods=2.0).fit(X, Y), "periods must be .* got 2.0"),
        (lambda: flow(device="tpu").fit(X, Y), "device must be .* got .tpu"),
        (lambda: flow(device="cuda:99").fit(X, Y), "device is .cuda:99.* no such"),
        (lambda: flow().fit(X, None), "y must hold the next states"),
        (lambda: flow().fit(X, Y * 1j), "y must be an array of real numbers"),
        (lambda: flow().fit(X, NONE), "y must be .* None"),
        (lambda: flow().fit(X * 1e200, Y), "X must not exceed"),
        (lambda: flow().fit(X, Y, np.full((400, 1), np.nan)), "context must be finite"),
        (lambda: EnergyScore(noise_dim=0).fit(X, Y), "noise_dim"),
        (lambda: ConditionalGAN(n_critic=1.5).fit(X, Y), "n_critic"),
        (lambda: ConditionalAutoencoder(n_latent="2").fit(X, Y), "n_latent"),
        (lambda: ms.SlowMap(hidden=8).fit(X, Y), "hidden must be"),
        (lambda: ms.SlowMap(n_slow=9).fit(X, Y), "n_slow must not exceed the 2"),
        (lambda: ms.SlowMap(pruning=0.5).fit(X, Y), "pruning must be a recipe"),
        (lambda: ms.SlowMap().fit(X, NONE), "y must be .* None"),
        (lambda: led(autoencoder="dense").fit(WAVE), "autoencoder must be a recipe"),
        (lambda: led(propagator=3).fit(WAVE), "propagator must be one of"),
        (lambda: led(rollouts=3).fit(WAVE), "rollouts must name stages .* got 3"),
        (lambda: led(rollouts=((2.5, 1),)).fit(WAVE), "rollouts must name stages"),
        (lambda: led(device="tpu").fit(WAVE), "device must be"),
        (lambda: led(n_fields=1.5).fit(WAVE), "n_fields must be"),
        (lambda: led().fit(WAVE * 1j), "X must be an array of real numbers"),
        (lambda: led().fit(np.full((1, 200, 4), None)), "X must be .* None"),
        (
            lambda: led(autoencoder=PrincipalComponents(300)).fit(WAVE),
            "n_latent must not exceed the 16",
        ),
        (lambda: ms.LEDEnsemble("led").fit(WAVE), "led must be"),
        (lambda: coarse(features=3).fit(WAVE), "features must name"),
        (lambda: coarse(regressor=3).fit(WAVE), "regressor must be one of"),
        (lambda: coarse(n_fields="1").fit(WAVE), "n_fields must be"),
        (lambda: EffectivePotential("fine").fit(None), "scale must be"),
        (lambda: EffectivePotential(0.5).fit(np.sin, [[1j]]), "q0 must be"),
        (lambda: ms.diagnose(WAVE * 1j, 0.1), "trajectories must be .* complex"),
    ],
)
def test_wrong_kinds_are_named(call, words):
    with pytest.raises(ValueError, match=f"(?s){words}"):
        call()


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e308, 1j, None])
def test_no_estimator_evaluates_what_is_no_state(
    fitted, fitted_led, fitted_pde, potential, bad
):
    kind = float if isinstance(bad, float) else object
    state = np.array([[0.1, bad]], dtype=complex if bad == 1j else kind)
    field = np.full((1, 20), 0.1, dtype=state.dtype)
    field[0, 3] = bad
    calls = [
        lambda: fitted.rollout(state, 3),
        lambda: fitted.log_prob(X[:1], state),
        lambda: fitted.score(X[:1], state),
        lambda: fitted.sample(state),
        lambda: fitted_led.transform(field[:, :16]),
        lambda: fitted_led.forecast(field[None, :, :16], 3),
        lambda: fitted_pde.rates(field),
        lambda: fitted_pde.jacobian(field[0]),
        lambda: fitted_pde.forecast(field[None], 2),
        lambda: potential.predict(state[:, 1:]),
        lambda: potential.gradient(state[:, 1:]),
    ]
    for call in calls:
        with pytest.raises((ValueError, TypeError)):
            call()


def test_steps_are_whole_numbers(fitted, fitted_led, fitted_pde):
    field = np.full((1, 1, 20), 0.1)
    for call in (
        lambda: fitted.rollout([0.0, 0.0], 2.5),
        lambda: fitted_led.forecast(WAVE[:, :10], n_steps=2.5),
        lambda: fitted_led.forecast_latent(WAVE[:, :10], n_steps=0),
        lambda: fitted_pde.forecast(field, n_steps=2.5),
    ):
        with pytest.raises(ValueError, match="n_steps must be a whole number"):
            call()


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler(), RobustScaler()])
def test_a_scaler_that_sees_states_only_is_named(scaler):
    x, y = 5 + 3 * X, 5 + 3 * Y
    named = pytest.raises(ValueError, match="scales X alone")
    if isinstance(scaler, MinMaxScaler):  # whose range occurs without it
        named = pytest.warns(UserWarning, match="scales X alone")
    with named:
        make_pipeline(scaler, KramersMoyal(degree=1)).fit(x, y)
    scaler.fit(x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        KramersMoyal(degree=1).fit(scaler.transform(x), scaler.transform(y))
        KramersMoyal(degree=1).fit(x, y)


@pytest.mark.parametrize("model", GENERATORS, ids=lambda m: type(m).__name__)
def test_generators_are_scored_as_scikit_learn_does(model):
    model = clone(model)
    scores = cross_val_score(model, X, Y, cv=2)
    assert np.isfinite(scores).all()
    assert model.fit(X, Y).score(X, Y) == model.score(X, Y)
    assert model.score(X, Y) > model.score(X, Y + 3.0)
    with pytest.raises(ValueError, match="y must hold"):
        model.fit(X, None)


def test_the_score_of_a_generator_is_the_energy_score_of_its_law():
    model = KramersMoyal(degree=1).fit(X, Y)
    # Between normal laws of one variance E|z - y| - E|z - z'| / 2 = E|z - z'| / 2, and
    # in the plane that of normal numbers is the root of pi.
    assert model.score(X, Y) == pytest.approx(-np.sqrt(np.pi) / 2, abs=0.12)


@pytest.mark.parametrize("size", [1e-13, 1e-30, 1e20])
def test_small_amplitudes_are_no_constants(size):
    states = size * np.stack([np.sin(np.arange(50.0)), np.full(50, 7.0)], axis=1)
    scaling = FieldScaling.of(states, None)
    usual = FieldScaling.of(states / size, None)
    assert scaling.scale[0] == pytest.approx(size * usual.scale[0], rel=1e-9)
    assert scaling.scale[1] == 1.0
    paths = size * RNG.normal(size=(50, 5, 1))
    assert np.isfinite(ms.metrics.path_errors(1.1 * paths, paths).std).all()


def test_led_and_coarse_pdes_do_not_depend_on_units(fitted_led):
    small = led().fit(1e-14 * WAVE)
    np.testing.assert_allclose(
        1e14 * small.forecast(1e-14 * WAVE[:, :20], 5),
        fitted_led.forecast(WAVE[:, :20], 5),
        atol=1e-5,
    )


def test_rounding_beside_large_components_is_no_signal():
    states = np.stack([np.sin(np.arange(50.0)), 1e-16 * np.cos(np.arange(50.0))], 1)
    assert FieldScaling.of(states, None).scale[1] == 1.0


def test_a_short_series_gets_one_piece_of_advice():
    with pytest.raises(ValueError, match="Forecast 3 steps or fewer") as raised:
        led(rollouts=((20, 2),)).fit(WAVE[:, :40])
    assert "validation." not in str(raised.value)[-60:]
    led(rollouts=((3, 2),)).fit(WAVE[:, :40])
    with pytest.raises(ValueError, match="give longer trajectories"):
        led().fit(WAVE[:, :20])
    with pytest.raises(ValueError, match=r"Take (\d+) steps or more") as raised:
        ms.sampling.large_steps(np.sin, [[0.0]], 0.1, n_steps=10)
    assert "chains" not in str(raised.value).rpartition("Take")[2]


def test_a_force_in_place_of_a_gradient_is_told_by_its_sign():
    starts = np.linspace(-2, 2, 100)[:, None]
    with pytest.raises(ms.IntegrationError, match="change its sign"):
        EffectivePotential(0.2, n_steps=200_000).fit(lambda q: -(q**3), starts)
    with pytest.raises(ms.IntegrationError, match="too large for the coarsest scale"):
        EffectivePotential(3.0, n_steps=200_000).fit(lambda q: q**3, starts)


class Rotation:
    """A reader's own solver: a spring, exact."""

    dt = 0.05

    def advance(self, y, t, n_steps):
        c, s = np.cos(n_steps * self.dt), np.sin(n_steps * self.dt)
        return y @ np.array([[c, -s], [s, c]])


def returning(states):
    """A solver whose states are always the same."""
    return type("Same", (Rotation,), {"advance": lambda *_: states})()


def adaptive(**settings):
    few = {"n_members": 2, "n_first": 40, "n_compare": 5, "n_macro": (5, 8)}
    few |= {"n_micro": (5, 8), "rollouts": ((3, 2),), "dt": 0.1, "random_state": 0}
    recipe = DelayedMLP((4,), n_delays=5)
    return ms.AdaptiveLED(Identity(2), recipe, **(few | settings))


def test_adaptive_led_runs_on_a_solver_of_the_readers_own():
    run = adaptive(max_error=1e3).run(Rotation(), (1.0, 0.0), 100)
    first = 0.1 * np.arange(41)
    exact = np.stack([np.cos(first), -np.sin(first)], axis=1)
    np.testing.assert_allclose(run.y[:41], exact, atol=1e-12)
    assert len(run.macro_errors(Rotation())) == len(run.stretches) > 0
    assert run.why_no_macro_steps == ""


@pytest.mark.parametrize(
    ("solver", "words"),
    [
        (object(), "solver must be .*advance.* no dt and no advance"),
        (Rotation, "solver must be"),
        (None, "solver must be"),
        (type("Still", (), {"dt": 0.05}), "solver must be"),
        (type("Back", (Rotation,), {"dt": -0.05})(), "dt of solver must be"),
        (returning(np.full((1, 2), np.nan)), "solver returns must be finite"),
        (returning(np.zeros((1, 3))), r"it is given, \(1, 2\); got \(1, 3\)"),
    ],
)
def test_what_is_no_solver_is_named(solver, words):
    with pytest.raises(ValueError, match=f"(?s){words}"):
        adaptive().run(solver, (1.0, 0.0), 100)


def test_a_run_without_macro_steps_says_why():
    with pytest.warns(UserWarning, match="never accepted with max_error = 1e-09"):
        run = adaptive(max_error=1e-9).run(Rotation(), (1.0, 0.0), 100)
    assert run.macro_share == 0
    with pytest.raises(ValueError, match=r"no errors: no macro step .* its error was"):
        run.macro_errors(Rotation())
    with pytest.warns(UserWarning, match="Ask for more steps"):
        adaptive().run(Rotation(), (1.0, 0.0), 45)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        adaptive(max_error=0.0).run(Rotation(), (1.0, 0.0), 60)
