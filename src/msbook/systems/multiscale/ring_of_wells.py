"""A ring of coupled double wells, each driven by many fast processes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from msbook._validation import check_count, finite_array
from msbook.equations.parameters import check_finite, check_positive
from msbook.equations.rows import write_out
from msbook.equations.sde import SDE
from msbook.systems.multiscale.base import Multiscale


def ring_of_wells(
    n_wells: int = 8,
    n_fast: int = 16,
    *,
    rates: Sequence[float] | None = None,
    coupling: float = 0.5,
    sigma: float = 0.7,
    eps: float = 0.1,
) -> Multiscale:
    r"""Ring of :math:`K` double wells, each driven by :math:`J` fast processes.

    .. math:: \dot x_k &= x_k - x_k^3 + \kappa\,(x_{k+1} - 2 x_k + x_{k-1})
                       + \frac{\sigma}{\varepsilon\sqrt J} \sum_{j=1}^{J} y_{kj}, \\
              dy_{kj} &= -\frac{a_j}{\varepsilon^2}\,y_{kj}\,dt
                         + \frac{\sqrt2}{\varepsilon}\,dW_{kj}

    In the effective equation each well has a white noise of strength
    :math:`\sigma \sqrt{(2/J) \sum_j a_j^{-2}}`. Of the closure rates of the many
    processes, :math:`k = \sum_j a_j^{-2} / (\varepsilon^2 \sum_j a_j^{-3})` is the one
    that counts over long lags.

    Parameters
    ----------
    n_wells : int
        :math:`K`, the number of slow components, at least 3.
    n_fast : int
        :math:`J`, fast components of each well.
    rates : sequence of float, length n_fast, optional
        :math:`a_j`; by default evenly spaced from 0.5 to 2.
    coupling : float
        :math:`\kappa`, per unit of time.
    sigma : float
        Strength of the noise.
    eps : float
        Scale separation; the fast time scale is its square.

    Returns
    -------
    Multiscale

    Raises
    ------
    ValueError
        For fewer than three wells or rates that do not fit.

    Examples
    --------
    >>> ring = ring_of_wells()
    >>> ring.n_slow, ring.fine.dim
    (8, 136)

    References
    ----------
    Pavliotis & Stuart (2008), chapter 11.
    """
    check_count("n_wells", n_wells, 3)
    check_count("n_fast", n_fast)
    check_finite(coupling=coupling)
    check_positive(sigma=sigma, eps=eps)
    even = np.linspace(0.5, 2.0, n_fast)
    a = even if rates is None else finite_array("rates", rates)
    if a.shape != (n_fast,) or not (a > 0).all():
        raise ValueError(
            f"rates must hold n_fast = {n_fast} positive numbers; got {rates!r}."
        )
    wells = tuple(
        f"y[{k}] - y[{k}] * y[{k}] * y[{k}]"
        f" + p[0] * (y[{(k + 1) % n_wells}] - 2.0 * y[{k}] + y[{(k - 1) % n_wells}])"
        for k in range(n_wells)
    )
    # Parameters: coupling, force on a well, noise of a fast process, decay rates.
    forces = [
        " + ".join(f"y[{n_wells + k * n_fast + j}]" for j in range(n_fast))
        for k in range(n_wells)
    ]
    drift = [f"{well} + p[1] * ({y})" for well, y in zip(wells, forces, strict=True)]
    drift += [
        f"-p[{3 + j}] * y[{n_wells + k * n_fast + j}]"
        for k in range(n_wells)
        for j in range(n_fast)
    ]
    decay = tuple((a / eps**2).tolist())
    force = sigma / (eps * np.sqrt(n_fast))
    starts = tuple((-1.0) ** k for k in range(n_wells))
    noise = sigma * np.sqrt(2.0 * np.mean(a**-2.0))
    return Multiscale(
        fine=SDE(
            write_out(drift),
            write_out(["0.0"] * n_wells + ["p[2]"] * (n_wells * n_fast)),
            y0=starts + (0.0,) * (n_wells * n_fast),
            parameters=(coupling, force, np.sqrt(2.0) / eps, *decay),
            rates=(0.0,) * n_wells + decay * n_wells,
        ),
        n_slow=n_wells,
        effective=SDE(
            write_out(wells),
            write_out(["p[1]"] * n_wells),
            y0=starts,
            parameters=(coupling, float(noise)),
        ),
        closure_rate=float((a**-2.0).sum() / (a**-3.0).sum() / eps**2),
        relaxation_time=float(eps**2 / a.min()),
        fine_dt=float(0.4 * eps**2 / a.max()),
        low=(-1.5,) * n_wells + (-1.0,) * (n_wells * n_fast),
        high=(1.5,) * n_wells + (1.0,) * (n_wells * n_fast),
        t_end=4.0,
    )
