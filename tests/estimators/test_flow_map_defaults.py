"""Flow maps with their defaults, on data that nobody tuned them for."""

import warnings

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from scipy.stats import t as student
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from msbook import io
from msbook.estimators import (
    ConditionalAutoencoder,
    ConditionalGAN,
    EnergyScore,
    KramersMoyal,
    StochasticFlowMap,
)
from msbook.integrators import IntegrationError

SHORT = {"n_updates": 20, "hidden": (8,), "random_state": 0}
KINDS = [
    StochasticFlowMap("affine", **SHORT),
    StochasticFlowMap("spline", **SHORT),
    StochasticFlowMap("mixture", **SHORT),
    EnergyScore(**SHORT),
    ConditionalGAN(**SHORT),
    ConditionalAutoencoder(**SHORT),
    KramersMoyal(2),
]


def autoregression(n=8000, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 1))
    return x, 0.8 * x + 0.6 * rng.normal(size=x.shape)


@pytest.mark.parametrize("model", KINDS, ids=lambda m: f"{type(m).__name__}")
@pytest.mark.parametrize("standing", ["a constant", "a parameter"])
def test_what_stands_still_stands_still(model, standing, tmp_path):
    x, y = autoregression(2000)
    k = np.full_like(x, 7.0)
    if standing == "a parameter":
        k = np.random.default_rng(1).choice([1e-3, 2e-3, 5e-3], size=x.shape)
    model.fit(np.hstack([k, x]), np.hstack([k, y]))
    start = np.array([k[0, 0], 0.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an untrained x may leave the range
        paths = model.rollout(start, 100, n_paths=50, rng=0)
        io.save_model(tmp_path / "model", model)
        again = io.load_model(tmp_path / "model").rollout(start, 100, n_paths=50, rng=0)
    np.testing.assert_allclose(paths[..., 0], start[0], rtol=1e-12)
    assert paths[:, -1, 1].std() > 0.1
    assert np.array_equal(again, paths)


def test_what_follows_from_the_others_does_so_exactly():
    rng = np.random.default_rng(0)
    x, y = autoregression()
    other = rng.normal(size=x.shape)
    # The second component is the first one step before, as in delay coordinates.
    flow = StochasticFlowMap(**SHORT).fit(np.hstack([x, other]), np.hstack([y, x]))
    moved = flow.sample(np.hstack([x, other])[:99], rng=0)
    np.testing.assert_allclose(moved[:, 1], x[:99, 0], atol=1e-9)
    assert np.isfinite(flow.score(np.hstack([x, other]), np.hstack([y, x])))


@pytest.mark.parametrize("head", ["mixture", "affine"])
def test_linear_maps_without_noise_are_kept(head):
    x, _ = autoregression(500)
    flow = StochasticFlowMap(head, hidden=(8,), random_state=0).fit(x, 0.5 * x + 1)
    np.testing.assert_allclose(flow.sample(x, rng=0), 0.5 * x + 1, atol=1e-9)


def test_components_that_hang_together_have_their_density():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(24_000, 3))
    root = np.array([[1.0, 0, 0], [0.9, 0.1, 0], [0.5, -0.3, 2.0]])
    matrix = np.array([[0.9, -0.2, 0.1], [0.1, 0.8, 0.0], [0.0, 0.3, 0.5]])
    y = x @ matrix.T + rng.normal(size=x.shape) @ root.T
    flow = StochasticFlowMap("affine", **(SHORT | {"n_updates": 200}))
    flow.fit(x[4000:], y[4000:])
    x, y = x[:4000], y[:4000]
    exact = multivariate_normal(np.zeros(3), root @ root.T).logpdf(y - x @ matrix.T)
    assert 0 < exact.mean() - flow.score(x, y) < 0.005


def test_five_correlated_components():
    rng = np.random.default_rng(3)
    turn = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    matrix = turn @ np.diag([0.95, 0.9, 0.8, 0.7, 0.5]) @ turn.T
    root = np.tril(0.3 * rng.normal(size=(5, 5))) + 0.3 * np.eye(5)
    x = rng.normal(size=(50_000, 5))
    y = x @ matrix.T + rng.normal(size=x.shape) @ root.T
    flow = StochasticFlowMap(random_state=0).fit(x, y)
    moved = flow.sample(np.tile(x, (4, 1)), rng=0) - np.tile(x @ matrix.T, (4, 1))
    exact = root @ root.T
    error = np.linalg.norm(np.cov(moved.T) - exact) / np.linalg.norm(exact)
    assert error < 0.025


@pytest.mark.parametrize("wrong", [[1e6], [-9999.0, -9999.0]])
def test_rows_that_are_no_data_are_named_and_left_out(wrong):
    x, y = autoregression()
    rows = np.array([17, 4000])[: len(wrong)]
    bad = x.copy()
    bad[rows, 0] = wrong
    flow = StochasticFlowMap("affine", **SHORT)
    with pytest.warns(UserWarning, match=f"rows {', '.join(map(str, rows))} of X"):
        flow.fit(bad, y)
    clean = StochasticFlowMap("affine", **SHORT)
    clean.fit(np.delete(x, rows, axis=0), np.delete(y, rows, axis=0))
    assert np.array_equal(flow.sample(x, rng=0), clean.sample(x, rng=0))


@pytest.mark.parametrize("df", [3])
def test_heavy_tails_are_data(df):
    rng = np.random.default_rng(0)
    x = rng.standard_t(df, (20_000, 1))
    y = 0.5 * x + rng.standard_t(df, x.shape)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flow = StochasticFlowMap(random_state=0).fit(x, y)
    moved = flow.sample(np.zeros((200_000, 1)), rng=1)
    for far in (2, 5, 10):
        exact = 2 * student.sf(far, df)
        # Four standard errors of as many data, beside a tenth.
        allowed = 0.1 * exact + 4 * np.sqrt(exact / 20_000)
        assert (np.abs(moved) > far).mean() == pytest.approx(exact, abs=allowed)


@pytest.mark.parametrize("chance", [0.005, 0.001])
def test_rare_jumps_keep_their_probability(chance):
    rng = np.random.default_rng(0)
    x = 0.06 * rng.normal(size=(50_000, 1))
    jumps = (rng.random(x.shape) < chance) * rng.choice([-1, 1], x.shape)
    y = 0.9 * x + 0.026 * rng.normal(size=x.shape) + jumps
    flow = StochasticFlowMap(random_state=0).fit(x, y)
    moved = flow.sample(x, rng=0) - 0.9 * x
    expected = chance * len(x)
    found = (np.abs(moved) > 0.8).sum()
    # The data have an error themselves, and so have the samples.
    assert found == pytest.approx(expected, abs=4 * np.sqrt(2 * expected))
    assert moved.std() == pytest.approx(np.sqrt(0.026**2 + chance), rel=0.2)
    assert ((np.abs(moved) > 0.2) & (np.abs(moved) < 0.8)).sum() < 0.1 * expected


def drifting():
    """A map that moves by one, learned between 0 and 3."""
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 3, (2000, 1))
    y = x + 1 + 0.05 * rng.normal(size=x.shape)
    return StochasticFlowMap("affine", **SHORT).fit(x, y)


def test_paths_that_leave_the_range_do_as_the_reader_chooses():
    flow = drifting()
    with pytest.warns(UserWarning, match=r"range.* path 0 at step \d"):
        assert flow.rollout([1.0], 10, n_paths=5, rng=0).max() > 6
    with pytest.raises(IntegrationError, match=r"path \d left the range .* in step 2"):
        flow.rollout([1.5], 10, n_paths=5, beyond="raise", rng=0)
    stopped = flow.rollout([1.5], 10, n_paths=5, beyond="stop", rng=0)
    assert np.isfinite(stopped[:, :2]).all()
    assert np.isnan(stopped[:, 2:]).all()
    folded = flow.rollout([1.0], 10, n_paths=5, beyond="reflect", rng=0)
    assert folded.min() >= 0
    assert folded.max() <= 3
    assert folded[:, 3].mean() == pytest.approx(2, abs=0.2)
    with pytest.raises(ValueError, match="beyond"):
        flow.rollout([1.0], 1, beyond="clip")


def test_one_path_that_runs_away_is_told():
    x, y = autoregression(2000)
    flow = StochasticFlowMap("affine", **SHORT).fit(x, y)
    starts = np.zeros((500, 1))
    starts[321] = 40.0
    with pytest.warns(UserWarning, match="path 321 at step 0"):
        flow.rollout(starts, 1, rng=0)


def test_calibration_tells_right_laws_from_wrong_ones():
    x, y = autoregression(4000)
    model = KramersMoyal(1).fit(x, y)
    right, narrow = model.calibration(x, y), model.calibration(x, 3 * (y - x) + x)
    assert right.values.shape == (4000, 1)
    assert right.distance[0] < 2 / np.sqrt(4000)
    assert narrow.distance[0] > 0.15
    assert ((right.values > 0) & (right.values < 1)).all()


def test_a_scaler_in_front_is_refused():
    x, y = autoregression(500)
    piped = make_pipeline(StandardScaler(), StochasticFlowMap(**SHORT))
    with pytest.raises(ValueError, match="scales X alone"):
        piped.fit(5 + 3 * x, 5 + 3 * y)
    with pytest.raises(ValueError, match="y must hold"):
        StochasticFlowMap(**SHORT).fit(x, None)
    assert StochasticFlowMap(**SHORT).fit(X=x, y=y).score(x, y=y) < 0


def test_training_ends_when_the_likelihood_is_still():
    x, y = autoregression(4000)
    flow = StochasticFlowMap(random_state=0).fit(x, y)
    history = flow.history_
    assert 300 < history.steps[-1] < 3000
    assert history.best < len(history.steps) - 5
    exact = -0.5 * np.log(2 * np.pi * np.e * 0.36)
    assert flow.score(*autoregression(4000, seed=1)) == pytest.approx(exact, abs=0.05)


def test_files_of_before_are_read(tmp_path):
    x, y = autoregression(500)
    flow = StochasticFlowMap("affine", baseline="mean", **SHORT).fit(x, y)
    arrays, fitted = flow.to_arrays()
    assert not {"scaling.slopes", "scaling.mixing"} & set(arrays)
    old = StochasticFlowMap("affine", **SHORT).from_arrays(arrays, fitted)
    assert old.baseline == "mean"
    assert np.array_equal(old.sample(x, rng=0), flow.sample(x, rng=0))
