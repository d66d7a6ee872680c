"""The package as one installs it: a small wheel, in an environment of its own."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MEGABYTE = 2**20


def run(*command: object, **options) -> str:
    """What a command prints; its errors are shown when it fails."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, **options
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-build-isolation", "--wheel-dir", folder)
    run(sys.executable, "-m", "pip", "wheel", *options, ROOT)
    [path] = folder.glob("msbook-*.whl")
    return path


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """An interpreter that has the wheel, and what it depends on, but no checkout."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    interpreter = folder / "bin" / "python"
    options = ("--no-deps", "--no-index")
    run(
        sys.executable, "-m", "pip", "--python", interpreter, "install", *options, wheel
    )
    site = Path(
        run(interpreter, "-c", "import site; print(site.getsitepackages()[0])").strip()
    )
    # Of the tests' environment packages are seen, and not the checkout in it.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return interpreter


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
