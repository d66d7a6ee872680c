"""Scales that are found without being told."""

import numpy as np
import pytest

import msbook as ms
from msbook.estimators import scan_scales


@pytest.mark.parametrize(
    ("potential", "scales"),
    [
        (ms.systems.quadratic_ripples([0.05, 0.001]), [0.05, 0.001]),
        (ms.systems.double_well_ripples([0.025, 0.001]), [0.025, 0.001]),
        (ms.systems.quadratic_ripples([0.003]), [0.003]),
    ],
)
def test_finds_all_scales(potential, scales):
    scan = scan_scales(potential, potential.starts(1024, rng=0), rng=1)
    np.testing.assert_allclose(scan.scales, scales, rtol=0.2)


def test_noise_is_a_staircase():
    V = ms.systems.quadratic_ripples([0.05, 0.001])
    scan = scan_scales(V, V.starts(1024, rng=0), rng=0)
    assert np.all(np.diff(scan.step_sizes) < 0)
    heights = [scan.noise[scan.step_sizes == step][0] for step in scan.plateaus]
    np.testing.assert_allclose(heights, [1.0, 0.5], rtol=0.05)
    between = (scan.step_sizes < scan.plateaus[0]) & (
        scan.step_sizes > scan.plateaus[1]
    )
    assert scan.kurtosis[between].max() > 0.5


def test_scan_with_a_plain_function_is_reproducible():
    def gradient(q):
        return q + np.cos(q / 0.003)

    starts = np.random.default_rng(0).normal(size=(256, 1))
    first, second = (
        scan_scales(gradient, starts, largest=0.5, n_steps=300_000, rng=3)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first.noise, second.noise)
    assert first.scales[0] == pytest.approx(0.003, rel=0.2)


def test_a_potential_without_fine_scales_has_no_plateau():
    V = ms.systems.quadratic_well([[1.0]])
    with pytest.raises(ValueError, match="lies on a plateau"):
        scan_scales(V, V.starts(100, rng=0), n_steps=100_000, rng=0)


def test_a_force_is_not_scanned():
    V = ms.systems.quadratic_ripples([0.05])
    with pytest.raises(ms.IntegrationError, match="change its sign"):
        scan_scales(lambda q: -V.gradient(q), V.starts(100, rng=0), rng=0)
