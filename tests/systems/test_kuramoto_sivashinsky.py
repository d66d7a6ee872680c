"""Periodic equations in Fourier space, and the symmetries of Kuramoto–Sivashinsky."""

import pickle
from dataclasses import dataclass

import numpy as np
import pytest

import msbook as ms
from msbook.systems import KuramotoSivashinsky, PeriodicPDE

SYSTEM = KuramotoSivashinsky()


@dataclass(frozen=True)
class Transport(PeriodicPDE):
    """u_t = -u_x, without a nonlinear term."""

    n_points: int = 32
    length: float = 5.0

    def linear(self, k):
        return -1j * k

    @staticmethod
    def nonlinear(u):
        return 0.0 * u


def test_drift_is_the_equation_written_out():
    k = 2 * np.pi / SYSTEM.length
    s, c = np.sin(k * SYSTEM.x), np.cos(k * SYSTEM.x)
    expected = k**2 * s - k**4 * s - s * k * c
    assert np.allclose(SYSTEM.drift(0.0, s), expected, atol=1e-11)
    thick = KuramotoSivashinsky(viscosity=3.0)
    assert np.allclose(thick.drift(0.0, s), expected - 2 * k**4 * s, atol=1e-11)


@pytest.mark.parametrize("n_points", [32, 33])
def test_derivatives_and_shifts_are_exact_for_waves(n_points):
    system = KuramotoSivashinsky(n_points=n_points, length=7.0)
    k, x = 3 * 2 * np.pi / 7.0, system.x
    u_x, u_xx = system.derivatives(np.sin(k * x))
    assert np.allclose(u_x, k * np.cos(k * x), atol=1e-12)
    assert np.allclose(u_xx, -(k**2) * np.sin(k * x), atol=1e-11)
    assert np.allclose(
        system.shifted(np.sin(k * x), 0.3), np.sin(k * (x - 0.3)), atol=1e-13
    )


def test_a_shift_by_whole_points_is_a_roll():
    u = SYSTEM.random_starts(3, rng=0)
    step = SYSTEM.length / SYSTEM.n_points
    assert np.allclose(SYSTEM.shifted(u, 5 * step), np.roll(u, 5, axis=-1), atol=1e-13)


def test_reflection_is_minus_u_of_minus_x():
    k = 2 * np.pi / SYSTEM.length
    u = np.cos(k * SYSTEM.x + 0.4)
    assert np.allclose(SYSTEM.reflected(u), -np.cos(0.4 - k * SYSTEM.x), atol=1e-13)
    assert np.array_equal(SYSTEM.reflected(SYSTEM.reflected(u)), u)


def test_symmetric_copies_solve_the_equation():
    y = ms.solve(SYSTEM, t_span=(0, 10), dt=0.05, save_every=20).y
    copies = SYSTEM.symmetric_copies(y, n_shifts=5)
    assert copies.shape == (10, 11, 64)
    assert np.array_equal(copies[0], y[0])
    solved = ms.solve(SYSTEM, copies[:, 0], t_span=(0, 10), dt=0.05, save_every=20).y
    assert np.allclose(solved, copies, atol=1e-9)
    plain = SYSTEM.symmetric_copies(y, n_shifts=5, reflect=False)
    assert np.array_equal(plain, copies[:5])


def test_random_starts_are_smooth_and_of_size_one():
    starts = SYSTEM.random_starts(50, rng=1)
    assert np.allclose(np.mean(starts**2, axis=1), 1)
    assert np.allclose(starts.mean(axis=1), 0, atol=1e-15)
    modes = np.abs(np.fft.rfft(starts))
    assert modes[:, 9:].max() < 1e-12 * modes.max()
    assert np.array_equal(starts, SYSTEM.random_starts(50, rng=1))


def test_waves_grow_and_decay_at_their_rates():
    # Of small waves only the linear part is left.
    for mode in (1, 3, 5):
        k = 2 * np.pi * mode / SYSTEM.length
        start = 1e-9 * np.cos(k * SYSTEM.x)
        end = ms.solve(SYSTEM, start, t_span=(0, 2), dt=0.1).y[0, -1]
        assert np.allclose(end, start * np.exp(2 * (k**2 - k**4)), atol=1e-16)


def test_mean_is_kept_and_the_attractor_is_resolved():
    starts = SYSTEM.random_starts(8, rng=2)
    y = ms.solve(SYSTEM, starts, t_span=(0, 200), dt=0.1, save_every=100).y[:, 10:]
    assert np.abs(y.mean(axis=-1)).max() < 1e-14
    assert 1.1 < y.std() < 1.3
    modes = np.abs(np.fft.rfft(y)).mean(axis=(0, 1))
    assert modes[28:].max() < 1e-9 * modes.max()


def test_a_complex_symbol_moves_waves():
    system = Transport(compiled=False)
    assert system.symbol[-1] == 0  # the shortest wave has no sine to turn into
    start = np.sin(2 * np.pi * system.x / 5.0)
    end = ms.solve(system, start, t_span=(0, 2.2), dt=0.1).y[0, -1]
    assert np.allclose(end, np.sin(2 * np.pi * (system.x - 2.2) / 5.0), atol=1e-12)


def test_systems_are_values():
    assert KuramotoSivashinsky() == SYSTEM
    assert hash(KuramotoSivashinsky()) == hash(SYSTEM)
    assert pickle.loads(pickle.dumps(SYSTEM)) == SYSTEM


@dataclass(frozen=True)
class WrongSymbol(Transport):
    def linear(self, k):
        return 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: KuramotoSivashinsky(n_points=3), "n_points"),
        (lambda: KuramotoSivashinsky(n_points=8.5), "n_points"),
        (lambda: KuramotoSivashinsky(length=0.0), "length"),
        (lambda: KuramotoSivashinsky(viscosity=-1.0), "viscosity"),
        (lambda: SYSTEM.drift(0.0, np.zeros((2, 63))), "points last"),
        (lambda: SYSTEM.symmetric_copies(np.zeros((2, 64)), 4), "n_traj, n_time"),
        (lambda: SYSTEM.symmetric_copies(np.zeros((1, 2, 64)), 0), "n_shifts"),
        (lambda: WrongSymbol().symbol, "one value for each wavenumber"),
    ],
)
def test_says_what_is_wrong(call, message):
    with pytest.raises(ValueError, match=message):
        call()
