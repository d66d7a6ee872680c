"""Large steps: the printed iteration, the noise of ripples, locking, and bad input."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import numpy as np
import pytest
from scipy.linalg import expm, solve_discrete_lyapunov
from scipy.special import j0

import msbook as ms
from msbook.sampling import gradient_descent, large_steps
from msbook.sampling.large_steps.result import Moments

RIPPLES = ms.systems.quadratic_ripples((1e-4,))
PLANE = ms.systems.anisotropic_quadratic()
SMOOTH = PLANE.truncated(0)  # of one fate: rounding does not grow


def arrays(run):
    """All arrays and numbers of a result, by name."""
    values = {field.name: getattr(run, field.name) for field in fields(run)}
    for name, value in list(values.items()):
        if isinstance(value, Moments):
            values |= {f"{name} {k}": v for k, v in vars(value).items()}
            del values[name]
    del values["edges"]
    return {name: np.asarray(value) for name, value in values.items()}


def test_a_chain_follows_the_printed_iteration():
    friction, mass = np.array([[0.3, 0.1], [0.1, 0.2]]), np.diag([2.0, 1.0])
    step, n_steps = 0.2, 30
    options = {"friction": friction, "mass": mass, "burn_in": 0, "n_chains": 1}
    run = large_steps(SMOOTH, [[1.0, 2.0]], step, n_steps=n_steps, thin=1, rng=5,
                      edges=[np.linspace(-4, 4, 9)] * 2, **options)  # fmt: skip
    assert np.allclose(run.samples_force, SMOOTH.gradient(run.samples_q), atol=1e-12)
    inverse = np.linalg.inv(mass)
    decay = expm(-friction @ inverse * step)
    assert np.allclose(run.decay, decay)
    # Two midpoints give the first whole state, and it the rest.
    first, second = run.samples_q[:2]
    p = mass @ (second - first) / step
    q = first + inverse @ (step / 2 * p)
    whole = [q]
    for midpoint in run.samples_q[1:]:
        half = q + inverse @ (step / 2 * p)
        p = decay @ p - step * SMOOTH.gradient(half)
        q = half + inverse @ (step / 2 * p)
        assert np.allclose(half, midpoint, atol=1e-12)
        whole.append(q)
    assert np.array_equal(
        run.counts, np.histogram2d(*np.transpose(whole), run.edges)[0]
    )
    counted = np.histogram2d(*run.samples_q.T, run.edges)[0]
    assert np.array_equal(run.midpoint_counts, counted)
    sums = np.histogram2d(*run.samples_q.T, run.edges, weights=run.samples_force[:, 1])
    assert np.allclose(run.force_sums[..., 1], sums[0])


@pytest.mark.parametrize(("step", "friction"), [(0.5, 0.1), (1.5, 0.1), (0.5, 2.0)])
def test_ripples_make_the_predicted_temperature(step, friction):
    run = large_steps(RIPPLES, [[0.0]], step, friction=friction, n_steps=4 * 10**6,
                      edges=np.linspace(-30, 30, 1201), rng=0)  # fmt: skip
    a = np.exp(-friction * step)
    variance = 0.5 * step**2 / ((1 - a) * (1 + a - step**2 / 2))
    assert abs(run.momentum_covariance[0, 0] / variance - 1) < 0.015
    centre = 0.5 * (run.edges[1:] + run.edges[:-1])
    ratio = [
        np.average(centre**2, weights=counts) / run.momentum_covariance[0, 0]
        for counts in (run.counts, run.midpoint_counts)
    ]
    assert np.allclose(ratio, [(1 + a) / 2 - step**2 / 4, (1 + a) / 2], rtol=0.02)
    assert run.counts.sum() == run.n_used
    for half in (run.first_half, run.second_half):
        assert abs(half.covariance[0, 0] / variance - 1) < 0.03
    assert run.locked_share == run.diverged_share == 0.0
    assert abs(run.momentum_mean[0]) < 0.05 * np.sqrt(variance)


def test_noise_of_the_plane_is_that_of_its_ripples():
    step, friction = 0.05, np.array([[0.5, 0.2], [0.2, 0.4]])
    run = large_steps(PLANE, PLANE.starts(100, 0), step, friction=friction,
                      n_steps=5 * 10**6, rng=1)  # fmt: skip
    decay, hessian = run.decay, np.array([[4.0, -1.0], [-1.0, 2.5]])
    # The linear iteration, kicked by independent forces: x is the midpoint before.
    force = np.block([[np.eye(2), step * np.eye(2)], [np.zeros((2, 2)), np.eye(2)]])
    step_p = np.block([[np.eye(2), np.zeros((2, 2))], [-step * hessian, decay]])
    kicks = step * np.vstack([step * np.eye(2), np.eye(2)])
    noise = kicks @ PLANE.microscopic_covariance(0) @ kicks.T
    exact = solve_discrete_lyapunov(force @ step_p, noise)[2:, 2:]
    assert np.abs(run.momentum_covariance - exact).max() < 0.03 * exact.max()
    # p_{n+1} = A p_n - step * force, and the ripples forget: E[p_{n+1} p_n^T].
    lag = (
        decay @ exact
        - step * hessian @ solve_discrete_lyapunov(force @ step_p, noise)[:2, 2:]
    )
    assert np.abs(run.momentum_lag_covariance - lag).max() < 0.03 * exact.max()


@pytest.mark.parametrize("rate", [0.05, 0.4])
def test_gradient_descent_samples_the_law_of_its_noise(rate):
    run = gradient_descent(RIPPLES, [[0.5]], rate, n_steps=2 * 10**6, rng=2)
    # x' = (1 - rate) x - rate * noise, of variance 1/2.
    variance = 0.5 * rate**2 / (1 - (1 - rate) ** 2)
    assert abs(run.samples_q.var() / variance - 1) < 0.02
    assert run.locked_share < 0.001  # what returns by chance is not locked
    assert np.isnan(run.momentum_lag_covariance).all()


@pytest.mark.parametrize("n_chains", [1, 37])
def test_compiled_equals_plain(n_chains):
    n_steps = n_chains * 140
    options = {"friction": 0.01, "n_chains": n_chains, "n_steps": n_steps, "thin": 2}
    options |= {"burn_in": 100, "chain_length": 8, "keep": 50, "rng": 3}
    options |= {"edges": [np.linspace(-2, 2, 9), np.linspace(-1, 3, 7)]}
    plain = replace(SMOOTH, compiled=False)
    starts = SMOOTH.starts(40, 0)
    compiled = arrays(large_steps(SMOOTH, starts, 0.3, **options))
    for name, value in arrays(large_steps(plain, starts, 0.3, **options)).items():
        assert np.allclose(compiled[name], value, rtol=1e-9, atol=1e-10), name


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_numbers_do_not_depend_on_who_computes_them(threads):
    options = {"n_steps": 10**5, "n_chains": 100, "edges": np.linspace(-9, 9, 50)}
    options |= {"burn_in": 20, "rng": 4}
    serial = arrays(large_steps(RIPPLES, [[0.0]], 0.5, **options))
    with ThreadPoolExecutor(threads) as executor:
        run = large_steps(RIPPLES, [[0.0]], 0.5, executor=executor, **options)
    for name, value in arrays(run).items():
        assert np.array_equal(serial[name], value), name
    other = large_steps(RIPPLES, [[0.0]], 0.5, **(options | {"rng": 5}))
    assert not np.array_equal(serial["counts"], other.counts)


def test_samples_are_at_most_as_many_as_asked_and_of_all_chains():
    run = large_steps(RIPPLES, [[0.0]], 0.5, n_steps=200_000, keep=1000, rng=6)
    assert 900 <= len(run.samples_q) <= 1000
    assert len(np.unique(run.samples_q)) == len(run.samples_q)
    assert np.allclose(run.samples_force, RIPPLES.gradient(run.samples_q), atol=1e-9)


def test_locked_chains_are_dropped_and_told():
    potential = ms.systems.quadratic_ripples()  # its small step locks chain by chain
    with pytest.warns(RuntimeWarning, match=r"0\.\d+% of the run was dropped.* rest"):
        run = large_steps(potential, [[0.0]], 0.065, n_steps=5 * 10**6, rng=7)
    assert 0.001 < run.locked_share < 0.03
    # What is left is as hot as it is where no chain could lock yet.
    options = {"n_chains": 2000, "burn_in": 1500, "chain_length": 50, "rng": 8}
    early = large_steps(
        potential, potential.starts(2000, 8), 0.065, n_steps=2000 * 3000, **options
    )
    ratio = run.momentum_covariance[0, 0] / early.momentum_covariance[0, 0]
    assert abs(ratio - 1) < 0.1


def test_a_step_that_resolves_everything_comes_to_rest():
    with pytest.raises(ms.IntegrationError, match="came to rest"):
        large_steps(SMOOTH, [[0.0, 0.0]], 0.1, n_steps=10**5, rng=9)


def test_a_step_too_large_for_the_coarsest_scale_goes_to_infinity():
    wells = ms.systems.double_well_ripples()
    with pytest.raises(ms.IntegrationError, match=r"100% .* infinity"):
        large_steps(wells, wells.starts(10, 0), 0.5, n_steps=10**6, rng=10)


@pytest.mark.parametrize("q0", [[[1.0]], [[-2.0], [0.0], [2.0]]])
def test_a_force_in_place_of_a_gradient_is_told(q0):
    """Its chains go to infinity, and stay if the sign is turned."""

    def gradient(q):
        return 0.4 * q**3 - 2.0 * q + 2.0 * np.cos(100.0 * q)

    options = {"step_size": 0.2, "n_steps": 10**5, "rng": 0}
    assert large_steps(gradient, q0, **options).n_used > 0
    with pytest.raises(ms.IntegrationError, match="change its sign"):
        large_steps(lambda q: -gradient(q), q0, **options)
    with pytest.raises(ms.IntegrationError, match="too large for the coarsest scale"):
        large_steps(gradient, q0, **options | {"step_size": 2.0})


def test_few_chains_that_go_to_infinity_are_told():
    def gradient(q):
        return np.where(np.abs(q) > 2.0, 1e3 * q, q) + np.cos(q / 1e-4)

    with pytest.warns(RuntimeWarning, match="infinity; try a smaller step"):
        run = large_steps(gradient, [[0.0]], 0.2, n_steps=10**5, n_chains=20,
                          friction=0.1, rng=11)  # fmt: skip
    assert 0 < run.diverged_share < 0.5
    assert np.isfinite(run.momentum_covariance).all()
    assert np.abs(run.samples_q).max() < 1e3


def rough(q, p):
    return (q[0] + np.cos(q[0] * 1e4) + 0.1 * j0(q[0]),)


def test_functions_that_do_not_compile_run_in_numpy_with_a_warning():
    potential = ms.systems.Potential(rough)
    options = {"n_steps": 20_000, "rng": 12}
    with pytest.warns(RuntimeWarning, match="compiled=False"):
        told = large_steps(potential, [[0.0]], 0.5, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quiet = large_steps(replace(potential, compiled=False), [[0.0]], 0.5, **options)
    assert np.array_equal(told.momentum_covariance, quiet.momentum_covariance)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"q0": [0.0]}, r"\(n_points, dim\)"),
        ({"q0": [[np.nan]]}, "finite"),
        ({"q0": [[0.0, 0.0]]}, "dim = 2 coordinates; got a potential that has 1"),
        ({"potential": lambda q: q / 0.0}, "values that are not finite"),
        ({"potential": lambda q: q[:, 0]}, "shape of its points"),
        ({"step_size": 0.0}, "step_size must be a positive"),
        ({"n_steps": 10.5}, "n_steps must be a whole number"),
        ({"n_steps": 100}, "leaves nothing to the averages"),
        ({"n_chains": 0}, "n_chains"),
        ({"burn_in": -1}, "burn_in must be a whole number, at least 0"),
        ({"thin": 0}, "thin"),
        ({"friction": 0.0}, "heats the chains for ever"),
        ({"friction": -1.0}, "friction must be"),
        ({"mass": -1.0}, "mass must be"),
        ({"edges": [0.0, 1.0, 3.0]}, "equal steps"),
        ({"edges": [[0.0, 1.0], [0.0, 1.0]]}, "one array for each coordinate"),
        ({"executor": 2}, r"concurrent\.futures\.Executor"),
        ({"keep": 0}, "keep must be a whole number"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_bad_input_is_named(options, word):
    known = {"potential": RIPPLES, "q0": [[1.0]], "step_size": 0.5, "n_steps": 10**4}
    with pytest.raises(ValueError, match=word):
        large_steps(**(known | options))


def test_learning_rate_is_named():
    with pytest.raises(ValueError, match="learning_rate must be a positive"):
        gradient_descent(RIPPLES, [[0.0]], -0.1, n_steps=1000)
