"""Trainings that are interrupted: what is kept of them, and how they go on."""

import warnings

import numpy as np
import pytest
import torch

from msbook.io import FileFormatError, save_arrays
from msbook.networks import Dense
from msbook.training import TrainingInterrupted, train
from msbook.training.by_loss import minimise
from msbook.training.early_stopping import minimise_until_still
from msbook.training.session import session

X = np.linspace(-1, 1, 300)[:, None]
SETTINGS = {"batch_size": 50, "learning_rate": 1e-2, "rng": 0}
WAYS = {
    "minimise": lambda *args, **kw: minimise(*args, n_updates=400, **kw),
    "until still": minimise_until_still,
}


class Interrupted:
    """A squared error with noise, which is interrupted at one of its calls."""

    def __init__(self, network, at=None):
        self.network, self.at, self.calls = network, at, 0
        self.noise = torch.Generator().manual_seed(3)

    def __call__(self, x, y):
        self.calls += 1
        if self.calls == self.at:
            raise KeyboardInterrupt
        noise = torch.randn(x.shape, generator=self.noise)
        return (self.network(x + 0.1 * noise) - y).square().mean()

    def judge(self, x, y):
        return (self.network(x) - y).square().mean()


def new_network():
    return Dense((1, 8, 1), "silu", torch.Generator().manual_seed(0)).to(torch.float32)


def run(way="minimise", at=None, rng=0, x=X):
    """Network, history and calls of the loss of one training."""
    network = new_network()
    loss = Interrupted(network, at)
    history = WAYS[way](
        network,
        loss,
        (x, x**2),
        validation=(x, x**2),
        judge=loss.judge,
        parts={"noise": loss.noise},
        **SETTINGS | {"rng": rng},
    )
    return network, history, loss


def assert_same(one, other):
    for mine, theirs in zip(one[0].parameters(), other[0].parameters(), strict=True):
        assert torch.equal(mine, theirs)
    for name in ("steps", "train_loss", "validation_loss"):
        mine, theirs = getattr(one[1], name), getattr(other[1], name)
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("way", WAYS)
def test_an_interrupt_leaves_the_best_network_seen(way):
    network = new_network()
    loss = Interrupted(network, at=260)
    with pytest.raises(TrainingInterrupted, match=r"after \d+ of") as caught:
        WAYS[way](
            network,
            loss,
            (X, X**2),
            validation=(X, X**2),
            judge=loss.judge,
            **SETTINGS,
        )
    history = caught.value.history
    assert isinstance(caught.value, KeyboardInterrupt)
    assert 0 < history.steps[-1] < 260
    x = torch.tensor(X, dtype=torch.float32)
    with torch.no_grad():
        assert float(loss.judge(x, x**2)) == pytest.approx(history.best_loss, 1e-6)


def test_before_the_first_look_it_is_the_network_at_the_start():
    network = new_network()
    loss = Interrupted(network, at=1)
    with pytest.raises(TrainingInterrupted) as caught:
        minimise(network, loss, (X, X), validation=(X, X), n_updates=100, **SETTINGS)
    assert caught.value.history.steps.tolist() == [0]
    assert np.isfinite(caught.value.history.best_loss)
    for mine, theirs in zip(
        network.parameters(), new_network().parameters(), strict=True
    ):
        assert torch.equal(mine, theirs)


def test_the_loop_of_epochs_is_interrupted_alike():
    network, calls = new_network(), []

    def monitor(network):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return float(len(calls) != 2)  # the second time is the best

    with pytest.raises(TrainingInterrupted) as caught:
        train(
            network,
            X,
            X**2,
            validation=(X, X**2),
            epochs=50,
            monitor=monitor,
            monitor_every=1,
            **SETTINGS,
        )
    history = caught.value.history
    assert history.best_epoch == 1
    assert len(history.validation_loss) == 5
    x = torch.tensor(X, dtype=torch.float32)
    with torch.no_grad():
        found = float((network(x) - x**2).square().mean())
    assert found == pytest.approx(history.best_loss, 1e-6)


def test_in_a_session_what_follows_an_interrupt_is_left_as_it_began():
    def two_trainings():
        with session():
            return run(at=100), run()

    with pytest.warns(UserWarning, match="fit was interrupted: training of the"):
        (_, first, _), (network, second, loss) = two_trainings()
    assert first.steps[-1] < 100
    assert second.steps.tolist() == [0]
    assert loss.calls == 0
    assert torch.equal(next(network.parameters()), next(new_network().parameters()))


@pytest.mark.parametrize(
    ("way", "at"),
    [
        ("minimise", (30, None)),
        ("minimise", (250, None)),
        ("minimise", (None, 150)),
        ("until still", (250, None)),
    ],
)
def test_a_session_with_a_file_goes_on_as_if_nothing_had_been(way, at, tmp_path):
    def both(first=None, second=None):
        # One generator for both, as in a fit.
        rng = np.random.default_rng(7)
        return [run(way, first, rng), run("minimise", second, rng)]

    with session():
        whole = both()
    path = tmp_path / "fit.safetensors"
    with pytest.warns(UserWarning, match="interrupted"), session(path):
        both(*at)
    with session(path):
        resumed = both()
    for one, other in zip(whole, resumed, strict=True):
        assert_same(one, other)
    made, needed = ([each[2].calls for each in r] for r in (resumed, whole))
    assert at[0] == 30 or sum(made) < sum(needed)
    with session(path):
        read = both()
    for one, other in zip(whole, read, strict=True):
        assert_same(one, other)
        assert other[2].calls == 0


def test_a_file_of_another_fit_is_refused(tmp_path):
    path = tmp_path / "fit.safetensors"
    with session(path):
        run(rng=1)
    said = "another fit: its training 1 differs in rng"
    with pytest.raises(ValueError, match=said), session(path):
        run(rng=2)
    with pytest.raises(ValueError, match="differs in data"), session(path):
        run(rng=1, x=2 * X)
    save_arrays(path, {"x": [1.0]}, {"kind": "training"})
    with pytest.raises(FileFormatError, match="checkpoint of a fit"), session(path):
        pass
    save_arrays(path, {"x": [1.0]}, {"kind": "fit", "trainings": [{}]})
    with pytest.raises(FileFormatError, match="no whole checkpoint"), session(path):
        pass
    path.write_bytes(b"no such thing")
    with pytest.raises(FileFormatError), session(path):
        pass


def test_lines_are_printed_only_if_asked_for(capsys, monkeypatch):
    monkeypatch.setattr("msbook.training.progress.BETWEEN_LINES", -1.0)
    with warnings.catch_warnings(), session():
        run()
    assert capsys.readouterr() == ("", "")
    with session(verbose=True):
        run()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 21
    assert lines[0].startswith("network: 20 of 400 updates, validation loss ")
    assert lines[-1].startswith("network: ended after 400 updates, best ")


def test_on_a_terminal_the_line_names_the_stage_and_the_loss(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    run()
    shown = capsys.readouterr().err
    assert "network:" in shown
    assert "validation loss" in shown
