"""Pruning: what is cut, in what order, and how much."""

import numpy as np
import pytest
import torch
from torch.nn.utils import parameters_to_vector

from msbook.networks import (
    Dense,
    EncoderDecoder,
    MagnitudePruning,
    RowPruning,
    active_inputs,
    sparsity,
)


def network(hidden=(8, 4), n_features=10, n_slow=2, seed=0):
    return EncoderDecoder(
        n_features,
        n_slow,
        n_features,
        hidden=hidden,
        generator=torch.Generator().manual_seed(seed),
    )


def prune(network, pruning):
    """Cut until there is nothing to cut; how often that was."""
    return sum(iter(lambda: pruning.cut(network), False))


def zeros(network):
    return int((parameters_to_vector(network.parameters()) == 0).sum())


# Layers of the paper's table 3, whole per cents rounded down, and its totals.
TABLE_3 = [
    ((8, 4), 0.03, 0.30, (79, 19, 0, 16, 10, 0)),
    ((8, 6, 4), 0.03, 0.35, (84, 24, 32, 0, 16, 43, 33, 0)),
    ((12, 8, 4), 0.04, 0.55, (87, 65, 47, 0, 25, 55, 82, 0)),
]


@pytest.mark.parametrize(("hidden", "fraction", "target", "per_cents"), TABLE_3)
def test_cuts_as_many_as_table_3(hidden, fraction, target, per_cents):
    pruned = network(hidden)
    layers = [
        sum(p.numel() for p in linear.parameters())
        for linear in (*pruned.encoder.linears, *pruned.decoder.linears)
    ]
    # The counts that a layer's per cents allow; bottleneck and output have none.
    allowed = [
        [k for k in range(n + 1) if 100 * k // n == share] if share else [0]
        for n, share in zip(layers, per_cents, strict=True)
    ]
    prune(pruned, MagnitudePruning(fraction, target))
    least, most = (sum(map(end, allowed)) for end in (min, max))
    assert least <= zeros(pruned) <= most
    assert round(100 * sparsity(pruned).total) == round(100 * target)


def test_spares_bottleneck_and_output():
    pruned = network()
    prune(pruned, MagnitudePruning(0.2, 0.6))
    layers = sparsity(pruned).layers
    assert layers[2] == layers[5] == 0
    assert min(layers[i] for i in (0, 1, 3, 4)) > 0


def test_each_cut_takes_the_smallest_left():
    pruned = network()
    prunable = [*pruned.encoder.linears[:-1], *pruned.decoder.linears[:-1]]

    def values():
        return torch.cat([parameters_to_vector(p.parameters()) for p in prunable]).abs()

    pruning = MagnitudePruning(0.1, 0.4)
    for _ in range(3):
        before = values()
        assert pruning.cut(pruned)
        cut = (values() == 0) & (before != 0)
        assert int(cut.sum()) == round(0.1 * int((before != 0).sum()))
        assert before[cut].max() < before[values() != 0].min()
        assert torch.equal(values()[values() != 0], before[values() != 0])


def test_schedule():
    pruning = MagnitudePruning(0.1, 0.4, start=100, every=150)
    assert [e for e in range(700) if pruning.due(e)] == [150, 300, 450, 600]
    assert [e for e in range(400) if RowPruning().due(e)] == [300, 350]


def test_sparsity_counts_weights_and_biases():
    pruned = network()
    with torch.no_grad():
        pruned.encoder.linears[0].weight[:, 3] = 0
        pruned.decoder.linears[-1].bias.zero_()
    layers, total = sparsity(pruned)
    assert layers == pytest.approx((8 / 88, 0, 0, 0, 0, 10 / 90))
    assert total == pytest.approx(18 / 276)


def test_active_inputs_are_those_that_change_the_output():
    pruned = network(n_features=6)
    with torch.no_grad():
        first, second = pruned.encoder.linears[:2]
        first.weight[:, 2] = 0
        # Input 4 enters one unit only, and nothing leaves this unit.
        first.weight[:, 4] = 0
        first.weight[5, 4] = 1
        second.weight[:, 5] = 0
    x = torch.zeros(6, dtype=torch.float64)
    jacobian = torch.func.jacrev(pruned)(x)
    np.testing.assert_array_equal(active_inputs(pruned), jacobian.abs().sum(0) > 0)
    assert active_inputs(pruned).tolist() == [True, True, False, True, False, True]


def test_rows_go_by_size_until_the_rest_matter():
    pruned = Dense((5, 1), "tanh", torch.Generator().manual_seed(0))
    with torch.no_grad():
        pruned.linears[0].weight[0] = torch.tensor([1.0, -0.04, 0.5, 0.02, -0.2])
    pruning = RowPruning(0.1)
    left = []
    while pruning.cut(pruned):
        left.append(np.flatnonzero(active_inputs(pruned)).tolist())
    assert left == [[0, 1, 2, 4], [0, 2, 4]]


def test_rows_that_nothing_listens_to_go_first():
    pruned = network(hidden=(6,), n_features=4)
    with torch.no_grad():
        first, second = pruned.encoder.linears
        # Input 2 has by far the largest weights, and they lead to a deaf unit.
        first.weight[:, 2] = 0
        first.weight[5, 2] = 100
        second.weight[:, 5] = 1e-9
    assert RowPruning().cut(pruned)
    assert active_inputs(pruned).tolist() == [True, True, False, True]


@pytest.mark.parametrize("activation", ["elu", "tanh"])
def test_what_goes_is_compared_by_a_bound_of_the_derivative(activation):
    pruned = Dense((3, 6, 5, 2), activation, torch.Generator().manual_seed(0))
    first, second, third = (layer.weight.detach().abs() for layer in pruned.linears)
    bound = third @ second @ first
    x = torch.randn(50, 3, dtype=torch.float64, generator=torch.Generator())
    assert bool((pruned.jacobian(x).abs() <= bound).all())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MagnitudePruning(0.0, 0.5), "fraction"),
        (lambda: MagnitudePruning(0.1, 1.0), "target"),
        (lambda: MagnitudePruning(0.1, 0.5, start=-1), "start"),
        (lambda: RowPruning(0.1, every=0), "every"),
        (lambda: RowPruning(2.0), "threshold"),
        (lambda: MagnitudePruning(0.1, 0.7).check(network()), "below the share 0.638"),
        (lambda: RowPruning().check(torch.nn.Linear(2, 2)), "got Linear"),
        (lambda: sparsity(torch.nn.Linear(2, 2)), "got Linear"),
    ],
)
def test_says_what_is_wrong(make, message):
    with pytest.raises(ValueError, match=message):
        make()
