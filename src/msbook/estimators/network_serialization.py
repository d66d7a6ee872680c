"""How an estimator that is a network hands itself to a file, and comes back."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import nn

from msbook.serialization.numbers import kept_array
from msbook.training.by_loss import LossHistory
from msbook.training.checkpoint import CURVES
from msbook.training.loop import History


def kept_losses(arrays: dict[str, NDArray], prefix: str) -> LossHistory:
    """The history of a training from its arrays, whose names begin with a prefix."""
    n_looks = len(arrays[f"{prefix}steps"])
    kinds = {"steps": np.int64, "train_loss": float, "validation_loss": float}
    return LossHistory(
        **{
            name: kept_array(arrays, prefix + name, (n_looks,), kind)
            for name, kind in kinds.items()
        }
    )


class NetworkKeeping(ABC):
    """Mixin for estimators with ``network_`` and ``history_``; see ``msbook.io``.

    A subclass names its other fitted attributes and their kinds, which JSON can hold,
    and makes an untrained network from its parameters and these.
    """

    _kept: ClassVar[dict[str, type]]
    network_: Any
    history_: History

    @abstractmethod
    def _new_network(self, seed: int) -> nn.Module:
        """An untrained network of the estimator's parameters."""

    @abstractmethod
    def _check_parameters(self) -> None:
        """Raise a ValueError if a parameter is out of range."""

    def to_arrays(self) -> tuple[dict[str, NDArray], dict[str, Any]]:
        """What ``fit`` found, as arrays and JSON values."""
        check_is_fitted(self, "network_")
        weights = self.network_.state_dict()
        arrays = {f"network.{name}": w.numpy() for name, w in weights.items()}
        arrays |= {name: getattr(self.history_, name) for name in CURVES}
        fitted = {name: kind(getattr(self, name)) for name, kind in self._kept.items()}
        fitted["best_epoch"] = self.history_.best_epoch
        fitted["feature_names_in_"] = list(getattr(self, "feature_names_in_", []))
        return arrays, fitted

    def from_arrays(self, arrays: dict[str, NDArray], fitted: dict[str, Any]) -> Self:
        """Take over what :meth:`to_arrays` returned, in place of fitting."""
        self._check_parameters()
        for name, kind in self._kept.items():
            setattr(self, name, kind(fitted[name]))
        if fitted["feature_names_in_"]:
            names = np.array(list(map(str, fitted["feature_names_in_"])), dtype=object)
            self.feature_names_in_ = names
        self.network_ = self._new_network(seed=0)
        weights = {
            name: torch.tensor(arrays[f"network.{name}"])
            for name in self.network_.state_dict()
        }
        self.network_.load_state_dict(weights)
        n_epochs = len(arrays[CURVES[0]])
        curves = {name: kept_array(arrays, name, (n_epochs,)) for name in CURVES}
        best_epoch = range(n_epochs)[fitted["best_epoch"]]
        self.history_ = History(best_epoch=best_epoch, **curves)
        return self
