"""LED as scikit-learn, as latents, as forecasts, and in turns with a solver."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import msbook as ms
from msbook import io
from msbook.estimators.led.free_forecasts import N_STEPS
from msbook.estimators.led.training import Windows
from msbook.networks import (
    GRU,
    LSTM,
    DelayedMLP,
    DenseAutoencoder,
    PrincipalComponents,
    VariationalAutoencoder,
)

N_POINTS, DT = 24, 0.1
X = np.linspace(0, 2 * np.pi, N_POINTS, endpoint=False)


def waves(n_traj=2, n_time=120, seed=0):
    """Waves sin(x - t + phase), whose latent state goes round a circle."""
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, n_traj)
    t = DT * np.arange(n_time)
    return 3.0 + np.sin(X - t[:, None] + phases[:, None, None])


def fitted(autoencoder=None, propagator="mlp", **options):
    settings = {
        "n_fields": 1,
        "dt": DT,
        "n_updates": 400,
        "rollouts": ((2, 150), (20, 200)),
        "random_state": 0,
    }
    recipe = (
        DenseAutoencoder(2, hidden=(16, 16)) if autoencoder is None else autoencoder
    )
    led = ms.LED(recipe, propagator, **{**settings, **options})
    return led.fit(waves(), validation=waves(seed=11))


@pytest.fixture(scope="module")
def led():
    return fitted()


def test_latents_are_scaled_and_decode_to_the_state(led):
    states = waves()
    latents = led.transform(states)
    assert latents.shape == (2, 120, 2)
    cut = latents.reshape(-1, 2)
    np.testing.assert_allclose(cut.mean(0), 0, atol=1e-9)
    np.testing.assert_allclose(cut.std(0), 1, atol=1e-9)
    assert np.abs(led.inverse_transform(latents) - states).max() < 0.1


def test_forecast_follows_unseen_waves(led):
    states = waves(n_traj=3, n_time=100, seed=5)
    forecast = led.forecast(states[:, :10], 90)
    assert np.abs(forecast - states[:, 10:]).max() < 0.2
    # Persistence, the trivial rival, is wrong by up to two.
    assert np.abs(states[:, 9:10] - states[:, 10:]).max() > 1.9


@pytest.mark.parametrize("propagator", ["gru", "lstm", LSTM(10), DelayedMLP((20,), 3)])
def test_propagators_are_interchangeable(propagator):
    led = fitted(propagator=propagator, rollouts=((10, 300),))
    states = waves(seed=3)
    forecast = led.forecast(states[:, :40], 20)
    assert np.abs(forecast - states[:, 40:60]).max() < 0.3


@pytest.mark.parametrize(
    "autoencoder",
    [PrincipalComponents(2), VariationalAutoencoder(2, (16,), decoder_std=0.05)],
)
def test_autoencoders_are_interchangeable(autoencoder):
    led = fitted(autoencoder)
    states = waves(seed=4)
    reconstructed = led.inverse_transform(led.transform(states))
    assert np.abs(reconstructed - states).max() < 0.3


def test_principal_components_are_those_of_the_data():
    states = np.random.default_rng(0).normal(size=(1, 200, 5)) * [5, 4, 3, 0.1, 0.1]
    led = ms.LED(
        PrincipalComponents(3), n_fields=1, rollouts=((2, 1),), random_state=0
    ).fit(states, validation=states)
    left = states - led.inverse_transform(led.transform(states))
    values = np.linalg.eigvalsh(np.cov(states[0].T, bias=True))
    assert (left**2).sum(-1).mean() == pytest.approx(values[:2].sum(), rel=1e-9)
    assert led.history_ is None


def test_same_seed_same_numbers_and_refit_forgets(led):
    short = clone(led).set_params(n_updates=20, rollouts=((2, 20),))
    led, again = clone(short).fit(waves()), clone(short).fit(waves())
    known = waves(seed=7)[:, :10]
    np.testing.assert_array_equal(led.forecast(known, 5), again.forecast(known, 5))
    other = clone(short).set_params(random_state=1)
    other.fit(waves(seed=9)).fit(waves())
    fresh = clone(short).set_params(random_state=1).fit(waves())
    np.testing.assert_array_equal(other.forecast(known, 5), fresh.forecast(known, 5))
    assert not np.array_equal(other.forecast(known, 5), led.forecast(known, 5))


def test_fit_leaves_the_global_random_state_alone():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    fitted(VariationalAutoencoder(2, (8,)), n_updates=3, rollouts=((2, 3),))
    assert torch.equal(before, torch.get_rng_state())


def test_forecast_in_pieces_is_the_forecast(led):
    known = waves(seed=2)[:, :12]
    whole = led.forecast_latent(known, 9)
    first, position = led.propagate(led.warm_up(known), 4)
    second, _ = led.propagate(position, 5)
    np.testing.assert_allclose(np.concatenate((first, second), 1), whole, atol=1e-12)


class Transport:
    """A solver of the waves, exact, which notes the times it was asked at."""

    dt = DT / 2

    def __init__(self):
        self.times = []

    def advance(self, y, t, n_steps):
        self.times.append((t, n_steps))
        modes = np.fft.rfft(y)
        k = np.arange(modes.shape[-1])
        return np.fft.irfft(modes * np.exp(-1j * k * self.dt * n_steps), N_POINTS)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e308])
def test_a_forecast_stands_on_finite_numbers(led, bad):
    z, memory = led.warm_up(waves(seed=2)[:, :12])
    for state, name in (
        ((z + bad, memory), "z of state must"),
        ((z, memory * bad), "memory of state must"),
        ((z, memory[:1]), "state must have z of shape"),
        ((z, memory, z), "state must be a LatentState"),
    ):
        with pytest.raises(ValueError, match=name):
            led.propagate(state, 3)


def test_turns_need_a_solver_and_steps_of_both(led):
    known = waves(seed=6)[:, :10]
    for turns, words in (
        ({"n_macro": 5}, "got no micro"),
        ({"n_macro": 5, "n_micro": 3}, "got no micro"),
        ({"n_macro": 5, "micro": Transport()}, "n_micro must be .* at least 1; got 0"),
        ({"n_macro": 5, "n_micro": 3, "micro": 0.1}, "micro must be an msbook.Solver"),
    ):
        with pytest.raises(ValueError, match=words):
            led.forecast(known, 20, **turns)


def test_turns_with_a_solver(led):
    states, solver = waves(seed=6), Transport()
    forecast = led.forecast(
        states[:, :10], 50, micro=solver, n_macro=5, n_micro=3, t=1.0
    )
    assert forecast.shape == (2, 50, N_POINTS)
    assert np.abs(forecast - states[:, 10:60]).max() < 0.2
    # Its starts are the last of five latent steps, then every eight steps.
    times = [1.5, 1.6, 1.7, 2.3, 2.4, 2.5]
    np.testing.assert_allclose(solver.times[:6], [(t, 2) for t in times])
    # Within a turn of the solver the forecast is exact transport of its start.
    exact = [forecast[:, 4]]
    for _ in range(3):
        exact.append(solver.advance(exact[-1], 0.0, 2))
    np.testing.assert_allclose(forecast[:, 4:8], np.stack(exact, 1), atol=1e-12)


def test_a_true_solver_takes_its_turns():
    system = ms.systems.FitzHughNagumo()
    path = ms.solve(system, t_span=(0, 40), dt=0.005, save_every=200).y
    led = ms.LED(
        PrincipalComponents(4), "mlp", n_fields=2, rollouts=((2, 20),), random_state=0
    ).fit(path, validation=path)
    forecast = led.forecast(
        path[:, :5], 6, micro=ms.Solver(system, dt=0.005), n_macro=1, n_micro=2
    )
    solved = ms.Solver(system, dt=0.005).advance(forecast[:, 0], n_steps=200)
    np.testing.assert_allclose(forecast[:, 1], solved, atol=1e-12)


def test_physics_enters_the_training():
    seen = []

    def physics(states):
        seen.append(states.shape)
        assert abs(float(states.detach().mean()) - 3.0) < 1.0  # the data's units
        return 1e3 * (states - 3.0).square().mean()

    options = {"rollouts": ((4, 60),), "n_updates": 300}
    flat, free = fitted(physics=physics, **options), fitted(**options)
    assert seen[0][1:] == (1 + N_STEPS, N_POINTS)
    known = waves(seed=8)[:, :10]
    spread = [np.std(led.forecast(known, 30)[:, -1]) for led in (flat, free)]
    assert spread[0] < 0.7 * spread[1]  # it was pulled towards the flat state
    assert flat.network_.decoder.last.weight.dtype == torch.float64


def test_kept_and_found_again(tmp_path):
    for propagator in ("gru", GRU(7, 20), DelayedMLP((9,), 3)):
        led = fitted(propagator=propagator, n_updates=5, rollouts=((2, 5), (3, 5)))
        io.save_model(tmp_path / "led.safetensors", led)
        found = io.load_model(tmp_path / "led.safetensors")
        known = waves(seed=1)[:, :25]
        np.testing.assert_array_equal(found.forecast(known, 7), led.forecast(known, 7))
        assert found.get_params() == led.get_params()
        assert len(found.propagator_histories_) == 2


def test_windows_cover_and_are_thinned():
    latents = np.arange(50.0).reshape(1, 50, 1)
    all_of_them = Windows(latents, 10, most=100).all()
    assert all_of_them.shape == (41, 10, 1)
    np.testing.assert_array_equal(all_of_them[3, :, 0], np.arange(3.0, 13.0))
    assert len(Windows(latents, 10, most=10).all()) == 11


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: ms.LED(propagator="rnn").fit(waves()), "propagator must be one of"),
        (lambda: ms.LED(rollouts=()).fit(waves()), "rollouts must name stages"),
        (lambda: ms.LED(rollouts=((0, 5),)).fit(waves()), "rollouts must name stages"),
        (lambda: ms.LED(n_updates=0).fit(waves()), "n_updates must be a whole"),
        (lambda: ms.LED(dt=-1.0).fit(waves()), "dt must be a positive"),
        (lambda: ms.LED(n_fields=5).fit(waves(n_time=900)), "must divide the number"),
        (lambda: ms.LED().fit(waves()[0]), r"use trajectory\[None\]"),
        (
            lambda: ms.LED(propagator="gru", rollouts=((80, 5),)).fit(waves(n_time=70)),
            "the longest window has 110 states",
        ),
        (lambda: ms.LED().fit(waves() * np.nan), "must be finite"),
        (
            lambda: ms.LED(DenseAutoencoder(2, (4, 5))).fit(waves(n_time=900)),
            "one width",
        ),
    ],
)
def test_bad_input_is_named(call, word):
    with pytest.raises(ValueError, match=word):
        call()


def test_bad_input_to_a_forecast_is_named(led):
    for ask in ("transform", "warm_up", "log_likelihood", "refit_propagator"):
        with pytest.raises(NotFittedError):
            getattr(ms.LED(), ask)(waves())
    with pytest.raises(NotFittedError):
        ms.LED().forecast(waves(), 3)
    with pytest.raises(ValueError, match="24 components"):
        led.transform(np.zeros((3, 5)))
    with pytest.raises(ValueError, match="n_macro must be"):
        led.forecast(waves()[:, :5], 3, micro=Transport())
    solver = Transport()
    solver.dt = 0.03
    with pytest.raises(ValueError, match="must divide dt"):
        led.forecast(waves()[:, :5], 3, micro=solver, n_macro=1, n_micro=1)


def test_a_network_that_says_it_is_fitted_is_left_as_it_is(led):
    class Finished:
        n_latent = 2

        def build(self, n_features, generator):
            network = deepcopy(led.network_)
            network.fit = lambda x: True
            return network

    again = fitted(Finished(), rollouts=((2, 5),))
    assert again.history_ is None
    for before, after in zip(
        led.network_.parameters(), again.network_.parameters(), strict=True
    ):
        assert torch.equal(before, after)
