"""From values over seeds to a verdict: median, its interval, and the bound."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.stats import binom, binomtest

from msbook._validation import check_choice, check_kind, check_number

CONFIDENCE = 0.9
SIGNIFICANCE = 0.05
BOUND_KINDS = ("at_most", "at_least", "within", "share_at_least", "sign_test")


class Verdict(StrEnum):
    """What the measurements say about a claim, from best to worst."""

    HOLDS = "holds"
    UNDECIDED = "undecided"
    FAILS = "does not hold"

    @classmethod
    def worst(cls, verdicts: Sequence[Verdict]) -> Verdict:
        """Return the worst of several verdicts: a chain is as strong as a link."""
        return max(verdicts, key=list(cls).index)


@dataclass(frozen=True)
class Bound:
    """What one measured quantity must meet.

    Parameters
    ----------
    name : str
        Key under which the values are passed.
    label : str
        The quantity in words.
    kind : str
        ``at_most``, ``at_least``, ``within``: bounds on the median over seeds;
        ``share_at_least``: a bound on the share of seeds in which something is true;
        ``sign_test``: the sign of paired differences, tested at 5 %.
    low, high : float
        The interval that is allowed; ``share_at_least`` bounds the share, and
        ``sign_test`` the difference.
    unit : str
        Unit of the values; empty for a pure number.
    """

    name: str
    label: str
    kind: str
    low: float
    high: float
    unit: str = ""

    def __post_init__(self) -> None:
        for name in ("name", "label", "unit"):
            check_kind(name, getattr(self, name), str, "a string")
        check_choice("kind", self.kind, BOUND_KINDS)
        for name in ("low", "high"):
            check_number(name, getattr(self, name), -math.inf, math.inf)

    @property
    def statistic(self) -> str:
        """Name of the statistic that is held against the bound."""
        names = {"share_at_least": "share of seeds", "sign_test": "sign test"}
        return names.get(self.kind, "median over seeds")


@dataclass(frozen=True)
class Finding:
    """Values of one quantity over seeds, summed up and held against its bound.

    Parameters
    ----------
    bound : Bound
    values : tuple of float
        One value a seed, rounded to six significant digits.
    value : float
        The statistic: the median, or the share of seeds.
    interval : tuple of float
        Confidence interval of the median; the share itself for a share.
    verdict : Verdict
    """

    bound: Bound
    values: tuple[float, ...]
    value: float
    interval: tuple[float, float]
    verdict: Verdict

    @property
    def rejects(self) -> bool:
        """Whether a trivial rival with these values fails the bound.

        A sign test cannot reject "no difference", it can only fail to find one.
        """
        if self.bound.kind == "sign_test":
            return self.verdict is not Verdict.HOLDS
        return self.verdict is Verdict.FAILS


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    r"""Confidence interval of the median from order statistics, for any law.

    .. math:: P\bigl(X_{(k)} \le m \le X_{(n+1-k)}\bigr)
              \ge 1 - 2 \, P\bigl(\mathrm{Bin}(n, \tfrac12) \le k - 1\bigr)

    with the largest :math:`k` for which this is at least 90 %; from fewer than five
    values no interval reaches it, and the range is returned.

    Parameters
    ----------
    values : sequence of float, shape (n_seeds,)

    Returns
    -------
    tuple of float
        Lower and upper end.

    Examples
    --------
    >>> from msbook.book.claims.verdict import median_interval
    >>> median_interval([3.0, 1.0, 2.0, 5.0, 4.0])
    (1.0, 5.0)
    >>> median_interval(range(1, 11))
    (2.0, 9.0)
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    n = len(ordered)
    misses = 2.0 * binom.cdf(np.arange((n + 1) // 2), n, 0.5)
    k = max(int(np.sum(misses <= 1.0 - CONFIDENCE + 1e-12)), 1)
    return float(ordered[k - 1]), float(ordered[n - k])


def judge(bound: Bound, values: Sequence[float]) -> Finding:
    """Hold values over seeds against a bound.

    Parameters
    ----------
    bound : Bound
    values : sequence of float, shape (n_seeds,)
        Finite; 0 or 1 for a share of seeds.

    Returns
    -------
    Finding

    Raises
    ------
    ValueError
        If a share of seeds is asked of values other than 0 and 1.

    Examples
    --------
    >>> from msbook.book.claims.verdict import Bound, judge
    >>> bound = Bound("error", "error", "at_most", float("-inf"), 0.05)
    >>> print(judge(bound, [0.01, 0.02, 0.03, 0.04, 0.06]).verdict)
    undecided
    """
    # Six digits are kept, so that a verdict can be computed again from what is stored.
    values = tuple(float(f"{value:.6g}") for value in values)
    if bound.kind == "share_at_least":
        if not set(values) <= {0.0, 1.0}:
            raise ValueError(
                f"{bound.name}: a share of seeds needs True or False (1 or 0) for each "
                f"seed; got {values}."
            )
        value = float(np.mean(values))
        verdict = Verdict.HOLDS if value >= bound.low else Verdict.FAILS
        return Finding(bound, values, value, (value, value), verdict)
    value, interval = float(np.median(values)), median_interval(values)
    if bound.kind == "sign_test":
        verdict = _sign_test(bound, values)
    else:
        verdict = _inside(bound, interval)
    return Finding(bound, values, value, interval, verdict)


def _inside(bound: Bound, interval: tuple[float, float]) -> Verdict:
    if bound.low <= interval[0] and interval[1] <= bound.high:
        return Verdict.HOLDS
    if interval[1] < bound.low or interval[0] > bound.high:
        return Verdict.FAILS
    return Verdict.UNDECIDED


def _sign_test(bound: Bound, differences: Sequence[float]) -> Verdict:
    wanted = sum(bound.low < value < bound.high for value in differences)
    unequal = sum(value != 0.0 for value in differences)
    if unequal == 0 or binomtest(wanted, unequal).pvalue > SIGNIFICANCE:
        return Verdict.UNDECIDED
    return Verdict.HOLDS if 2 * wanted > unequal else Verdict.FAILS
