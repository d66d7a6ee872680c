"""The number of a chapter's pages, in words."""

from pathlib import Path
from types import SimpleNamespace

import contents
import pytest

TOC = """
parts:
  - numbered: true
    chapters:
      - file: book/maps/index
        sections:
          - file: book/maps/one.ipynb
          - file: book/maps/two.ipynb
      - file: book/flows/index
        sections:
          - file: book/flows/one.ipynb
"""


@pytest.fixture
def toc(tmp_path, monkeypatch):
    path = tmp_path / "_toc.yml"
    path.write_text(TOC, encoding="utf-8")
    monkeypatch.setattr(contents, "TOC", path)


def counted(folder: str) -> str:
    """Return what the role says of a chapter."""
    environment = SimpleNamespace(note_dependency=lambda path: Path(path).stat())
    settings = SimpleNamespace(env=environment)
    role = contents.PageCount()
    role.text, role.lineno = folder, 7
    role.inliner = SimpleNamespace(
        document=SimpleNamespace(settings=settings),
        reporter=SimpleNamespace(get_source_and_line=lambda line: ("a.md", line)),
    )
    [node], _ = role.run()
    return node.astext()


@pytest.mark.usefixtures("toc")
def test_pages_are_counted_in_words():
    assert [counted(name) for name in ("maps", "flows")] == ["two pages", "one page"]


@pytest.mark.usefixtures("toc")
def test_an_unknown_chapter_is_a_warning_with_its_place(monkeypatch):
    warnings = []
    monkeypatch.setattr(
        contents.LOGGER,
        "warning",
        lambda text, *values, location: warnings.append((text % values, location)),
    )
    assert counted("map") == "pages not yet counted"
    assert warnings == [("no chapter is in the folder map", "a.md:7")]
