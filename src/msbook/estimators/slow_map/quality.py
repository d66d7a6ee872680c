"""How good a slow map is, told from its data alone."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
import torch
from numpy.typing import NDArray

from msbook.estimators.slow_map.coordinates import Scaling
from msbook.estimators.slow_map.monomials import monomials
from msbook.metrics.geometry import fibre_angle, principal_angles
from msbook.networks.layers.dense import EncoderDecoder

GOOD_ANGLE, BAD_ANGLE = 1.5, 3.0
GOOD_SHARE, BAD_SHARE = 0.1, 0.15
GOOD_FIBRE_ANGLE, BAD_FIBRE_ANGLE = 5.0, 10.0
POINTS_A_TERM = 20
MOST_POINTS = 5000
HIGHEST_DEGREE = 3


@dataclass(frozen=True)
class SlowMapQuality:
    r"""How good a slow map is, without knowing the truth.

    The residuals of a good map are noise; of a bad one they depend on the points. With
    columns brought to the size of one, polynomials :math:`\phi` of up to the third
    degree are fitted to the error :math:`e` of the slow variable that explains the
    residuals best,

    .. math:: \min_e \sum_m \bigl\lVert y_m - \mathcal{D}(\mathcal{E}(x_m))
              - \mathcal{D}'\, e(x_m) \bigr\rVert_\Sigma^2,
              \qquad e = B\, \phi(x),

    which is one step of Gauss and Newton, and the gradients of :math:`\mathcal{E}` and
    :math:`\mathcal{E} + e` are compared. What the step cannot tell, an error that no
    such polynomial follows or that of an over-fitted network, is not seen.

    Attributes
    ----------
    angle : float or None
        Median over the points of the angle, in degrees, by which the step turns the
        encoder's gradients. The error is larger, mostly two to four times. None, as
        the next two, where there are too few points to tell.
    noise_angle : float or None
        The same for residuals that are nothing but noise: what the data cannot tell.
        It is large where there are more slow variables than ``n_slow`` should be.
    unexplained : float or None
        Spread of what polynomials in the points explain of the residuals, by that of
        the targets. It is large where ``n_slow`` is too small, or the bursts behind
        the targets too short.
    fibre_angle : float or None
        Median of :func:`msbook.metrics.fibre_angle`, in scaled coordinates, where
        ``fit`` was given covariances.

    Examples
    --------
    >>> print(SlowMapQuality(angle=0.4, noise_angle=0.2, unexplained=0.01))
    good (angle 0.4, noise_angle 0.2, unexplained 0.01)
    >>> SlowMapQuality(angle=7.0, noise_angle=0.2, unexplained=0.01).verdict
    'bad'
    """

    angle: float | None
    noise_angle: float | None
    unexplained: float | None
    fibre_angle: float | None = None

    @property
    def verdict(self) -> str:
        """``"good"``, ``"doubtful"`` or ``"bad"``."""
        if self.angle is None or self.noise_angle is None or self.unexplained is None:
            return "doubtful"
        angle = max(self.angle, self.noise_angle)
        fibre = self.fibre_angle or 0.0
        if angle > BAD_ANGLE or self.unexplained > BAD_SHARE or fibre > BAD_FIBRE_ANGLE:
            return "bad"
        if (
            angle > GOOD_ANGLE
            or self.unexplained > GOOD_SHARE
            or fibre > GOOD_FIBRE_ANGLE
        ):
            return "doubtful"
        return "good"

    @property
    def advice(self) -> str:
        """What to try, where it is not good."""
        if self.angle is None or self.noise_angle is None or self.unexplained is None:
            return "There are too few points to tell: take more."
        if self.unexplained > GOOD_SHARE:
            return (
                "The targets change with the points in ways that the map does not "
                "follow: take a larger n_slow, longer bursts, or more epochs."
            )
        if self.noise_angle > GOOD_ANGLE:
            return (
                "The data do not determine this many slow variables: take a smaller "
                "n_slow, more points, or more bursts a point."
            )
        return "Try more epochs, more restarts, or wider hidden layers."

    def __str__(self) -> str:
        shown = {
            "angle": self.angle,
            "noise_angle": self.noise_angle,
            "unexplained": self.unexplained,
            "fibre_angle": self.fibre_angle,
        }
        known = [f"{name} {v:.2g}" for name, v in shown.items() if v is not None]
        return f"{self.verdict} ({', '.join(known)})"


def judge(
    network: EncoderDecoder,
    points: NDArray[np.float64],
    targets: NDArray[np.float64],
    covariance: NDArray[np.float64] | None,
) -> SlowMapQuality:
    """Judge a network on points, targets and, where known, local covariances."""
    inputs = Scaling.of_points(points)
    outputs = Scaling.of_targets(targets, points)
    if len(points) > MOST_POINTS:
        chosen = np.linspace(0, len(points) - 1, MOST_POINTS).astype(int)
        points, targets = points[chosen], targets[chosen]
        covariance = None if covariance is None else covariance[chosen]
    n, dim = points.shape
    x = torch.tensor(points)
    jacobian = network.encoder_jacobian(x).numpy() * inputs.scale
    fibre = None
    if covariance is not None and network.n_slow < dim:
        sigma = covariance / (inputs.scale[:, None] * inputs.scale)
        fibre = float(np.median(fibre_angle(jacobian, points, sigma)))
    degrees = range(1, HIGHEST_DEGREE + 1)
    fitting = [k for k in degrees if POINTS_A_TERM * comb(dim + k, k) <= n]
    if not fitting:
        return SlowMapQuality(None, None, None, fibre)
    # Outliers would rule a cubic; beyond three deviations it stays what it is there.
    terms, slopes = monomials(np.clip(inputs.apply(points), -3, 3), max(fitting))
    with torch.no_grad():
        slow = network.encode(x)
        residuals = (targets - network.decode(slow).numpy()) / outputs.scale
    tangents = network.decoder.jacobian(slow).numpy() / outputs.scale[:, None]
    explained, noise = _explained(terms, residuals)
    signal = outputs.apply(targets).var(axis=0).sum()
    # A column that is fitted to rounding must not outweigh all others.
    tiny = 1e-6 * noise.max() + np.finfo(float).tiny
    units = np.sqrt(np.maximum(noise, tiny))
    steps = _gauss_newton(tangents / units[:, None], residuals / units, terms)
    angle, noise_angle = (
        _median_angle(jacobian, jacobian + np.einsum("ia,nad->nid", step, slopes))
        for step in (steps[..., 0], steps[..., 1])
    )
    unexplained = np.sqrt(explained.sum() / signal) if signal > 0 else 0.0
    return SlowMapQuality(angle, noise_angle, float(unexplained), fibre)


def _explained(
    terms: NDArray, residuals: NDArray
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Variances of each column of residuals: what terms explain, and the rest."""
    n, n_terms = terms.shape
    fitted = terms @ np.linalg.lstsq(terms, residuals, rcond=None)[0]
    size = np.mean(residuals**2, axis=0)
    rest = np.mean((residuals - fitted) ** 2, axis=0) * n / (n - n_terms)
    return np.maximum(size - rest, 0.0), rest


def _gauss_newton(
    tangents: NDArray, residuals: NDArray, terms: NDArray
) -> NDArray[np.float64]:
    """Coefficients (n_slow, n_terms, 2) of the step for residuals, and for noise."""
    n, _, n_slow = tangents.shape
    values, vectors = np.linalg.eigh(np.swapaxes(tangents, 1, 2) @ tangents)
    lengths = np.sqrt(np.maximum(values, 0.0))
    along = np.einsum("nij,ndi,nd->nj", vectors, tangents, residuals)
    tiny = 1e-6 * lengths.max() + np.finfo(float).tiny
    seen = np.where(lengths > tiny, along / np.maximum(lengths, tiny), 0.0)
    rows = np.einsum("nij,nj,na->njia", vectors, lengths, terms)
    noise = np.random.default_rng(0).standard_normal(n * n_slow)
    wanted = np.column_stack([seen.ravel(), noise])
    rows = rows.reshape(n * n_slow, -1)
    found = np.linalg.lstsq(rows, wanted, rcond=1e-8)[0]
    return found.reshape(n_slow, terms.shape[1], 2)


def _median_angle(first: NDArray, second: NDArray) -> float:
    """Median of the largest principal angle between row spaces."""
    angles = principal_angles(np.swapaxes(first, 1, 2), np.swapaxes(second, 1, 2))
    return float(np.median(angles[:, 0]))
