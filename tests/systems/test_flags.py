"""What is meant to be True or False is neither a word nor a number."""

from dataclasses import replace

import numpy as np
import pytest

import msbook as ms
from msbook import metrics
from msbook.networks import GRU, LSTM, DelayedMLP
from msbook.systems import (
    FitzHughNagumo,
    KuramotoSivashinsky,
    Potential,
    quadratic_ripples,
)


def drift(t, y, p):
    return (-y[0],)


ZEROS = np.zeros((2, 3, 4))
CALLS = {
    "SDE": lambda flag: ms.SDE(drift, drift, 1.0, compiled=flag),
    "ODE": lambda flag: ms.ODE(drift, 1.0, compiled=flag),
    "Potential": lambda flag: Potential(lambda q, p: (q[0],), compiled=flag),
    "replace": lambda flag: replace(quadratic_ripples([0.1]), compiled=flag),
    "KuramotoSivashinsky": lambda flag: KuramotoSivashinsky(compiled=flag),
    "FitzHughNagumo": lambda flag: FitzHughNagumo(compiled=flag),
    "reflect": lambda flag: KuramotoSivashinsky(n_points=4).symmetric_copies(
        ZEROS, 2, reflect=flag
    ),
    "snapshot_error": lambda flag: metrics.snapshot_error(ZEROS, ZEROS, relative=flag),
    "particle_error": lambda flag: metrics.particle_error(ZEROS, ZEROS, relative=flag),
    "model_error": lambda flag: metrics.model_error(ZEROS, ZEROS, relative=flag),
    "GRU": lambda flag: GRU(2, increments=flag),
    "LSTM": lambda flag: LSTM(2, increments=flag),
    "DelayedMLP": lambda flag: DelayedMLP(increments=flag),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("flag", ["no", None, 1, 0.0])
def test_flags(name, flag):
    with pytest.raises(ValueError, match=rf"must be True or False; got {flag!r} of"):
        CALLS[name](flag)
    CALLS[name](np.False_)
