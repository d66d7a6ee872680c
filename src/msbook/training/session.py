"""All trainings of one fit: how they are shown, interrupted and resumed."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from msbook.training.recording import Recording

_OPEN: ContextVar["Session | None"] = ContextVar("session", default=None)


@dataclass
class Session:
    """What the trainings of a fit share.

    Attributes
    ----------
    recording : Recording or None
        The file that they are kept in.
    verbose : bool
        Whether they print lines where there is no terminal.
    outer : Session or None
        That of a fit of which this one is a part.
    interruption : str or None
        Where a KeyboardInterrupt came. The trainings after it are left out.
    """

    recording: Recording | None
    verbose: bool
    outer: "Session | None" = None
    interruption: str | None = None

    def interrupt(self, where: str) -> None:
        """Leave out what would be trained from now on."""
        self.interruption = where
        if self.outer is not None:
            self.outer.interrupt(where)


def open_session() -> Session | None:
    """That of the fit that is going on, if any."""
    return _OPEN.get()


@contextmanager
def session(
    checkpoint: str | os.PathLike[str] | None = None, *, verbose: bool = False
) -> Iterator[Session]:
    """Within it a KeyboardInterrupt ends trainings at their best, with a warning.

    A fit trains several networks, deep within what builds and chooses them. None of
    these has to know of the interrupts and of the file: the trainings look here.

    Parameters
    ----------
    checkpoint : path-like, optional
        File in which trainings are kept as they go on, and taken up again.
    verbose : bool
        Whether trainings print lines where there is no terminal.
    """
    outer = _OPEN.get()
    # A fit within a fit, such as that of a candidate, goes into the file of the whole.
    recording = None if outer is None else outer.recording
    if checkpoint is not None:
        recording = Recording(checkpoint)
    found = Session(recording, verbose, outer)
    if outer is not None:
        found.interruption = outer.interruption
    token = _OPEN.set(found)
    try:
        yield found
    finally:
        _OPEN.reset(token)
    if found.interruption is not None and found.outer is None:
        warnings.warn(
            f"fit was interrupted: {found.interruption}. The best network seen is "
            "kept, and what would have been trained after it is left as it began. Fit "
            "again to train to the end.",
            UserWarning,
            stacklevel=4,
        )
