"""What a checker of types says to a reader's calls."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import msbook as ms

ROOT = Path(__file__).parent.parent
CALLS = Path(__file__).parent / "typing" / "readers_calls.py"
PYRIGHT = Path(sys.executable).with_name("pyright")


@pytest.mark.skipif(
    not PYRIGHT.exists(), reason="pyright, of the extra dev, is not here"
)
@pytest.mark.skipif(
    shutil.which("node") is None, reason="pyright needs node, which is not here"
)
def test_the_calls_of_the_documentation_are_accepted(tmp_path):
    sources, python = Path(ms.__file__).parent.parent, str(sys.executable)
    checks = {"extraPaths": [str(sources)], "include": ["calls.py"]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(checks), "utf-8")
    shutil.copy(CALLS, tmp_path / "calls.py")
    ran = subprocess.run(
        [PYRIGHT, "--project", tmp_path, "--pythonpath", python, "--outputjson"],
        capture_output=True, text=True, check=False, env=dict(os.environ),
    )  # fmt: skip
    found = json.loads(ran.stdout)
    said = [
        f"line {one['range']['start']['line'] + 1}: {one['message']}"
        for one in found["generalDiagnostics"]
    ]
    assert found["summary"]["filesAnalyzed"] == 1
    assert not said, "\n".join(said)
