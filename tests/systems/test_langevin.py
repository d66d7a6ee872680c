"""Mechanical systems: noise, energy, and bad input."""

import numpy as np
import pytest

import msbook as ms

SPRING = ms.systems.quadratic_well([[2.0, 1.0], [1.0, 3.0]])
FRICTION = [[1.0, 0.5], [0.5, 2.0]]


def test_noise_belongs_to_the_friction():
    system = ms.systems.Langevin(SPRING, FRICTION, temperature=0.5)
    assert np.allclose(system.noise_covariance, FRICTION)
    assert system.noise_dim == 2
    assert ms.systems.Langevin(SPRING, FRICTION).noise_dim == 0
    own = ms.systems.Langevin(SPRING, FRICTION, noise=3.0)
    assert np.array_equal(own.noise_covariance, 3.0 * np.eye(2))


def test_energy_is_potential_and_kinetic():
    system = ms.systems.Langevin(SPRING, mass=[[2.0, 0.0], [0.0, 4.0]])
    y = np.array([[1.0, 0.0, 2.0, 2.0]])
    assert np.allclose(system.energy(y), 1.0 + 1.0 + 0.5)
    assert system.y0 == (0.0,) * 4


class Rough:
    """Any object that knows its gradient."""

    dim = 1

    def gradient(self, q):
        return np.abs(q) * q


def test_whatever_has_a_gradient_will_do():
    system = ms.systems.Langevin(Rough(), friction=0.1, temperature=1.0)
    y = ms.solve(system, t_span=(0, 1), dt=0.1, rng=0).y
    assert y.shape == (1, 11, 2)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"potential": np.sin}, r"method gradient\(q\)"),
        ({"friction": -1.0}, "friction must be"),
        ({"friction": [[1.0, 0.0], [1.0, 1.0]]}, "symmetric"),
        ({"friction": np.eye(3)}, r"shape \(2, 2\)"),
        ({"mass": 0.0}, "positive definite"),
        ({"mass": np.nan}, "mass must be"),
        ({"temperature": -1.0}, "temperature must be a number from 0"),
        ({"temperature": 1.0, "noise": 1.0}, "not both"),
    ],
)
def test_bad_input_is_named(options, word):
    with pytest.raises(ValueError, match=word):
        ms.systems.Langevin(**({"potential": SPRING} | options))


def test_states_of_a_wrong_length_are_named():
    with pytest.raises(ValueError, match=r"\(\.\.\., 4\)"):
        ms.systems.Langevin(SPRING).energy(np.zeros(2))


def test_energy_of_a_gradient_alone_is_refused():
    spring = ms.systems.as_potential(lambda q: q, 1)
    with pytest.raises(ValueError, match="gradient only"):
        ms.systems.Langevin(spring).energy([1.0, 0.0])
