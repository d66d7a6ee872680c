"""Steps, frictions and scales that an effective potential finds for itself."""

import re

import numpy as np
import pytest

import msbook as ms
from msbook.sampling import find_scales

STARTS = np.random.default_rng(0).uniform(-1.5, 1.5, (1000, 1))
GRID = np.linspace(-1.2, 1.2, 100)[:, None]


def landscape(seed):
    """A potential with one, two or three wells, and its gradient with ripples."""
    rng = np.random.default_rng(seed)
    tilt, height, phase = rng.normal(0.0, 0.4, 3)
    length, force = 10 ** rng.uniform(-3.5, -1.4), rng.uniform(0.5, 2.0)

    def potential(q):
        return q**4 / 4 - q**2 / 2 + tilt * q + 0.3 * height * np.sin(2 * q + phase)

    def gradient(q):
        smooth = q**3 - q + tilt + 0.6 * height * np.cos(2 * q + phase)
        return smooth - force * np.sin(q / length)

    return potential, gradient, length, force


def wells(*lengths):
    return lambda q: q**3 - q + 0.1 - sum(np.sin(q / length) for length in lengths)


def error_of(estimator, potential):
    """Root mean square error of a potential, a constant left free."""
    difference = estimator.predict(GRID) - potential(GRID[:, 0])
    return difference.std()


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_scales_are_found_in_any_unit(unit):
    scales = find_scales(lambda q: wells(0.04, 0.0015)(q / unit), STARTS * unit, rng=1)
    assert np.allclose(scales.least_steps, 2 * np.sqrt([0.04 * unit, 0.0015 * unit]),
                       rtol=0.1)  # fmt: skip


def test_the_rate_is_that_of_what_is_coarse():
    for stiffness in (1e-4, 1.0, 1e4):
        scales = find_scales(
            lambda q, k=stiffness: k * (q - np.sin(q / 0.01)), STARTS, rng=0
        )
        assert np.isclose(scales.rate, np.sqrt(stiffness), rtol=0.1)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("length", "energy"), [(1e-3, 1.0), (1e3, 1.0), (1.0, 1e4)])
def test_defaults_learn_in_the_readers_units(length, energy):
    estimator = ms.EffectivePotential(n_steps=200_000, random_state=0)
    estimator.fit(lambda q: energy / length * wells(0.01)(q / length), STARTS * length)
    found = estimator.predict(GRID * length) / energy
    wanted = (GRID**4 / 4 - GRID**2 / 2 + 0.1 * GRID)[:, 0]
    assert (found - wanted).std() < 0.02


def test_three_scales_of_the_plane_are_found():
    def gradient(q):
        x, y = q.T
        return np.column_stack(
            [
                x - np.sin(x / 0.05) - np.sin(x / 1e-4),
                2 * y - np.sin(y / 0.05) - np.sin(y / 0.002),
            ]
        )

    q0 = np.random.default_rng(0).uniform(-2, 2, (1000, 2))
    scales = find_scales(gradient, q0, rng=0)
    assert np.allclose(scales.lengths, [0.05, 0.002, 1e-4], rtol=0.1)
    # The force of a ripple along one of two coordinates is counted by its mean.
    assert np.allclose(scales.forces, [1.0, 0.5**0.5, 0.5**0.5], rtol=0.1)


@pytest.mark.parametrize("gradient", [lambda q: q**3 - q, lambda q: 0 * q + 1.0])
def test_a_smooth_landscape_has_no_fine_scale(gradient):
    assert find_scales(gradient, STARTS, rng=0).lengths.size == 0
    with pytest.raises(ValueError, match="no fine scale"):
        ms.EffectivePotential(random_state=0).fit(gradient, STARTS)


def test_a_gradient_that_ends_near_the_starts_is_named():
    def root(q):
        with np.errstate(invalid="ignore"):
            return np.sqrt(1.5 - q) - np.sin(q / 0.04)

    with pytest.raises(ValueError, match="finite at the points q0"):
        find_scales(root, STARTS, rng=0)
    with pytest.raises(ms.IntegrationError, match="of the chains"):
        ms.sampling.large_steps(root, STARTS - 1.0, 1.0, n_steps=100_000, rng=0)


def test_points_that_are_one_show_no_scale():
    with pytest.raises(ValueError, match="spread"):
        find_scales(wells(0.04), [[0.0], [0.0]])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # few chains that come to rest
@pytest.mark.parametrize("seed", range(200, 210))
def test_defaults_learn_a_landscape_that_nobody_chose(seed):
    potential, gradient, length, force = landscape(seed)
    estimator = ms.EffectivePotential(n_steps=200_000, random_state=0)
    estimator.fit(gradient, STARTS)
    assert error_of(estimator, potential) < 0.03
    assert estimator.step_size_ > 2 * np.sqrt(length / force)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("scale", [0.2, 1.5])
@pytest.mark.parametrize("seed", [211, 212, 213])
def test_the_advice_of_an_error_leads_to_a_run_that_works(seed, scale):
    _, gradient, length, force = landscape(seed)
    scale = scale * 2 * np.sqrt(length / force) if scale < 1 else scale
    with pytest.raises(ms.IntegrationError) as error:
        ms.sampling.large_steps(gradient, STARTS, scale, n_steps=100_000, rng=0)
    advice = re.search(r"step_size=(\S+) and friction=(\S+) kept", str(error.value))
    step_size, friction = map(float, advice.groups())
    run = ms.sampling.large_steps(
        gradient, STARTS, step_size, friction=friction, n_steps=200_000, rng=1
    )
    assert run.diverged_share == 0.0
    assert run.locked_share < 0.1


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_bound_of_the_window_is_where_chains_stop_resting():
    gradient = wells(0.04)
    bound = 2 * np.sqrt(0.04)
    with pytest.raises(ms.IntegrationError, match="came to rest"):
        ms.sampling.large_steps(
            gradient, STARTS, 0.85 * bound, friction=0.3, n_steps=100_000, rng=0
        )
    run = ms.sampling.large_steps(
        gradient, STARTS, 1.2 * bound, friction=0.3, n_steps=100_000, rng=0
    )
    assert run.locked_share < 0.05


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_no_step_can_separate_is_said():
    # The coarser ripple would take steps that the quartic walls do not bear.
    with pytest.warns(UserWarning, match="could not be separated"):
        estimator = ms.EffectivePotential(n_steps=200_000, random_state=0).fit(
            lambda q: 20 * wells(0.1)(q) - np.sin(q / 1e-3), STARTS
        )
    assert len(estimator.scales_) == 2


def test_auto_chooses_the_step_too():
    with pytest.raises(ValueError, match="leave step_size out"):
        ms.EffectivePotential(step_size=0.1).fit(wells(0.04), STARTS)
    with pytest.raises(ValueError, match='scale must be "auto"'):
        ms.EffectivePotential("scan").fit(wells(0.04), STARTS)
