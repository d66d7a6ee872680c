"""Coordinates in which an encoder sees a point: layers without parameters."""

import torch
from torch import Tensor, nn

from msbook._validation import check_count, check_kind, finite_array


class Standardised(nn.Module):
    r"""Coordinates brought to the size of one, :math:`x \mapsto a\,(x - c)`.

    Parameters
    ----------
    centre, factor : Tensor, shape (n_features,)
        What is subtracted, :math:`c`, and what is multiplied by, :math:`a`; a factor of
        zero hides a coordinate.
    """

    centre: Tensor
    factor: Tensor

    def __init__(self, centre: Tensor, factor: Tensor) -> None:
        super().__init__()
        _check_tensor("centre", centre, tuple(centre.shape[:1]))
        _check_tensor("factor", factor, tuple(centre.shape))
        # Buffers are kept with the parameters of the network, and not trained.
        self.register_buffer("centre", centre)
        self.register_buffer("factor", factor)

    def forward(self, x: Tensor) -> Tensor:
        return self.factor * (x - self.centre)

    def jacobian(self, x: Tensor) -> Tensor:
        """Derivatives at points ``x``, shape ``(n, n_features, n_features)``."""
        return torch.diag(self.factor).expand(len(x), -1, -1)


class Polar(nn.Module):
    r"""Polar coordinates of the plane, and hyperspherical ones beyond, as a layer.

    With :math:`u = R (x - c)` and :math:`s_k^2 = u_1^2 + \dots + u_k^2`,

    .. math:: x \mapsto (r, \theta, \lambda_3, \dots, \lambda_D), \qquad
              r = s_D, \quad \theta = \operatorname{atan2}(u_2, u_1), \quad
              \lambda_k = \operatorname{atan2}(u_k, s_{k-1}) .

    The azimuth :math:`\theta` goes round the circle in the plane of the first two
    axes and jumps on the negative half of the first; the latitudes
    :math:`\lambda_k` vanish on that plane. No coordinate has a derivative where
    :math:`u_1 = u_2 = 0`.

    Parameters
    ----------
    n_features : int
        Dimension :math:`D`, at least 2.
    centre : Tensor, shape (n_features,), optional
        Origin :math:`c` of the coordinates; by default zero.
    axes : Tensor, shape (n_features, n_features), optional
        Rows of :math:`R`, orthonormal, or divided column by column by the units of
        the coordinates; by default the axes of the data.

    Raises
    ------
    ValueError
        If there is one feature only.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import Polar
    >>> Polar(2)(torch.tensor([[0.0, 2.0]], dtype=torch.float64))
    tensor([[2.0000, 1.5708]], dtype=torch.float64)

    References
    ----------
    Zieliński & Hesthaven (2022), section 5.2.1.
    """

    centre: Tensor
    axes: Tensor

    def __init__(
        self, n_features: int, centre: Tensor | None = None, axes: Tensor | None = None
    ) -> None:
        super().__init__()
        if check_count("n_features", n_features) < 2:
            raise ValueError(
                "polar coordinates need at least 2 features, n_features; got "
                f'{n_features}. Use coordinates="cartesian".'
            )
        if centre is None:
            centre = torch.zeros(n_features, dtype=torch.float64)
        if axes is None:
            axes = torch.eye(n_features, dtype=torch.float64)
        _check_tensor("centre", centre, (n_features,))
        _check_tensor("axes", axes, (n_features, n_features))
        self.register_buffer("centre", centre)
        self.register_buffer("axes", axes)

    def forward(self, x: Tensor) -> Tensor:
        u = self._turned(x)
        lengths = self._lengths(u)
        azimuth = torch.atan2(u[..., 1], u[..., 0])[..., None]
        latitudes = torch.atan2(u[..., 2:], lengths[..., :-1])
        return torch.cat((lengths[..., -1:], azimuth, latitudes), dim=-1)

    def jacobian(self, x: Tensor) -> Tensor:
        """Derivatives at points ``x``, shape ``(n, n_features, n_features)``."""
        u = self._turned(x)
        lengths = self._lengths(u)
        rows = torch.zeros(*u.shape, u.shape[-1], dtype=u.dtype)
        rows[:, 0] = u / lengths[:, -1:]
        rows[:, 1, :2] = torch.stack((-u[:, 1], u[:, 0]), -1) / lengths[:, :1] ** 2
        for k in range(2, u.shape[-1]):
            below, up_to = lengths[:, k - 2, None], lengths[:, k - 1, None]
            rows[:, k, :k] = -u[:, k, None] * u[:, :k] / (below * up_to**2)
            rows[:, k, k] = (below / up_to**2)[:, 0]
        return rows @ self.axes

    def _turned(self, x: Tensor) -> Tensor:
        return (x - self.centre) @ self.axes.T

    @staticmethod
    def _lengths(u: Tensor) -> Tensor:
        """Lengths of the first two, three … components, shape ``(*, D - 1)``."""
        lengths = [torch.hypot(u[..., 0], u[..., 1])]
        for k in range(2, u.shape[-1]):
            lengths.append(torch.hypot(lengths[-1], u[..., k]))
        return torch.stack(lengths, dim=-1)


def _check_tensor(name: str, values: Tensor, shape: tuple[int, ...]) -> None:
    check_kind(name, values, Tensor, "a tensor")
    finite_array(name, values.detach().cpu())
    if values.shape != shape:
        raise ValueError(f"{name} must have shape {shape}; got {tuple(values.shape)}.")
