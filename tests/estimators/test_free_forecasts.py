"""Forecasts that are carried on follow the propagator and stay among the known."""

import numpy as np
import pytest
import torch

from msbook.estimators.led.free_forecasts import N_STEPS, FreeForecasts
from msbook.estimators.led.training import Windows, train_propagator
from msbook.networks import GRU, DelayedMLP

T = 0.1 * np.arange(200)
CIRCLE = np.stack((np.cos(T), np.sin(T)), axis=1)[None]


ROW = 6  # a window well inside the range


class Fixed:
    """A generator that always draws one row: forecast 0 begins again, no other."""

    def integers(self, high, size):
        return np.full(size, ROW)

    def random(self, n):
        return np.arange(n) / n


def network(recipe):
    return recipe.build(2, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("recipe", [GRU(5, n_warm_up=6), DelayedMLP((8,), 3)])
def test_each_goes_on_where_it_stood(recipe):
    moves = network(recipe)
    generator = torch.Generator().manual_seed(1)
    for parameter in moves.parameters():
        torch.nn.init.normal_(parameter, std=0.01, generator=generator)
    starts = Windows(CIRCLE, recipe.n_warm_up).all()
    forecasts = FreeForecasts(torch.sum, moves, starts, 4, Fixed())
    first, second = forecasts.carried_on(), forecasts.carried_on()
    assert first.shape == (4, 1 + N_STEPS, 2)
    assert first.requires_grad
    begin = torch.tensor(starts[ROW])[None]
    expected = moves.rollout(begin, N_STEPS)[0][0, -N_STEPS:]
    torch.testing.assert_close(first[1, 1:], expected)
    torch.testing.assert_close(second[1:, 0], first[1:, -1])
    torch.testing.assert_close(second[0, 0], first[0, 0])


def test_those_that_leave_the_known_range_begin_again():
    moves = network(DelayedMLP((8,), 1))
    torch.nn.init.constant_(moves.stack.linears[-1].bias, 10.0)
    starts = Windows(CIRCLE, 1).all()
    forecasts = FreeForecasts(torch.sum, moves, starts, 50, np.random.default_rng(0))
    for _ in range(3):
        begun = forecasts.carried_on()[:, 0].detach()
        torch.testing.assert_close(begun.square().sum(1), torch.ones(50).double())


def test_a_penalty_of_nothing_changes_nothing():
    found = []
    for physics in (None, lambda latents: 0 * latents.sum()):
        moves = network(DelayedMLP((8,), 1))
        train_propagator(
            moves,
            CIRCLE,
            CIRCLE,
            rollouts=((3, 20),),
            n_warm_up=1,
            batch_size=16,
            learning_rate=1e-2,
            physics=physics,
            device="cpu",
            rng=np.random.default_rng(0),
        )
        found.append(moves.rollout(torch.tensor(CIRCLE[:, :1]), 5)[0])
    torch.testing.assert_close(*found, rtol=0, atol=0)
