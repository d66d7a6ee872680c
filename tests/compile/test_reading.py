"""What a function reads: a change is seen, or nothing is said to be the same."""

import functools
import sys
import types
from dataclasses import dataclass, replace

import numpy as np
import pytest

import msbook as ms
from msbook._compile.tracing.reading import what_is_read

K = 1.0
TABLE = np.arange(5.0)
LONG = np.arange(100.0)
LIST = [1.0]


def helper(x):
    return K * x


def through_helper(x):
    return helper(x)


def through_lambda(x):
    return (lambda y: K * y)(x)


def with_table(x):
    return TABLE[1] * x


def with_long_table(x):
    return LONG[1] * x


def with_list(x):
    return LIST[0] * x


def with_import(x):
    from changing import k

    return k * x


def with_eval(x):
    return eval("K") * x


def with_attribute(x):
    return with_attribute.k * x


with_attribute.k = 1.0


@dataclass(frozen=True)
class Mine:
    k: float = 1.0

    def f(self, x):
        return self.k * x


@pytest.mark.parametrize("function", [helper, through_helper, through_lambda])
@pytest.mark.parametrize("value", [2.0, -1.0, 0.0, -0.0, 1, True, np.float64(1.0)])
def test_a_number_that_changes_is_seen(function, value, monkeypatch):
    before = what_is_read(function)
    assert before is not None
    assert before == what_is_read(function)
    monkeypatch.setitem(globals(), "K", value)
    assert what_is_read(function) != before


def test_an_array_that_changes_is_seen():
    before = what_is_read(with_table)
    TABLE[1] = 7.0
    assert what_is_read(with_table) != before


def test_closures_defaults_parts_and_code_are_seen():
    def make(k):
        def f(x, d=1.0, *, e=1.0):
            return k * x * d * e

        return f

    one, same, other = make(1.0), make(1.0), make(2.0)
    assert what_is_read(one) == what_is_read(same) != what_is_read(other)
    same.__defaults__ = (2.0,)
    assert what_is_read(one) != what_is_read(same)
    same.__defaults__, same.__kwdefaults__ = one.__defaults__, {"e": 2.0}
    assert what_is_read(one) != what_is_read(same)
    parts = [functools.partial(np.multiply, k) for k in (1.0, 2.0)]
    assert what_is_read(parts[0]) != what_is_read(parts[1])
    edited = make(1.0)
    edited.__code__ = (lambda k: lambda x, d=1.0, *, e=1.0: k * x)(1.0).__code__
    assert what_is_read(edited) != what_is_read(one)


def test_systems_of_the_package_are_read_by_their_fields():
    system = ms.systems.van_der_pol(2.0)
    assert what_is_read(system.motion) is not None
    again = ms.systems.van_der_pol(2.0)
    assert what_is_read(system.motion) == what_is_read(again.motion)
    other = replace(system, parameters=(3.0,))
    assert what_is_read(system.motion) != what_is_read(other.motion)


@pytest.mark.parametrize(
    "function",
    [with_list, with_long_table, with_import, with_eval, with_attribute, Mine().f],
)
def test_what_cannot_be_seen_through_has_no_key(function, monkeypatch):
    changing = types.ModuleType("changing")
    changing.k = 1.0
    monkeypatch.setitem(sys.modules, "changing", changing)
    assert what_is_read(function) is None
