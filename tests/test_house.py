"""The shape of the package: short files, small folders, no private names abroad."""

import ast
from pathlib import Path

import pytest

import msbook

PACKAGE = Path(msbook.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
FOLDERS = sorted({file.parent for file in FILES})
# Private to the package, and shared within it.
SHARED = {"_compile", "_device", "_memory", "_registry", "_typing", "_validation"}


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE.parent))


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_file_is_short(file):
    assert len(file.read_text("utf-8").splitlines()) <= 300


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_a_folder_is_small_and_says_what_it_holds(folder):
    assert len(list(folder.glob("*.py"))) <= 15
    module = ast.parse((folder / "__init__.py").read_text("utf-8"))
    assert ast.get_docstring(module)


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_no_private_name_is_imported(file):
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "msbook"
        ):
            parts = [*node.module.split("."), *(alias.name for alias in node.names)]
            private = {part for part in parts if part.startswith("_")} - {"__all__"}
            assert private <= SHARED, f"line {node.lineno}: {sorted(private)}"
