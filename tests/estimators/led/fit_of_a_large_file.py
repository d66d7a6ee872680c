"""Fits LED to a file larger than a limit, and prints how far the memory grew."""

import sys
import threading
from pathlib import Path

import numpy as np

import msbook as ms
from msbook.networks import DelayedMLP, DenseAutoencoder, PrincipalComponents

SHAPE = 300, 256, 1024  # in single precision 300 MiB, in double 600


def anonymous() -> float:
    """MiB of memory that no file lies behind."""
    status = Path("/proc/self/status").read_text("utf-8")
    line = next(row for row in status.splitlines() if row.startswith("RssAnon"))
    return int(line.split()[1]) / 1024


class Peak(threading.Thread):
    """The largest memory while something is done."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.value, self.done = anonymous(), threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.005):
            self.value = max(self.value, anonymous())


def growth(path: str) -> float:
    """MiB by which a fit and its latents need more than what came before."""
    x = np.linspace(0, 2 * np.pi, SHAPE[2])
    t = np.arange(SHAPE[1])[:, None]
    states = np.lib.format.open_memmap(path, "w+", "f4", SHAPE)
    for i in range(SHAPE[0]):
        states[i] = np.sin(x - 0.1 * t + i)
    states.flush()
    data = np.load(path, mmap_mode="r")
    settings = {"n_updates": 3, "rollouts": ((2, 3),), "random_state": 0}
    recipes = [DenseAutoencoder(2, (8,)), PrincipalComponents(2)][: int(sys.argv[2])]
    # What is compiled and imported when first used is none of the data's.
    small = np.array(data[:6, :50])
    for recipe in recipes:
        led = ms.LED(recipe, DelayedMLP((4,), 1), **settings).fit(small)
        led.transform(small)
    before, peak = anonymous(), Peak()
    peak.start()
    for recipe in recipes:
        led = ms.LED(recipe, DelayedMLP((4,), 1), **settings).fit(data)
        led.transform(data)
    peak.done.set()
    peak.join()
    return peak.value - before


if __name__ == "__main__":
    print(growth(sys.argv[1]))
