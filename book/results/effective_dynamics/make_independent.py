"""Autoencoders of Kuramoto–Sivashinsky whose latents are kept apart, and plain ones.

Five seeds of each at the same number of updates, on the run and the images that LED is
trained on; the weight of the penalty was chosen on other seeds. Squared errors of
reconstruction on test data, latent states of some of them, and the errors of
forecasts go to independent.safetensors.
``python book/results/effective_dynamics/make_independent.py``, eight minutes.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from make_led import kuramoto_sivashinsky
from torch import Tensor

import msbook as ms
from msbook.metrics import normalised_absolute_difference
from msbook.networks import AutoencoderNetwork, DelayedMLP, DenseAutoencoder

PATH = Path(__file__).parent / "independent.safetensors"
SEEDS = range(5)
WEIGHTS = {"plain": 0.0, "independent": 0.03}
N_STEPS = 240  # of a forecast, nearly three Lyapunov times


class IndependentNetwork(AutoencoderNetwork):
    """An autoencoder whose latents pay for depending on each other."""

    weight: float

    def loss(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Error of reconstruction, and the mean squared distance correlation."""
        z = self.encode(x)
        return self.error(x) + self.weight * mean_dependence(z)


@dataclass(frozen=True)
class IndependentAutoencoder(DenseAutoencoder):
    """A dense autoencoder with that penalty."""

    weight: float = 0.0

    def build(self, n_features: int, generator: torch.Generator) -> IndependentNetwork:
        """The untrained network."""
        plain = super().build(n_features, generator)
        network = IndependentNetwork(plain.encoder, plain.decoder)
        network.weight = self.weight
        return network


def mean_dependence(z: Tensor) -> Tensor:
    """Squared distance correlation, mean over the pairs of columns of ``(n, k)``."""
    distance = (z.T[:, :, None] - z.T[:, None, :]).abs()
    centred = distance - distance.mean(1, keepdim=True)
    centred = centred - centred.mean(2, keepdim=True)
    covariance = torch.einsum("inm,jnm->ij", centred, centred)
    variance = covariance.diagonal()
    squared = covariance / torch.sqrt(torch.outer(variance, variance))
    n_latent = len(squared)
    return (squared.sum() - n_latent) / (n_latent * (n_latent - 1))


def main() -> None:
    """Train everything, and keep what it makes of the test data."""
    system = ms.systems.KuramotoSivashinsky()
    states = kuramoto_sivashinsky(10_000, 1, rng=0)
    known = system.symmetric_copies(states[:, :5000], 16)
    watched = system.symmetric_copies(states[:, 5000:], 2)
    test = kuramoto_sivashinsky(1000, 20, rng=1)
    some = test[:, ::10].reshape(-1, test.shape[2])
    starts = np.concatenate([test[:, n : n + N_STEPS + 1] for n in range(0, 720, 240)])
    found = {}
    for seed in SEEDS:
        for name, weight in WEIGHTS.items():
            led = ms.LED(
                IndependentAutoencoder(8, weight=weight),
                DelayedMLP((256, 256), n_delays=1),
                n_fields=1,
                dt=0.25,
                n_updates=1500,
                rollouts=((2, 500), (10, 500)),
                n_windows=256,
                random_state=seed,
            ).fit(known, validation=watched)
            latents = led.transform(some)
            wrong = (led.inverse_transform(latents) - some) / led.scaling_.scale
            forecast = led.forecast(starts[:, :1], N_STEPS)
            nad = normalised_absolute_difference(forecast, starts[:, 1:])
            for key, values in {
                "error": np.mean(wrong**2),
                "latents": latents.astype(np.float32),
                "forecast_error": nad.mean(axis=0),
            }.items():
                found.setdefault(f"{name}/{key}", []).append(values)
            print(seed, name, np.mean(wrong**2), nad.mean(), flush=True)
    facts = ms.io.provenance(
        command="python book/results/effective_dynamics/make_independent.py",
        seed=[*SEEDS],
    )
    arrays = {name: np.array(values) for name, values in found.items()}
    ms.io.save_arrays(PATH, arrays, facts)


if __name__ == "__main__":
    main()
