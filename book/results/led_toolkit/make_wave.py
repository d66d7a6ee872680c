"""LED on the wave in the square: the trainings of the notebook "A travelling wave".

``wave_{seed}`` learns from 1200 exact waves, and ``coarse_{seed}`` from 400 with an
encoder that looks at every second row and column. ``fewer`` has 400 waves as well, and
``hundred`` the report's data: 100 waves solved step by step, with their images under
the symmetries of the square. Of these two, errors on test waves go to
wave_{name}_{seed}.safetensors. States are 2.5 apart. The losses of much shorter
trainings, which a test makes again, go to wave.safetensors.
``python book/results/led_toolkit/make_wave.py``, a hundred minutes on one core;
``make_wave.py wave 3`` trains one of them.
"""

import sys
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import msbook as ms
from msbook.metrics import model_error
from msbook.networks import ConvolutionalAutoencoder, DelayedMLP

FOLDER = Path(__file__).parent
SEEDS = range(5)
GRID = ms.systems.ExcitableGrid()
DT = 2.5
TIMES = DT * np.arange(201)
WAVES = {"wave": 1200, "coarse": 400, "fewer": 400, "hundred": 100}
UPDATES = {"wave": 36_000, "coarse": 5000, "fewer": 10_000, "hundred": 10_000}
PROPAGATOR = DelayedMLP((128, 128), n_delays=20)
ROLLOUTS = ((20, 800), (80, 600))
N_KNOWN = 41  # 100 time units, the report's 200 steps
N_FORECAST = 160
SHORTER = 100  # times, in updates and waves, where a test makes it again

Data = tuple[NDArray[np.float64], NDArray[np.float64]]


def exact_waves(seed: int, n_waves: int, n_watched: int = 20) -> Data:
    """Waves to train on and waves to watch, ``(n, 201, 800)``."""
    firing = np.random.default_rng(seed).uniform(size=(n_waves + n_watched, 2))
    waves = GRID.waves(firing, TIMES)
    return waves[:n_waves], waves[n_waves:]


def report_waves(seed: int, n_waves: int) -> Data:
    """The report's: solved with steps of 0.5, a tenth of them watched; with images."""
    firing = np.random.default_rng(seed).uniform(size=(n_waves, 2))
    waves = GRID.simulate(firing, (0, 500), dt=0.5, save_every=5).y
    n_known = n_waves - n_waves // 10
    return images(waves[:n_known]), images(waves[n_known:])


def images(waves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Waves and, below them, their turns and reflections, eight in all."""
    fields = waves.reshape(*waves.shape[:2], 2, GRID.n, GRID.n)
    turned = [np.rot90(fields, k, axes=(3, 4)) for k in range(4)]
    both = [image for turn in turned for image in (turn, np.swapaxes(turn, 3, 4))]
    return np.concatenate(both).reshape(-1, *waves.shape[1:])


def new_led(name: str, seed: int, shorter: int = 1, n_latent: int = 10) -> ms.LED:
    """What is fitted."""
    return ms.LED(
        ConvolutionalAutoencoder(n_latent=n_latent, every=2 if name == "coarse" else 1),
        PROPAGATOR,
        n_fields=2,
        dt=DT,
        n_updates=UPDATES[name] // shorter,
        rollouts=tuple((k, n // shorter) for k, n in ROLLOUTS),
        batch_size=64,
        learning_rate=8e-3,
        random_state=seed,
    )


def train(name: str, seed: int, shorter: int = 1) -> ms.LED:
    """One of the fitted estimators, or one from that many times less."""
    drawn = report_waves if name == "hundred" else exact_waves
    known, watched = drawn(seed, max(WAVES[name] // shorter, 10))
    return new_led(name, seed, shorter).fit(known, validation=watched)


def unseen_waves(*, stepped: bool = False) -> NDArray[np.float64]:
    """Twenty waves ``(20, 201, 800)`` that no network has seen."""
    firing = np.random.default_rng(1000).uniform(size=(20, 2))
    if stepped:
        return GRID.simulate(firing, (0, 500), dt=0.5, save_every=5).y
    return GRID.waves(firing, TIMES)


def errors(led: ms.LED, waves: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Model errors over the norm of the truth, rebuilt and forecast; means of waves."""
    pairs = {
        "rebuilt": (led.inverse_transform(led.transform(waves)), waves),
        "forecast": (led.forecast(waves[:, :N_KNOWN], N_FORECAST), waves[:, N_KNOWN:]),
    }
    return {
        name: np.array(model_error(*pair, relative=True).mean())
        for name, pair in pairs.items()
    }


def keep(name: str, seed: int, led: ms.LED) -> None:
    """The estimator, or its errors on unseen waves that are solved as those known."""
    if name in ("wave", "coarse"):
        ms.io.save_model(FOLDER / f"{name}_{seed}.safetensors", led)
        return
    found = errors(led, unseen_waves(stepped=name == "hundred"))
    ms.io.save_arrays(FOLDER / f"wave_{name}_{seed}.safetensors", found, facts())


def facts() -> dict:
    """Where kept numbers come from."""
    return ms.io.provenance(
        command="python book/results/led_toolkit/make_wave.py", seed=[*SEEDS]
    )


def losses(led: ms.LED) -> NDArray[np.float64]:
    """Losses on the data watched: of the autoencoder, then stage by stage."""
    histories = [led.history_, *led.propagator_histories_]
    return np.concatenate([h.validation_loss for h in histories if h is not None])


def main() -> None:
    """Train what is asked for, or everything, and keep it."""
    chosen = [(sys.argv[1], int(sys.argv[2]))] if len(sys.argv) > 1 else None
    for name, seed in chosen or product(UPDATES, SEEDS):
        keep(name, seed, train(name, seed))
    short = {name: losses(train(name, 0, SHORTER)) for name in UPDATES}
    ms.io.save_arrays(FOLDER / "wave.safetensors", short, facts())


if __name__ == "__main__":
    main()
