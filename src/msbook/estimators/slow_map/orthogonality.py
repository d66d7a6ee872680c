"""The orthogonality error of an encoder while it is trained."""

from typing import cast

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import nn

from msbook.metrics.geometry import fast_directions
from msbook.networks.layers.dense import EncoderDecoder
from msbook.sampling.covariances import check_covariance


class MedianOrthogonalityError:
    """Median of ``metrics.orthogonality_error`` at the points that are watched.

    Fast directions are found once. With them orthonormal and the gradients of unit
    length, what the error measures are their products alone, those of gradients with
    fast directions twice.
    """

    def __init__(
        self,
        points: NDArray[np.float64],
        covariance: ArrayLike | None,
        n_slow: int,
        watched: NDArray[np.int64],
    ) -> None:
        n, dim = points.shape
        if n_slow >= dim or covariance is None:
            raise ValueError(
                'keep_best="orthogonality" needs n_slow, fewer slow variables than the '
                f"{dim} features, and in fit a covariance of shape {(n, dim, dim)}; "
                f"got {n_slow}, and {'none' if covariance is None else 'one'}."
            )
        sigma = check_covariance(covariance, points.shape)
        self.points = torch.tensor(points[watched])
        self.dim = dim
        self.fast = fast_directions(sigma[watched], dim - n_slow)

    def __call__(self, network: nn.Module) -> float:
        """The median; NaN where a gradient vanishes."""
        jacobian = cast(EncoderDecoder, network).encoder_jacobian(self.points).numpy()
        with np.errstate(invalid="ignore"):
            gradients = jacobian / np.linalg.norm(jacobian, axis=2, keepdims=True)
        along_fast = gradients @ self.fast
        between = gradients @ np.swapaxes(gradients, 1, 2) - np.eye(jacobian.shape[1])
        twice, once = (np.sum(a**2, axis=(1, 2)) for a in (along_fast, between))
        return float(np.sqrt(np.median(2 * twice + once) / self.dim))
