"""What a checker of types says to a reader's calls."""

import ast
import dataclasses
import importlib
import inspect
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import msbook as ms

CALLS = Path(__file__).parent / "typing" / "readers_calls.py"
PYRIGHT = Path(sys.executable).with_name("pyright")


def skip_where_pyright_does_not_run():
    if not PYRIGHT.exists():
        pytest.skip("pyright, of the extra dev, is not installed")
    if shutil.which("node") is None:
        pytest.skip("pyright needs node, which is not here")
    if subprocess.run([PYRIGHT, "--version"], capture_output=True).returncode:
        pytest.skip("pyright cannot be fetched, as its first run does")


def test_the_calls_of_the_documentation_are_accepted(tmp_path):
    skip_where_pyright_does_not_run()
    sources, python = Path(ms.__file__).parent.parent, str(sys.executable)
    checks = {"extraPaths": [str(sources)], "include": ["calls.py"]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(checks), "utf-8")
    shutil.copy(CALLS, tmp_path / "calls.py")
    command = [PYRIGHT, "--project", tmp_path, "--pythonpath", python, "--outputjson"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(ran.stdout)
    said = [
        f"line {one['range']['start']['line'] + 1}: {one['message']}"
        for one in found["generalDiagnostics"]
    ]
    assert found["summary"]["filesAnalyzed"] == 1
    assert not said, "\n".join(said)


def typed_inits():
    """Classes whose ``__init__`` is written for checkers of types alone."""
    for file in sorted(Path(ms.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                for block in node.body:
                    if isinstance(block, ast.If):
                        yield file, node.name, block.body[0]


def test_an_init_for_checkers_is_that_of_the_dataclass():
    checked = []
    for file, name, init in typed_inits():
        parts = file.relative_to(Path(ms.__file__).parents[1]).with_suffix("").parts
        cls = getattr(importlib.import_module(".".join(parts)), name)
        (real, written) = (list(inspect.signature(cls).parameters.values()), init.args)
        assert [one.name for one in real] == [one.arg for one in written.args[1:]]
        defaults = [one.default for one in real if one.default is not one.empty]
        assert defaults == [ast.literal_eval(one) for one in written.defaults]
        assert dataclasses.is_dataclass(cls)
        checked.append(cls)
    assert {ms.ODE, ms.SDE, ms.Solution, ms.systems.Potential} <= set(checked)
