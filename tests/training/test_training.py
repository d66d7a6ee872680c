"""The training loop, and its compiled part against PyTorch."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.utils import parameters_to_vector

from msbook.networks import (
    Dense,
    EncoderDecoder,
    MagnitudePruning,
    Polar,
    RowPruning,
    active_inputs,
    sparsity,
)
from msbook.training import TrainingError, train
from msbook.training.kernels import CompiledSteps
from msbook.training.steps import TorchSteps


def network(hidden=(4,), activation="elu", coordinates="cartesian", n_features=2):
    return EncoderDecoder(
        n_features,
        1,
        2,
        hidden=hidden,
        activation=activation,
        coordinates=Polar(n_features) if coordinates == "polar" else None,
        generator=torch.Generator().manual_seed(0),
    )


def samples(n, n_features=2, seed=0):
    x = np.random.default_rng(seed).normal(size=(n, n_features))
    slow = x[:, 0] - x[:, -1] ** 2
    return x, np.column_stack((slow, np.sin(slow)))


def tensors(pair):
    return tuple(torch.tensor(a) for a in pair)


def both_ways(make, n, batch_size, n_features=2):
    """The same network with torch's and with compiled updates."""
    data = tensors(samples(n, n_features))
    watched = tensors(samples(53, n_features, seed=1))
    return [
        kind(make(), data, watched, batch_size, 3e-3)
        for kind in (TorchSteps, CompiledSteps)
    ]


@pytest.mark.parametrize("coordinates", ["cartesian", "polar"])
@pytest.mark.parametrize("activation", ["elu", "tanh", "silu"])
def test_compiled_updates_are_torchs(activation, coordinates):
    def make():
        return network((6, 3), activation, coordinates)

    # 103 samples in batches of 16: the last batch of an epoch has 7.
    reference, compiled = both_ways(make, 103, 16)
    rng = np.random.default_rng(0)
    for _ in range(60):
        order = rng.permutation(103)
        assert compiled.epoch(order) == pytest.approx(reference.epoch(order), abs=1e-10)
        assert compiled.validation_loss() == pytest.approx(
            reference.validation_loss(), abs=1e-10
        )
    expected = parameters_to_vector(reference.network.parameters()).detach()
    assert compiled.n_updates == 420
    np.testing.assert_allclose(
        compiled.parameters()["vector"], expected, rtol=0, atol=1e-10
    )


@settings(max_examples=25, deadline=None)
@given(
    widths=st.lists(st.integers(1, 9), min_size=0, max_size=4),
    n=st.integers(1, 70),
    batch_size=st.integers(1, 80),
)
def test_compiled_updates_are_torchs_for_any_shape(widths, n, batch_size):
    def make():
        generator = torch.Generator().manual_seed(1)
        return Dense((3, *widths, 2), "tanh", generator)

    reference, compiled = both_ways(make, n, batch_size, n_features=3)
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(n)
        assert compiled.epoch(order) == pytest.approx(reference.epoch(order), rel=1e-10)
    expected = parameters_to_vector(reference.network.parameters()).detach()
    np.testing.assert_allclose(
        compiled.parameters()["vector"], expected, rtol=0, atol=1e-10
    )


@pytest.mark.parametrize("coordinates", ["cartesian", "polar"])
@pytest.mark.parametrize("activation", ["elu", "tanh", "silu"])
def test_pruned_updates_are_torchs_and_zeros_stay(activation, coordinates):
    def make():
        return network((6, 3), activation, coordinates)

    reference, compiled = both_ways(make, 103, 16)
    pruning = MagnitudePruning(0.2, 0.5)
    rng = np.random.default_rng(0)
    zero = np.zeros(compiled.vector.size, dtype=bool)
    for epoch in range(60):
        order = rng.permutation(103)
        if epoch % 12 == 0:
            for steps in (reference, compiled):
                steps.restore(steps.parameters())
                assert pruning.cut(steps.network)
                steps.prune()
            zero = compiled.vector == 0
        assert compiled.epoch(order) == pytest.approx(reference.epoch(order), abs=1e-10)
        expected = parameters_to_vector(reference.network.parameters()).detach()
        np.testing.assert_allclose(compiled.vector, expected, rtol=0, atol=1e-10)
        assert np.array_equal(compiled.vector == 0, zero)
        assert np.array_equal(expected == 0, zero)
    assert zero.sum() > 30


def test_what_is_kept_is_pruned_to_the_target():
    x, y = samples(80)
    pruned, twin = network((6, 4)), network((6, 4))
    pruning = MagnitudePruning(0.2, 0.3, start=20, every=10)
    history = train(
        pruned,
        x,
        y,
        validation=samples(30, seed=1),
        epochs=120,
        batch_size=16,
        learning_rate=1e-2,
        rng=0,
        pruning=pruning,
    )
    # How much is cut depends on counts alone; so does when the target is reached.
    n_cuts = sum(iter(lambda: pruning.cut(twin), False))
    assert sparsity(pruned).total == sparsity(twin).total >= 0.3
    last_cut = 20 + 10 * (n_cuts - 1)
    # The loss to beat is forgotten at the last cut, and any improvement counts.
    kept = last_cut + history.validation_loss[last_cut:].argmin()
    assert history.best_epoch == kept


def test_history_counts_active_inputs():
    x = np.random.default_rng(0).normal(size=(100, 4))
    y = x[:, :1]
    pruned = Dense((4, 1), "elu", torch.Generator().manual_seed(0))
    history = train(
        pruned,
        x,
        y,
        validation=(x, y),
        epochs=60,
        batch_size=16,
        learning_rate=2e-2,
        rng=0,
        pruning=RowPruning(0.1, start=30, every=5),
    )
    expected = np.repeat([4, 3, 2, 1], [30, 5, 5, 20])
    np.testing.assert_array_equal(history.n_active_inputs, expected)
    assert active_inputs(pruned).tolist() == [True, False, False, False]


@pytest.mark.parametrize("stack", [True, False])
def test_monitor_chooses_the_epoch(stack):
    x, y = samples(80)
    trained = network((4, 4))
    wrapped = trained if stack else torch.nn.Sequential(trained)

    def norm(network):
        return parameters_to_vector(network.parameters()).norm().item()

    history = train(
        wrapped,
        x,
        y,
        validation=(x, y),
        epochs=95,
        batch_size=16,
        learning_rate=1e-2,
        rng=0,
        monitor=norm,
        monitor_every=10,
    )
    asked = np.flatnonzero(~np.isnan(history.monitored))
    assert asked.tolist() == [9, 19, 29, 39, 49, 59, 69, 79, 89, 94]
    assert history.best_epoch == np.nanargmin(history.monitored)
    assert history.best_value == norm(trained)
    # It is not what the loss would choose.
    assert history.best_epoch != history.validation_loss.argmin()


def test_a_monitor_that_finds_nothing_leaves_the_last_network():
    x, y = samples(40)
    histories = [
        train(
            network(),
            x,
            y,
            validation=(x, y),
            epochs=12,
            batch_size=16,
            learning_rate=1e-2,
            rng=0,
            monitor=lambda network, found=found: found,
            monitor_every=5,
        )
        for found in (np.nan, np.inf)
    ]
    assert [history.best_epoch for history in histories] == [11, 11]
    assert [history.best_value for history in histories] == [np.inf, np.inf]


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_train_takes_the_same_way_compiled_and_with_torch(schedule):
    class Wrapped(torch.nn.Module):
        """The same network, but nothing the compiled code knows."""

        def __init__(self):
            super().__init__()
            self.inner = network()

        def forward(self, x):
            return self.inner(x)

    x, y = samples(101)
    losses = [
        train(
            n,
            x,
            y,
            validation=samples(40, seed=1),
            epochs=30,
            batch_size=16,
            learning_rate=2e-3,
            schedule=schedule,
            rng=3,
        ).validation_loss
        for n in (network(), Wrapped())
    ]
    np.testing.assert_allclose(*losses, rtol=0, atol=1e-10)


def test_the_learning_rate_falls_along_half_a_cosine(monkeypatch):
    rates = []

    def noted(steps, order, epoch=CompiledSteps.epoch):
        rates.append(steps.learning_rate)
        return epoch(steps, order)

    monkeypatch.setattr(CompiledSteps, "epoch", noted)
    x, y = samples(20)
    settings_ = {"epochs": 8, "batch_size": 5, "learning_rate": 0.3, "rng": 0}
    for schedule in ("cosine", "constant"):
        train(network(), x, y, validation=(x, y), schedule=schedule, **settings_)
    angle = np.pi * np.arange(8) / 8
    np.testing.assert_allclose(rates[:8], 0.15 * (1 + np.cos(angle)), rtol=1e-12)
    assert rates[8:] == 8 * [0.3]


def test_single_precision_is_trained_by_torch_and_agrees_to_its_rounding():
    x, y = samples(64)
    settings_ = {
        "validation": (x, y),
        "epochs": 10,
        "batch_size": 16,
        "learning_rate": 2e-3,
        "rng": 3,
    }
    double, single = network(), network().float()
    first, second = train(double, x, y, **settings_), train(single, x, y, **settings_)
    assert single.encoder.linears[0].weight.dtype == torch.float32
    np.testing.assert_allclose(first.train_loss, second.train_loss, rtol=1e-4)


def test_network_ends_at_its_best_epoch():
    x, y = samples(80)
    validation = samples(30, seed=1)
    trained = network((8, 8))
    history = train(
        trained,
        x,
        y,
        validation=validation,
        epochs=200,
        batch_size=8,
        learning_rate=2e-2,
        rng=0,
    )
    with torch.no_grad():
        output = trained(torch.tensor(validation[0])).numpy()
    assert np.mean((output - validation[1]) ** 2) == pytest.approx(history.best_loss)
    assert history.best_loss == history.validation_loss[history.best_epoch]


def test_best_epoch_must_improve_by_more_than_a_hundredth():
    x, y = samples(80)
    history = train(
        network(),
        x,
        y,
        validation=samples(30, seed=1),
        epochs=300,
        batch_size=16,
        learning_rate=2e-3,
        rng=0,
    )
    best, kept = np.inf, None
    for epoch, loss in enumerate(history.validation_loss):
        if loss < 0.99 * best:
            best, kept = loss, epoch
    assert history.best_epoch == kept
    # The rule matters here: the plain minimum lies elsewhere.
    assert kept != history.validation_loss.argmin()


def test_learns_a_map_it_can_represent():
    x = np.random.default_rng(0).normal(size=(300, 3))
    y = x @ [[1.0, -2.0], [0.5, 0.0], [0.0, 3.0]] + [1.0, 0.0]
    linear = Dense((3, 2), "elu", torch.Generator().manual_seed(0))
    history = train(
        linear,
        x,
        y,
        validation=(x, y),
        epochs=200,
        batch_size=16,
        learning_rate=1e-2,
        rng=0,
    )
    assert history.best_loss < 1e-20


def test_same_seed_same_numbers():
    x, y = samples(80)

    def run(seed):
        trained = network()
        history = train(
            trained,
            x,
            y,
            validation=(x, y),
            epochs=20,
            batch_size=16,
            learning_rate=2e-3,
            rng=seed,
        )
        return parameters_to_vector(trained.parameters()), history.train_loss

    (first, losses), (second, again), (other, _) = run(0), run(0), run(1)
    assert torch.equal(first, second)
    assert np.array_equal(losses, again)
    assert not torch.equal(first, other)


def test_is_silent_away_from_a_terminal(capfd):
    x, y = samples(20)
    train(
        network(), x, y, validation=(x, y), epochs=3, batch_size=8, learning_rate=1e-3
    )
    assert capfd.readouterr() == ("", "")


def test_divergence_is_named():
    x, y = samples(50)
    with pytest.raises(TrainingError, match=r"epoch \d+; got .*rate = 1e\+300"):
        train(
            network(),
            x,
            y,
            validation=(x, y),
            epochs=50,
            batch_size=8,
            learning_rate=1e300,
            rng=0,
        )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"schedule": "linear"}, "schedule"),
        ({"monitor_every": 0}, "monitor_every"),
        ({"checkpoint_every": 0}, "checkpoint_every"),
        ({"pruning": MagnitudePruning(0.1, 0.9)}, "target"),
        ({"x": np.zeros((20, 3))}, "x must be inputs that the network takes"),
        ({"x": np.zeros(20)}, "shapes"),
        ({"x": np.zeros((19, 2))}, "shapes"),
        ({"y": np.zeros((20, 3))}, r"\(20, 2\)"),
        ({"validation": (np.zeros((0, 2)), np.zeros((0, 2)))}, "validation"),
        ({"validation": (np.zeros((5, 2)), np.zeros((5, 1)))}, "validation"),
    ],
)
def test_says_what_is_wrong(change, message):
    x, y = samples(20)
    arguments = {
        "x": x,
        "y": y,
        "validation": (x, y),
        "epochs": 1,
        "batch_size": 4,
        "learning_rate": 1e-3,
    }
    with pytest.raises(ValueError, match=message):
        train(network(), **(arguments | change))
