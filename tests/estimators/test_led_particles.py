"""LED of sets of particles: laws in place of states, and any number of particles."""

import numpy as np
import pytest
import torch
from sklearn.base import clone

import msbook as ms
from msbook import io
from msbook.networks import DelayedMLP, DenseAutoencoder, ParticleAutoencoder

DT, PERIOD, WIDTH = 0.1, 4.0, 0.05


def centre(t):
    return 0.25 * np.stack(
        (np.cos(2 * np.pi * t / PERIOD), np.sin(2 * np.pi * t / PERIOD)), -1
    )


def clouds(n_time=200, n_particles=300, t=0.0, seed=0):
    """Clouds about a centre that goes round a circle, ``(1, n_time, n, 2)``."""
    times = t + DT * np.arange(n_time)
    noise = np.random.default_rng(seed).normal(size=(n_time, n_particles, 2))
    return (centre(times)[:, None] + WIDTH * noise).clip(-0.5, 0.5)[None]


def new_led(**options):
    recipe = ParticleAutoencoder(
        2, hidden=(24, 24), n_pooled=30, n_parts=2, n_seen=100, n_scored=100
    )
    settings = {
        "dt": DT,
        "n_updates": 400,
        "rollouts": ((2, 100), (20, 200)),
        "batch_size": 32,
        "learning_rate": 1e-2,
        "random_state": 0,
    }
    return ms.LED(recipe, DelayedMLP((20,), 3), **{**settings, **options})


@pytest.fixture(scope="module")
def led():
    return new_led().fit(clouds(), validation=clouds(seed=1, t=1.0))


class Turning:
    """A solver of the clouds, which turns them about the origin."""

    dt = DT / 2

    def __init__(self):
        self.calls = []

    def advance(self, y, t, n_steps):
        self.calls.append((y.shape, t, n_steps))
        angle = 2 * np.pi / PERIOD * self.dt * n_steps
        turn = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
        return (y @ np.array(turn)).clip(-0.5, 0.5)


def test_latents_do_not_depend_on_order_or_number(led):
    x = clouds(20, seed=2)
    latents = led.transform(x)
    assert latents.shape == (1, 20, 2)
    order = np.random.default_rng(0).permutation(300)
    np.testing.assert_allclose(led.transform(x[:, :, order]), latents, atol=1e-5)
    twice = np.concatenate((x, x), axis=2)
    np.testing.assert_allclose(led.transform(twice), latents, atol=1e-5)
    np.testing.assert_allclose(led.transform(x[0, 3]), latents[0, 3], atol=1e-5)


def test_law_is_that_of_the_cloud(led):
    x = clouds(40, seed=3)
    drawn = led.sample(led.transform(x), 5000, rng=0)
    assert drawn.shape == (1, 40, 5000, 2)
    true = centre(DT * np.arange(40))
    assert np.abs(drawn.mean(2)[0] - true).max() < 0.03
    assert np.abs(drawn.std(2) / WIDTH - 1).max() < 0.25


def test_log_likelihood_is_near_that_of_the_true_law(led):
    x = clouds(40, seed=3)
    found = led.log_likelihood(x)
    assert found.shape == (1, 40)
    from_centre = ((x[0] - centre(DT * np.arange(40))[:, None]) / WIDTH) ** 2
    true = -0.5 * from_centre.sum(-1).mean(-1) - np.log(2 * np.pi * WIDTH**2)
    assert np.abs(found[0] - true).mean() < 0.1
    # The units are those of the data: a box twice as wide has a quarter the density.
    wide = clone(led).set_params(n_updates=1, rollouts=((1, 1),))
    wide.autoencoder = ParticleAutoencoder(2, (8,), box=(-1, 1))
    wide.fit(2 * clouds(), validation=2 * clouds())
    narrow = clone(wide)
    narrow.autoencoder = ParticleAutoencoder(2, (8,), box=(-0.5, 0.5))
    narrow.fit(clouds(), validation=clouds())
    np.testing.assert_allclose(
        wide.log_likelihood(2 * x), narrow.log_likelihood(x) - np.log(4), rtol=1e-9
    )


def test_states_are_drawn_and_repeat_with_the_seed(led):
    latents = led.transform(clouds(3))
    x = led.inverse_transform(latents)
    assert x.shape == (1, 3, 300, 2)
    np.testing.assert_array_equal(x, led.inverse_transform(latents))
    np.testing.assert_array_equal(led.sample(latents, 7, 3), led.sample(latents, 7, 3))
    assert not np.array_equal(led.sample(latents, 7, 3), led.sample(latents, 7, 4))


@pytest.mark.parametrize("n_particles", [300, 80])
def test_forecast_follows_clouds_of_any_number(led, n_particles):
    known = clouds(10, n_particles, t=2.0, seed=5)
    forecast = led.forecast(known, 60, rng=0)
    assert forecast.shape == (1, 60, n_particles, 2)
    true = centre(2.0 + DT * np.arange(10, 70))
    assert np.abs(forecast.mean(2)[0] - true).max() < 0.1
    assert np.abs(known.mean(2)[0, -1] - true).max() > 0.4  # of persistence
    np.testing.assert_array_equal(forecast, led.forecast(known, 60, rng=0))


def test_turns_with_a_solver(led):
    solver = Turning()
    forecast = led.forecast(
        clouds(10, 200), 16, micro=solver, n_macro=5, n_micro=3, t=0.9, rng=0
    )
    assert [call[0] for call in solver.calls] == [(1, 200, 2)] * 6
    assert solver.calls[0][1:] == (pytest.approx(1.4), 2)
    exact = [Turning().advance(forecast[:, 4], 0.0, 2 * n) for n in range(4)]
    np.testing.assert_allclose(forecast[:, 4:8], np.stack(exact, 1), atol=1e-12)
    assert np.abs(forecast.mean(2)[0] - centre(1.0 + DT * np.arange(16))).max() < 0.1


def test_times_can_be_taken(led):
    times = led.speed_up(Turning(), clouds(5, 50), n_steps=2, n_repeats=1)
    assert min(times.solver, times.propagation, times.decoding) > 0


def test_kept_and_found_again(led, tmp_path):
    io.save_model(tmp_path / "led.safetensors", led)
    found = io.load_model(tmp_path / "led.safetensors")
    known = clouds(6)
    np.testing.assert_array_equal(
        found.forecast(known, 4, rng=1), led.forecast(known, 4, rng=1)
    )
    latents = led.transform(known)
    np.testing.assert_array_equal(
        found.inverse_transform(latents), led.inverse_transform(latents)
    )
    assert found.get_params() == led.get_params()


def test_same_seed_same_numbers():
    short = {"n_updates": 5, "rollouts": ((2, 5),)}
    torch.manual_seed(3)
    before = torch.get_rng_state()
    one, two = (new_led(**short).fit(clouds()) for _ in range(2))
    assert torch.equal(before, torch.get_rng_state())
    known = clouds(6)
    np.testing.assert_array_equal(one.transform(known), two.transform(known))
    assert one.forecast_latent(known, 3).shape == (1, 3, 2)


def test_points_on_the_walls_are_finite():
    x = clouds()
    x[:, ::3, :20] = 0.5
    led = new_led(n_updates=20, rollouts=((2, 2),)).fit(x)
    assert np.isfinite(led.history_.train_loss).all()
    assert np.isfinite(led.log_likelihood(x)).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: new_led().fit(1.1 * clouds() + 0.3), "X must lie in the box"),
        (
            lambda: new_led().fit(clouds(), validation=clouds() - 0.5),
            "validation must lie in the box",
        ),
        (lambda: new_led().fit(clouds()[0]), "n_particles, dim"),
        (lambda: new_led().fit(clouds()[..., 0, 0, 0]), "n_particles, dim"),
        (
            lambda: new_led(physics=lambda x: x.mean()).fit(clouds()),
            "not a law; use None",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_bad_input_to_a_fitted_one_is_named(led):
    with pytest.raises(ValueError, match="must lie in the box"):
        led.transform(clouds() + 1)
    with pytest.raises(ValueError, match="with 2 components"):
        led.transform(np.zeros((3, 4, 5)))
    with pytest.raises(ValueError, match="n_particles must be a whole number"):
        led.sample(np.zeros((3, 2)), 0)
    fields = ms.LED(
        DenseAutoencoder(2, (4,)), "mlp", n_updates=2, rollouts=((2, 2),)
    ).fit(np.random.default_rng(0).normal(size=(1, 50, 6)))
    with pytest.raises(ValueError, match="gives one state and no law"):
        fields.sample(np.zeros((3, 2)))
    with pytest.raises(ValueError, match="gives one state and no law"):
        fields.log_likelihood(np.zeros((3, 6)))


def test_a_true_solver_takes_its_turns():
    system = ms.systems.AdvectionDiffusion()
    solver = ms.Solver(system, dt=0.01, rng=0)
    starts = system.random_starts(n_traj=1, n_particles=50, rng=0)
    x = solver.trajectories(starts, 3.0, 900, save_every=10)
    recipe = ParticleAutoencoder(2, (8,), n_pooled=10)
    led = ms.LED(
        recipe, "mlp", dt=0.1, n_updates=5, rollouts=((2, 5),), random_state=0
    ).fit(x)
    micro, again = (ms.Solver(system, dt=0.01, rng=7) for _ in range(2))
    forecast = led.forecast(
        x[:, :5], 10, micro=micro, n_macro=2, n_micro=3, t=3.4, rng=0
    )
    assert forecast.shape == (1, 10, 50, 3)
    solved = again.trajectories(forecast[:, 1], 3.6, 30, save_every=10)
    np.testing.assert_allclose(forecast[:, 1:5], solved, atol=1e-12)


def test_no_sets_have_no_likelihoods_and_no_draws(led):
    assert led.log_likelihood(clouds(5)[:, :0]).shape == (1, 0)
    assert led.transform(clouds(5)[:, :0]).shape == (1, 0, 2)
    assert led.sample(np.ones((3, 0, 2)), 7, rng=0).shape == (3, 0, 7, 2)


def test_a_set_without_particles_is_no_state(led):
    for ask in (led.transform, led.log_likelihood):
        with pytest.raises(ValueError, match=r"X must have shape .*; got \(1, 5, 0, 2"):
            ask(clouds(5)[:, :, :0])
