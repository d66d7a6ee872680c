"""The files that describe the project agree with each other."""

import os
import re
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version
from project import ROOT, metadata, repository

CONDA_NAMES = {"pytorch-cpu": "torch"}
EXTRAS = ("book", "test", "dev")  # the peers of `bench` are not pinned
FOREIGN_FOLDERS = {"_build", "_vendor", "__pycache__"}
OWN_HIDDEN_FOLDERS = {".ci", ".github"}
TEXT = {"", ".cff", ".ipynb", ".md", ".py", ".toml", ".txt", ".yaml", ".yml"}


def requirements(lines: list[str]) -> dict[str, Requirement]:
    parsed = [Requirement(line) for line in lines]
    return {re.sub(r"[-_.]+", "-", item.name).lower(): item for item in parsed}


def constraints() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = requirements([line for line in lines if line])
    return {name: Version(str(pin.specifier)[2:]) for name, pin in pins.items()}


def environment() -> list:
    return yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]


def texts() -> dict[str, str]:
    """Return the project's own text files by their path."""
    found = {}
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [
            name
            for name in folders
            if name in OWN_HIDDEN_FOLDERS
            or not (name.startswith(".") or name in FOREIGN_FOLDERS)
        ]
        for path in (Path(folder, name) for name in names):
            if path.suffix in TEXT:
                found[path.relative_to(ROOT).as_posix()] = path.read_text("utf-8")
    return found


@pytest.mark.parametrize("extra", ["", *EXTRAS])
def test_each_requirement_is_pinned_within_its_range(extra):
    project = metadata()
    lines = (
        project["optional-dependencies"][extra] if extra else project["dependencies"]
    )
    pins = constraints()
    for name, requirement in requirements(lines).items():
        assert name in pins, f"{name} is missing from constraints.txt"
        assert requirement.specifier.contains(pins[name])


def test_conda_environment_has_the_ranges_of_the_package():
    conda = [item for item in environment() if isinstance(item, str)]
    names = {re.split(r"[<>=!]", item)[0]: item for item in conda}
    assert names.pop("python") == "python>=3.11,<3.14"
    names.pop("pip")
    ranges = {
        CONDA_NAMES.get(name, name): item.removeprefix(name)
        for name, item in names.items()
    }
    wanted = requirements(metadata()["dependencies"])
    assert ranges == {name: str(item.specifier) for name, item in wanted.items()}


def test_conda_environment_takes_the_package_from_the_checkout():
    (pip,) = [item["pip"] for item in environment() if isinstance(item, dict)]
    assert pip == ["-e .[book]"]
    assert metadata()["requires-python"] == ">=3.11"


def test_repository_address_is_the_same_wherever_it_appears():
    address = re.compile(r"https?://git(?:hub|lab)\.com/[\w.-]+/msbook\b")
    allowed = {"pyproject.toml", "CITATION.cff"}
    for path, text in texts().items():
        found = set(address.findall(text))
        chapter = re.match(r"book/(?!reference|_tools)\w+/\w+\.(md|ipynb)$", path)
        if found:
            assert path in allowed or chapter, f"{path} names the repository"
            assert found == {repository()}, path


def test_citation_file_matches_the_package():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["repository-code"] == repository()
    assert citation["version"] == metadata()["version"]
    assert citation["license"] == metadata()["license"]
