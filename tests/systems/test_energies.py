"""Gradients of energies: exact where they can be, else by differences."""

import math

import numpy as np
import pytest

import msbook as ms
from msbook.systems import gradient_of_energy

POINTS = np.random.default_rng(0).uniform(-1.5, 1.5, (200, 2))


def smooth(q):
    return (q**4 / 4).sum(axis=1) + np.cos(q[:, 0] / 1e-4) * 1e-4 * q[:, 1]


def slopes(q):
    x, y = q.T
    return np.column_stack(
        [x**3 - np.sin(x / 1e-4) * y, y**3 + 1e-4 * np.cos(x / 1e-4)]
    )


def test_analytic_energies_are_differentiated_exactly():
    found = gradient_of_energy(smooth, POINTS).gradient(POINTS)
    assert np.allclose(found, slopes(POINTS), rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize(
    "energy",
    [
        lambda q: np.abs(q).sum(axis=1) + (q**2).sum(axis=1),
        lambda q: np.where(q > 0, q + q**2, q**2 - q).sum(axis=1),
        lambda q: np.array([sum(math.fabs(x) + x**2 for x in one) for one in q]),
    ],
)
def test_energies_that_lose_imaginary_parts_are_differenced(energy):
    found = gradient_of_energy(energy, POINTS).gradient(POINTS)
    assert np.allclose(found, np.sign(POINTS) + 2 * POINTS, atol=1e-6)


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_differences_are_in_the_readers_units(unit):
    V = gradient_of_energy(
        lambda q: np.abs(q / unit).sum(axis=1), POINTS * unit, unit=unit
    )
    assert np.allclose(V.gradient(POINTS * unit) * unit, np.sign(POINTS), rtol=1e-6)


@pytest.mark.parametrize(
    ("energy", "message"),
    [
        (lambda q: q, "one energy for each"),
        (lambda q: np.log(q[:, 0] - 9.0), "finite"),
        (3.0, "energy must be a function"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_says_what_is_wrong_with_an_energy(energy, message):
    with pytest.raises(ValueError, match=message):
        gradient_of_energy(energy, POINTS)


@pytest.mark.filterwarnings("ignore:.*dropped:RuntimeWarning")
def test_an_effective_potential_is_learnt_from_energies():
    def energy(q):
        return (q**4 / 4 - q**2 / 2 + 0.005 * np.cos(q / 0.005))[:, 0]

    starts = POINTS[:, :1]
    V = gradient_of_energy(energy, starts)
    learnt = ms.EffectivePotential(n_steps=200_000, random_state=0).fit(V, starts)
    q = np.linspace(-1.2, 1.2, 50)[:, None]
    error = learnt.predict(q) - (q**4 / 4 - q**2 / 2)[:, 0]
    assert error.std() < 0.03
