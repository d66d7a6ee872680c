"""``SlowMap`` with its defaults: eight systems, ten seeds each.

A fit is judged by the median over its points of the largest principal angle between
the rows of the encoder's Jacobian and the exact gradients of the slow variables; of one
slow variable, also by its rank correlation with the true one. Angles need units: of the
system whose coordinates have unlike ones, they are taken in the units of the system.
An angle that goes round is cut where the correlation is best.
"""

import time
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from scipy.stats import spearmanr

import msbook as ms
from benchmarks.elsewhere.slow_map_systems import SYSTEMS, System

CUTS = np.linspace(0, 2 * np.pi, 360, endpoint=False)


def angle_to_exact(slow_map: ms.SlowMap, system: System, x, gradients) -> float:
    """Median over points of the largest principal angle, in degrees."""
    units = np.array(system.units or 1.0)
    found, exact = (np.swapaxes(j * units, 1, 2) for j in (jacobian(slow_map, x), gradients))
    return float(np.median(ms.metrics.principal_angles(found, exact)[:, 0]))


def jacobian(slow_map, x):
    return slow_map.jacobian(x)


def rank_correlation(slow_map: ms.SlowMap, system: System, x, slow) -> float:
    """|Spearman| of the learned and the true slow variable."""
    encoded = slow_map.transform(x)[:, 0]
    if not system.closed:
        return float(abs(spearmanr(encoded, slow[:, 0]).statistic))
    wrapped = ((slow - CUTS) % (2 * np.pi)).T
    return float(max(abs(spearmanr(encoded, angle).statistic) for angle in wrapped))


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
            }
            if system.n_slow == 1:
                entry["spearman"] = rank_correlation(slow_map, system, x, slow)
            found.append(entry)
    return found
