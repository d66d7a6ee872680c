"""An autoencoder that knows its data by heart is told of."""

import warnings

import numpy as np
import pytest

import msbook as ms
from msbook.estimators.led.training import warn_if_overfitted
from msbook.training.by_loss import LossHistory


def history(train_loss, validation_loss):
    return LossHistory(
        np.array([10, 20]),
        np.array([1.0, train_loss]),
        np.array([1.0, validation_loss]),
    )


# Viscous Burgers and Gray–Scott, of the fits that were reported.
@pytest.mark.parametrize(("trained", "watched"), [(0.005, 0.075), (0.040, 0.29)])
def test_errors_that_are_far_apart_are_told(trained, watched):
    said = f"error of {watched:.2g} on the validation states, and of {trained:.2g} on"
    with pytest.warns(UserWarning, match=said):
        warn_if_overfitted(history(trained, watched))


@pytest.mark.parametrize(
    ("trained", "watched"), [(1e-6, 1e-3), (0.02, 0.05), (0.3, 0.2), (np.nan, 1.0)]
)
def test_tiny_and_like_errors_are_not(trained, watched):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_if_overfitted(history(trained, watched))


@pytest.mark.parametrize(("n_waves", "heart"), [(10, True), (1, False)])
def test_many_waves_are_learned_by_heart_from_few_states(n_waves, heart):
    k, x = np.arange(1, n_waves + 1)[:, None], np.linspace(0, 2 * np.pi, 32)
    heights = np.random.default_rng(0).normal(size=(2, 1, 80, n_waves))
    states = heights[0] @ np.sin(k * x) + heights[1] @ np.cos(k * x)
    led = ms.LED(
        ms.networks.DenseAutoencoder(2 * n_waves, hidden=(128,)),
        "mlp",
        n_fields=1,
        n_updates=600,
        rollouts=((2, 5),),
        random_state=0,
    )
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        led.fit(states)
    told = [warning for warning in warned if "by heart" in str(warning.message)]
    assert [warning.filename for warning in told] == [__file__] * heart
