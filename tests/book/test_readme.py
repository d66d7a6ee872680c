"""The README's examples run as they stand."""

import re

import numpy as np
from project import ROOT

import msbook as ms

SLOW_MAP, POTENTIAL = re.findall(
    r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
)


def test_first_example_finds_the_slow_variable(capsys):
    names: dict = {}
    exec(SLOW_MAP, names)
    assert capsys.readouterr().out.startswith("good (angle")
    x, covariance = names["data"].x, names["data"].covariance
    encoded = names["slow_map"].transform(x)[:, 0]
    assert ms.metrics.fibre_angle(names["slow_map"], x, covariance).mean() < 5
    assert abs(np.corrcoef(encoded, x.sum(axis=1))[0, 1]) > 0.95


def test_second_example_takes_the_ripples_away():
    names: dict = {"np": np, "ms": ms}
    exec(POTENTIAL, names)
    q = np.linspace(-2.5, 2.5, 101)
    without_ripples = 0.1 * q**4 - q**2
    learned = names["potential"].predict(q[:, None])
    assert ms.metrics.potential_error(learned, without_ripples) < 0.05
    assert names["paths"].y.shape == (1, 1001, 2)
