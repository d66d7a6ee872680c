"""``SlowMap`` with its defaults: eight systems, ten seeds each.

A fit is judged by the median over its points of the largest principal angle between
the rows of the encoder's Jacobian and the exact gradients of the slow variables; of one
slow variable, also by its rank correlation with the true one. Angles need units: of the
system whose coordinates have unlike ones, they are taken in the units of the system. A
slow angle is taken in the turn in which it is nearest to the azimuth that the encoder
sees.

The self-check is tried on these fits and on ones that are bad on purpose: with the
paper's settings, with three epochs, and with one slow variable too few or too many. It
flags a fit by any verdict but "good".
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

SEEDS = range(10)
PAPER = {
    "hidden": (4,),
    "decoder_hidden": None,
    "activation": "elu",
    "coordinates": "cartesian",
    "scale": False,
    "epochs": 1000,
    "learning_rate": 2e-3,
    "schedule": "constant",
    "validation_fraction": 0.3,
    "n_restarts": 1,
}
HASTY = {"epochs": 3, "n_restarts": 1}
WORST, FINE = 5.0, 2.5  # degrees: a fit that must be flagged, and one that must not


def study(seeds: Iterable[int]) -> list[dict[str, Any]]:
    """All rows: settings by system, the self-check, numbers found, and paths alone."""
    seeds = list(seeds)
    # Compilation is not timed.
    fit(SYSTEMS["circle"], 0, *SYSTEMS["circle"].data(0)[:2], {})
    fit(SYSTEMS["circle"], 0, *SYSTEMS["circle"].data(0)[:2], PAPER)
    groups = {
        "defaults": fits(seeds, {}),
        "paper's settings": fits(seeds, PAPER),
        "three epochs": fits(seeds, HASTY),
    }
    rows = [
        {"settings": settings} | summary(name, found)
        for settings, group in groups.items()
        for name, found in by_system(group).items()
    ]
    rows += [flagged(settings, group) for settings, group in groups.items()]
    rows.append(flagged("one slow variable too few", wrong_number(seeds, -1)))
    rows.append(flagged("one slow variable too many", wrong_number(seeds, 1)))
    rows += numbers_found(seeds)
    rows += [
        {"settings": "one long path"} | summary(name, found)
        for name, found in by_system(from_paths(seeds)).items()
    ]
    return rows


def fits(
    seeds: Iterable[int], options: Mapping[str, Any], names: Iterable[str] = SYSTEMS
) -> list[dict[str, Any]]:
    """One entry a fit, with options of the estimator beside its defaults."""
    found = []
    for name in names:
        system = SYSTEMS[name]
        for seed in seeds:
            x, projection, gradients, slow = system.data(seed)
            slow_map, seconds = fit(system, seed, x, projection, options)
            entry = {
                "system": name,
                "seed": seed,
                "seconds": seconds,
                "angle": angle_to_exact(slow_map, system, x, gradients),
                "verdict": slow_map.quality_.verdict,
            }
            if system.n_slow == 1:
                entry["spearman"] = rank_correlation(slow_map, system, x, slow)
            found.append(entry)
    return found


def from_paths(seeds: Iterable[int]) -> list[dict[str, Any]]:
    """The same from one long path a fit, of the systems that are simulated."""
    found = []
    for name, system in SYSTEMS.items():
        for seed in seeds if system.hidden is not None else ():
            x, projection, gradients = system.path_data(seed)
            slow_map, seconds = fit(system, seed, x, projection, {})
            found.append(
                {
                    "system": name,
                    "seconds": seconds,
                    "angle": angle_to_exact(slow_map, system, x, gradients),
                    "verdict": slow_map.quality_.verdict,
                }
            )
    return found


def wrong_number(seeds: Iterable[int], more: int) -> list[dict[str, Any]]:
    """Verdicts with so many slow variables more than there are, where that is any."""
    found = []
    for name, system in SYSTEMS.items():
        n_slow = system.n_slow + more
        # Two numbers on a circle are no fault: they may be its sine and cosine.
        if not 1 <= n_slow < system.n_slow + system.n_fast or system.closed:
            continue
        for seed in seeds:
            x, projection = system.data(seed)[:2]
            slow_map, _ = fit(system, seed, x, projection, {"n_slow": n_slow})
            found.append(
                {"system": name, "angle": 90.0, "verdict": slow_map.quality_.verdict}
            )
    return found


def numbers_found(seeds: Iterable[int]) -> list[dict[str, Any]]:
    """How often ``n_slow="auto"`` finds the number that is true, and refuses."""
    rows = []
    for name, system in SYSTEMS.items():
        found = []
        for seed in seeds:
            x, projection = system.data(seed)[:2]
            try:
                slow_map, _ = fit(system, seed, x, projection, {"n_slow": "auto"})
                found.append(slow_map.n_slow_)
            except ValueError:
                found.append(0)
        rows.append(
            {
                "settings": "n_slow = auto",
                "system": name,
                "fits": len(found),
                "right": found.count(system.n_slow),
                "refused": found.count(0),
            }
        )
    return rows


def fit(
    system: System, seed: int, x, projection, options: Mapping[str, Any]
) -> tuple[ms.SlowMap, float]:
    """A fitted map, and the seconds of processor it took."""
    options = {"n_slow": system.n_slow, "random_state": seed} | options
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        slow_map = ms.SlowMap(**options).fit(x, projection)
    return slow_map, time.process_time() - start


def by_system(entries: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Entries of each system."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        groups.setdefault(entry["system"], []).append(entry)
    return groups


def summary(name: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """A row for one system: medians over the fits, and the worst of them."""
    angles = [entry["angle"] for entry in entries]
    row = {
        "system": name,
        "fits": len(entries),
        "angle": round(float(np.median(angles)), 3),
        "worst_angle": round(max(angles), 3),
        "seconds": round(float(np.mean([e["seconds"] for e in entries])), 4),
        "good": sum(entry["verdict"] == "good" for entry in entries),
    }
    ranks = [entry["spearman"] for entry in entries if "spearman" in entry]
    if ranks:
        row |= {
            "spearman": round(float(np.median(ranks)), 5),
            "worst_spearman": round(min(ranks), 5),
        }
    return row


def flagged(name: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """A row on the self-check: how many fits it flags, bad ones and fine ones."""
    bad, fine = (
        [entry["verdict"] != "good" for entry in entries if chosen(entry["angle"])]
        for chosen in (lambda angle: angle > WORST, lambda angle: angle <= FINE)
    )
    return {
        "settings": f"self-check, {name}",
        "beyond_5_degrees": len(bad),
        "flagged_of_these": sum(bad),
        "within_2.5_degrees": len(fine),
        "flagged_of_those": sum(fine),
    }


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
    ways = (np.exp(1j * (azimuth - sign * angle)) for sign in (1, -1))
    lag = max(ways, key=lambda way: abs(way.mean()))
    return azimuth - np.angle(lag * np.exp(-1j * np.angle(lag.mean())))
