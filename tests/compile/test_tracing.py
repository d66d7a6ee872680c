"""What is written down, what is not, and what is said about it."""

import functools
import re
import warnings

import numba
import numpy as np
import pytest
from scipy.special import j0

import msbook as ms
from msbook._compile.tracing.expressions import CannotTraceError
from msbook._compile.tracing.trace import trace
from msbook._compile.tracing.writing import compile_text

K = 1.0
RNG = np.random.default_rng(0)
MATRIX = np.array([[-1.0, 0.3], [0.2, -2.0]])
RUN = {"t_span": (0, 1), "dt": 1e-2}


def decay(t, y, p):
    return -K * y[0]


def quiet(t, y, p):
    return 0.0


def end(system, y0=None, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return ms.solve(system, y0, **(RUN | options)).y[0, -1]


def plain_end(system, y0=None, **options):
    import dataclasses

    return end(dataclasses.replace(system, compiled=False), y0, **options)


@pytest.mark.parametrize("kind", ["SDE", "ODE"])
def test_values_that_change_between_runs_are_used(kind, monkeypatch):
    def make():
        return ms.SDE(decay, quiet, y0=1.0) if kind == "SDE" else ms.ODE(decay, y0=1.0)

    system, found = make(), []
    for k in (1.0, 3.0, 0.37):
        monkeypatch.setitem(globals(), "K", k)
        assert end(system) == end(make())
        assert abs(end(system)[0] - plain_end(system)[0]) < 1e-14
        found.append(end(system)[0])
    assert np.allclose(found, np.exp([-1.0, -3.0, -0.37]), rtol=0.1)


def test_arrays_closures_defaults_attributes_and_code_that_change_are_used():
    rate, table = [1.0], np.array([1.0])

    class System:
        k = 1.0

        def drift(self, t, y, p=()):
            return -self.k * y[0]

    one = System()

    def default(t, y, p=(), k=1.0):
        return -k * y[0]

    def edited(t, y, p):
        return -y[0]

    systems = [
        ms.ODE(lambda t, y, p: -rate[0] * y[0], y0=1.0),
        ms.ODE(lambda t, y, p: -table[0] * y[0], y0=1.0),
        ms.ODE(one.drift, y0=1.0),
        ms.ODE(default, y0=1.0),
        ms.ODE(edited, y0=1.0),
    ]
    assert np.allclose([end(system) for system in systems], np.exp(-1.0))
    rate[0], table[0], one.k = 2.0, 2.0, 2.0
    default.__defaults__ = ((), 2.0)
    edited.__code__ = (lambda t, y, p: -2.0 * y[0]).__code__
    assert np.allclose([end(system) for system in systems], np.exp(-2.0))


class Callable:
    k = 1.0

    def __call__(self, t, y, p):
        return -self.k * y[0]

    def method(self, t, y, p=()):
        return -self.k * y[0]


def shifted(k, t, y, p):
    return -k * y[0]


@numba.njit
def fast(t, y, p):
    return (-y[0],)


@pytest.mark.parametrize(
    "drift",
    [
        Callable(),
        Callable().method,
        functools.partial(shifted, 1.0),
        lambda *arguments: -arguments[1][0],
        lambda t, y, p: [-y[0]],
        lambda t, y, p: np.array([-y[0]]),
        lambda t, y, p: -y[0] if t >= 0 else 1.0,
        lambda t, y, p: -min(y[0], 2.0),
        lambda t, y, p: -np.clip(y[0], 0.0, 5.0) * np.heaviside(y[0], 1.0),
        lambda t, y, p: tuple(-np.eye(1) @ np.array(y)),
        lambda t, y, p: -np.select([y[0] > 3, y[0] > 0], [1.0, y[0]]),
        lambda t, y, p: -sum(y[i] * np.ones_like(y[0]) for i in range(len(y))),
        fast,
    ],
)
def test_functions_as_people_have_them(drift):
    for system in (ms.ODE(drift, y0=1.0), ms.SDE(drift, quiet, y0=1.0)):
        assert np.allclose(end(system), np.exp(-1.0), atol=2e-3)


def test_a_matrix_times_the_state_is_compiled():
    system = ms.ODE(lambda t, y, p: p["A"] @ np.array(y), (1.0, 2.0), {"A": MATRIX})
    values, vectors = np.linalg.eig(MATRIX)
    exact = vectors @ (np.exp(values) * np.linalg.solve(vectors, [1.0, 2.0]))
    assert np.allclose(end(system), exact, rtol=1e-8)
    many = np.random.default_rng(0).normal(size=(2, 2))
    assert np.allclose(end(system, many), plain_end(system, many), rtol=1e-12)


@pytest.mark.parametrize(
    ("parameters", "drift"),
    [
        (0.5, lambda t, y, p: -p * y[0]),
        ([0.5], lambda t, y, p: -p[0] * y[0]),
        (np.array([0.5]), lambda t, y, p: -p[0] * y[0]),
        ({"k": 0.5}, lambda t, y, p: -p["k"] * y[0]),
        ((np.eye(2) / 2,), lambda t, y, p: -p[0][1, 1] * y[0]),
    ],
)
def test_parameters_as_people_have_them(parameters, drift):
    assert np.allclose(end(ms.ODE(drift, 1.0, parameters)), np.exp(-0.5))


def test_another_value_needs_no_other_text():
    def text(k, system_parameters):
        system = ms.ODE(lambda t, y, p: -k * p[0] * y[0] * 3.0, 1.0, system_parameters)
        return trace(system.motion, t=None, y=1).text

    values = (0.3, 0.25, 4.0, 7.0)  # short ones, too; a number in the code stands there
    texts = {text(k, (q,)) for k in values for q in (1.0, 2, 0.1)}
    assert len(texts) == 1
    assert "3.0" in texts.pop()


def test_sines_of_large_arguments_are_those_of_numpy():
    system = ms.SDE(
        lambda t, y, p: np.sin(1e6 * np.rint(y[0])),
        lambda t, y, p: np.cos(t),
        y0=12345.0,
    )
    many = 12345.0 + np.arange(40.0)[:, None]
    assert np.allclose(end(system, many, rng=0), plain_end(system, many, rng=0), 1e-14)
    assert "beyond" in trace(system.motion, t=None, y=1).text


def test_a_drift_need_not_exist_where_it_is_not_run():
    outward = ms.SDE(lambda t, y, p: (y[0] / t,), quiet, y0=1.0)
    assert np.allclose(end(outward, t_span=(1, 2)), 2.0)
    assert np.allclose(end(ms.ODE(lambda t, y, p: y[0] / t, 1.0), t_span=(1, 2)), 2.0)
    bessel = ms.SDE(lambda t, y, p: 1 / y[0], lambda t, y, p: 1.0, y0=0.0)
    assert np.isfinite(end(bessel, [[1.0]], t_span=(0, 0.1), rng=0)).all()
    assert np.isfinite(plain_end(outward, t_span=(1, 2), rng=0)).all()


def test_blow_up_is_seen_as_in_numpy():
    explosive = ms.ODE(lambda t, y, p: np.exp(y[0]), y0=0.0)
    for system in (explosive, ms.ODE(explosive.drift_rows, y0=0.0, compiled=False)):
        with pytest.raises(ms.IntegrationError, match=r"t = 1\.0"):
            ms.solve(system, t_span=(0, 1.5), dt=1e-3)


CALLS: list[int] = []


def counting():
    CALLS.append(0)
    return len(CALLS)


@pytest.mark.parametrize(
    ("drift", "words"),
    [
        (lambda t, y, p: -j0(y[0]), r"line \d+, `.*j0\(y.*j0 is not among"),
        (
            lambda t, y, p: -y[0] * RNG.normal(),
            "random numbers .* by RNG",
        ),
        (lambda t, y, p: -y[0] * counting(), "changes what it reads"),
        (lambda t, y, p: -y[0] * np.sum(y[0]), "over all paths"),
        (lambda t, y, p: -y[0] * y[0][0], "taken out of a row"),
        (lambda t, y, p: np.interp(y[0], [0, 1], [0, 1]), "line"),
        (lambda t, y, p: np.array([0.2, 0.3])[int(t > 1)] * y[0], "."),
    ],
)
def test_what_cannot_be_written_down_is_stepped_in_numpy(drift, words):
    system = ms.ODE(drift, y0=1.0)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        y = ms.solve(system, t_span=(0, 0.1), dt=0.01).y
    assert np.isfinite(y).all()
    if words != ".":
        assert len(told) == 1
        assert re.search(words, str(told[0].message))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ms.ODE(lambda t, y, p: None, 1.0), "is a return missing"),
        (lambda: ms.ODE(lambda t, y, p: (y[0], 1.0), 1.0), "one component.*tuple of 2"),
        (lambda: ms.ODE(lambda t, y, p: y[0], (1.0, 2.0)), "2 components"),
        (lambda: ms.ODE(lambda t, y, p: y[2], (1.0, 2.0)), "IndexError"),
        (lambda: ms.ODE(eval("lambda t, y, p: unknown * y[0]"), 1.0), "NameError"),
        (lambda: ms.ODE(lambda t, y: y[0], 1.0), r"f\(t, y, p\)"),
        (lambda: ms.ODE(lambda t, y, p: 1j * y[0], 1.0), "real"),
        (lambda: ms.ODE(decay, "one"), "y0 must be"),
        (lambda: ms.ODE(decay, 1.0, "k"), "parameters must be"),
        (lambda: ms.ODE(decay, 1.0, {"k": [1j]}), r"parameters\['k'\]\[0\]"),
        (lambda: ms.ODE(decay, [1.0, np.nan]), "finite"),
        (
            lambda: ms.SDE(
                lambda t, y, p: (0.0, 0.0),
                lambda t, y, p: ((1.0, 2.0), (3.0,)),
                (0.0, 0.0),
                noise="general",
            ),
            r"equally long.*\[2, 1\]",
        ),
        (
            lambda: ms.SDE(
                lambda t, y, p: (0.0, 0.0),
                lambda t, y, p: (1.0, 2.0),
                (0.0, 0.0),
                noise="general",
            ),
            "the noise is 'diagonal'",
        ),
        (
            lambda: ms.SDE(
                lambda t, y, p: (0.0, 0.0),
                lambda t, y, p: ((1.0, 2.0), (2.0, 1.0)),
                (0.0, 0.0),
            ),
            "general",
        ),
        (lambda: ms.SDE(decay, quiet, 1.0, rates=(1.0, 2.0)), "rates must be"),
    ],
)
def test_what_functions_return_is_checked(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_too_many_branches_are_told():
    def busy(t, y, p):
        total = 0.0
        for i in range(10):
            total += 1.0 if y[0] > i else 2.0
        return total

    with pytest.raises(CannotTraceError, match="branches"):
        trace(lambda t, y: [busy(t, y, ())], t=None, y=1)


def test_a_branch_is_a_selection():
    traced = trace(lambda x: [1.0 if 0 < x[0] < 2 else -x[0]], x=1)
    function = compile_text(traced.text)
    values = [function((x,), traced.constants)[0] for x in (-1.0, 1.0, 3.0)]
    assert values == [1.0, 1.0, -3.0]
