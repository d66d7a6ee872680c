"""The networks of the report, layer by layer, as its figures 16, 19 and 23 list them.

Sizes of filters follow from the numbers of parameters, and strides from the shapes. The
figures list no batch normalisation in the autoencoders, against the text of section
7.4.1; with ``normalised`` it follows every hidden layer.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

DROPOUT = 0.2
N_LATENT = 10


class ReportAutoencoder(nn.Module):
    """Figure 16 or, with ``coarse``, figure 23: fields ``(n, 2, 20, 20)`` to the same.

    Parameters
    ----------
    coarse : bool
        Whether the encoder is given every second row and column only.
    normalised : bool
        Whether batch normalisation follows every hidden layer.
    """

    def __init__(self, coarse: bool = False, normalised: bool = False) -> None:
        super().__init__()
        self.every = 2 if coarse else 1
        flat, first, second, third = (32, 32, 32, 64) if coarse else (128, 64, 64, 128)

        def plane(layer: nn.Module, channels: int) -> list[nn.Module]:
            extra = [nn.BatchNorm2d(channels)] if normalised else []
            return [layer, nn.ELU(), *extra]

        def dense(n_in: int, n_out: int, *dropout: nn.Module) -> list[nn.Module]:
            extra = [nn.BatchNorm1d(n_out)] if normalised else []
            return [nn.Linear(n_in, n_out), nn.ELU(), *extra, *dropout]

        inwards: list[nn.Module] = []
        for n_in, n_out in ((2, 8), (8, 16), (16, 32)):
            filters = nn.Conv2d(n_in, n_out, 3, padding="same")
            inwards += [*plane(filters, n_out), nn.MaxPool2d(2)]
        self.encoder = nn.Sequential(
            *inwards,
            nn.Flatten(),
            *dense(flat, first),
            *dense(first, second, nn.Dropout(DROPOUT)),
            *dense(second, third, nn.Dropout(DROPOUT)),
            nn.Linear(third, N_LATENT),
        )
        if coarse:
            corner = (32, 1, 1)
            outwards = [
                *plane(doubling(32, 32), 32),
                *plane(nn.ConvTranspose2d(32, 16, 3, stride=2), 16),
                *plane(doubling(16, 8), 8),
                # One point wide: it fills a quarter of the points of the fine grid,
                # and the last layer spreads each of them over four.
                *plane(nn.ConvTranspose2d(8, 2, 1, stride=2, output_padding=1), 2),
                Spread(2),
            ]
        else:
            corner = (16, 2, 2)
            outwards = [
                *plane(nn.ConvTranspose2d(16, 32, 3, stride=2), 32),
                *plane(doubling(32, 16), 16),
                *plane(doubling(16, 8), 8),
                Spread(8),
            ]
        self.decoder = nn.Sequential(
            *dense(N_LATENT, third, nn.Dropout(DROPOUT)),
            *dense(third, second, nn.Dropout(DROPOUT)),
            *dense(second, first),
            nn.Unflatten(1, corner),
            *outwards,
        )

    def encode(self, x: Tensor) -> Tensor:
        """Latents ``(n, 10)`` of scaled fields."""
        return self.encoder(x[:, :, :: self.every, :: self.every])

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.encode(x))


class Spread(nn.Module):
    """The last layer: filters of two points, which leave the grid as large as it is."""

    def __init__(self, n_in: int) -> None:
        super().__init__()
        self.filters = nn.ConvTranspose2d(n_in, 2, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.filters(x)[:, :, :-1, :-1]


class ReportPropagator(nn.Module):
    """Figure 19: windows ``(n, n_known, 10)`` of latents to the next one."""

    def __init__(self) -> None:
        super().__init__()
        ways = {"batch_first": True, "bidirectional": True}
        self.first = nn.LSTM(N_LATENT, 32, **ways)
        self.normal = nn.BatchNorm1d(64)
        self.second = nn.LSTM(64, 64, **ways)
        self.last = nn.Sequential(
            *(nn.Linear(128, 64), nn.ReLU(), nn.BatchNorm1d(64)),
            *(nn.Linear(64, 32), nn.ReLU(), nn.BatchNorm1d(32)),
            nn.Linear(32, N_LATENT),
        )
        # PyTorch has two biases in a gate, which only add up, and Keras one.
        for name, parameter in self.named_parameters():
            if "bias_hh" in name:
                nn.init.zeros_(parameter).requires_grad_(False)

    def forward(self, z: Tensor) -> Tensor:
        hidden = self.normal(self.first(z)[0].transpose(1, 2)).transpose(1, 2)
        _, (ends, _) = self.second(hidden)
        return self.last(torch.cat((ends[0], ends[1]), dim=1))


def count(network: nn.Module) -> int:
    """Parameters as Keras counts them: running means too, and one bias a gate."""
    kept = network.state_dict().items()
    return sum(
        values.numel()
        for name, values in kept
        if "bias_hh" not in name and "num_batches" not in name
    )


def doubling(n_in: int, n_out: int) -> nn.ConvTranspose2d:
    """Filters of three points that double the points a side."""
    return nn.ConvTranspose2d(n_in, n_out, 3, 2, padding=1, output_padding=1)
