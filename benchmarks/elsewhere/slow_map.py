"""``SlowMap`` with its defaults: eight systems, ten seeds each.

A fit is judged by the median over its points of the largest principal angle between
the rows of the encoder's Jacobian and the exact gradients of the slow variables; of one
slow variable, also by its rank correlation with the true one. Angles need units: of the
system whose coordinates have unlike ones, they are taken in the units of the system.
A slow angle is
taken in the turn in which it is nearest to the azimuth that the encoder sees.
"""

import time
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr

import msbook as ms
from benchmarks.elsewhere.slow_map_systems import SYSTEMS, System


def angle_to_exact(slow_map: ms.SlowMap, system: System, x, gradients) -> float:
    """Median over points of the largest principal angle, in degrees."""
    units = np.array(system.units or 1.0)
    found, exact = (j * units for j in (slow_map.jacobian(x), gradients))
    angles = ms.metrics.principal_angles(found.swapaxes(1, 2), exact.swapaxes(1, 2))
    return float(np.median(angles[:, 0]))


def rank_correlation(slow_map: ms.SlowMap, system: System, x, slow) -> float:
    """|Spearman| of the learned and the true slow variable."""
    encoded, truth = slow_map.transform(x)[:, 0], slow[:, 0]
    if system.closed and slow_map.coordinates_ == "polar":
        truth = beside_azimuth(slow_map, x, truth)
    return float(abs(spearmanr(encoded, truth).statistic))


def beside_azimuth(slow_map: ms.SlowMap, x, angle) -> np.ndarray:
    """An angle in the turn in which it is nearest to the azimuth of the encoder."""
    azimuth = slow_map.network_.coordinates(torch.tensor(x))[:, 1].numpy()
    lags = [np.exp(1j * (azimuth - sign * angle)) for sign in (1, -1)]
    sign = 1 if abs(lags[0].mean()) > abs(lags[1].mean()) else -1
    lag = lags[0] if sign == 1 else lags[1]
    offset = np.angle(lag.mean())
    return azimuth - np.angle(lag * np.exp(-1j * offset))


def fits(
    seeds: Iterable[int], options: Mapping[str, Any], names: Iterable[str] = SYSTEMS
) -> list[dict[str, Any]]:
    """One entry a fit, with options of the estimator beside its defaults."""
    found = []
    for name in names:
        system = SYSTEMS[name]
        for seed in seeds:
            x, projection, gradients, slow = system.data(seed)
            slow_map = ms.SlowMap(system.n_slow, random_state=seed, **options)
            start = time.process_time()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                slow_map.fit(x, projection)
            entry = {
                "system": name,
                "seed": seed,
                "seconds": time.process_time() - start,
                "angle": angle_to_exact(slow_map, system, x, gradients),
                "verdict": slow_map.quality_.verdict,
            }
            if system.n_slow == 1:
                entry["spearman"] = rank_correlation(slow_map, system, x, slow)
            found.append(entry)
    return found
