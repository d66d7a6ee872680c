"""The README's example runs as it stands."""

import re

import numpy as np
from project import ROOT


def test_example_finds_the_slow_variable(capsys):
    text = (ROOT / "README.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict = {}
    exec(code, names)
    angle = float(capsys.readouterr().out.split()[0])
    x = names["data"].x
    encoded = names["slow_map"].transform(x)[:, 0]
    assert angle < 10
    assert abs(np.corrcoef(encoded, x.sum(axis=1))[0, 1]) > 0.95
