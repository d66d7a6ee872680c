"""The misprints of Vlachas et al. (2020), each proved. See the errata page."""

import numpy as np
import pytest
import torch

import msbook as ms
from msbook.estimators import SpeedUp
from msbook.networks import LSTM, FullCovarianceMixture


def test_u_is_the_fast_activator():
    """u makes more of itself, v makes less of u, and v is slow."""
    system = ms.systems.FitzHughNagumo()
    step = 1e-6

    def rate(u, v):
        return np.array(system.reaction(u, v))

    by_u = (rate(step, 0.0) - rate(0.0, 0.0)) / step
    by_v = (rate(0.0, step) - rate(0.0, 0.0)) / step
    assert by_u[0] == pytest.approx(1, rel=1e-3)
    assert by_v[0] == pytest.approx(-1, rel=1e-3)
    assert by_u[1] == pytest.approx(system.eps, rel=1e-3)


def test_spacing_of_the_grid():
    """A flux-free mode has the wavelength of the box between half-way walls."""
    n_points, length = 101, 20.0

    def decay(spacing):
        """Rate of the slowest mode for walls half a cell beyond the outer nodes."""
        second = np.diff(np.eye(n_points), axis=0)
        return np.linalg.eigvalsh(-second.T @ second)[-2] / spacing**2

    true = -((np.pi / length) ** 2)
    assert decay(length / n_points) == pytest.approx(true, rel=1e-3)
    # Nodes 0.2 apart make a box of 20.2.
    assert decay(0.2) == pytest.approx(true * (20 / 20.2) ** 2, rel=1e-3)
    assert ms.systems.FitzHughNagumo().dx == pytest.approx(length / n_points)


def test_speed_up_is_upside_down():
    """A speed-up of 120 gives one of about 2 at ρ = 1; its inverse does not."""
    right = SpeedUp(n_traj=1, solver=120.0, propagation=1.0, decoding=0.0)
    printed = SpeedUp(n_traj=1, solver=1.0, propagation=120.0, decoding=0.0)
    assert right.latent == pytest.approx(120)
    assert right.multiscale(1.0) == pytest.approx(2, rel=0.02)
    assert printed.multiscale(1.0) < 0.02


def test_parameters_of_the_lstm():
    """Weights and biases, whatever the gates are at a step."""
    network = LSTM(n_hidden=7).build(3, torch.Generator().manual_seed(0))
    inner = sum(p.numel() for p in network.gates.parameters())
    assert inner == 4 * 7 * (7 + 3) + 4 * 7


def test_turns_are_of_fixed_micro_time():
    """The values of T_m that the paper names go with T_μ = 10."""
    macro, rho = np.array([50.0, 100.0, 200.0]), np.array([5.0, 10.0, 20.0])
    np.testing.assert_allclose(macro / rho, 10.0)
    coarse_step = 1.0
    assert (10.0 / rho < coarse_step).any()  # with T_m = 10 it would be less


def test_energy_of_eight_components():
    """Eigenvalues and their squares, of 20 000 states."""
    system = ms.systems.KuramotoSivashinsky()
    solver = ms.Solver(system, dt=0.1)
    starts = solver.advance(system.random_starts(32, 0), n_steps=2_000)
    states = solver.trajectories(starts, 0.0, 6_250, save_every=10).reshape(-1, 64)
    values = np.linalg.eigvalsh(np.cov(states.T))[::-1]
    energy = np.cumsum(values) / values.sum()
    squares = np.cumsum(values**2) / (values**2).sum()
    assert 0.965 < energy[7] < 0.975
    assert squares[7] == pytest.approx(0.998, abs=1e-3)
    assert np.argmax(energy >= 0.998) + 1 == 12


def test_nodes_of_a_periodic_grid():
    """A mode that fits the box is one of the discrete ones only without the end."""
    length = 22.0

    def outside(n_points, spacing):
        """Share of cos(2πx/L) that falls on other discrete modes."""
        x = spacing * np.arange(n_points)
        power = np.abs(np.fft.rfft(np.cos(2 * np.pi * x / length))) ** 2
        return 1 - power[1] / power.sum()

    assert outside(64, length / 64) < 1e-12
    assert outside(64, length / 63) > 1e-4
    assert ms.systems.KuramotoSivashinsky().x[-1] == pytest.approx(length * 63 / 64)


@pytest.mark.parametrize(("support", "leaves"), [("softplus", True), ("logit", False)])
def test_softplus_is_bounded_on_one_side(support, leaves):
    """Draws of the paper's decoder leave the box at its upper end, and there only."""
    generator = torch.Generator().manual_seed(0)
    law = FullCovarianceMixture(1, 1, 3, (8, 8), "silu", support, generator)
    z = torch.zeros(1, 1, dtype=torch.float64)
    with torch.no_grad():
        drawn = law.sample(z, 10_000, generator)
    assert drawn.min() > 0
    assert (drawn > 1).any() == leaves


def test_times_of_the_turns_of_particles():
    """ρ = 5 is 250 on latents for 50 with the solver; T_m = 0 saves nothing."""
    rho = np.array([250.0, 50.0]) / np.array([50.0, 250.0])
    np.testing.assert_allclose(rho, [5.0, 0.2])
    cheap = SpeedUp(n_traj=1, solver=100.0, propagation=1.0, decoding=0.0)
    assert cheap.multiscale(0.0) == pytest.approx(1)
    assert cheap.multiscale(5.0) > 5


def test_size_of_a_diffusive_step():
    """The deviation of one step of the solver is √(Dδt), not √D δt."""
    diffusivity, step = 0.2, 1e-3
    calm = ms.systems.AdvectionDiffusion(
        amplitude=(0.0,), frequency=(0.0,), diffusivity=diffusivity
    )
    moved = ms.Solver(calm, dt=step, rng=0).advance(np.zeros((1, 20_000, 1)))
    assert moved.std() == pytest.approx(np.sqrt(diffusivity * step), rel=0.02)


def test_peclet_number_falls_with_diffusion():
    """The paper's three values: higher diffusion is a lower Péclet number."""
    numbers = [
        ms.systems.AdvectionDiffusion((1.0, 1.74, 0.0), diffusivity=d).peclet
        for d in (0.02, 0.2, 2.0)
    ]
    np.testing.assert_allclose(numbers, [100, 10, 1], rtol=5e-3)
