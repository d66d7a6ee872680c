"""What a training shows of itself as it goes on."""

from collections.abc import Iterator
from time import monotonic

import numpy as np
from tqdm import tqdm

BETWEEN_LINES = 10.0  # seconds


class ProgressLine:
    """A line on a terminal; elsewhere nothing or, if asked for, lines now and then.

    Parameters
    ----------
    stage : str
        What is trained.
    start, total : int
        Updates or epochs that were made before, and that will be at the end.
    unit : str
        What they are.
    verbose : bool
        Whether to print lines where there is no terminal.
    """

    def __init__(
        self, stage: str, start: int, total: int, unit: str, verbose: bool
    ) -> None:
        self.stage, self.total, self.unit = stage, total, unit
        # Without being told, tqdm looks whether there is a terminal.
        self.bar = tqdm(
            range(start, total),
            desc=stage,
            initial=start,
            total=total,
            unit=f" {unit}",
            disable=None,
            leave=False,
        )
        self.prints = verbose and self.bar.disable
        self.printed = monotonic()

    def __iter__(self) -> Iterator[int]:
        """Numbers of the updates that are left, from 0 on."""
        return iter(self.bar)

    def show(self, done: int, loss: float) -> None:
        """Tell the validation loss after so many updates."""
        if not self.bar.disable:
            self.bar.set_postfix_str(f"validation loss {loss:.3g}", refresh=False)
        if self.prints and monotonic() - self.printed > BETWEEN_LINES:
            self.printed = monotonic()
            print(
                f"{self.stage}: {done} of {self.total} {self.unit}, "
                f"validation loss {loss:.3g}",
                flush=True,
            )

    def close(self, done: int, best: float) -> None:
        """Clear the line, or print the last one."""
        self.bar.close()
        if self.prints and np.isfinite(best):
            print(
                f"{self.stage}: ended after {done} {self.unit}, best validation loss "
                f"{best:.3g}",
                flush=True,
            )
