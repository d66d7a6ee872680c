"""Where a network is trained: a device that is there."""

from __future__ import annotations

from typing import Any

import torch


def check_device(device: Any) -> str:
    """A device that PyTorch has here."""
    try:
        found = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise ValueError(
            'device must be a name that PyTorch knows, such as "cpu" or "cuda"; got '
            f"{device!r:.60}."
        ) from error
    try:
        torch.empty(0, device=found)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ValueError(
            f'device is "{found}", and PyTorch finds no such device here. Use "cpu", '
            "or install a driver and a build of PyTorch for it."
        ) from error
    return str(device)
