"""The package as one installs it: a wheel, in an environment of its own."""

import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.programs import run

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-build-isolation", "--wheel-dir", folder)
    run(sys.executable, "-m", "pip", "wheel", *options, ROOT)
    [path] = folder.glob("msbook-*.whl")
    return path


@pytest.fixture(scope="session")
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
