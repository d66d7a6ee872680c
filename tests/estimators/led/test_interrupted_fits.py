"""Fits that are interrupted: usable estimators, and fits that go on."""

import warnings

import numpy as np
import pytest
import torch

import msbook as ms
from msbook.estimators.led.adaptive.surrogate import Surrogate
from msbook.training.kernels import CompiledSteps

T, X = np.arange(200)[:, None] * 0.1, np.linspace(0, 2 * np.pi, 16)
WAVES = np.stack([np.sin(X - T), np.sin(X - T + 1.0)])


class Interrupting(torch.nn.Module):
    """A penalty that is nothing, and an interrupt at one of its calls."""

    def __init__(self, at=None):
        super().__init__()
        self.at, self.calls = at, 0

    def forward(self, states):
        self.calls += 1
        if self.calls == self.at:
            raise KeyboardInterrupt
        return 1e-3 * states.square().mean()


def new_led(at=None, **options):
    settings = {
        "autoencoder": ms.networks.DenseAutoencoder(2, hidden=(16,)),
        "propagator": "mlp",
        "n_fields": 1,
        "n_updates": 100,
        "rollouts": ((2, 60), (5, 60)),
        "random_state": 0,
        "physics": Interrupting(at),
    }
    return ms.LED(**settings | options)


def interrupt_autoencoder(monkeypatch, at):
    """Let a KeyboardInterrupt come at a call of the loss of any autoencoder."""
    calls = []
    kind = type(ms.networks.DenseAutoencoder(2).build(16, torch.Generator()))
    loss = kind.loss

    def counted(self, *arguments):
        calls.append(1)
        if len(calls) == at:
            raise KeyboardInterrupt
        return loss(self, *arguments)

    monkeypatch.setattr(kind, "loss", counted)


def assert_same(one, other):
    for part in ("network_", "propagator_"):
        mine, theirs = getattr(one, part), getattr(other, part)
        for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
            assert torch.equal(a, b)
    histories = [[led.history_, *led.propagator_histories_] for led in (one, other)]
    for mine, theirs in zip(*histories, strict=True):
        for name in ("steps", "train_loss", "validation_loss"):
            np.testing.assert_array_equal(getattr(mine, name), getattr(theirs, name))


def test_an_interrupted_propagator_is_kept_at_its_best(tmp_path):
    said = r"training of the propagator, 5 steps after \d\d of 60 updates"
    with pytest.warns(UserWarning, match=said):
        led = new_led(at=100).fit(WAVES)
    last = led.propagator_histories_[-1]
    assert 30 <= last.steps[-1] < 40
    assert led.forecast(WAVES[:, :30], 5).shape == (2, 5, 16)
    led.set_params(physics=None)
    ms.io.save_model(tmp_path / "led.safetensors", led)
    assert_same(led, ms.io.load_model(tmp_path / "led.safetensors"))


def test_an_interrupted_autoencoder_is_kept_and_its_forecasts_persist(monkeypatch):
    interrupt_autoencoder(monkeypatch, 60)
    said = r"training of the autoencoder after \d\d of 100 updates, at a validation"
    with pytest.warns(UserWarning, match=said):
        led = new_led(physics=None).fit(WAVES)
    assert led.history_.steps[-1] == 55
    assert [list(h.steps) for h in led.propagator_histories_] == [[0], [0]]
    assert next(led.network_.parameters()).dtype == torch.float64
    # A propagator that was not trained changes nothing, but for its small start.
    latents = led.forecast_latent(WAVES[:, :30], 5)
    now = led.transform(WAVES[:, 29:30])
    steps = np.abs(np.diff(led.transform(WAVES), axis=1)).mean()
    assert np.abs(latents - now).max() < 10 * steps


@pytest.mark.parametrize("at", [30, 100])
def test_a_fit_with_a_checkpoint_goes_on_as_if_nothing_had_been(at, tmp_path):
    path = tmp_path / "fit.safetensors"
    whole = new_led().fit(WAVES)
    with pytest.warns(UserWarning, match="interrupted"):
        new_led(at).fit(WAVES, checkpoint=path)
    resumed = new_led().fit(WAVES, checkpoint=path)
    assert_same(whole, resumed)
    assert resumed.physics.calls < whole.physics.calls
    again = new_led().fit(WAVES, checkpoint=path)
    assert_same(whole, again)
    assert again.physics.calls == 0


def test_a_checkpoint_keeps_an_autoencoder_too(monkeypatch, tmp_path):
    path = tmp_path / "fit.safetensors"
    autoencoder = ms.networks.VariationalAutoencoder(2, hidden=(8,))
    options = {"physics": None, "autoencoder": autoencoder}
    whole = new_led(**options).fit(WAVES)
    kind, calls = type(whole.network_), []
    loss = kind.loss

    def counted(self, *arguments):
        calls.append(1)
        if len(calls) == 60:
            raise KeyboardInterrupt
        return loss(self, *arguments)

    monkeypatch.setattr(kind, "loss", counted)
    with pytest.warns(UserWarning, match="autoencoder"):
        new_led(**options).fit(WAVES, checkpoint=path)
    assert_same(whole, new_led(**options).fit(WAVES, checkpoint=path))


def test_a_checkpoint_of_other_data_settings_or_seeds_is_refused(tmp_path):
    path = tmp_path / "fit.safetensors"
    options = {"physics": None, "rollouts": ((2, 10),), "n_updates": 10}
    new_led(**options).fit(WAVES, checkpoint=path)
    with pytest.raises(ValueError, match="training 1 differs in data"):
        new_led(**options).fit(WAVES + WAVES**2, checkpoint=path)
    with pytest.raises(ValueError, match=r"n_updates .10 there, 20 here"):
        new_led(**options | {"n_updates": 20}).fit(WAVES, checkpoint=path)
    with pytest.raises(ValueError, match="start of the network"):
        new_led(**options | {"random_state": 1}).fit(WAVES, checkpoint=path)
    with pytest.raises(ValueError, match="training 2 differs in data, stage"):
        new_led(**options | {"rollouts": ((3, 10),)}).fit(WAVES, checkpoint=path)
    with pytest.raises(ValueError, match="random_state must be an integer"):
        new_led(**options | {"random_state": None}).fit(WAVES, checkpoint=path)


def test_an_ensemble_keeps_the_members_that_there_are(monkeypatch):
    interrupt_autoencoder(monkeypatch, 30)
    led = new_led(physics=None, rollouts=((2, 20),), n_updates=20)
    with pytest.warns(UserWarning, match="interrupted"):
        ensemble = ms.LEDEnsemble(led, n_members=4, random_state=0).fit(WAVES)
    assert len(ensemble.members_) == 2
    assert ensemble.forecast(WAVES[:, :30], 3).shape == (2, 3, 16)
    interrupt_autoencoder(monkeypatch, 10)
    with pytest.raises(KeyboardInterrupt, match="two members"):
        ms.LEDEnsemble(led, n_members=4, random_state=0).fit(WAVES)


def test_an_adaptive_run_ends_with_the_interrupt(monkeypatch):
    interrupt_autoencoder(monkeypatch, 10)
    first = np.sin(X - T)
    with pytest.raises(KeyboardInterrupt, match="autoencoder"):
        Surrogate(new_led(physics=None), first, 2, np.random.default_rng(0))


@pytest.mark.parametrize("n_updates", [200, None])
def test_a_flow_map_is_kept_at_its_best(n_updates, monkeypatch):
    x, noise = np.random.default_rng(0).normal(size=(2, 1000, 1))
    model = ms.StochasticFlowMap(n_updates=n_updates, batch_size=100, random_state=0)
    loss_of, calls = type(model)._objective, []

    def objective(self, network, generator):
        found = loss_of(self, network, generator)

        def counted(*batch):
            calls.append(1)
            if len(calls) == 150:
                raise KeyboardInterrupt
            return found["loss"](*batch)

        return found | {"loss": counted}

    monkeypatch.setattr(type(model), "_objective", objective)
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(x, 0.8 * x + 0.6 * noise)
    assert 0 < model.history_.steps[-1] < 150
    assert model.sample(x).shape == (1000, 1)


@pytest.mark.parametrize("n_slow", [1, "auto"])
def test_a_slow_map_is_kept_at_its_best(n_slow, monkeypatch):
    x = np.random.default_rng(0).normal(size=(200, 2))
    epoch, calls = CompiledSteps.epoch, []

    def counted(self, order):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return epoch(self, order)

    monkeypatch.setattr(CompiledSteps, "epoch", counted)
    slow_map = ms.SlowMap(n_slow, random_state=0)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        slow_map.fit(x, x[:, :1])
    assert "after 4 of" in str(warned[0].message)
    assert len(slow_map.history_.validation_loss) == 4
    assert slow_map.transform(x).shape == (200, 1)
