"""One training by a loss as it goes on: what all of them do beside their updates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Protocol, Self

import numpy as np
import torch
from torch import Tensor, nn

from msbook.serialization import checksum
from msbook.serialization.arrays import Arrays, Facts
from msbook.training.history import LossHistory, TrainingError, TrainingInterrupted
from msbook.training.progress import ProgressLine
from msbook.training.records import fingerprint, out_of, plain, under
from msbook.training.session import open_session
from msbook.training.sources import Batched, sampled


class Stateful(Protocol):
    """What a training carries on beside its network, such as random numbers."""

    def state(self) -> Arrays:
        """Copy of all that the next update depends on."""
        ...

    def resume(self, state: Arrays) -> None:
        """Go on from such a copy."""
        ...


class Run:
    """A training that is shown, resumed, interrupted and ended at its best.

    As a context it ends with the best network seen in its place, also when a
    KeyboardInterrupt comes. That is kept by the session that is open, if one is, and
    becomes a TrainingInterrupted if none is.

    Parameters
    ----------
    network : torch.nn.Module
    optimizer : torch.optim.Optimizer
        With one group of parameters.
    rng : numpy.random.Generator
        Draws the batches.
    parts : mapping of str to Stateful or torch.Generator
        What else the updates depend on.
    judge : callable
        Validation loss of the network as it is.
    stage : str
        Name of what is trained.
    n_updates : int
        How many there are at most.
    described : dict
        Settings, among them the learning rate.
    data : sequence of Tensor or Fetched
        What is trained and judged on.

    Attributes
    ----------
    step : int
        Updates made before this run.
    history : LossHistory
        After the end.
    """

    def __init__(
        self,
        network: nn.Module,
        optimizer: torch.optim.Optimizer,
        rng: np.random.Generator,
        parts: dict[str, Stateful | torch.Generator],
        *,
        judge: Callable[[], float],
        stage: str,
        n_updates: int,
        described: Facts,
        data: Sequence[Batched],
    ) -> None:
        self.network, self.optimizer, self.rng = network, optimizer, rng
        self.parts, self.judge, self.data = parts, judge, data
        self.stage, self.n_updates, self.described = stage, n_updates, described
        self.session = open_session()
        self.curves: list[tuple[int, float, float]] = []
        self.best = state_of(network)
        self.step, self.n_written = 0, 0
        self.number: int | None = None
        self.finished = False
        self.skipped = False

    def __enter__(self) -> Self:
        session = self.session
        self.skipped = session is not None and session.interruption is not None
        if session is None or session.recording is None or self.skipped:
            return self
        self.number, known = session.recording.begin(self._description())
        if known.facts:
            self._resume(known.arrays, known.facts)
        return self

    def updates(self) -> Iterator[int]:
        """Numbers of the updates that are left, from 0 on."""
        if self.finished or self.skipped:
            return
        verbose = self.session is not None and self.session.verbose
        line = ProgressLine(self.stage, self.step, self.n_updates, "updates", verbose)
        try:
            for step in line:
                yield step
                self.step = step + 1
                if len(self.curves) > self.n_written:
                    line.show(self.step, self.curves[-1][2])
                    self._write(finished=False)
        finally:
            line.close(self.step, self.best_loss)

    @property
    def best_loss(self) -> float:
        """Least validation loss so far."""
        return min((loss for _, _, loss in self.curves), default=np.inf)

    def look(self, step: int, train_loss: float, validation_loss: float) -> None:
        """Note the losses after so many updates, or raise if they are not finite."""
        if not np.isfinite((train_loss, validation_loss)).all():
            rate = self.described["learning_rate"]
            raise TrainingError(
                f"the loss is not finite after step {step}; got {train_loss:g}, and "
                f"{validation_loss:g} on the validation set (learning_rate = "
                f"{rate:g}): lower the learning rate, and look for outliers in the "
                "data."
            )
        self.step = step
        self.curves.append((step, train_loss, validation_loss))

    def keep(self) -> None:
        """Remember the network as it is for the best one."""
        self.best = state_of(self.network)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        interrupted = kind is not None and issubclass(kind, KeyboardInterrupt)
        if kind is not None and not interrupted:
            return False
        self.network.load_state_dict(self.best)
        if not self.curves:
            with torch.no_grad():
                self.curves.append((0, np.nan, self.judge()))
        steps, train_loss, validation_loss = zip(*self.curves, strict=True)
        self.history = LossHistory(
            np.array(steps, dtype=np.int64),
            np.array(train_loss),
            np.array(validation_loss),
        )
        if not interrupted:
            if not self.finished and not self.skipped:
                self._write(finished=True)
            return False
        where = (
            f"training of the {self.stage} after {self.step} of {self.n_updates} "
            f"updates, at a validation loss of {self.history.best_loss:.3g}"
        )
        if self.session is None:
            raise TrainingInterrupted(where, self.history) from None
        self.session.interrupt(where)
        return True

    def _description(self) -> Facts:
        """What tells this training from any other."""
        states = {name: fingerprint_of(part) for name, part in self.parts.items()}
        return {
            "stage": self.stage,
            "network": repr(self.network),
            "start of the network": checksum(arrays_of(self.best), ""),
            "n_updates": self.n_updates,
            "rng": plain(self.rng.bit_generator.state),
            "parts": states,
            "data": [
                [list(values.shape), fingerprint(sampled(values))]
                for values in self.data
            ],
            **self.described,
        }

    def _write(self, *, finished: bool) -> None:
        """Put down how the training stands."""
        self.n_written = len(self.curves)
        session = self.session
        if session is None or session.recording is None or self.number is None:
            return
        arrays = under("best", arrays_of(self.best)) | under(
            "curves", {"losses": np.array(self.curves)}
        )
        for name, part in self.parts.items():
            arrays |= under(name, state_of_part(part))
        if not finished:
            arrays |= under("network", arrays_of(state_of(self.network)))
            arrays |= under("optimizer", self._moments())
        facts = {
            "finished": finished,
            "step": self.step,
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            "rng": plain(self.rng.bit_generator.state),
        }
        session.recording.write(self.number, arrays, facts)

    def _resume(self, arrays: Arrays, facts: Facts) -> None:
        """Go on from what was put down."""
        self.finished, self.step = facts["finished"], facts["step"]
        losses = out_of("curves", arrays)["losses"].tolist()
        self.curves = [(int(step), *found) for step, *found in losses]
        self.n_written = len(self.curves)
        self.best = tensors_from(out_of("best", arrays), self.best)
        self.rng.bit_generator.state = facts["rng"]
        for name, part in self.parts.items():
            resume_part(part, out_of(name, arrays))
        if self.finished:
            return
        self.network.load_state_dict(tensors_from(out_of("network", arrays), self.best))
        adam = self.optimizer.state_dict()
        for key, value in out_of("optimizer", arrays).items():
            index, name = key.split("/")
            adam["state"].setdefault(int(index), {})[name] = torch.from_numpy(value)
        self.optimizer.load_state_dict(adam)
        self.optimizer.param_groups[0]["lr"] = facts["learning_rate"]

    def _moments(self) -> Arrays:
        state = self.optimizer.state_dict()["state"]
        return arrays_of(
            {f"{i}/{name}": v for i, each in state.items() for name, v in each.items()}
        )


def state_of(network: nn.Module) -> dict[str, Tensor]:
    """Copy of the parameters as they stand."""
    return {name: value.clone() for name, value in network.state_dict().items()}


def arrays_of(tensors: dict[str, Tensor]) -> Arrays:
    """Tensors as arrays of their own."""
    return {name: value.cpu().numpy().copy() for name, value in tensors.items()}


def tensors_from(arrays: Arrays, like: dict[str, Tensor]) -> dict[str, Tensor]:
    """Arrays as tensors, each where the one of its name is."""
    return {
        name: torch.from_numpy(arrays[name]).to(value.device)
        for name, value in like.items()
    }


def state_of_part(part: Stateful | torch.Generator) -> Arrays:
    """Copy of what a part of a training goes on from."""
    if isinstance(part, torch.Generator):
        return {"state": part.get_state().numpy().copy()}
    return part.state()


def resume_part(part: Stateful | torch.Generator, state: Arrays) -> None:
    """Let a part of a training go on from such a copy."""
    if isinstance(part, torch.Generator):
        part.set_state(torch.from_numpy(state["state"]))
    else:
        part.resume(state)


def fingerprint_of(part: Stateful | torch.Generator) -> str:
    """What tells the state of a part from others."""
    return checksum(state_of_part(part), "")
