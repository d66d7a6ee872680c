"""The two halves of LED: an autoencoder that stays, and a propagator that is new."""

from copy import deepcopy

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import msbook as ms
from msbook.networks import GRU, DenseAutoencoder, PrincipalComponents
from msbook.training import TrainingError

X = np.linspace(0, 2 * np.pi, 24, endpoint=False)


def waves(n_traj=2, n_time=120, seed=0):
    """Waves sin(x - t + phase), whose latent state goes round a circle."""
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, n_traj)
    t = 0.1 * np.arange(n_time)
    return 3.0 + np.sin(X - t[:, None] + phases[:, None, None])


@pytest.fixture(scope="module")
def led():
    return ms.LED(
        DenseAutoencoder(2, hidden=(16, 16)),
        "mlp",
        n_fields=1,
        dt=0.1,
        n_updates=400,
        rollouts=((2, 150), (20, 200)),
        random_state=0,
    ).fit(waves(), validation=waves(seed=11))


def test_a_refitted_propagator_forecasts_with_the_same_latents(led):
    again = deepcopy(led).set_params(propagator=GRU(10, n_warm_up=10))
    assert again.refit_propagator(waves(), validation=waves(seed=11)) is again
    np.testing.assert_array_equal(again.transform(waves()), led.transform(waves()))
    assert again.propagator_.n_memory == 10
    unseen = waves(seed=5)
    forecast = again.forecast(unseen[:, :40], 60)
    assert np.abs(forecast - unseen[:, 40:100]).mean() < 0.2
    with pytest.raises(NotFittedError):
        ms.LED().refit_propagator(waves())
    with pytest.raises(ValueError, match="24 components"):
        again.refit_propagator(waves()[..., :-1])


def test_an_autoencoder_outlives_a_propagator_that_fails():
    led = ms.LED(PrincipalComponents(2), "mlp", n_fields=1, rollouts=((2, 20),))
    with pytest.raises(TrainingError):
        led.set_params(learning_rate=1e30).fit(waves())
    latents = led.transform(waves())
    led.set_params(learning_rate=1e-3).refit_propagator(waves())
    np.testing.assert_array_equal(led.transform(waves()), latents)
    assert np.isfinite(led.forecast(waves()[:, :10], 5)).all()
