"""Coarse equations learnt from FitzHugh–Nagumo, and what they forecast.

Gaussian processes and networks on all features and on three sets of three (the best,
the second and the third of the ranking for each field), five seeds each, trained on
the three runs that LED is trained on. Forecasts of the test run start from the end of
LED's warm-up and from the first state. Errors of u and v, forecasts of the first seed
and the sets go to coarse_pdes.safetensors.
``python book/results/effective_dynamics/make_coarse_pdes.py``, a quarter of an hour.
"""

import warnings
from itertools import product
from pathlib import Path

import numpy as np
from make_led import fitzhugh_nagumo
from numpy.typing import NDArray

import msbook as ms
from msbook.estimators import CoarsePDE, feature_ranking
from msbook.metrics import mean_normalised_absolute_difference

PATH = Path(__file__).parent / "coarse_pdes.safetensors"
SEEDS = range(5)
SYSTEM = ms.systems.FitzHughNagumo()
STARTS = {"warm": 74, "first": 0}  # index of the last known state


def errors(
    forecast: NDArray[np.float64], truth: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean normalised absolute differences of u and of v; NaN if it was lost."""
    pairs = zip(SYSTEM.fields(forecast), SYSTEM.fields(truth), strict=True)
    return np.array([mean_normalised_absolute_difference(*pair) for pair in pairs])


def main() -> None:
    """Learn every equation, forecast, and keep what was measured."""
    runs = fitzhugh_nagumo()
    known, test = runs[:3], runs[5]
    ranking = feature_ranking(known, dx=SYSTEM.dx, random_state=0)
    names = ("f1", "f2", "f3")
    sets: dict[str, tuple] = dict(zip(names, zip(*ranking, strict=True), strict=False))
    arrays = {f"{name}/features": np.array(chosen) for name, chosen in sets.items()}
    found = {}
    for seed, regressor, name in product(SEEDS, ("gp", "network"), ("all", *sets)):
        pde = CoarsePDE(
            regressor, features=sets.get(name), dx=SYSTEM.dx, random_state=seed
        ).fit(known)
        for start, last in STARTS.items():
            following = test[last + 1 :]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # NaN is the result
                forecast = pde.forecast(test[None, : last + 1], len(following))[0]
            key = f"{regressor}/{name}/{start}"
            found.setdefault(key, []).append(errors(forecast, following))
            if seed == SEEDS[0]:
                arrays[f"{key}/forecast"] = forecast.astype(np.float32)
            print(key, seed, found[key][-1], flush=True)
    arrays |= {f"{key}/mnad": np.array(values) for key, values in found.items()}
    facts = ms.io.provenance(
        command="python book/results/effective_dynamics/make_coarse_pdes.py",
        seed=[*SEEDS],
    )
    ms.io.save_arrays(PATH, arrays, facts)


if __name__ == "__main__":
    main()
