"""What the parameters of a network must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from msbook._validation import check_choice, check_count, check_kind, check_widths
from msbook.networks.layers.activations import ACTIVATIONS


def check_sizes(**sizes: Any) -> None:
    """Raise a ValueError that names a size that is no whole number from 1 on."""
    for name, size in sizes.items():
        check_count(name, size)


def check_activation(activation: Any) -> None:
    """Raise a ValueError for an unknown activation."""
    check_choice("activation", activation, ACTIVATIONS)


def check_generator(generator: Any) -> None:
    """Raise a ValueError for what is no source of initial parameters."""
    check_kind("generator", generator, torch.Generator, "a torch.Generator")


def check_modules(**modules: Any) -> None:
    """Raise a ValueError that names what is no network."""
    for name, module in modules.items():
        check_kind(name, module, nn.Module, "a torch.nn.Module")


def check_residual(hidden: Any, name: str = "hidden") -> tuple[int, ...]:
    """Widths of layers that are added, all the same, or a ValueError."""
    widths = check_widths(name, hidden)
    if len(set(widths)) != 1:
        raise ValueError(
            f"{name} must name layers of one width, such as (100, 100, 100), for "
            f"residual connections add them; got {widths}."
        )
    return widths


def check_recipe(n_latent: int, hidden: Sequence[int], activation: str) -> None:
    """Raise a ValueError for a latent state or a residual stack that cannot be."""
    check_sizes(n_latent=n_latent)
    check_residual(hidden)
    check_activation(activation)
