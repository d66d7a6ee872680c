import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msbook.book.claims.verdict import Bound, Verdict, judge, median_interval

VALUES = st.lists(st.integers(-1000, 1000).map(float), min_size=5, max_size=30)


def at_most(limit):
    return Bound("x", "x", "at_most", -math.inf, limit)


def sign_test(sign):
    allowed = {"positive": (0.0, math.inf), "negative": (-math.inf, 0.0)}[sign]
    return Bound("x", "x", "sign_test", *allowed)


@pytest.mark.parametrize("n", range(5, 40))
def test_interval_covers_the_median(n):
    rng = np.random.default_rng(n)
    samples = rng.exponential(size=(2000, n))
    ends = np.array([median_interval(sample) for sample in samples])
    share = np.mean((ends[:, 0] <= math.log(2)) & (math.log(2) <= ends[:, 1]))
    # Four standard errors of a share of 0.9 in 2 000 trials.
    assert share >= 0.9 - 4 * math.sqrt(0.09 / 2000)


@given(VALUES)
def test_interval_holds_the_median(values):
    low, high = median_interval(values)
    assert min(values) <= low <= np.median(values) <= high <= max(values)


@given(st.lists(st.floats(-10, 10), min_size=5, max_size=5))
def test_interval_of_five_is_the_range(values):
    assert median_interval(values) == (min(values), max(values))


@given(VALUES, st.integers(-1000, 1000))
def test_verdict_follows_the_interval(values, limit):
    low, high = median_interval(values)
    verdict = judge(at_most(limit), values).verdict
    assert (verdict is Verdict.HOLDS) == (high <= limit)
    assert (verdict is Verdict.FAILS) == (low > limit)


@given(VALUES, st.integers(-1000, 1000))
def test_at_least_mirrors_at_most(values, limit):
    at_least = Bound("x", "x", "at_least", -limit, math.inf)
    mirrored = [-value for value in values]
    assert judge(at_least, mirrored).verdict is judge(at_most(limit), values).verdict


@given(VALUES, st.integers(-1000, 1000), st.integers(0, 100))
def test_a_looser_bound_is_never_worse(values, limit, slack):
    order = list(Verdict)
    tight = judge(at_most(limit), values).verdict
    loose = judge(at_most(limit + slack), values).verdict
    assert order.index(loose) <= order.index(tight)


@given(VALUES, st.randoms())
def test_order_of_seeds_does_not_matter(values, random):
    shuffled = list(values)
    random.shuffle(shuffled)
    assert judge(at_most(0.0), shuffled).verdict is judge(at_most(0.0), values).verdict


def test_within_holds_at_its_ends():
    bound = Bound("x", "x", "within", 1.0, 2.0)
    assert judge(bound, [1.0, 2.0, 1.5, 1.5, 1.5]).verdict is Verdict.HOLDS
    assert judge(bound, [0.9, 2.0, 1.5, 1.5, 1.5]).verdict is Verdict.UNDECIDED
    assert judge(bound, [2.1, 3.0, 2.5, 2.5, 2.5]).verdict is Verdict.FAILS


@pytest.mark.parametrize(
    ("positive", "verdict"),
    [
        (10, Verdict.HOLDS),
        (9, Verdict.HOLDS),
        (8, Verdict.UNDECIDED),
        (2, Verdict.UNDECIDED),
        (1, Verdict.FAILS),
        (0, Verdict.FAILS),
    ],
)
def test_sign_test_of_ten_seeds(positive, verdict):
    differences = [1.0] * positive + [-1.0] * (10 - positive)
    assert judge(sign_test("positive"), differences).verdict is verdict
    mirrored = [-value for value in differences]
    assert judge(sign_test("negative"), mirrored).verdict is verdict


def test_no_difference_is_undecided_and_fails_as_a_rival():
    finding = judge(sign_test("positive"), [0.0] * 10)
    assert finding.verdict is Verdict.UNDECIDED
    assert finding.rejects


def test_share_counts_seeds():
    bound = Bound("x", "x", "share_at_least", 0.9, 1.0)
    assert judge(bound, [True] * 9 + [False]).verdict is Verdict.HOLDS
    assert judge(bound, [True] * 8 + [False] * 2).verdict is Verdict.FAILS


def test_share_refuses_what_is_neither_true_nor_false():
    with pytest.raises(ValueError, match="True or False"):
        judge(Bound("x", "x", "share_at_least", 0.9, 1.0), [0.97] * 10)


@given(st.lists(st.sampled_from(list(Verdict)), min_size=1))
def test_the_worst_verdict_wins(verdicts):
    worst = Verdict.worst(verdicts)
    assert worst in verdicts
    assert Verdict.worst([*verdicts, Verdict.FAILS]) is Verdict.FAILS
    if worst is Verdict.HOLDS:
        assert set(verdicts) == {Verdict.HOLDS}
