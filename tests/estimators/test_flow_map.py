"""StochasticFlowMap as scikit-learn, as a density, and as dynamics."""

import copy
import pickle

import numpy as np
import pytest
from scipy.stats import norm, skew
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from msbook import io
from msbook.estimators import StochasticFlowMap
from msbook.integrators import IntegrationError

PHI = 0.8
HEADS = ["affine", "spline", "mixture"]


def autoregression(n=60_000, seed=0):
    """Stationary pairs of x' = PHI x + noise, with unit variance."""
    rng = np.random.default_rng(seed)
    x, noise = rng.normal(size=(2, n, 1))
    return x, PHI * x + np.sqrt(1 - PHI**2) * noise


def fitted(head="affine", data=None, **options):
    settings = {"hidden": (16,), "n_updates": 300, "batch_size": 2048}
    flow = StochasticFlowMap(head, random_state=0, **{**settings, **options})
    return flow.fit(*(autoregression() if data is None else data))


@pytest.fixture(scope="module", params=HEADS)
def flow(request):
    return fitted(request.param, dt=0.5)


def test_density_is_that_of_the_data(flow):
    x, y = autoregression(4000, seed=1)
    exact = norm.logpdf(y, PHI * x, np.sqrt(1 - PHI**2))[:, 0]
    # The gap of the means is a Kullback–Leibler distance.
    assert 0 < exact.mean() - flow.score(x, y) < 0.005
    grid = np.linspace(-6, 6, 4001)[:, None]
    density = np.exp(flow.log_prob(np.full_like(grid, 0.7), grid))
    assert density.sum() * 0.003 == pytest.approx(1, abs=1e-6)


def test_long_rollouts_have_the_stationary_law(flow):
    paths = flow.rollout([2.0], 30, n_paths=10_000, rng=0)
    assert paths.shape == (10_000, 31, 1)
    assert (paths[:, 0] == 2).all()
    assert paths[:, 3].mean() == pytest.approx(2 * PHI**3, abs=0.12)
    # The mean of the data's own sampling error, times the memory of the process.
    assert paths[:, -1].mean() == pytest.approx(0, abs=0.2)
    assert paths[:, -1].std() == pytest.approx(1, abs=0.08)


def test_drift_and_diffusion_are_moments_over_the_lag(flow):
    x = np.array([[-1.0], [0.0], [1.5]])
    np.testing.assert_allclose(flow.drift_(x), (PHI - 1) * x / 0.5, atol=0.1)
    expected = np.full((3, 1, 1), np.sqrt((1 - PHI**2) / 0.5))
    np.testing.assert_allclose(flow.diffusion_(x), expected, rtol=0.05)
    many = flow.sample(np.full((100_000, 1), 1.5), rng=0)
    assert flow.drift_(x[2:])[0, 0] == pytest.approx(
        (many.mean() - 1.5) / 0.5, abs=0.02
    )


def test_only_more_than_affine_heads_can_be_skewed():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (20_000, 1))
    y = x + rng.exponential(size=x.shape)
    at_zero = np.zeros((20_000, 1))
    found = {
        head: skew(fitted(head, (x, y), n_updates=300).sample(at_zero, rng=1)[:, 0])
        for head in HEADS
    }
    assert found["affine"] == pytest.approx(0, abs=4 * np.sqrt(6 / 20_000))
    assert found["spline"] == pytest.approx(2, rel=0.2)
    assert found["mixture"] > 1


def test_components_may_hang_together():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 2))
    root = np.array([[0.3, 0.0], [0.4, 0.2]])
    y = x @ np.array([[0.9, -0.2], [0.1, 0.8]]) + rng.normal(size=x.shape) @ root.T
    flow = fitted("spline", (x, y), n_updates=300)
    covariance = flow.diffusion_(np.zeros((1, 2)))[0] @ flow.diffusion_([[0.0, 0.0]])[0]
    np.testing.assert_allclose(covariance, root @ root.T, atol=0.012)
    assert flow.rollout(x[:7], 5, rng=0).shape == (7, 6, 2)


def test_memory_repairs_what_the_present_does_not_tell():
    # x'' = 1.2 x' - 0.6 x + noise is no Markov chain in x alone.
    rng = np.random.default_rng(0)
    path = np.zeros((2000, 60))
    for n in range(2, 60):
        noise = rng.normal(size=2000)
        path[:, n] = 1.2 * path[:, n - 1] - 0.6 * path[:, n - 2] + noise
    past, present, y = (path[:, a : 60 - 2 + a].reshape(-1, 1) for a in (0, 1, 2))
    flow = fitted("affine", (np.hstack((present, past)), y), memory=1)
    assert flow.sample(np.hstack((present, past)), rng=0).shape == y.shape
    paths = flow.rollout([1.0, 2.0], 40, n_paths=4000, rng=0)
    assert paths.shape == (4000, 41, 1)
    assert (paths[:, 0] == 1).all()
    assert paths[:, 1].mean() == pytest.approx(1.2 - 0.6 * 2, abs=0.1)
    assert paths[:, -1].std() == pytest.approx(path[:, -1].std(), rel=0.06)
    lag_two = np.mean(paths[:, -1] * paths[:, -3]) / paths[:, -1].var()
    expected = np.mean(path[:, -1] * path[:, -3]) / path[:, -1].var()
    assert lag_two == pytest.approx(expected, abs=0.06)


def test_circles_are_closed_and_turns_are_counted():
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, 2 * np.pi, (20_000, 1))
    following = angle + 0.5 + 0.3 * np.sin(angle) + 0.1 * rng.normal(size=angle.shape)
    wrapped = fitted("affine", (angle, following % (2 * np.pi)), periods=(2 * np.pi,))
    lifted = fitted("affine", (angle, following), periods=(2 * np.pi,))
    places = np.array([[0.01], [2 * np.pi + 0.01], [2 * np.pi - 0.01]])
    moves = wrapped.drift_(places)
    assert moves[0] == pytest.approx(moves[1], rel=1e-9)
    assert moves == pytest.approx(0.5 + 0.3 * np.sin(places), abs=0.02)
    np.testing.assert_allclose(lifted.drift_(places), moves, atol=1e-6)
    paths = wrapped.rollout([0.0], 40, n_paths=100, rng=0)
    assert paths[:, -1].min() > 2 * np.pi
    assert np.abs(np.diff(paths, axis=1)).max() < 1.5


def test_context_is_followed():
    rng = np.random.default_rng(0)
    x = rng.uniform(-3, 3, (20_000, 1))
    phase = rng.uniform(0, 2 * np.pi, (20_000, 1))
    context = np.hstack((np.cos(phase), np.sin(phase)))
    y = 0.5 * x + context[:, :1] + 0.1 * rng.normal(size=x.shape)
    flow = StochasticFlowMap("affine", n_updates=300, random_state=0)
    flow.fit(x, y, context)
    phases = 0.3 * np.arange(40)
    rows = np.column_stack((np.cos(phases), np.sin(phases)))
    paths = flow.rollout([0.0], 40, n_paths=500, context=rows, rng=0)
    same = flow.rollout([0.0], 40, n_paths=500, context=lambda step: rows[step], rng=0)
    assert np.array_equal(paths, same)
    expected = [0.0]
    for forcing in rows[:, 0]:
        expected.append(0.5 * expected[-1] + forcing)
    np.testing.assert_allclose(paths.mean(axis=0)[:, 0], expected, atol=0.06)
    with pytest.raises(ValueError, match=r"context must have shape \(5, 2\)"):
        flow.rollout([0.0], 5)


def test_same_seed_same_map_and_refitting_forgets():
    x, y = autoregression(3000)
    flow = StochasticFlowMap("affine", n_updates=20, random_state=3)
    first = flow.fit(x, y).sample(x, rng=0)
    other = flow.fit(x[:1000] + 1, y[:1000]).sample(x, rng=0)
    again = flow.fit(x, y).sample(x, rng=0)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(clone(flow).fit(x, y).sample(x, rng=0), first)
    assert np.array_equal(
        flow.rollout(x[:9], 4, rng=5)[:, 1], flow.sample(x[:9], rng=5)
    )


@pytest.mark.parametrize("head", HEADS)
def test_comes_back_from_a_file_as_it_was(tmp_path, head):
    x, y = autoregression(2000)
    periods = (2 * np.pi, None)
    data = np.hstack((x, y)), np.hstack((y, x))
    flow = fitted(head, data, n_updates=3, periods=periods)
    io.save_model(tmp_path / "flow", flow)
    loaded = io.load_model(tmp_path / "flow")
    assert loaded.get_params() == flow.get_params()
    assert np.array_equal(loaded.log_prob(*data), flow.log_prob(*data))
    assert np.array_equal(
        loaded.rollout([0.0, 0.0], 5, rng=0), flow.rollout([0.0, 0.0], 5, rng=0)
    )
    assert loaded.history_.best_loss == flow.history_.best_loss


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda flow: pickle.loads(pickle.dumps(flow))]
)
def test_fitted_maps_survive_being_copied(flow, duplicate):
    x, _ = autoregression(100)
    assert np.array_equal(duplicate(flow).sample(x, rng=0), flow.sample(x, rng=0))


def test_a_rollout_beyond_the_data_is_told():
    x = np.linspace(0, 1.01, 500)[:, None]
    noise = 0.01 * np.random.default_rng(0).normal(size=x.shape)
    flow = fitted(data=(x, x + 1 + noise))
    with pytest.warns(UserWarning, match=r"of the states .* range.* path 0 at step \d"):
        paths = flow.rollout([0.5], 10, n_paths=20, rng=0)
    # Beyond the data the law of the increment is that at the edge.
    np.testing.assert_allclose(np.diff(paths[:, 2:], axis=1), 1, atol=0.1)


def test_a_rollout_that_blows_up_is_told(flow):
    broken = copy.deepcopy(flow)
    for parameter in broken.network_.parameters():
        parameter.data[:] = np.nan
    with pytest.raises(IntegrationError, match="not finite after step 1"):
        broken.rollout([0.0], 3, rng=0)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"head": "cubic"}, "head"),
        ({"n_updates": 0}, "n_updates"),
        ({"batch_size": 2.5}, "batch_size"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"dt": 0.0}, "dt"),
        ({"memory": -1}, "memory"),
        ({"memory": 1}, r"shape \(n, 2\)"),
        ({"periods": (1.0, 2.0)}, "periods must be a sequence of 1"),
        ({"hidden": (0,)}, "hidden"),
    ],
)
def test_parameters_are_checked_in_fit(parameters, message):
    with pytest.raises(ValueError, match=message):
        StochasticFlowMap(**parameters).fit(*autoregression(50))


def test_data_are_checked(flow):
    x, y = autoregression(50)
    with pytest.raises(ValueError, match="NaN"):
        StochasticFlowMap().fit(np.full_like(x, np.nan), y)
    with pytest.raises(ValueError, match=r"y must have shape \(50, .* got \(49, 1\)"):
        StochasticFlowMap().fit(x, y[:-1])
    with pytest.raises(ValueError, match="context must have shape"):
        StochasticFlowMap().fit(x, y, np.zeros((3, 1)))
    with pytest.raises(ValueError, match="expecting 1 features"):
        flow.sample(np.zeros((3, 5)))
    with pytest.raises(ValueError, match=r"y must have shape \(50, 1\)"):
        flow.log_prob(x, y[:-1])
    with pytest.raises(ValueError, match=r"x0 must have shape \(1,\) or \(n, 1\)"):
        flow.rollout([1.0, 2.0], 3)
    with pytest.raises(ValueError, match="x0 must be finite"):
        flow.rollout([np.inf], 3)
    with pytest.raises(ValueError, match="n_steps"):
        flow.rollout([1.0], 0)
    with pytest.raises(ValueError, match="n_paths=3 and 2 starts"):
        flow.rollout([[1.0], [2.0]], 1, n_paths=3)


@pytest.mark.parametrize(
    "call",
    [
        lambda flow: flow.sample([[0.0]]),
        lambda flow: flow.rollout([0.0], 1),
        lambda flow: flow.log_prob([[0.0]], [[0.0]]),
        lambda flow: flow.drift_([[0.0]]),
        lambda flow: flow.to_table(),
        lambda flow: flow.to_arrays(),
    ],
)
def test_must_be_fitted_first(call):
    with pytest.raises(NotFittedError):
        call(StochasticFlowMap())
