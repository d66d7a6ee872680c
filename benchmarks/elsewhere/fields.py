r"""``LED`` with its defaults: seven fields, five seeds, and the linear models.

Of 16 paths the first 30 states are known, and states follow at six lead times. The
error at a lead time is relative to that of the climate, the mean :math:`m` of the paths
for training at each point:

.. math:: E = \sqrt{\Bigl\langle
              \frac{\langle (f - x)^2 \rangle}{\langle (m - x)^2 \rangle}
              \Bigr\rangle_\text{fields}}

with means over the paths and the points of a field inside. So the climate itself has 1.
Of errors beyond a million, and of forecasts that are not finite, a million is said.
The settings of LED were found on the first seed of ``DEVELOPMENT``; none of ``SEEDS``
was looked at before.
"""

import time
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import msbook as ms
from benchmarks.elsewhere.fields_peers import N_KNOWN, PEERS
from benchmarks.elsewhere.fields_systems import SYSTEMS

SEEDS = range(5)
DEVELOPMENT = range(100, 103)
LEAD_TIMES = (1, 10, 30, 60, 100, 150)
LARGEST = 1e6


def study(seeds: Iterable[int]) -> list[dict[str, Any]]:
    """Rows of each system: errors of each model, and those of LED over the best."""
    return [row for name in SYSTEMS for row in of_system(name, list(seeds))]


def of_system(name: str, seeds: list[int], led: bool = True) -> list[dict[str, Any]]:
    """Rows of one system."""
    models = [*PEERS, "LED"] if led else [*PEERS]
    errors = np.empty((len(models), len(seeds), len(LEAD_TIMES)))
    seconds = np.empty((len(models), len(seeds)))
    for s, seed in enumerate(seeds):
        train, test = SYSTEMS[name].data(seed)
        for m, model in enumerate(models):
            start = time.process_time()
            fitted = (LEDPeer(name, seed) if model == "LED" else PEERS[model]()).fit(
                train
            )
            seconds[m, s] = time.process_time() - start
            forecast = fitted.forecast(test[:, :N_KNOWN], max(LEAD_TIMES))
            errors[m, s] = relative_errors(forecast, train, test, name)
    rows: list[dict[str, Any]] = [
        {"system": name, "model": model}
        | by_lead_time(np.median(errors[m], axis=0))
        | {"seconds": round(float(np.median(seconds[m])), 1)}
        for m, model in enumerate(models)
    ]
    if led:
        # The best peer of each seed and lead time, whichever it is.
        ratios = errors[-1] / errors[:-1].min(axis=0)
        for over_seeds in (np.median, np.max):
            word = {np.median: "median", np.max: "worst"}[over_seeds]
            over = by_lead_time(over_seeds(ratios, axis=0))
            rows.append({"system": name, "over the best peer": word} | over)
    return rows


def by_lead_time(values: NDArray[Any]) -> dict[str, float]:
    """A number for each lead time."""
    return {
        f"{steps} steps": float(f"{value:.4g}")
        for steps, value in zip(LEAD_TIMES, values, strict=True)
    }


class LEDPeer:
    """LED as a reader has it, who hands over fields in their shape."""

    def __init__(self, name: str, seed: int) -> None:
        self.shape = SYSTEMS[name].shape
        self.led = ms.LED(random_state=seed)

    def fit(self, train: NDArray[Any]) -> "LEDPeer":
        """Train, without the warnings."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            self.led.fit(self._fields(train))
        return self

    def forecast(self, known: NDArray[Any], n_steps: int) -> NDArray[Any]:
        """States that follow."""
        found = self.led.forecast(self._fields(known), n_steps)
        return found.reshape(*found.shape[:2], -1)

    def _fields(self, states: NDArray[Any]) -> NDArray[Any]:
        return states.reshape(*states.shape[:2], *self.shape)


def relative_errors(
    forecast: NDArray[Any], train: NDArray[Any], test: NDArray[Any], name: str
) -> NDArray[Any]:
    """Errors at the lead times, by the formula above."""
    ahead = np.array(LEAD_TIMES) - 1
    truth, mean = test[:, N_KNOWN:][:, ahead], train.mean(axis=(0, 1))
    n_fields = SYSTEMS[name].n_fields

    def squared(difference: NDArray[Any]) -> NDArray[Any]:
        fields = difference.reshape(*difference.shape[:2], n_fields, -1)
        return np.mean(fields.astype(float) ** 2, axis=(0, 3))

    with np.errstate(over="ignore", invalid="ignore"):
        ratio = squared(forecast[:, ahead] - truth) / squared(mean - truth)
        errors = np.sqrt(ratio.mean(axis=1))
    return np.minimum(np.where(np.isfinite(errors), errors, LARGEST), LARGEST)
