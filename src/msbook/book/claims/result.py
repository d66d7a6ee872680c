"""Settling a claim in a notebook, and how the outcome is shown and stored."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from msbook._validation import check_kind, real_array
from msbook.book.claims.display import Row, describe, format_number, html_table, target
from msbook.book.claims.ledger import Claim, Ledger
from msbook.book.claims.verdict import Bound, Finding, Verdict, judge

MIME_TYPE = "application/vnd.msbook.claim+json"


class ClaimError(Exception):
    """The measurements contradict the ledger, or the bound means nothing."""


@dataclass(frozen=True)
class Result:
    """A settled claim: shows as a table, and is stored as JSON in the notebook.

    Parameters
    ----------
    claim : Claim
    findings : tuple of Finding
        One for each bound of the claim.
    rivals : tuple of Finding
        The trivial rival's, for the bounds it was measured by.
    """

    claim: Claim
    findings: tuple[Finding, ...]
    rivals: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the claim's bounds."""
        return Verdict.worst([finding.verdict for finding in self.findings])

    @property
    def rival_fails(self) -> bool:
        """Whether the trivial rival fails at least one bound."""
        return any(finding.rejects for finding in self.rivals)

    @property
    def row(self) -> Row:
        """What a table shows of it."""
        return self.claim, self.findings, self.rivals

    def to_json(self) -> dict[str, Any]:
        """Return everything that was measured, from which the verdict follows."""
        return {
            "id": self.claim.id,
            "verdict": str(self.verdict),
            "bounds": {
                finding.bound.name: _to_json(finding) for finding in self.findings
            },
            "rival": {finding.bound.name: _to_json(finding) for finding in self.rivals},
        }

    def __str__(self) -> str:
        lines = [f"{self.claim.id}: {self.verdict}"]
        rivals = {finding.bound.name: finding for finding in self.rivals}
        for finding in self.findings:
            name = finding.bound.name
            line = f"  {name} = {describe(finding)}; holds when {target(finding.bound)}"
            if name in rivals:
                line += f"; rival {format_number(rivals[name].value)}"
            lines.append(line)
        return "\n".join(lines)

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, Any]:
        return {
            "text/plain": str(self),
            "text/html": html_table([self.row]),
            MIME_TYPE: self.to_json(),
        }


@dataclass(frozen=True)
class ResultTable:
    """Several settled claims in one table: the paper against ours."""

    results: tuple[Result, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.results))

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, Any]:
        return {
            "text/plain": str(self),
            "text/html": html_table([result.row for result in self.results]),
            MIME_TYPE: [result.to_json() for result in self.results],
        }


def settle(
    claim_id: str,
    values: Mapping[str, ArrayLike],
    rival: Mapping[str, ArrayLike],
    *,
    ledger: Ledger | None = None,
) -> Result:
    """Hold measurements against a claim of the ledger.

    Parameters
    ----------
    claim_id : str
        ``chapter/claim``.
    values : mapping of str to array_like, shape (n_seeds,)
        For each bound of the claim, by name, one value a seed.
    rival : mapping of str to array_like
        The trivial rival's values, for at least one of the bounds; one is enough.
    ledger : Ledger, optional
        Defaults to the book's.

    Returns
    -------
    Result
        Shown as a table at the end of a cell.

    Raises
    ------
    ValueError
        If the claim is unknown, names do not match the ledger's, a value is not
        finite, or there are not as many seeds as the kind of the claim asks for.
    ClaimError
        If the trivial rival passes, or the verdict is not the recorded one.

    Examples
    --------
    >>> import msbook as ms
    >>> print(ms.claims.settle(
    ...     "slow_maps/hidden-scales",
    ...     {"ratio_times_eps": [0.99, 1.01, 1.0, 1.02, 0.98]},
    ...     rival={"ratio_times_eps": 0.002},
    ... ))
    slow_maps/hidden-scales: holds
      ratio_times_eps = 1.00 (0.980–1.02, 5 seeds); holds when in [0.8, 1.2]; ...
    """
    check_kind("claim_id", claim_id, str, "the id of a claim")
    check_kind("values", values, Mapping, "a mapping of values by the name of a bound")
    check_kind("rival", rival, Mapping, "a mapping of values by the name of a bound")
    if ledger is not None:
        check_kind("ledger", ledger, Ledger, "a Ledger, or None for the book's")
    claim = (Ledger.read() if ledger is None else ledger)[claim_id]
    names = [bound.name for bound in claim.bounds]
    if set(values) != set(names):
        raise ValueError(
            f"{claim_id} needs values for {names}; got {list(values)}. "
            "The names are those of the bounds in book/claims.toml."
        )
    if not rival or not set(rival) <= set(names):
        raise ValueError(
            f"{claim_id} needs the rival's values ({claim.rival}) for at least one of "
            f"{names}; got {list(rival)}."
        )
    result = Result(
        claim,
        tuple(_measure(claim, bound, values, claim.seeds) for bound in claim.bounds),
        tuple(
            _measure(claim, bound, rival, n_seeds=None)
            for bound in claim.bounds
            if bound.name in rival
        ),
    )
    if not result.rival_fails:
        raise ClaimError(
            f"{claim_id}: the trivial rival ({claim.rival}) passes, so the bound shows "
            f"nothing.\n{result}"
        )
    if result.verdict is not claim.expected:
        recorded = f"is {claim.expected}" if claim.expected else "is missing"
        raise ClaimError(
            f"{claim_id}: the measurements say {result.verdict}, the ledger's expected "
            f"verdict {recorded}. If the measurement is right, record it in "
            f"book/claims.toml, with the reason.\n{result}"
        )
    return result


def table(results: Iterable[Result]) -> ResultTable:
    """Show several settled claims in one table, the paper's values against ours."""
    if not isinstance(results, Iterable):
        raise ValueError(f"results must be several of settle; got {results!r:.60}.")
    several = tuple(results)
    for result in several:
        check_kind("results", result, Result, "several results of settle")
    return ResultTable(several)


def from_json(claim: Claim, document: Mapping[str, Any]) -> Result:
    """Judge a claim again from the values that a notebook stores.

    Raises
    ------
    ValueError
        If the document has not the form that a result is stored in, or its names are
        not those of the claim's bounds.
    """
    names = {bound.name for bound in claim.bounds}
    if not isinstance(document.get("verdict"), str):
        raise ValueError("'verdict' must be a text; run the notebook again.")
    stored, rival = _values(document, "bounds"), _values(document, "rival")
    if set(stored) != names or not set(rival) <= names:
        raise ValueError(
            f"stored bounds {sorted(stored)} are not the ledger's {sorted(names)}; "
            "run the notebook again."
        )
    return Result(
        claim,
        tuple(judge(bound, stored[bound.name]) for bound in claim.bounds),
        tuple(
            judge(bound, rival[bound.name])
            for bound in claim.bounds
            if bound.name in rival
        ),
    )


def _values(document: Mapping[str, Any], key: str) -> dict[str, list[float]]:
    """Return the values stored under a key, by the name of their bound."""
    stored = document.get(key)
    if not isinstance(stored, Mapping):
        raise ValueError(
            f"{key!r} must map the names of bounds to what was measured; "
            f"got {stored!r:.60}; run the notebook again."
        )
    values: dict[str, list[float]] = {}
    for name, entry in stored.items():
        several = entry.get("values") if isinstance(entry, Mapping) else entry
        if not isinstance(several, list) or not several or not all(map(_fits, several)):
            raise ValueError(
                f"{key!r}, {name}: 'values' must be a list of finite numbers; "
                f"got {several!r:.60}; run the notebook again."
            )
        values[name] = several
    return values


def _fits(value: object) -> bool:
    """Tell whether a value is a finite number that a float can hold."""
    return isinstance(value, (int, float)) and abs(value) <= sys.float_info.max


def _measure(
    claim: Claim, bound: Bound, values: Mapping[str, ArrayLike], n_seeds: int | None
) -> Finding:
    name = f"{claim.id}, {bound.name}"
    array = real_array(name, values[bound.name])
    if array.ndim > 1:
        raise ValueError(
            f"{name}: expected one value a seed, shape (n_seeds,); "
            f"got shape {array.shape}."
        )
    array = np.atleast_1d(array)
    if n_seeds is not None and len(array) != n_seeds:
        raise ValueError(
            f"{name}: a claim of this kind is settled from {n_seeds} values, one a "
            f"seed, no more and no fewer; got {len(array)}. For a quantity without "
            "randomness set single = true in the ledger."
        )
    if not len(array) or not np.all(np.isfinite(array)):
        raise ValueError(f"{name}: the values must be finite; got {array.tolist()}.")
    return judge(bound, array.tolist())


def _to_json(finding: Finding) -> dict[str, Any]:
    return {
        "statistic": finding.bound.statistic,
        "value": finding.value,
        "interval": list(finding.interval),
        "values": list(finding.values),
        "verdict": str(finding.verdict),
    }
