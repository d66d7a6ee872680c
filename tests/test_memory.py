"""What does not fit into memory is refused with its size and the argument to change."""

import numpy as np
import pytest

import msbook as ms
from msbook import sampling
from msbook.systems import ExcitableGrid, ReactionNetwork, quadratic_ripples

LONG = {"t_span": (0, 1e11), "dt": 1e-3}
PLANE = ms.ODE(lambda t, y, p: (-y[0], y[1]), (1.0, 1.0))
NOISY = ms.SDE(lambda t, y, p: (-y[0],), lambda t, y, p: (1.0,), 1.0)
DECAY = ReactionNetwork([[1]], [[-1]], rates=[1.0], y0=[10])
CHAINS = {"step_size": 0.5, "n_steps": 10**16, "burn_in": 0, "rng": 0}


@pytest.mark.parametrize(
    ("run", "states", "argument"),
    [
        (lambda: ms.solve(PLANE, **LONG), r"100,000,000,000,001 states of 16", "save"),
        (lambda: ms.solve(NOISY, np.ones((3, 4, 1)), **LONG), "states of 8", "save"),
        (lambda: ms.solve(DECAY, **LONG), "states of 8", "save_every"),
        (
            lambda: ExcitableGrid(n=2).simulate([[0.5, 0.5]], **LONG),
            "states of 64",
            "save_every",
        ),
        (
            lambda: sampling.bursts(NOISY, [[1.0]], 10**14, 1.0, dt=0.1),
            "100,000,000,000,000 states of 8",
            "n_bursts",
        ),
        (
            lambda: sampling.large_steps(
                quadratic_ripples([1e-4]), [[0.0]], n_chains=10**14, **CHAINS
            ),
            "states of 8",
            "n_chains",
        ),
        (
            lambda: sampling.large_steps(
                lambda q: q, [[0.0]], n_chains=1, chain_length=10**14, **CHAINS
            ),
            "states of 8",
            "chain_length",
        ),
        (
            lambda: ms.metrics.lyapunov_exponents(
                ms.Solver(PLANE, dt=0.1), [1.0, 1.0], interval=0.1,
                n_intervals=10**14, n_exponents=1,
            ),
            "rows of 8",
            "n_intervals",
        ),
    ],
)  # fmt: skip
def test_size_and_argument_are_named(run, states, argument):
    with pytest.raises(ValueError, match=rf"{states}.* [TPE]iB in all.*{argument}"):
        run()


def test_generators_and_forecasts():
    X = np.random.default_rng(0).normal(size=(50, 1))
    flow = ms.StochasticFlowMap(head="affine", n_updates=1, random_state=0)
    flow.fit(X, -(X**2))
    for options, named in (({"n_paths": 10**14}, "n_paths"), ({}, "n_steps")):
        with pytest.raises(ValueError, match=f"do not fit into memory.*{named}"):
            flow.rollout([0.0], n_steps=10**14, **options)


def test_a_long_run_that_saves_little_is_no_matter_of_memory():
    long = {"t_span": (0, 1e4), "dt": 1.0, "save_every": 10**4}
    assert ms.solve(NOISY, rng=0, **long).y.shape == (1, 2, 1)


def test_steps_that_times_cannot_tell_apart():
    with pytest.raises(ValueError, match=r"dt must be at least .* got 0\.001"):
        ms.solve(PLANE, t_span=(0, 1e20), dt=1e-3, save_every=10**23)
