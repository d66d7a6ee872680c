"""Each page of the built site has a notebook that any viewer shows, and that runs."""

import os
import re
from functools import cache

import nbformat
import pytest
from markdown_it import MarkdownIt
from project import ROOT, repository, site

from tests.book.browser.site import SITE
from tests.programs import run

SOURCES = sorted((ROOT / "book").glob("*/[!.]*.ipynb"))
LARGEST = 5 * 2**20  # bytes, with which Colab opens a notebook at once
QUICK = "slow_maps/which_coordinates"  # half a minute on one thread

FORMULA = re.compile(r"\$\$.*?\$\$|(?<!\\)\$[^$\n]+(?<!\\)\$")
MYST = re.compile(r"\{[\w:-]+\}`|:::|```\{|:label:|^\([\w-]+\)=", re.MULTILINE)
# What is left of marks that Markdown did not take for such.
LEFT_OVER = re.compile(r".{0,30}(?:\*|\]\(|`|\$|\\).{0,30}")

pytestmark = pytest.mark.browser


def name_of(source):
    return source.relative_to(ROOT / "book").with_suffix("").as_posix()


@cache
def anchors(path):
    return set(re.findall(r'\bid="([^"]+)"', path.read_text("utf-8")))


def leads_somewhere(address: str) -> bool:
    """Tell whether an address of the published site has a file and an anchor here."""
    path, _, anchor = address.removeprefix(site()).partition("#")
    file = SITE / path
    return file.is_file() and (not anchor or anchor in anchors(file))


def visible(markdown: str) -> str:
    """Return what a viewer shows of Markdown, without formulas and code."""
    renderer = MarkdownIt("commonmark").enable("table")
    page = renderer.render(FORMULA.sub("formula", markdown))
    page = re.sub(r"<(pre|code).*?</\1>", "", page, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", "", page)


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_a_page_has_a_notebook_in_plain_markdown(source):
    path = SITE / "notebooks" / f"{name_of(source)}.ipynb"
    assert path.stat().st_size < LARGEST
    stored, plain = (nbformat.read(file, as_version=4) for file in (source, path))
    nbformat.validate(plain)
    code = [
        [(cell.source, cell.outputs) for cell in book.cells if cell.cell_type == "code"]
        for book in (stored, plain)
    ]
    assert code[0] == code[1]
    assert "pip install" in plain.cells[0].source
    texts = [cell.source for cell in plain.cells if cell.cell_type == "markdown"]
    for text in texts:
        assert not MYST.findall(text)
        assert not LEFT_OVER.findall(visible(text))
    links = set(re.findall(r"\]\((\S+?)\)", "\n".join(texts)))
    assert not [link for link in links if not link.startswith("http")]
    own = [link for link in links if link.startswith(site())]
    assert own
    assert not [link for link in own if not leads_somewhere(link)]


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_numbers_are_those_of_the_page(source):
    page = (SITE / "book" / f"{name_of(source)}.html").read_text("utf-8")
    path = SITE / "notebooks" / f"{name_of(source)}.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    equations = re.findall(r'class="eqno">\(([\d.]+)\)', page)
    assert re.findall(r"\\tag\{([\d.]+)\}", text) == equations
    labels = re.findall(r'class="caption-number">([^<]+?) <', page)
    assert labels
    for label in labels:  # of figures, exercises and theorems
        assert re.search(rf"\*\*{re.escape(label)}(?:\.| \()", text), label


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_buttons_lead_to_notebooks_that_exist(source):
    page = (SITE / "book" / f"{name_of(source)}.html").read_text("utf-8")
    notebook = f"notebooks/{name_of(source)}.ipynb"
    assert (SITE / notebook).is_file()
    name = re.escape("/".join(repository().split("/")[-2:]))
    colab, binder, download = (
        re.findall(rf'href="{start}([^"]*\.ipynb)"', page)
        for start in (
            rf"https://colab\.research\.google\.com/github/{name}/blob/gh-pages/",
            rf"https://mybinder\.org/v2/gh/{name}/main\?urlpath=lab/tree/",
            r"\.\./\.\./(?=notebooks)",
        )
    )
    assert {*colab} == {*binder} == {*download} == {notebook}


def test_a_notebook_runs_with_the_installed_package(python, tmp_path):
    program = (
        "import nbformat, nbclient, sys\n"
        "notebook = nbformat.read(sys.argv[1], as_version=4)\n"
        "nbclient.NotebookClient(notebook, timeout=None).execute()\n"
        "print(sum(bool(cell.get('outputs')) for cell in notebook.cells))"
    )
    path = SITE / "notebooks" / f"{QUICK}.ipynb"
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"PYTHONPATH", "MPLBACKEND"}
    }
    # Stored results come from here: a test asks nothing of the network.
    environment["MSBOOK_RESULTS"] = str(ROOT / "book" / "results")
    printed = run(python, "-I", "-c", program, path, cwd=tmp_path, env=environment)
    stored = nbformat.read(path, as_version=4)
    assert int(printed) == sum(bool(cell.get("outputs")) for cell in stored.cells)
