"""Ensembles over executors: bit for bit what one process computes."""

import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from dask.distributed import Client, LocalCluster
from scipy.special import j0

import msbook as ms
from msbook.systems import PeriodicSlowFast, QuadraticSlowFast, dimerisation


def thread_pool():
    return ThreadPoolExecutor(2)


def process_pool():
    return ProcessPoolExecutor(2, multiprocessing.get_context("spawn"))


class DaskPool:
    """Dask's executor, on a real cluster of two worker processes."""

    def __enter__(self):
        self.cluster = LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        )
        self.client = Client(self.cluster)
        return self.client.get_executor()

    def __exit__(self, *_):
        self.client.close()
        self.cluster.close()


@pytest.fixture(
    scope="module",
    params=[thread_pool, process_pool, DaskPool],
    ids=["threads", "processes", "dask"],
)
def executor(request):
    with request.param() as executor:
        yield executor


PERIODIC, QUADRATIC = PeriodicSlowFast(), QuadraticSlowFast(2, 3)


@pytest.mark.parametrize(
    ("system", "n_traj", "dt"),
    [(QUADRATIC, 3000, 1e-4), (dimerisation(), 100, 1e-3)],
    ids=["equations", "reactions"],
)
def test_executors_equal_serial_bit_for_bit(executor, system, n_traj, dt):
    y0 = np.tile(system.y0, (n_traj, 1))
    options = {"t_span": (0, 40 * dt), "dt": dt, "save_every": 4, "rng": 0}
    serial = ms.solve(system, y0, **options)
    shared = ms.solve(system, y0, executor=executor, **options)
    assert np.array_equal(serial.y, shared.y)
    assert len(np.unique(serial.y[:, -1], axis=0)) > 10


def test_projections_equal_serial_bit_for_bit(executor):
    for system in (QUADRATIC, dimerisation()):
        x = np.tile(system.y0, (5, 1))
        options = {"n_bursts": 30, "tau": 1e-3, "rng": 1}
        serial = ms.sampling.project(system, x, **options)
        shared = ms.sampling.project(system, x, executor=executor, **options)
        assert np.array_equal(serial.projection, shared.projection)


def test_large_steps_equal_serial_bit_for_bit(executor):
    potential = replace(ms.systems.quadratic_ripples(), compiled=False)
    options = {"n_steps": 20_000, "n_chains": 40, "burn_in": 20, "rng": 1}
    serial = ms.sampling.large_steps(potential, [[0.0]], 0.5, **options)
    shared = ms.sampling.large_steps(
        potential, [[0.0]], 0.5, executor=executor, **options
    )
    assert np.array_equal(serial.samples_q, shared.samples_q)
    assert np.array_equal(serial.momentum_covariance, shared.momentum_covariance)


def test_errors_come_back_from_the_workers(executor):
    system = ms.SDE(lambda t, y, p: y[0] ** 3, lambda t, y, p: 1.0, y0=0.0)
    y0 = np.zeros((100, 1))
    y0[70] = 1e120
    options = {"t_span": (0, 1e-3), "dt": 1e-4, "rng": 0}
    messages = []
    for who in (None, executor):
        with pytest.raises(
            ms.IntegrationError, match=r"y0\[70\] is not finite"
        ) as error:
            ms.solve(system, y0, executor=who, **options)
        messages.append(str(error.value))
    assert messages[0] == messages[1]
    runaway = ms.integrators.Gillespie(max_reactions=10)
    with pytest.raises(ms.IntegrationError, match="max_reactions = 10"):
        ms.solve(dimerisation(), t_span=(0, 1), dt=1, method=runaway, executor=executor)


@pytest.mark.parametrize("n_traj", [1, 31, 32, 33, 64, 65, 2081])
@pytest.mark.parametrize("threads", [1, 2, 7])
def test_numbers_depend_neither_on_workers_nor_on_chunks(n_traj, threads):
    system = PERIODIC.hidden
    y0 = np.zeros((n_traj, 2))
    options = {"t_span": (0, 1e-2), "dt": 1e-3, "rng": 2}
    with ThreadPoolExecutor(threads) as executor:
        shared = ms.solve(system, y0, executor=executor, **options)
    assert np.array_equal(shared.y, ms.solve(system, y0, **options).y)


def test_increments_are_dealt_out_with_their_paths():
    increments = np.random.default_rng(3).normal(0, 0.01, (100, 20, 2))
    y0 = np.random.default_rng(4).normal(size=(100, 2))
    options = {"t_span": (0, 2e-3), "dt": 1e-4, "increments": increments}
    with ThreadPoolExecutor(2) as executor:
        shared = ms.solve(PERIODIC.hidden, y0, executor=executor, **options)
    assert np.array_equal(shared.y, ms.solve(PERIODIC.hidden, y0, **options).y)


def test_systems_survive_pickling_and_compile_once():
    equations = (PERIODIC.hidden, PERIODIC.observed, QUADRATIC.observed)
    for system in (PERIODIC, QUADRATIC, dimerisation(), *equations):
        # Equal means the same functions, which a worker has compiled already.
        assert pickle.loads(pickle.dumps(system)) == system


def test_functions_that_do_not_compile_run_in_numpy_with_a_warning():
    def drift(t, y, p):
        return (-j0(y[0]),)

    system = ms.SDE(drift, lambda t, y, p: (0.1,), y0=(1.0,))
    options = {"t_span": (0, 1), "dt": 0.01, "rng": 0}
    with (
        ThreadPoolExecutor(2) as executor,
        pytest.warns(RuntimeWarning, match="compiled=False"),
    ):
        shared = ms.solve(system, executor=executor, **options).y
    with pytest.warns(RuntimeWarning, match="compiled=False"):
        assert np.array_equal(shared, ms.solve(system, **options).y)


def test_what_cannot_be_sent_is_named_before_anything_runs():
    system = ms.SDE(lambda t, y, p: (-y[0],), lambda t, y, p: (1.0,), y0=(1.0,))
    options = {"t_span": (0, 1), "dt": 0.1, "rng": 0}
    potential = ms.systems.Potential(lambda q, p: (q[0],))
    with (
        process_pool() as pool,
        pytest.raises(ValueError, match=r"lambda .* top of a module"),
    ):
        ms.sampling.large_steps(potential, [[0.0]], 0.5, n_steps=1000, executor=pool)
    for pool in (ThreadPoolExecutor(2), process_pool()):
        with pool as executor:  # what is written down can be sent
            shared = ms.solve(system, executor=executor, **options).y
        assert np.array_equal(shared, ms.solve(system, **options).y)


def test_bad_executors_are_named():
    with pytest.raises(ValueError, match=r"concurrent\.futures\.Executor"):
        ms.solve(PERIODIC, t_span=(0, 1e-3), dt=1e-4, executor=2)
    with (
        ThreadPoolExecutor(1) as executor,
        pytest.raises(ValueError, match="by itself"),
    ):
        ms.sampling.bursts(
            lambda x, duration, rng: x, np.zeros((1, 2)), 2, 1.0, executor=executor
        )
