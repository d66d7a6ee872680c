"""The study of slow maps on systems from elsewhere, at a tiny size."""

import numpy as np
import pytest

from benchmarks.elsewhere.slow_map import fits, flagged, summary
from benchmarks.elsewhere.slow_map_systems import SYSTEMS


@pytest.mark.parametrize("name", SYSTEMS)
def test_gradients_are_those_of_the_slow_variables(name):
    system = SYSTEMS[name]
    dim = system.n_slow + system.n_fast
    states = np.random.default_rng(0).uniform(0.2, 0.8, (5, dim))
    units = np.array(system.units or 1.0)
    gradients = system.gradients(states)
    assert gradients.shape == (5, system.n_slow, dim)
    step = 1e-4
    for k, h in enumerate(step * np.eye(dim)):
        moved = (system.see(states + h) - system.see(states - h)) / (2 * step)
        along = np.einsum("nij,nj->ni", gradients * units, moved / units)
        np.testing.assert_allclose(
            along, np.tile(np.eye(dim)[: system.n_slow, k], (5, 1)), atol=1e-6
        )


def test_rows_tell_angles_ranks_and_what_is_flagged():
    entries = fits([0], {"epochs": 3, "n_restarts": 1}, ["bent manifold"])
    row = summary("bent manifold", entries)
    assert row["fits"] == 1
    assert 0.5 < row["angle"] == row["worst_angle"] < 10
    assert 0.9 < row["worst_spearman"] <= 1
    entries = [
        {"angle": angle, "verdict": verdict}
        for angle, verdict in ((9, "bad"), (6, "good"), (3, "good"), (1, "doubtful"))
    ]
    assert list(flagged("x", entries).values())[1:] == [2, 1, 1, 1]
