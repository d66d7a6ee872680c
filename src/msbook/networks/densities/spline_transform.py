"""Monotone rational-quadratic splines, the transform of an honest flow in 1-D."""

import numpy as np
import torch
from torch import Tensor, nn

from msbook._validation import check_count, check_positive

_SMALLEST_SHARE = 1e-3  # of a bin in the width and the height of the box
_SMALLEST_SLOPE = 1e-3
# softplus of this is 1 - _SMALLEST_SLOPE, so that zeros give slope one.
_SLOPE_ONE = float(np.log(np.expm1(1.0 - _SMALLEST_SLOPE)))


class Spline:
    r"""Monotone rational-quadratic spline with linear tails.

    Between knots :math:`(z_k, u_k)` with slopes :math:`\delta_k`, for
    :math:`\xi = (z - z_k)/(z_{k+1} - z_k)` and
    :math:`s = (u_{k+1} - u_k)/(z_{k+1} - z_k)`,

    .. math:: u = u_k + (u_{k+1} - u_k)
              \frac{s \xi^2 + \delta_k \xi (1 - \xi)}
                   {s + (\delta_{k+1} + \delta_k - 2 s)\, \xi (1 - \xi)} ,

    from :math:`[-B, B]` onto itself; beyond, the line with the slope of the end goes
    on. The :math:`3K + 1` parameters are the widths and heights of the bins, as
    softmax, and the slopes at all knots, as softplus; zeros give the identity.

    Parameters
    ----------
    n_bins : int
        Number of bins :math:`K`.
    bound : float
        Half width :math:`B` of the box, in standard deviations.

    Raises
    ------
    ValueError
        If there is no bin, too many of them, or no box.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import Spline
    >>> spline = Spline(n_bins=4)
    >>> z = torch.tensor([-9.0, 0.3], dtype=torch.float64)
    >>> u, log_slope = spline.forward(z, torch.zeros(2, 13, dtype=torch.float64))
    >>> bool(torch.allclose(u, z))
    True

    References
    ----------
    Durkan, Bekasov, Murray & Papamakarios (2019), Neural spline flows, eqs (4)–(8).
    There the slopes at the ends are one; here they are learned like the others.
    """

    def __init__(self, n_bins: int = 8, bound: float = 6.0) -> None:
        if not check_count("n_bins", n_bins) < 1 / _SMALLEST_SHARE:
            raise ValueError(
                f"n_bins must be a whole number from 1 to 999; got {n_bins}."
            )
        self.n_bins = n_bins
        self.bound: float = check_positive("bound", bound)
        self.n_parameters: int = 3 * n_bins + 1

    def forward(self, z: Tensor, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Value and logarithm of the slope at ``z``, each of its shape ``(*,)``."""
        left, lower, slopes = self._knots(parameters)
        inside = z.clamp(-self.bound, self.bound)
        z0, width, u0, height, slope0, slope1 = self._bin(
            inside, left, left, lower, slopes
        )
        s = height / width
        xi = (inside - z0) / width
        mixed = xi * (1 - xi)
        curvature = slope1 + slope0 - 2 * s
        denominator = s + curvature * mixed
        u = u0 + height * (s * xi.square() + slope0 * mixed) / denominator
        slope = (s / denominator).square() * (
            slope1 * xi.square() + 2 * s * mixed + slope0 * (1 - xi).square()
        )
        return u + slope * (z - inside), torch.log(slope)

    def inverse(self, u: Tensor, parameters: Tensor) -> Tensor:
        """Where the value is ``u``: the root of a quadratic equation."""
        left, lower, slopes = self._knots(parameters)
        inside = u.clamp(-self.bound, self.bound)
        z0, width, u0, height, slope0, slope1 = self._bin(
            inside, lower, left, lower, slopes
        )
        s = height / width
        rise = inside - u0
        bent = rise * (slope1 + slope0 - 2 * s)
        a = height * (s - slope0) + bent
        b = height * slope0 - bent
        c = -s * rise
        root = torch.sqrt((b.square() - 4 * a * c).clamp_min(0))
        z = z0 + width * (-2 * c / (b + root))
        # Beyond the box only the slope of the end matters.
        tail = torch.where(u < 0, slopes[..., 0], slopes[..., -1])
        return z + (u - inside) / tail

    def _knots(self, parameters: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Abscissas, ordinates and slopes of the knots, each ``(*, n_bins + 1)``."""
        k = self.n_bins
        widths, heights, slopes = parameters.split((k, k, k + 1), dim=-1)
        slopes = _SMALLEST_SLOPE + nn.functional.softplus(slopes + _SLOPE_ONE)
        return self._cumulated(widths), self._cumulated(heights), slopes

    def _cumulated(self, raw: Tensor) -> Tensor:
        shares = torch.softmax(raw, dim=-1)
        shares = _SMALLEST_SHARE + (1 - self.n_bins * _SMALLEST_SHARE) * shares
        inner = torch.cumsum(shares[..., :-1], dim=-1) * (2 * self.bound) - self.bound
        return nn.functional.pad(
            nn.functional.pad(inner, (1, 0), value=-self.bound),
            (0, 1),
            value=self.bound,
        )

    def _bin(
        self, value: Tensor, axis: Tensor, left: Tensor, lower: Tensor, slopes: Tensor
    ) -> tuple[Tensor, ...]:
        """Corner, size and end slopes of the bin that holds the value along an axis."""
        k = (value[..., None] >= axis[..., 1:-1]).sum(dim=-1, keepdim=True)
        ends = torch.cat((k, k + 1), dim=-1)
        z0, z1 = left.gather(-1, ends).unbind(-1)
        u0, u1 = lower.gather(-1, ends).unbind(-1)
        slope0, slope1 = slopes.gather(-1, ends).unbind(-1)
        return z0, z1 - z0, u0, u1 - u0, slope0, slope1
