"""The ledger: what the papers claim, and what each claim must meet."""

from __future__ import annotations

import difflib
import math
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from msbook._validation import check_kind
from msbook.book.claims.verdict import BOUND_KINDS, Bound, Verdict
from msbook.serialization.writing import file_to_read, sentence

# One number of seeds for a kind of claim, so that none is chosen after a look. From
# five seeds the interval of the median is their whole range; of ten pairs nine must
# agree for a sign test at 5 %.
SEEDS = 5
SEEDS_TO_COUNT = 10
COUNTED = ("share_at_least", "sign_test")

_CLAIM_KEYS = {"id", "paper", "where", "statement", "notebook", "rival", "bound"}
_OPTIONAL_CLAIM_KEYS = {
    "printed",
    "beyond_paper",
    "single",
    "precomputed",
    "expected",
    "reason",
}


class LedgerError(ValueError):
    """The ledger's file is not well formed."""


@dataclass(frozen=True)
class Claim:
    """One statement of a paper, the quantities that measure it and their bounds.

    Parameters
    ----------
    id : str
        ``chapter/claim``.
    paper : str
        Key of the paper in the bibliography.
    where : str
        Figure, table or section of the paper.
    statement : str
        What is claimed, in one sentence.
    notebook : str
        The notebook that settles it, relative to the book, without suffix.
    rival : str
        What the trivial rival is; it must fail at least one bound.
    bounds : tuple of Bound
        All must hold for the claim to hold.
    printed : str
        The value that the paper prints; empty where it prints none.
    beyond_paper : bool
        Whether the claim is the book's own.
    single : bool
        Whether it is one number: a quantity without randomness, or a stored benchmark.
    precomputed : str
        The script under ``book/results`` that computed the values; empty where the
        notebook does.
    expected : Verdict, optional
        The verdict that was found and recorded; None before it has been.
    reason : str
        Why a claim does not hold or is undecided.
    """

    id: str
    paper: str
    where: str
    statement: str
    notebook: str
    rival: str
    bounds: tuple[Bound, ...]
    printed: str = ""
    beyond_paper: bool = False
    single: bool = False
    precomputed: str = ""
    expected: Verdict | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        texts = ("id", "paper", "where", "statement", "notebook", "rival")
        for name in (*texts, "printed", "precomputed", "reason"):
            check_kind(name, getattr(self, name), str, "a string")
        if self.id.count("/") != 1 or not all(self.id.split("/")):
            raise LedgerError(f"an id is 'chapter/claim'; got {self.id!r}.")
        script = PurePosixPath(self.precomputed)
        if script.is_absolute() or ".." in script.parts:
            raise LedgerError(
                "precomputed is the path of a script within book/results, such as "
                f"'slow_maps/make.py'; got {self.precomputed!r}."
            )
        check_kind("bounds", self.bounds, tuple, "a tuple of Bound")
        for bound in self.bounds:
            check_kind("bounds", bound, Bound, "a tuple of Bound")
        for name in ("beyond_paper", "single"):
            check_kind(name, getattr(self, name), bool, "True or False")
        if self.expected is not None:
            check_kind("expected", self.expected, Verdict, "a Verdict, or None")
        if self.single and any(bound.kind in COUNTED for bound in self.bounds):
            raise LedgerError(
                "single = true says that there is one value, but a share of seeds and "
                "a sign test need ten. Leave it out."
            )

    @property
    def chapter(self) -> str:
        """Name of the book's folder that the claim belongs to."""
        return self.id.split("/")[0]

    @property
    def seeds(self) -> int:
        """How many seeds settle it: five, ten where seeds or pairs are counted."""
        if self.single:
            return 1
        counted = any(bound.kind in COUNTED for bound in self.bounds)
        return SEEDS_TO_COUNT if counted else SEEDS


class Ledger:
    """The claims of the book, in the order of the file, found by id.

    Examples
    --------
    >>> from msbook.claims import Ledger
    >>> ledger = Ledger.read()
    >>> ledger["slow_maps/periodic-map"].where
    'Fig. 6'
    """

    def __init__(self, claims: list[Claim]) -> None:
        check_kind("claims", claims, list, "a list of Claim")
        for claim in claims:
            check_kind("claims", claim, Claim, "a list of Claim")
        self._claims = {claim.id: claim for claim in claims}
        if len(self._claims) < len(claims):
            ids = [claim.id for claim in claims]
            twice = sorted({name for name in ids if ids.count(name) > 1})
            raise LedgerError(f"claim ids must be unique; twice in the ledger: {twice}")

    def __getitem__(self, claim_id: str) -> Claim:
        if claim_id not in self._claims:
            nearest = difflib.get_close_matches(claim_id, self._claims, cutoff=0.4)
            raise ValueError(
                f"claim_id must be one of the ledger's; got {claim_id!r}; nearest: "
                f"{nearest}. "
                "Use one of these or add a [[claim]] to book/claims.toml."
            )
        return self._claims[claim_id]

    def __contains__(self, claim_id: object) -> bool:
        return claim_id in self._claims

    def __iter__(self) -> Iterator[Claim]:
        return iter(self._claims.values())

    def __len__(self) -> int:
        return len(self._claims)

    @classmethod
    def read(cls, path: Path | None = None) -> Ledger:
        """Read a ledger; without a path, the one that belongs to this package."""
        if path is not None:
            check_kind("path", path, (str, os.PathLike), "the path of a claims.toml")
        file = file_to_read(_own_ledger() if path is None else path)
        try:
            document = tomllib.loads(file.read_text("utf-8-sig"))
            return cls([_claim(table) for table in document.get("claim", [])])
        except Exception as error:  # of any kind, at values of a wrong kind
            raise LedgerError(
                f"{file} is no ledger of claims: {sentence(error)} Mend the file."
            ) from error


def _own_ledger() -> Path:
    package = Path(__file__).resolve().parents[2]
    candidates = (package / "claims.toml", package.parents[1] / "book" / "claims.toml")
    for path in candidates:
        if path.is_file():
            return path
    raise LedgerError(
        f"no ledger at {candidates[0]} (installed) or {candidates[1]} (checkout); "
        "reinstall msbook, or pass the path of a claims.toml."
    )


def _claim(table: dict[str, Any]) -> Claim:
    name = f"claim {table.get('id', '(without id)')!r}"
    _require_keys(name, table, _CLAIM_KEYS, _OPTIONAL_CLAIM_KEYS)
    fields = {key: value for key, value in table.items() if key != "bound"}
    bounds = tuple(_bound(name, entry) for entry in table["bound"])
    if "expected" in fields:
        try:
            fields["expected"] = Verdict(fields["expected"])
        except ValueError:
            verdicts = [str(verdict) for verdict in Verdict]
            raise LedgerError(
                f"{name}: expected must be one of {verdicts}; "
                f"got {fields['expected']!r}."
            ) from None
    try:
        claim = Claim(bounds=bounds, **fields)
    except ValueError as error:
        raise LedgerError(f"{name}: {error}") from error
    _check(name, claim)
    return claim


def _check(name: str, claim: Claim) -> None:
    names = [bound.name for bound in claim.bounds]
    if not names or len(set(names)) < len(names):
        raise LedgerError(f"{name}: bounds need distinct names; got {names}.")
    if claim.expected not in (None, Verdict.HOLDS) and not claim.reason:
        raise LedgerError(
            f"{name}: a claim that is expected not to hold needs its reason."
        )


def _bound(claim: str, table: dict[str, Any]) -> Bound:
    name = f"{claim}, bound {table.get('name', '(without name)')!r}"
    _require_keys(name, table, {"name", "label"}, {"unit", *BOUND_KINDS})
    kinds = [kind for kind in BOUND_KINDS if kind in table]
    if len(kinds) != 1:
        raise LedgerError(
            f"{name}: exactly one of {list(BOUND_KINDS)} is needed; got {kinds}."
        )
    kind, target = kinds[0], table[kinds[0]]
    low, high = -math.inf, math.inf
    try:
        match kind:
            case "at_most":
                high = float(target)
            case "at_least":
                low = float(target)
            case "within":
                low, high = map(float, target)
            case "share_at_least":
                low, high = float(target), 1.0
            case "sign_test":
                low, high = {"positive": (0.0, math.inf), "negative": (-math.inf, 0.0)}[
                    target
                ]
    except (TypeError, ValueError, KeyError):
        raise LedgerError(f"{name}: {kind} cannot be {target!r}.") from None
    if not low <= high:
        raise LedgerError(f"{name}: the interval [{low:g}, {high:g}] is empty.")
    return Bound(table["name"], table["label"], kind, low, high, table.get("unit", ""))


def _require_keys(
    name: str, table: dict[str, Any], required: set[str], optional: set[str]
) -> None:
    missing, extra = required - set(table), set(table) - required - optional
    if missing or extra:
        raise LedgerError(
            f"{name}: missing keys {sorted(missing)}, unknown keys {sorted(extra)}."
        )
