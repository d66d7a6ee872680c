"""Functions that see that they are written down, or that have a memory."""

import functools
import importlib
import math
import random
import time
import warnings
from collections import namedtuple

import numba
import numpy as np
import pytest
from scipy import stats

import msbook as ms

RNG = np.random.default_rng(1)
TABLE = [1.0, 2.0, 4.0]
EARLY = time.time()


SOURCES = {"rng": RNG}


class Dice:
    rng = RNG


@numba.vectorize(["float64(float64)"])
def square(x):
    return x * x + 1.0


def catching(t, y, p):
    try:
        return math.sin(t) - y[0]
    except Exception:
        return 0.0


def wound(t, y, p):
    phase = t
    while phase >= 0.25:
        phase = phase - 0.25
    return phase


def truths(y):
    return [y[0] > 0.0, y[0] > -9.0]


def end(drift, compiled, starts=((1.0,),), t=1.0, **options):
    system = ms.ODE(drift, y0=1.0, compiled=compiled, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        starts = np.array(starts)
        return ms.solve(system, starts, t_span=(0, t), dt=0.01).y[:, -1, 0]


@pytest.mark.parametrize(
    "drift",
    [
        lambda t, y, p: np.sum(truths(y), axis=0),
        lambda t, y, p: np.mean(truths(y), axis=0) - y[0],
        lambda t, y, p: np.array(truths(y)).sum(axis=0),
        lambda t, y, p: np.cumsum(truths(y), axis=0)[1],
        lambda t, y, p: np.stack(truths(y)).sum(axis=0),
        lambda t, y, p: truths(y)[0] + truths(y)[1],
        lambda t, y, p: sum(truths(y)),
        lambda t, y, p: np.prod(truths(y), axis=0) * 2.0,
        catching,
        lambda t, y, p: 1.0 if isinstance(t, float) else 2.0,
        lambda t, y, p: 1.0 if np.isscalar(t) else 2.0,
        lambda t, y, p: 1.0 if y[0].dtype == float else 2.0,
        lambda t, y, p: 1.0 if type(y[0]) is np.ndarray else 2.0,
        lambda t, y, p: 1.0 if hasattr(y[0], "graph") else 2.0,
        lambda t, y, p: square(y[0]) / 4.0,
        wound,
    ],
)
def test_compiled_is_what_numpy_gives(drift):
    assert end(drift, True) == pytest.approx(end(drift, False), rel=1e-12)


@pytest.mark.parametrize(
    "drift",
    [
        lambda t, y, p: np.maximum(np.array([np.log(5.0 - y[0]), -y[0]]), 0.0)[0],
        lambda t, y, p: np.max([np.sqrt(5.0 - y[0]), 0.0 * y[0]], axis=0) + 1.0,
        lambda t, y, p: np.clip(np.array([np.log(5.0 - y[0])]), -1.0, 1.0)[0] + 1.0,
    ],
)
def test_a_nan_is_not_lost_in_an_array(drift):
    with pytest.raises(ms.IntegrationError, match="not finite"):
        end(drift, True, ((6.0,),))


def test_many_numbers_are_stepped_in_numpy():
    matrix = np.random.default_rng(0).normal(size=(20, 20))
    system = ms.ODE(lambda t, y, p: tuple(-matrix @ np.array(y)), y0=(1.0,) * 20)
    with pytest.warns(RuntimeWarning, match="reads 400 numbers"):
        ms.solve(system, t_span=(0, 0.1), dt=0.01)


@pytest.mark.parametrize(
    ("drift", "mean"),
    [
        (lambda t, y, p: 50.0 * (random.random() < 0.02), 10.0),
        (lambda t, y, p: RNG.integers(2) * 2.0, 10.0),
        (lambda t, y, p: random.choice((0.0, 2.0)), 10.0),
        (functools.partial(lambda rng, t, y, p: 2.0 * rng.integers(2), RNG), 10.0),
        (lambda t, y, p: float(time.time() > EARLY), 10.0),
        (lambda t, y, p: 2.0 * SOURCES["rng"].integers(2), 10.0),
        (lambda t, y, p: 2.0 * Dice.rng.integers(2), 10.0),
        (lambda t, y, p: 2.0 * stats.bernoulli.rvs(0.5, random_state=RNG), 10.0),
        (lambda t, y, p: 2.0 * (__import__("random").random() < 0.5), 10.0),
        (
            lambda t, y, p: 2.0 * (importlib.import_module("random").random() < 0.5),
            10.0,
        ),
    ],
)
def test_chance_is_drawn_at_every_step(drift, mean):
    random.seed(0)
    with pytest.warns(RuntimeWarning, match="draws random numbers or asks a clock"):
        moved = ms.solve(ms.ODE(drift, y0=0.0), t_span=(0, 10), dt=0.01).y[0, -1, 0]
    assert moved == pytest.approx(mean, rel=0.35)


SWITCH = {"on": 1.0}


class Thermostat:
    on = 1.0

    def drift(self, t, y, p):
        if y[0] > 21.0:
            self.on = 0.0
        elif y[0] < 19.0:
            self.on = 1.0
        return self.on * 30.0 - (y[0] - 10.0)


def switched(t, y, p):
    if y[0] > 21.0:
        SWITCH["on"] = 0.0
    elif y[0] < 19.0:
        SWITCH["on"] = 1.0
    return SWITCH["on"] * 30.0 - (y[0] - 10.0)


@pytest.mark.parametrize("drift", [Thermostat().drift, switched])
def test_a_switch_is_remembered(drift):
    system = ms.ODE(drift, y0=20.0)
    with pytest.warns(RuntimeWarning, match="depends on earlier calls"):
        y = ms.solve(system, t_span=(0, 5), dt=0.001).y[0, 1000:, 0]
    assert y.min() == pytest.approx(19.0, abs=0.1)
    assert y.max() == pytest.approx(21.0, abs=0.1)


def test_a_count_of_calls_goes_on():
    n_calls = 0

    def drift(t, y, p):
        nonlocal n_calls
        n_calls += 1
        return 1.0 if n_calls > 100 else 0.0

    assert end(drift, True, ((0.0,),), t=10.0) == pytest.approx(9.75, abs=0.05)


@pytest.mark.parametrize("compiled", [True, False])
def test_a_cache_of_what_was_handed_in_is_told(compiled):
    memory = {}

    def drift(t, y, p):
        return memory.setdefault("twice", 2.0 * y[0]) * 1.0

    with pytest.raises(ValueError, match="cache"):
        end(drift, compiled)


MIXING = [
    lambda t, y, p: -y[0][0],
    lambda t, y, p: -y[0].mean(),
    lambda t, y, p: -y[0] * np.max(y),
    lambda t, y, p: -y[0] * len(y[0]),
    lambda t, y, p: -float(y[0][0]) * np.ones_like(y[0]),
    lambda t, y, p: -np.array(y) * np.linalg.norm(y),
]


@pytest.mark.parametrize("starts", [((1.0,), (3.0,)), ((1.0,), (1.0,))])
@pytest.mark.parametrize("drift", MIXING)
def test_paths_are_not_mixed_in_numpy(drift, starts):
    assert np.isfinite(end(drift, False)).all()  # one path is itself
    with pytest.raises(ValueError, match="mixes paths"):
        end(drift, False, starts)


@pytest.mark.parametrize(
    "drift",
    [
        *MIXING,
        lambda t, y, p: -y[0] + y[0][:1],
        lambda t, y, p: -y[0] + y[0][::-1],
        lambda t, y, p: np.roll(np.array(y), 1) - y[0],
        lambda t, y, p: np.sort(y[0]) - 2.0 * y[0],
    ],
)
def test_paths_are_not_mixed_where_that_could_be_compiled(drift):
    assert np.isfinite(end(drift, True)).all()
    with pytest.raises(ValueError, match="mixes paths"):
        end(drift, True, ((3.0,), (1.0,)))


def test_mixing_that_begins_later_is_told():
    with pytest.raises(ValueError, match="mixes paths"):
        end(
            lambda t, y, p: 1.0 + 0.5 * np.any(y[0] > 2.5),
            True,
            ((1.0,), (2.0,)),
        )


def test_systems_at_rest_mix_nothing():
    n = 50
    matrix = np.roll(np.eye(n), 1, 0) + np.roll(np.eye(n), -1, 0) - 2.0 * np.eye(n)
    system = ms.ODE(
        lambda t, y, p: tuple(matrix @ np.array(y) / 0.09),
        y0=(0.1,) * n,
        compiled=False,
    )
    still = ms.solve(system, np.full((3, n), 300.0), t_span=(0, 0.1), dt=0.01).y
    assert np.allclose(still, 300.0)


def test_noise_is_not_mixed():
    system = ms.SDE(
        lambda t, y, p: 0.0, lambda t, y, p: y[0].sum(), y0=1.0, compiled=False
    )
    with pytest.raises(ValueError, match="mixes paths"):
        ms.solve(system, np.ones((2, 1)), t_span=(0, 1), dt=0.1, rng=0)


class Crowded(ms.systems.ReactionDiffusion):
    """Rates that depend on all points of all fields."""

    @staticmethod
    def rates(u, v, p):
        return -u * u.mean(), 0.0 * v


class Crowding(ms.systems.PeriodicPDE):
    """The same for one field."""

    def linear(self, k):
        return -(k**2)

    @staticmethod
    def nonlinear(u):
        return -u * u.mean()


class Rolling(ms.systems.PeriodicPDE):
    """A nonlinear term that reaches across points, as upwind differences do."""

    def linear(self, k):
        return -0.1 * k**2

    @staticmethod
    def nonlinear(u):
        return -u * (np.roll(u, -1, axis=-1) - u)


def test_terms_that_reach_across_points_are_not_taken_for_local_ones():
    fields = []
    for compiled in (True, False):
        system = Rolling(32, 2 * np.pi, compiled=compiled)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            fields.append(
                ms.solve(system, np.sin(system.x), t_span=(0, 1), dt=0.01).y[0, -1]
            )
    assert np.allclose(*fields, rtol=1e-12)
    assert fields[0][0] == pytest.approx(-0.138, abs=1e-3)


def test_fields_are_not_mixed():
    starts = np.linspace(0.1, 1.0, 64).reshape(2, 32)
    for field in (
        Crowded(16, 1.0, (0.1, 0.1), compiled=False),
        Crowding(32, 1.0, compiled=False),
    ):
        assert np.isfinite(
            ms.solve(field, starts[:1], t_span=(0, 0.1), dt=0.01).y
        ).all()
        with pytest.raises(ValueError, match="mixes paths"):
            ms.solve(field, starts, t_span=(0, 0.1), dt=0.01)


def test_chains_are_not_mixed():
    class Bowl:
        dim = 1

        def gradient(self, q):
            return q * np.abs(q).mean()

    starts = np.linspace(-1.0, 1.0, 8)[:, None]
    with pytest.raises(ValueError, match="mixes paths"):
        ms.sampling.large_steps(Bowl(), starts, 0.1, n_steps=4000, friction=1.0, rng=0)


Named = namedtuple("Named", "rate entry")


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(
    ("drift", "parameters", "expected"),
    [
        (lambda t, y, p: TABLE[p[1]] * p[0], (1.5, 2), 7.0),
        (lambda t, y, p: sum(1.0 for _ in range(p)), 3, 4.0),
        (lambda t, y, p: TABLE[p.entry] * p.rate, Named(1.5, 2), 7.0),
        (lambda t, y, p: 2.0 if p[0] is True else 0.0, (True,), 3.0),
        (lambda t, y, p: 2.0 if p[0] is True else 0.0, (np.True_,), 3.0),
        (
            lambda t, y, p: np.array(TABLE)[p["places"]].sum(),
            {"places": np.array([0, 2])},
            6.0,
        ),
        (lambda t, y, p: np.array(TABLE)[p][0], np.array([2, 0]), 5.0),
        (lambda t, y, p: np.array(TABLE)[p][0], np.array([False, True, True]), 3.0),
    ],
)
def test_parameters_stay_what_they_are(compiled, drift, parameters, expected):
    found = end(drift, compiled, parameters=parameters)
    assert found == pytest.approx(expected, rel=1e-12)


def test_a_helper_that_is_defined_later_is_named():
    def drift(t, y, p):
        return -later(y[0])

    with pytest.raises(ValueError, match=r"line \d+, `return -later.*NameError.*later"):
        ms.ODE(drift, y0=1.0)
    later = np.sin


class Sloping(ms.systems.ReactionDiffusion):
    """Rates that need more than one point."""

    @staticmethod
    def rates(u, v, p):
        return -np.gradient(u, axis=-1), 0.0 * v


def test_rates_may_need_all_points():
    system = Sloping(16, 1.0, (0.1, 0.1), compiled=False)
    assert ms.solve(system, np.ones(32), t_span=(0, 0.1), dt=0.01).y.shape == (
        1,
        11,
        32,
    )
