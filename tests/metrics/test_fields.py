"""The error of a potential by its definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msbook.metrics import potential_error

Q = np.linspace(-6, 6, 1201)


@given(offset=st.floats(-100, 100), amplitude=st.floats(0, 2))
def test_a_constant_costs_nothing_and_a_wave_its_root_mean_square(offset, amplitude):
    wave = amplitude * np.sin(40 * Q)
    error = potential_error(Q**2 / 2 + wave + offset, Q**2 / 2)
    assert error == pytest.approx(amplitude / np.sqrt(2), rel=0.01, abs=1e-12)


def test_only_points_that_are_visited_count():
    # The density of q^2 / (2 T) is a thousandth of its maximum at q^2 = 2 T ln 1000.
    for temperature in (0.5, 2.0):
        edge = np.sqrt(2 * temperature * np.log(1000))
        wrong = np.where(np.abs(Q) > edge, np.nan, Q**2 / 2)
        assert potential_error(wrong, Q**2 / 2, temperature) == 0
        nearer = np.where(np.abs(Q) > edge - 0.02, np.nan, Q**2 / 2)
        with pytest.raises(ValueError, match="not finite where the density counts"):
            potential_error(nearer, Q**2 / 2, temperature)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((Q, Q[1:]), "same points"),
        (([], []), "same points"),
        ((Q, Q, 0.0), "temperature must be positive"),
    ],
)
def test_says_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        potential_error(*arguments)
