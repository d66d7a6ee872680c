"""Losses of a training, drawn."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

import msbook as ms
from msbook.plotting import COLOURS, training_curve
from msbook.training.by_loss import LossHistory

T, X = np.arange(120)[:, None] * 0.1, np.linspace(0, 2 * np.pi, 8)
WAVES = np.sin(X - T)[None]


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


@pytest.fixture(scope="module")
def led():
    settings = {"n_updates": 40, "rollouts": ((2, 20), (5, 40)), "random_state": 0}
    autoencoder = ms.networks.DenseAutoencoder(2, hidden=(8,))
    return ms.LED(autoencoder, "mlp", n_fields=1, **settings).fit(WAVES)


def lines_of(ax, role):
    return [
        line for line in ax.lines if to_hex(line.get_color()) == COLOURS[role].lower()
    ]


def test_the_trainings_of_led_follow_each_other(ax, led):
    assert training_curve(led, ax) is ax
    histories = [led.history_, *led.propagator_histories_]
    begins = np.array([0, 40, 60])
    for role, name in (("data", "train_loss"), ("model", "validation_loss")):
        lines = lines_of(ax, role)
        for line, begin, history in zip(lines, begins, histories, strict=True):
            np.testing.assert_array_equal(line.get_xdata(), begin + history.steps)
            np.testing.assert_array_equal(line.get_ydata(), getattr(history, name))
    kept = [line.get_ydata()[0] for line in lines_of(ax, "accent")]
    assert kept == [history.best_loss for history in histories]
    between = [line.get_xdata()[0] for line in lines_of(ax, "neutral")]
    assert between == [40, 60]
    texts = [text.get_text().strip() for text in ax.texts]
    assert texts == ["autoencoder", "2 steps", "5 steps", "training", "validation"]
    assert (ax.get_xlabel(), ax.get_yscale()) == ("updates", "log")


def test_every_estimator_that_keeps_losses_has_its_curve(ax, led):
    ensemble = ms.LEDEnsemble.from_members([led, led])
    training_curve(ensemble, ax)
    assert len(lines_of(ax, "model")) == 6
    assert not ax.texts
    ax.clear()
    x, noise = np.random.default_rng(0).normal(size=(2, 300, 1))
    flow = ms.StochasticFlowMap(n_updates=40, random_state=0).fit(x, x + noise)
    assert training_curve(flow, ax).get_xlabel() == "updates"
    assert len(lines_of(ax, "model")) == 1
    ax.clear()
    adaptive = SimpleNamespace(members_=[led, led])
    assert len(training_curve(adaptive, ax).lines) > 0


def test_negative_losses_are_drawn_on_a_linear_axis(ax):
    history = LossHistory(
        np.array([5, 9]), np.array([1.0, -1.0]), np.array([1.0, -2.0])
    )
    assert (
        training_curve(SimpleNamespace(history_=history), ax).get_yscale() == "linear"
    )


def test_an_interrupted_training_has_a_point(ax):
    history = LossHistory(np.array([0]), np.array([np.nan]), np.array([2.0]))
    training_curve(SimpleNamespace(history_=history), ax)
    assert lines_of(ax, "accent")[0].get_ydata() == [2.0]
    assert ax.get_yscale() == "log"


def test_without_axes_there_is_a_new_figure(led):
    before = plt.get_fignums()
    ax = training_curve(led)
    assert len(plt.get_fignums()) == len(before) + 1
    plt.close(ax.figure)


def test_an_estimator_without_losses_is_refused(ax):
    waves = ms.LED(ms.networks.PrincipalComponents(2), "mlp", rollouts=((2, 5),))
    for estimator in (waves, ms.EffectivePotential(), 3):
        with pytest.raises(ValueError, match="keeps losses of its training"):
            training_curve(estimator, ax)
