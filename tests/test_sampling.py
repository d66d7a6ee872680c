"""Sampling: bursts, projections, covariances, and arrays of a reader's own."""

import numpy as np
import pytest

import msbook as ms
from msbook import sampling
from msbook.systems import HalfMoons, PeriodicSlowFast, QuadraticSlowFast

SYSTEMS = [PeriodicSlowFast(), HalfMoons(), QuadraticSlowFast(2, 3)]


def points(system, n=20, seed=0):
    span = 4000 * system.relaxation_time
    path = ms.solve(
        system, t_span=(0, span), dt=system.relaxation_time / 4,
        save_every=16000 // n, rng=seed,
    )  # fmt: skip
    return path.y[0, 1:]


@pytest.mark.parametrize("system", SYSTEMS, ids=repr)
def test_burst_means_converge_to_the_exact_projection(system):
    x = points(system)
    tau, n_bursts = 10 * system.relaxation_time, 4000
    ends = sampling.bursts(system, x, n_bursts, tau, rng=1)
    error = ends.std(axis=1) / np.sqrt(n_bursts)
    gap = np.abs(ends.mean(axis=1) - system.projection(x))
    # The slow variable moves by about tau meanwhile.
    moved = tau * (system.a1 if isinstance(system, HalfMoons) else 1.0)
    assert (gap < 4.5 * error + 1.5 * moved).all()


@pytest.mark.parametrize("system", SYSTEMS, ids=repr)
def test_local_covariance_and_dimension_from_bursts(system):
    x = points(system)
    duration = 1e-5 * system.relaxation_time**2 if system.relaxation_time < 1 else 1e-3
    ends = sampling.bursts(system, x, 20_000, duration, rng=2)
    estimated = sampling.local_covariance(ends, duration)
    exact = system.covariance(x)
    size = np.sqrt(np.einsum("nii,njj->nij", exact, exact))
    assert (np.abs(estimated - exact) < 6 * size * np.sqrt(2 / 20_000)).all()
    assert sampling.slow_dimension(estimated) == system.n_slow


@pytest.mark.parametrize("system", SYSTEMS, ids=repr)
def test_choose_tau_finds_the_relaxation_time(system):
    x = points(system)
    tau = sampling.choose_tau(
        system, x, system.covariance(x), system.n_slow, system.relaxation_time / 50,
        rng=3,
    )  # fmt: skip
    assert 2.5 * system.relaxation_time < tau < 8 * system.relaxation_time


def test_project_from_system_simulator_and_arrays_agree():
    system = QuadraticSlowFast(1, 2)
    x = points(system, n=50)
    data = sampling.project(system, x, n_bursts=100, rng=4)
    tau = 4 * system.relaxation_time
    ends = sampling.bursts(system, x, 100, tau, rng=4)
    from_arrays = sampling.project(ends, x, covariance=system.covariance(x))
    simulate = sampling.burst_simulator(system)
    from_callable = sampling.project(simulate, x, n_bursts=100, tau=tau, rng=4)
    for other in (from_arrays, from_callable):
        assert np.array_equal(data.projection, other.projection)
    assert np.array_equal(data.covariance, from_arrays.covariance)
    assert from_callable.covariance is None


def test_project_finds_tau_for_a_readers_equation():
    system = QuadraticSlowFast(1, 1, eps=1e-2)
    x = points(system, n=50)
    own = ms.sampling.project(system.hidden, system.hide(x), dt=1e-3, rng=5)
    # In hidden coordinates the projection puts the fast component to zero.
    assert np.abs(own.projection[:, 1]).max() < 5 * np.sqrt(0.5 / 250)


def test_points_are_spread_evenly_over_the_paths():
    path = np.arange(101.0)[None, :, None] * np.ones(2)
    data = sampling.project(
        lambda x, duration, rng: x, path, n_points=11, n_bursts=2, tau=1.0
    )
    assert np.array_equal(data.x[:, 0], np.arange(0, 101, 10))
    assert np.array_equal(data.projection, data.x)


def test_split_is_a_partition():
    x = np.arange(100.0)[:, None]
    data = sampling.SlowFastData(x, 2 * x)
    train, test = data.split(0.25, rng=0)
    assert (len(train), len(test)) == (75, 25)
    assert np.array_equal(np.sort(np.r_[train.x, test.x], axis=0), x)
    assert np.array_equal(test.projection, 2 * test.x)


X = np.zeros((3, 2))


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: sampling.bursts(PeriodicSlowFast(), X[0], 5, 1.0), r"x\[None\]"),
        (lambda: sampling.bursts(PeriodicSlowFast(), X, 0, 1.0), "n_bursts"),
        (lambda: sampling.bursts(PeriodicSlowFast(), X * np.nan, 5, 1.0), "finite"),
        (lambda: sampling.bursts(PeriodicSlowFast().hidden, X, 5, 1.0), "dt"),
        (lambda: sampling.bursts("system", X, 5, 1.0), "callable"),
        (lambda: sampling.bursts(lambda x, d, r: x[:1], X, 5, 1.0), "each start"),
        (lambda: sampling.project(lambda x, d, r: x, X), "choose_tau"),
        (lambda: sampling.project(np.zeros((2, 5, 2)), X), "end points"),
        (lambda: sampling.project(PeriodicSlowFast(), X, n_points=9), "n_points"),
        (lambda: sampling.local_covariance(X, 1.0), "n_bursts"),
        (lambda: sampling.slow_dimension(np.zeros((3, 2, 2))), "positive definite"),
        (lambda: sampling.slow_dimension(np.eye(3)[None]), "gap"),
        (lambda: sampling.SlowFastData(X, X).split(1.5), "fraction"),
    ],
)
def test_bad_input_is_named(call, word):
    with pytest.raises(ValueError, match=word):
        call()


def test_choose_tau_says_when_there_is_no_gap():
    free = ms.SDE(lambda t, y, p: (0.0, 0.0), lambda t, y, p: (1.0, 9.0), y0=(0, 0))
    with pytest.raises(ValueError, match="no gap"):
        sampling.choose_tau(
            lambda x, duration, rng: x + np.sqrt(duration) * rng.normal(size=x.shape),
            X, free.covariance(X), 1, 1e-3, rng=0,
        )  # fmt: skip


def ring(angle, height=0.0, noise=0.02, seed=0):
    rng = np.random.default_rng(seed)
    flat = np.column_stack((2 * np.cos(angle), 2 * np.sin(angle), 0 * angle + height))
    tilt = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    return flat @ tilt + [1.0, -5.0, 3.0] + noise * rng.normal(size=flat.shape)


def test_a_circle_is_found_where_it_lies():
    rng = np.random.default_rng(1)
    # Ten times as many points on one half as on the other.
    angle = np.concatenate([rng.uniform(0, np.pi, 1000), rng.uniform(-np.pi, 0, 100)])
    points = ring(angle)
    circle = sampling.find_circle(points)
    assert circle.radius == pytest.approx(2.0, rel=0.01)
    np.testing.assert_allclose(circle.centre, [1.0, -5.0, 3.0], atol=0.02)
    np.testing.assert_allclose(circle.axes @ circle.axes.T, np.eye(3), atol=1e-12)
    turned = (points - circle.centre) @ circle.axes.T
    assert np.abs(turned[:, 2]).max() < 0.1
    step = np.diff(np.unwrap(np.arctan2(turned[:1000, 1], turned[:1000, 0])))
    wrapped = (np.diff(angle[:1000]) + np.pi) % (2 * np.pi) - np.pi
    step = (step + np.pi) % (2 * np.pi) - np.pi
    assert min(np.abs(step - wrapped).max(), np.abs(step + wrapped).max()) < 0.1


@pytest.mark.parametrize("system", [PeriodicSlowFast(), QuadraticSlowFast(2, 3)])
def test_no_circle_where_nothing_goes_round(system):
    projections = sampling.project(system, points(system, 400), rng=0).projection
    assert sampling.find_circle(projections) is None


def test_no_circle_in_an_arc_a_disc_or_a_cloud():
    rng = np.random.default_rng(2)
    # Of many points no matrix of points by points is made: that would be 80 GB.
    assert sampling.find_circle(ring(rng.uniform(0, 6.3, 100_000))) is not None
    assert sampling.find_circle(ring(rng.uniform(0, 5.5, 2000))) is None
    disc = ring(rng.uniform(0, 2 * np.pi, 2000)) * rng.uniform(0, 1, (2000, 1))
    assert sampling.find_circle(disc) is None
    assert sampling.find_circle(rng.normal(size=(2000, 4))) is None


@pytest.mark.parametrize(
    "bad", [np.zeros((5, 1)), np.zeros(5), np.full((5, 2), np.nan)]
)
def test_circles_need_points(bad):
    with pytest.raises(ValueError, match=r"points must be (finite|of shape)"):
        sampling.find_circle(bad)


def _driven(eps=1e-3):
    """A fast variable that follows sin(t); by hand, z of a point at t is sin(t)."""

    def drift(t, y, p):
        return 1.0 + 0 * y[0], (np.sin(t) - y[1]) / p[0]

    def diffusion(t, y, p):
        return 0.1 + 0.05 * np.sin(t), 0.3 / np.sqrt(p[0])

    return ms.SDE(drift, diffusion, y0=(0.0, 0.0), parameters=(eps,))


def test_points_are_projected_at_their_times():
    system = _driven()
    paths = ms.solve(system, t_span=(0, 3), dt=1e-3, save_every=300, rng=0)
    data = sampling.project(system, paths, n_bursts=400, dt=2e-4, tau=6e-3, rng=1)
    error = 0.3 / np.sqrt(2) / np.sqrt(400)
    assert np.abs(data.projection[:, 1] - np.sin(paths.t + 6e-3)).max() < 4 * error
    slow_noise = (0.1 + 0.05 * np.sin(paths.t)) ** 2
    np.testing.assert_allclose(data.covariance[:, 0, 0], slow_noise, rtol=1e-12)
    # An array and its times say the same.
    given = sampling.project(
        system, paths.y, t=paths.t, n_bursts=400, dt=2e-4, tau=6e-3, rng=1
    )
    assert np.array_equal(given.projection, data.projection)


def test_times_are_asked_for_where_they_matter():
    system, x = _driven(), np.zeros((3, 2))
    with pytest.raises(ValueError, match="depend on time, so that t"):
        sampling.project(system, x, dt=1e-4, tau=1e-3)
    with pytest.raises(ValueError, match="depend on time, so that t"):
        sampling.bursts(system, x, 2, 1e-3, dt=1e-4)
    with pytest.raises(ValueError, match="t must be one time, or times that fit"):
        sampling.bursts(system, x, 2, 1e-3, t=[0.0, 1.0], dt=1e-4)
    late = sampling.bursts(system, x, 500, 0.01, t=np.pi / 2, dt=1e-4, rng=0)
    assert abs(late[..., 1].mean() - 1) < 0.03
    # One that does not depend on time has the same bursts at any time.
    still = PeriodicSlowFast()
    early = sampling.bursts(still, x, 5, 1e-3, rng=0)
    assert np.array_equal(sampling.bursts(still, x, 5, 1e-3, t=7.0, rng=0), early)


@pytest.mark.parametrize("duration", [-1.0, 0.0, np.nan, None])
def test_durations_are_positive(duration):
    with pytest.raises(ValueError, match="duration must be a positive number"):
        sampling.local_covariance(np.ones((2, 5, 2)), duration)
    with pytest.raises(ValueError, match="duration must be a positive number"):
        sampling.bursts(PeriodicSlowFast(), X, 5, duration)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1j, None])
def test_what_is_no_point_is_named(bad):
    points = np.full((3, 2), bad, dtype=None if isinstance(bad, float) else object)
    for call in (
        lambda: sampling.project(PeriodicSlowFast(), points),
        lambda: sampling.project(np.zeros((3, 5, 2)), points),
        lambda: sampling.project(np.full((3, 5, 2), bad), np.zeros((3, 2))),
        lambda: sampling.bursts(lambda x, d, r: points[[0] * len(x)], X, 5, 1.0),
        lambda: sampling.local_covariance(np.full((2, 5, 2), bad), 1.0),
        lambda: sampling.slow_dimension(np.full((2, 2, 2), bad)),
    ):
        with pytest.raises(ValueError, match=r"finite|real numbers"):
            call()
    with pytest.raises(ValueError, match="must be a system, a simulator"):
        sampling.project(None, X)
    with pytest.raises(ValueError, match="paths must be an array of real numbers"):
        sampling.project(PeriodicSlowFast(), None)
    with pytest.raises(ValueError, match="n_slow must be less than the 2"):
        sampling.choose_tau(PeriodicSlowFast(), X, [np.eye(2)] * len(X), 2, 1e-3)
