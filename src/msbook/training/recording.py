"""The trainings of one fit in one file, in their order, and on from there."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msbook.serialization import FileFormatError, load_arrays, save_arrays
from msbook.serialization.arrays import Arrays, Facts
from msbook.serialization.writing import file_to_write
from msbook.training.records import differing, out_of, table, text, under


@dataclass
class Recorded:
    """A training as it stands.

    Attributes
    ----------
    description : dict
        What tells it from others.
    arrays, facts : dict
        What it goes on from or, once it is done, what it has found.
    """

    description: Facts
    arrays: Arrays = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)


class Recording:
    """The file of a fit whose trainings follow each other in one order.

    A fit that is repeated makes the same trainings again. Those that are done are read,
    that which was interrupted goes on, and those after it are made.

    Parameters
    ----------
    path : path-like
        The file, if it exists, is read.

    Raises
    ------
    ValueError
        If the path cannot be written.
    msbook.io.FileFormatError
        If the file is of another kind, or not whole.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path: Path = file_to_write(path, "checkpoint")
        self.known: list[Recorded] = self._read() if self.path.exists() else []
        self.n_begun = 0

    def begin(self, description: Facts) -> tuple[int, Recorded]:
        """Number of the next training, and what is known of it."""
        number, self.n_begun = self.n_begun, self.n_begun + 1
        if number == len(self.known):
            self.known.append(Recorded(description))
        changed = differing(self.known[number].description, description)
        if changed:
            raise ValueError(
                f"{self.path} belongs to another fit: its training {number + 1} "
                f"differs in {', '.join(changed.values())}. Repeat that fit with the "
                "same data, settings and random_state, or choose another path."
            )
        return number, self.known[number]

    def write(self, number: int, arrays: Arrays, facts: Facts) -> None:
        """Put down how a training stands."""
        self.known[number].arrays, self.known[number].facts = arrays, facts
        all_arrays: Arrays = {}
        for i, each in enumerate(self.known):
            all_arrays |= under(str(i), each.arrays)
        of_each = [
            {"description": e.description, "facts": e.facts, "arrays": table(e.arrays)}
            for e in self.known
        ]
        save_arrays(self.path, all_arrays, {"kind": "fit", "trainings": of_each})

    def _read(self) -> list[Recorded]:
        arrays, facts = load_arrays(self.path)
        if facts.get("kind") != "fit":
            raise FileFormatError(
                f"{self.path} should hold the checkpoint of a fit; it holds something "
                "else. Choose another path."
            )
        entries: Any = facts.get("trainings")
        try:
            found = [
                Recorded(entry["description"], out_of(str(i), arrays), entry["facts"])
                for i, entry in enumerate(entries)
            ]
            tables = [text(entry["arrays"]) for entry in entries]
        except (KeyError, TypeError):
            found, tables = [], ["none"]
        if [text(table(recorded.arrays)) for recorded in found] != tables:
            raise FileFormatError(
                f"{self.path} holds no whole checkpoint of a fit. Choose another path, "
                "or delete it to begin again."
            )
        return found
