"""Train the models of Table 2 of Zieliński & Hesthaven (2022): `make results`.

Eight architectures on the ten-dimensional quadratic system, with and without pruning,
on ten data sets simulated rightly ("right") and three simulated as the authors did
("printed"). Better ways to prune were tried on these and on ten more ("tried"), and
what was chosen is judged on ten fresh ones ("fresh"). What was found goes to
table_2.safetensors.
"""

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

import msbook as ms
from msbook.networks import MagnitudePruning, RowPruning
from msbook.sampling import SlowFastData

SYSTEM = ms.systems.QuadraticSlowFast(n_slow=2, n_fast=8, eps=1e-3)
N_LAYERS = 8


def paper(
    hidden: tuple[int, ...],
    epochs: int,
    pruning: MagnitudePruning | RowPruning | None = None,
    n_restarts: int = 1,
) -> dict:
    """Return the paper's training, which the estimator's defaults do not follow."""
    return {
        "hidden": hidden,
        "decoder_hidden": None,
        "activation": "elu",
        "coordinates": "cartesian",
        "scale": False,
        "epochs": epochs,
        "learning_rate": 0.002,  # the authors' code; their text says 0.001
        "schedule": "constant",
        "validation_fraction": 0.3,
        "n_restarts": n_restarts,
        "pruning": pruning,
    }


def wide(epochs: int, pruning: MagnitudePruning | RowPruning | None = None) -> dict:
    """Return the estimator's own network and schedule, trained once."""
    return {
        "coordinates": "cartesian",
        "scale": False,
        "epochs": epochs,
        "n_restarts": 1,
        "pruning": pruning,
    }


MODELS = {
    "0": paper((5,), 3000),
    "1": paper((6, 4), 3000),
    "2": paper((8, 4), 3500),
    "2p": paper((8, 4), 4500, MagnitudePruning(0.03, 0.30)),
    "3": paper((8, 6, 4), 3500),
    "3p": paper((8, 6, 4), 5500, MagnitudePruning(0.03, 0.35)),
    "4": paper((12, 8, 4), 3000),
    "4p": paper((12, 8, 4), 6000, MagnitudePruning(0.04, 0.55)),
}
TRIED = {
    "2p": MODELS["2p"],
    "2 by rows": paper((8, 4), 1000, RowPruning(), 4),
}
FRESH = {
    "wide": wide(120),
    "wide by rows": wide(120, RowPruning(threshold=0.3, start=40, every=5)),
    "wide by weights": wide(150, MagnitudePruning(0.05, 0.60, start=20, every=3)),
    "2p to 42 %": paper((8, 4), 5500, MagnitudePruning(0.03, 0.42), 4),
}


def make_data(seed: int, printed: bool) -> tuple[SlowFastData, SlowFastData]:
    """Training and test points, stepped hidden or, as printed, observed."""
    rng = np.random.default_rng(seed)
    eps = SYSTEM.eps
    if printed:
        paths = ms.solve(
            SYSTEM.observed,
            t_span=(0, 0.4),
            dt=eps / 30,
            save_every=4,
            method=ms.EulerMaruyama(),
            rng=rng,
        )
        data = ms.sampling.project(
            SYSTEM.observed, paths, 3001, 250, tau=4 * eps, dt=eps / 60, rng=rng
        )
    else:
        paths = ms.solve(SYSTEM, t_span=(0, 0.4), dt=eps / 7.5, rng=rng)
        data = ms.sampling.project(SYSTEM, paths, 3001, 250, rng=rng)
    return data.split(0.33, rng=rng)


def epoch_found(model: ms.SlowMap) -> int:
    """First epoch with coordinates 1 to 4 alone; all epochs if that never came."""
    active = model.history_.n_active_inputs
    right = (model.active_inputs_ == (np.arange(SYSTEM.dim) < 4)).all()
    return int((active == 4).argmax()) if right else len(active)


def linear_importance(train: SlowFastData) -> np.ndarray:
    """Size of each coordinate's coefficients in the best linear map, in its spread."""
    columns = np.column_stack([train.x, np.ones(len(train))])
    fitted = np.linalg.lstsq(columns, train.projection, rcond=None)[0][:-1]
    return np.linalg.norm(fitted, axis=1) * train.x.std(axis=0)


def medians_of_error(model: ms.SlowMap, test: SlowFastData) -> list[float]:
    """Median orthogonality error: as it is, unmixed linearly, and at each point.

    Unmixed linearly: of the linear functions of the learned variables that come
    nearest to the true ones. At each point: of orthonormal gradients that span the
    same space.
    """
    jacobian, learned = model.jacobian(test.x), model.transform(test.x)
    columns = np.column_stack([learned, np.ones(len(learned))])
    true = SYSTEM.slow_map(test.x)
    mixing = np.linalg.lstsq(columns, true, rcond=None)[0][:-1].T
    orthonormal = np.linalg.qr(np.swapaxes(jacobian, 1, 2)).Q
    return [
        np.median(ms.metrics.orthogonality_error(rows, test.x, test.covariance))
        for rows in (jacobian, mixing @ jacobian, np.swapaxes(orthonormal, 1, 2))
    ]


def measure(seed: int, printed: bool, models: dict) -> dict[str, np.ndarray]:
    """Train models on one data set; one entry a model."""
    train, test = make_data(seed, printed)
    n = len(models)
    found = {
        "loss": np.empty(n),
        "quartiles": np.empty((n, 3)),
        "unmixed": np.empty((n, 3)),
        "angle": np.empty(n),
        "layers": np.full((n, N_LAYERS), np.nan),
        "total": np.empty(n),
        "active": np.empty((n, SYSTEM.dim), dtype=bool),
        "gradient": np.empty((n, SYSTEM.dim)),
        "found": np.empty(n),
        "linear": linear_importance(train),
    }
    for k, parameters in enumerate(models.values()):
        model = ms.SlowMap(n_slow=2, random_state=seed, **parameters)
        model.fit(train.x, train.projection)
        error = ms.metrics.orthogonality_error(model, test.x, test.covariance)
        found["loss"][k] = model.history_.best_loss
        found["quartiles"][k] = np.quantile(error, (0.25, 0.5, 0.75))
        found["unmixed"][k] = medians_of_error(model, test)
        found["angle"][k] = np.median(
            ms.metrics.fibre_angle(model, test.x, test.covariance)
        )
        layers = model.sparsity_.layers
        found["layers"][k, : len(layers)] = layers
        found["total"][k] = model.sparsity_.total
        found["active"][k] = model.active_inputs_
        steepness = np.sqrt((model.jacobian(test.x) ** 2).sum(axis=1).mean(axis=0))
        found["gradient"][k] = steepness * test.x.std(axis=0)
        found["found"][k] = epoch_found(model)
    return found


GROUPS = {
    "right": (False, MODELS, range(10)),
    "printed": (True, MODELS, range(3)),
    "tried": (False, TRIED, range(200, 210)),
    "fresh": (False, FRESH, range(300, 310)),
}


def main() -> None:
    """Train everything, two seeds at a time, and keep what was measured."""
    arrays = {}
    with ProcessPoolExecutor(2) as executor:
        for name, (printed, models, seeds) in GROUPS.items():
            train = partial(measure, printed=printed, models=models)
            runs = list(executor.map(train, seeds))
            for key in runs[0]:
                arrays[f"{name}/{key}"] = np.stack([run[key] for run in runs])
    facts = ms.io.provenance(
        command="python book/results/slow_maps/make.py",
        seed=[seed for _, _, seeds in GROUPS.values() for seed in seeds],
    )
    path = Path(__file__).parent / "table_2.safetensors"
    ms.io.save_arrays(path, arrays, facts)


if __name__ == "__main__":
    main()
