"""The package as one installs it: a small wheel, in an environment of its own."""

import sys
import zipfile
from pathlib import Path

from tests.programs import run

ROOT = Path(__file__).parents[1]
MEGABYTE = 2**20


def test_the_wheel_is_light(wheel):
    assert wheel.stat().st_size < MEGABYTE
    names = zipfile.ZipFile(wheel).namelist()
    assert {"msbook/py.typed", "msbook/__init__.pyi", "msbook/claims.toml"} <= {*names}
    assert not [name for name in names if "book/results" in name]


def test_examples_of_the_readme_run(python, tmp_path):
    text = (ROOT / "README.md").read_text("utf-8")
    blocks = [block.split("```")[0] for block in text.split("```python\n")[1:]]
    assert len(blocks) == 2
    program = tmp_path / "examples.py"
    where = (
        "import pathlib, msbook; print(pathlib.Path(msbook.__file__).parents[2].name)"
    )
    program.write_text("\n".join([where, *blocks]), encoding="utf-8")
    printed = run(python, "-I", program, cwd=tmp_path).split("\n")
    assert printed[0] == f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert printed[1].startswith("good (angle")
