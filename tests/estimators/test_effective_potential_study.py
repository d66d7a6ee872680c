"""The study of effective potentials on landscapes from elsewhere, at a tiny size."""

import numpy as np
import pytest

from benchmarks.elsewhere import effective_potential as study

LANDSCAPES = {
    "wells": study.double_well(0.04),
    "random": study.random_landscape(1),
    "plane": study.plane(),
    "space": study.space(),
    "angle": study.angle(),
}


@pytest.mark.parametrize("name", LANDSCAPES)
def test_gradients_are_those_of_the_potential_and_ripples(name):
    landscape = LANDSCAPES[name]
    rng = np.random.default_rng(0)
    q = rng.uniform(-landscape.width, landscape.width, (20_000, landscape.dim))
    slopes = np.stack(
        [
            (landscape.potential(q + h) - landscape.potential(q - h)) / 2e-5
            for h in 1e-5 * np.eye(landscape.dim)
        ],
        axis=1,
    )
    ripples = np.stack(landscape.gradient(q.T, ()), axis=1) - slopes
    assert np.abs(ripples).max() < 3.0
    assert np.abs(ripples.mean(axis=0)).max() < 0.05


def test_a_row_counts_what_failed():
    row = study.row("wells", "wavelength, friction .1", [LANDSCAPES["wells"]])
    assert row["fits"] == row["failed"] == 1
    assert row["error"] is None
