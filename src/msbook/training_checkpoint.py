"""A training as it stands, in one file, and on from there."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from msbook.io import FileFormatError, checksum, load_arrays, save_arrays
from msbook.io.kept_arrays import Arrays
from msbook.training_steps import Steps

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
        path: str | os.PathLike,
        steps: Steps,
        rng: np.random.Generator,
        data: Mapping[str, ArrayLike],
        settings: Mapping[str, Any],
    ) -> None:
        self.path = Path(path)
        self.steps = steps
        self.rng = rng
        run = {
            **settings,
            "network": repr(steps.network),
            "steps": type(steps).__name__,
            "generator": _plain(rng.bit_generator.state),
        }
        arrays = {name: np.asarray(values) for name, values in data.items()}
        arrays |= _under("start", steps.parameters())
        text = json.dumps(run, sort_keys=True, default=np.generic.item)
        self.run = checksum(arrays, text)

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
        if facts["run"] != self.run:
            raise ValueError(
                f"{self.path} belongs to a training of another network, with other "
                "data, settings or seed. Repeat that one, or choose another path."
            )
        self.steps.resume(_out_of("steps", arrays))
        self.rng.bit_generator.state = facts["generator"]
        return Progress(
            _out_of("curves", arrays), _out_of("best", arrays), **facts["progress"]
        )

    def write(self, progress: Progress) -> None:
        """Write steps, generator and progress down."""
        arrays = (
            _under("steps", self.steps.state())
            | _under("curves", progress.curves)
            | _under("best", progress.best)
        )
        reached = ("epoch", "best_epoch", "best_value")
        facts = {
            "kind": "training",
            "run": self.run,
            "generator": _plain(self.rng.bit_generator.state),
            "progress": {name: getattr(progress, name) for name in reached},
        }
        save_arrays(self.path, arrays, facts)


def _under(prefix: str, arrays: Arrays) -> Arrays:
    return {f"{prefix}:{name}": values for name, values in arrays.items()}


def _out_of(prefix: str, arrays: Arrays) -> Arrays:
    named = {name.partition(":")[::2]: values for name, values in arrays.items()}
    return {name: values for (kind, name), values in named.items() if kind == prefix}


def _plain(state: Any) -> Any:
    """A generator's state without arrays, as JSON can hold it."""
    if isinstance(state, Mapping):
        return {name: _plain(value) for name, value in state.items()}
    return state.tolist() if isinstance(state, np.ndarray) else state
