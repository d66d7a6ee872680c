"""A training as it stands, in one file, and on from there."""

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from torch import nn

from msbook.serialization import FileFormatError, checksum, load_arrays, save_arrays
from msbook.serialization.arrays import Arrays, Facts
from msbook.serialization.writing import file_to_write
from msbook.training.records import (
    differing,
    fingerprint,
    out_of,
    plain,
    table,
    text,
    under,
)
from msbook.training.steps import Steps

ROUNDING = 1e-5  # relative, of values that single precision computes elsewhere
CURVES = ("train_loss", "validation_loss", "monitored", "n_active_inputs")


@dataclass
class Progress:
    """How far a training has come, and the best parameters on the way."""

    curves: Arrays
    best: Arrays
    epoch: int = 0
    best_epoch: int = 0
    best_value: float = np.inf

    @classmethod
    def start(cls, epochs: int, steps: Steps) -> "Progress":
        """Nothing done yet of so many epochs."""
        curves = {name: np.full(epochs, np.nan) for name in CURVES}
        return cls(curves, steps.parameters())


class Checkpoint:
    """The file of one training, which knows the run that it belongs to."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        steps: Steps,
        rng: np.random.Generator,
        data: Mapping[str, ArrayLike],
        settings: Mapping[str, Any],
        monitor: Callable[[nn.Module], float] | None,
    ) -> None:
        self.path: Path = file_to_write(path, "checkpoint")
        self.steps = steps
        self.rng = rng
        start = steps.parameters()
        described = {
            **{name: fingerprint(values) for name, values in data.items()},
            **settings,
            "network": repr(steps.network),
            "start of the network": checksum(start, ""),
            "code of the steps": type(steps).__name__,
            "rng": plain(rng.bit_generator.state),
        }
        self.run: Any = json.loads(json.dumps(described, default=np.generic.item))
        # Functions cannot be written down, but what they say of the start can.
        self.values: dict[str, float] = {"network": steps.validation_loss()}
        if monitor is not None:
            self.values["monitor"] = float(monitor(steps.network))
        steps.restore(start)

    def read(self) -> Progress | None:
        """Bring steps and generator to where the run was; None if it has no file."""
        if not self.path.exists():
            return None
        arrays, facts = load_arrays(self.path)
        if facts.get("kind") != "training":
            raise FileFormatError(
                f"{self.path} should hold the checkpoint of a training; it holds "
                "something else. Choose another path."
            )
        start = self.steps.parameters()
        try:
            changed = self._differing(facts["run"], facts["values"])
            progress = None if changed else self._resumed(arrays, facts)
        except Exception as error:  # of any kind, at contents of a wrong kind
            self.steps.restore(start)
            raise FileFormatError(
                f"{self.path} holds no whole checkpoint of a training "
                f"({type(error).__name__}: {error}). Choose another path, or delete it "
                "to begin again."
            ) from error
        if changed:
            raise ValueError(
                f"{self.path} belongs to another training, which differs in "
                f"{', '.join(changed)}. Repeat that one, or choose another path."
            )
        return progress

    def _differing(self, run: Facts, values: dict[str, float]) -> list[str]:
        """Names of what is not as in the file, with numbers where it is one."""
        changed = differing(run, self.run)
        for name in sorted(values.keys() | self.values.keys()):
            known = name in values and name in self.values
            if not (known and _agree(values[name], self.values[name])):
                changed.setdefault(name, name)
        return list(changed.values())

    def _resumed(self, arrays: Arrays, facts: Facts) -> Progress:
        """Progress, if it is of this training and what is resumed is what was read."""
        reached, epochs = facts["progress"], self.run["epochs"]
        curves, best, state = (
            out_of(kind, arrays) for kind in ("curves", "best", "steps")
        )
        if text(table(arrays)) != text(facts["arrays"]):
            raise ValueError("arrays are missing, left over or of another form")
        progress = Progress(curves, best, **reached)
        if _forms(curves) != _forms(Progress.start(epochs, self.steps).curves):
            raise ValueError(f"{', '.join(CURVES)} should have {epochs} entries each")
        if _forms(best) != _forms(self.steps.parameters()):
            raise ValueError("the best parameters are not those of the network")
        if _kinds(reached) != _kinds(_reached(Progress(curves, best))) or not (
            0 <= progress.best_epoch <= progress.epoch <= epochs
        ):
            raise ValueError(f"its progress is {reached}")
        self.steps.resume(state)
        if checksum(self.steps.state(), "") != checksum(state, ""):
            raise ValueError("the state of its updates is not that of the network")
        self.rng.bit_generator.state = facts["generator"]
        resumed = plain(self.rng.bit_generator.state)
        if text(resumed) != text(facts["generator"]):
            raise ValueError(f"the state of its generator is {facts['generator']}")
        return progress

    def write(self, progress: Progress) -> None:
        """Write steps, generator and progress down."""
        arrays = (
            under("steps", self.steps.state())
            | under("curves", progress.curves)
            | under("best", progress.best)
        )
        facts = {
            "kind": "training",
            "run": self.run,
            "values": self.values,
            "generator": plain(self.rng.bit_generator.state),
            "progress": _reached(progress),
            "arrays": table(arrays),
        }
        save_arrays(self.path, arrays, facts)


def _agree(there: float, here: float) -> bool:
    """Whether no more than the rounding of another machine lies between them."""
    both_nan = math.isnan(there) and math.isnan(here)
    return both_nan or math.isclose(there, here, rel_tol=ROUNDING)


def _reached(progress: Progress) -> Facts:
    names = ("epoch", "best_epoch", "best_value")
    return {name: getattr(progress, name) for name in names}


def _kinds(facts: Facts) -> dict[str, type]:
    return {name: type(value) for name, value in facts.items()}


def _forms(arrays: Arrays) -> dict[str, tuple[Any, ...]]:
    return {name: (values.dtype, values.shape) for name, values in arrays.items()}
