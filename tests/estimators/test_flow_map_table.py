"""Tables of flow maps: compiled against NumPy, and both against the map."""

import numpy as np
import pytest

from msbook._compile.kernels.normals import fill_normals, new_states
from msbook.estimators import StochasticFlowMap
from msbook.estimators.flow_map.table_kernels import REACH

PERIODS = {1: None, 2: (None, 2 * np.pi)}


def fit(dim, head="spline", **options):
    rng = np.random.default_rng(0)
    x = rng.uniform(-3, 3, (8000, dim))
    noise = (rng.gumbel(size=x.shape) - 0.58) * (0.2 + 0.1 * np.cos(x))
    y = 0.6 * x + 0.3 * np.sin(x[:, ::-1]) + noise
    settings = {"hidden": (8,), "n_updates": 150, "batch_size": 1024}
    flow = StochasticFlowMap(head, random_state=0, **{**settings, **options})
    return flow.fit(x, y)


@pytest.fixture(scope="module", params=[1, 2], ids=["line", "plane"])
def flow(request):
    return fit(request.param, periods=PERIODS[request.param])


def compiled_noise(rng, n_paths, n_steps, dim):
    """Normal numbers that the compiled code draws, (n_steps, n_paths, dim)."""
    blocks = []
    for state in new_states(np.random.default_rng(rng), -(-n_paths // 32)):
        bits, noise = np.empty(64 * 32 * dim, np.uint64), np.empty(64 * 32 * dim)
        fills = []
        for _ in range(-(-n_steps // 64)):
            fill_normals(state, bits, noise, 1.0)
            fills.append(noise.reshape(64, dim, 32).copy())
        blocks.append(np.concatenate(fills)[:n_steps])
    return np.concatenate(blocks, axis=2)[:, :, :n_paths].swapaxes(1, 2)


def test_compiled_steps_are_those_of_numpy(flow):
    table = flow.to_table(9, 7)
    dim = flow.scaling_.dim
    starts = np.random.default_rng(1).uniform(-1, 1, (45, dim))
    paths = table.rollout(starts, 70, rng=3)
    x = starts
    for step, noise in enumerate(compiled_noise(3, 45, 70, dim)):
        x = table.step(x, noise)
        np.testing.assert_allclose(paths[:, step + 1], x, rtol=1e-9, atol=1e-9)


def test_table_is_the_map_at_grid_points_and_near_it_between(flow):
    table, dim = flow.to_table(33, 25), flow.scaling_.dim
    rng = np.random.default_rng(2)

    def moved(x, noise):
        return flow.moved(noise, x, np.empty((len(x), 0)))

    x = np.column_stack([rng.choice(axis, 200) for axis in table.axes])
    noise = rng.choice(table.noise, (200, dim))
    np.testing.assert_allclose(table.step(x, noise), moved(x, noise), atol=1e-9)
    x, noise = rng.uniform(-1.9, 1.9, (500, dim)), rng.normal(size=(500, dim))
    error = table.step(x, noise) - moved(x, noise)
    assert np.sqrt(np.mean(error**2)) < 0.03 * flow.scaling_.increment_scale.max()


def test_finer_tables_are_better():
    flow = fit(1)
    rng = np.random.default_rng(2)
    x, noise = rng.uniform(-1.9, 1.9, (2000, 1)), rng.normal(size=(2000, 1))
    exact = flow.moved(noise, x, x[:, :0])
    sizes = np.array([17, 33, 65, 129])
    errors = [
        np.sqrt(np.mean((flow.to_table(n, n).step(x, noise) - exact) ** 2))
        for n in sizes
    ]
    # Second order in the spacing.
    assert np.polyfit(np.log(sizes), np.log(errors), 1)[0] < -1.5


def test_rollouts_have_the_law_of_those_of_the_map(flow):
    start = np.zeros(flow.scaling_.dim)
    by_map = flow.rollout(start, 40, n_paths=8000, rng=0)[:, -1]
    by_table = flow.to_table().rollout(start, 40, n_paths=8000, rng=1)[:, -1]
    spread = by_map.std(axis=0)
    assert np.all(np.abs(by_map.mean(axis=0) - by_table.mean(axis=0)) < 0.07 * spread)
    np.testing.assert_allclose(by_table.std(axis=0), spread, rtol=0.05)


def test_beyond_the_grid_the_edge_goes_on(flow):
    table, dim = flow.to_table(9, 7), flow.scaling_.dim
    low = flow.scaling_.low.copy()
    far = low.copy()
    far[0] -= 10
    noise = np.full((1, dim), -REACH)
    moves = [table.step(x[None], n) - x for x, n in ((low, noise), (far, 2 * noise))]
    np.testing.assert_allclose(moves[0], moves[1], rtol=1e-9)


def test_rollouts_are_checked_and_repeatable(flow):
    table = flow.to_table(9, 7)
    start = np.zeros(flow.scaling_.dim)
    first, second, other = (
        table.rollout(start, 5, n_paths=40, rng=seed) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)
    with pytest.raises(ValueError, match="x0 must have shape"):
        table.rollout(np.zeros(5), 5)
    with pytest.raises(ValueError, match="n_steps"):
        table.rollout(start, -1)


def test_only_what_fits_into_a_table_is_tabulated():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 100, 1))
    options = {"n_updates": 1, "random_state": 0}
    with pytest.raises(ValueError, match="head 'mixture'"):
        StochasticFlowMap("mixture", **options).fit(x, y).to_table()
    with pytest.raises(ValueError, match="memory=1"):
        StochasticFlowMap("spline", memory=1, **options).fit(
            np.hstack((x, y)), y
        ).to_table()
    with pytest.raises(ValueError, match="1 of context"):
        StochasticFlowMap("spline", **options).fit(x, y, y).to_table()
    three = np.hstack((x, x, x))
    with pytest.raises(ValueError, match="3 components"):
        StochasticFlowMap("spline", **options).fit(three, three + y).to_table()
    with pytest.raises(ValueError, match="at least 2"):
        StochasticFlowMap("spline", **options).fit(x, y).to_table(1, 5)
