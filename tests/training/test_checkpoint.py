"""Trainings that are interrupted, and go on as if nothing had been."""

import multiprocessing
import runpy
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.utils import parameters_to_vector

from msbook import io
from msbook.networks import Dense, MagnitudePruning
from msbook.training import History, TrainingError, train
from msbook.training.checkpoint import CURVES

SCRIPT = Path(__file__).with_name("checkpointed_run.py")
run = runpy.run_path(str(SCRIPT))["run"]


def assert_same(first, second):
    """Networks and histories, bit for bit."""
    (network, history), (other, story) = first, second
    for name, values in network.state_dict().items():
        assert torch.equal(values, other.state_dict()[name]), name
    for curve in CURVES:
        np.testing.assert_array_equal(getattr(history, curve), getattr(story, curve))
    assert history.best_epoch == story.best_epoch


def epochs_done(path):
    return io.load_arrays(path)[1]["progress"]["epoch"] if path.exists() else 0


@pytest.fixture(scope="module")
def processes():
    """Processes that have the package imported when they start."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["msbook.training"])
    return context


@pytest.mark.parametrize("kind", ["compiled", "torch"])
def test_killed_runs_end_as_uninterrupted_ones(tmp_path, processes, kind):
    path = tmp_path / "run.safetensors"
    uninterrupted = run(kind)
    n_epochs = len(uninterrupted[1].train_loss)
    rng = np.random.default_rng(0)
    for share in (0.01, 0.2, 0.4):
        variables = {"CHECKPOINT": str(path), "KIND": kind}
        process = processes.Process(
            target=runpy.run_path, args=(str(SCRIPT), variables, "__main__")
        )
        process.start()
        while epochs_done(path) < share * n_epochs:
            assert process.is_alive()
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.01))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        # Whatever the moment, the file is whole and the run unfinished.
        assert share * n_epochs <= epochs_done(path) < n_epochs
    assert_same(run(kind, path), uninterrupted)
    # A finished run is recognised: its file is not written again.
    written = path.stat().st_mtime_ns
    assert_same(run(kind, path), uninterrupted)
    assert path.stat().st_mtime_ns == written


class InterruptionError(Exception):
    """Stands for whatever ends a process."""


def interrupt_at(epoch):
    calls = iter(range(epoch))

    def monitor(network):
        if next(calls, None) is None:
            raise InterruptionError
        return parameters_to_vector(network.parameters()).detach().abs().sum()

    return monitor


@pytest.mark.parametrize("generator", ["PCG64", "MT19937", "Philox", "SFC64"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_resumes_with_monitor_pruning_and_any_generator(tmp_path, generator, dtype):
    x = np.random.default_rng(0).normal(size=(30, 2))

    def run(stop, checkpoint=None):
        network = Dense((2, 5, 2), "tanh", torch.Generator().manual_seed(0)).to(dtype)
        history = train(
            network,
            x,
            x[:, ::-1] ** 2,
            validation=(x, x[:, ::-1] ** 2),
            epochs=24,
            batch_size=8,
            learning_rate=1e-2,
            schedule="cosine",
            rng=np.random.Generator(getattr(np.random, generator)(7)),
            pruning=MagnitudePruning(0.3, 0.4, start=2, every=5),
            monitor=interrupt_at(stop),
            monitor_every=2,
            checkpoint=checkpoint,
            checkpoint_every=3,
        )
        return network, history

    path = tmp_path / "run.safetensors"
    for stop in (2, 3):
        with pytest.raises(InterruptionError):
            run(stop, path)
    assert_same(run(99, path), run(99))


def test_another_training_is_refused(tmp_path):
    path = tmp_path / "run.safetensors"
    run("torch", path, epochs=2)
    for other in ({"epochs": 3}, {"seed": 6}):
        with pytest.raises(ValueError, match="another training, which differs in"):
            run("torch", path, **({"epochs": 2} | other))
    with pytest.raises(ValueError, match="another training, which differs in"):
        run("compiled", path, epochs=2)
    x = np.ones((4, 1))
    arguments = {
        "y": x,
        "validation": (x, x),
        "epochs": 1,
        "batch_size": 2,
        "learning_rate": 1e-3,
        "rng": 0,
        "checkpoint": tmp_path / "other.safetensors",
    }

    def network():
        return Dense((1, 1), "elu", torch.Generator().manual_seed(0))

    train(network(), x, **arguments)
    changes = {
        "x": {"x": 2 * x},
        "y": {"y": 2 * x},
        "y_watched": {"validation": (x, 2 * x)},
        "schedule": {"schedule": "cosine"},
        r"learning_rate \(0.001 there, 0.002 here\)": {"learning_rate": 2e-3},
        r"batch_size \(2 there, 3 here\)": {"batch_size": 3},
        r"monitor_every \(10 there, 5 here\)": {"monitor_every": 5},
        "rng": {"rng": 1},
        "network, pruning": {"pruning": MagnitudePruning(0.1, 0.2)},
        "monitor": {"monitor": lambda network: 0.0},
    }
    for name, change in changes.items():
        deep = Dense((1, 3, 1), "elu", torch.Generator().manual_seed(0))
        start = deep if "pruning" in change else network()
        with pytest.raises(ValueError, match=f"which differs in {name}"):
            train(start, **({"x": x} | arguments | change))
    assert isinstance(train(network(), x, **arguments), History)


def test_the_monitor_and_the_network_are_known_by_what_they_do(tmp_path):
    class Scaled(torch.nn.Module):
        """A network whose description leaves out what it multiplies by."""

        def __init__(self, factor):
            super().__init__()
            self.inner, self.factor = torch.nn.Linear(1, 1).double(), factor
            torch.nn.init.ones_(self.inner.weight)
            torch.nn.init.ones_(self.inner.bias)

        def forward(self, x):
            return self.factor * self.inner(x)

    x = np.linspace(0, 1, 6)[:, None]
    path = tmp_path / "run.safetensors"

    def run(monitor=lambda network: float(network.inner.weight.sum()), factor=2.0):
        return train(
            Scaled(factor),
            x,
            x,
            validation=(x, x),
            epochs=4,
            batch_size=3,
            learning_rate=1e-2,
            rng=0,
            monitor=monitor,
            monitor_every=1,
            checkpoint=path,
        )

    def other(network):
        return 1.01 * float(network.inner.weight.sum())

    def the_same(network):
        return sum(float(value) for value in network.inner.weight)

    first = run()
    np.testing.assert_array_equal(run().monitored, first.monitored)
    np.testing.assert_array_equal(run(the_same).monitored, first.monitored)
    for monitor in (other, None, lambda network: np.nan):
        with pytest.raises(ValueError, match=r"which differs in monitor\. Repeat"):
            run(monitor)
    with pytest.raises(ValueError, match=r"which differs in network\. Repeat"):
        run(factor=3.0)
    path.unlink()
    always = run(lambda network: np.nan)
    np.testing.assert_array_equal(
        run(lambda network: np.nan).monitored, always.monitored
    )


def test_a_checkpoint_does_not_change_the_numbers(tmp_path):
    class Counting(torch.nn.Linear):
        """What it returns depends on how often it was asked."""

        def __init__(self):
            super().__init__(3, 1, dtype=torch.float64)
            torch.nn.init.ones_(self.weight)
            torch.nn.init.ones_(self.bias)
            self.register_buffer("count", torch.zeros(()))

        def forward(self, input):
            self.count += 1
            return super().forward(input) * (1 + 0.1 * self.count)

    x = np.random.default_rng(0).normal(size=(12, 3))

    def run(checkpoint):
        network = Counting()
        settings = {"epochs": 3, "batch_size": 4, "learning_rate": 1e-2, "rng": 0}
        watched = x[:5], x[:5, :1]
        train(
            network, x, x[:, :1], validation=watched, checkpoint=checkpoint, **settings
        )
        return network.state_dict()

    kept, plain = run(tmp_path / "run.safetensors"), run(None)
    assert all(torch.equal(kept[name], values) for name, values in plain.items())


def test_a_checkpoint_that_cannot_be_written_is_told_at_once(tmp_path):
    x = np.ones((4, 1))

    def run(checkpoint):
        network = Dense((1, 1), "elu", torch.Generator().manual_seed(0))
        settings = {"epochs": 1, "batch_size": 2, "learning_rate": 1e-3}
        train(network, x, x, validation=(x, x), checkpoint=checkpoint, **settings)

    for checkpoint, message in (
        ("", "checkpoint must name a file; got ''"),
        (tmp_path, "checkpoint must name a file; .* is a folder"),
        (tmp_path / "no" / "run", "checkpoint must lie in a folder that is there"),
    ):
        with pytest.raises(ValueError, match=message):
            run(checkpoint)


def test_damaged_and_foreign_files_are_refused(tmp_path):
    path = tmp_path / "run.safetensors"
    run("compiled", path, epochs=3)
    whole = path.read_bytes()
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 1
    for damaged in (whole[:-8], whole[:40], b"", bytes(changed), b"something else"):
        path.write_bytes(damaged)
        with pytest.raises(io.FileFormatError):
            run("compiled", path, epochs=3)
        assert path.read_bytes() == damaged
    io.save_arrays(path, {"x": np.zeros(3)})
    with pytest.raises(io.FileFormatError, match="checkpoint of a training"):
        run("compiled", path, epochs=3)


def test_divergence_leaves_no_poisoned_checkpoint(tmp_path):
    path = tmp_path / "run.safetensors"
    x = np.random.default_rng(0).normal(size=(20, 1))
    network = Dense((1, 4, 1), "elu", torch.Generator().manual_seed(0))
    with pytest.raises(TrainingError):
        train(
            network,
            x,
            x,
            validation=(x, x),
            epochs=50,
            batch_size=4,
            learning_rate=1e300,
            rng=0,
            checkpoint=path,
            checkpoint_every=1,
        )
    assert (
        not path.exists() or np.isfinite(io.load_arrays(path)[0]["steps:vector"]).all()
    )
