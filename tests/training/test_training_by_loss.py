"""The training loop for any loss."""

import numpy as np
import pytest
import torch

from msbook.networks import Dense
from msbook.training import TrainingError
from msbook.training.by_loss import minimise

X = np.linspace(-1, 1, 300)[:, None]


def new_network():
    return Dense((1, 8, 1), "silu", torch.Generator().manual_seed(0))


def run(network, loss=None, samples=(X, X**2), **options):
    settings = {"n_updates": 200, "batch_size": 50, "learning_rate": 1e-2, "rng": 0}
    loss = loss or (lambda x, y: (network(x) - y).square().mean())
    return minimise(
        network, loss, samples, **{"validation": samples, **settings, **options}
    )


def test_learns_and_keeps_the_best_network_seen():
    network = new_network()
    history = run(network)
    with torch.no_grad():
        error = (network(torch.tensor(X)) - torch.tensor(X**2)).square().mean()
    assert history.validation_loss[0] > 5 * history.best_loss
    assert float(error) == history.best_loss == history.validation_loss.min()
    assert history.steps.tolist() == list(range(10, 201, 10))


def test_median_is_learned_by_the_absolute_loss():
    # Three numbers in ten are one, the others zero: the mean is no median.
    network = new_network()
    y = (np.arange(300) % 10 < 3).astype(float)[:, None]
    run(network, lambda x, y: (network(x) - y).abs().mean(), (X, y), n_updates=400)
    with torch.no_grad():
        assert network(torch.tensor(X)).abs().max() < 0.1


def test_same_seed_same_network():
    first, second, other = (new_network() for _ in range(3))
    losses = [
        run(network, rng=seed).validation_loss
        for network, seed in ((first, 1), (second, 1), (other, 2))
    ]
    assert np.array_equal(losses[0], losses[1])
    assert not np.array_equal(losses[0], losses[2])


def test_judge_chooses_and_what_comes_before_a_step_is_called():
    network, calls = new_network(), []

    def judge(x, y):
        # The longer trained, the worse.
        return torch.tensor(float(len(calls)))

    history = run(
        network,
        judge=judge,
        before_step=lambda x, y: calls.append(x.shape),
        n_updates=40,
    )
    assert history.best == 0
    assert calls == [(50, 1)] * 40


def test_runs_in_the_precision_of_the_network():
    network = new_network().to(torch.float32)
    kinds = set()

    def loss(x, y):
        kinds.update((x.dtype, y.dtype))
        return (network(x) - y).square().mean()

    run(network, loss, n_updates=3)
    assert kinds == {torch.float32}


@pytest.mark.parametrize("n_updates", [1, 2, 7])
def test_few_updates_are_possible(n_updates):
    history = run(new_network(), n_updates=n_updates, batch_size=10_000)
    assert history.steps[-1] == n_updates
    assert np.isfinite(history.train_loss).all()


def test_divergence_is_told():
    network = new_network()
    with pytest.raises(TrainingError, match="not finite after step"):
        run(network, lambda x, y: (network(x) / 0).mean())


@pytest.mark.parametrize("name", ["n_updates", "batch_size", "learning_rate"])
def test_settings_are_checked(name):
    with pytest.raises(ValueError, match=name):
        run(new_network(), **{name: 0})


def test_samples_are_needed():
    with pytest.raises(ValueError, match="samples must be arrays of one length"):
        run(new_network(), samples=(X[:0], X[:0]), validation=(X, X))


@pytest.mark.parametrize("n_updates", [1, 3, 20, 50])
def test_every_look_has_its_step_and_its_losses(n_updates):
    x = np.linspace(-1, 1, 20)[:, None]
    network = Dense((1, 1), "silu", torch.Generator().manual_seed(0))
    history = minimise(
        network,
        lambda x: network(x).square().mean(),
        (x,),
        validation=(x,),
        n_updates=n_updates,
        batch_size=5,
        learning_rate=1e-3,
        rng=0,
    )
    assert len(history.steps) == len(history.train_loss) == min(n_updates, 20)
    assert history.validation_loss.shape == history.steps.shape
    assert history.steps[0] > 0
    assert history.steps[-1] == n_updates
