"""Pages become notebooks that any viewer shows: text, numbers, links and cells."""

import os

import nbformat
import pytest
from docutils import nodes
from docutils.core import publish_doctree
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from plain_notebooks import lead_buttons, with_address
from plain_notebooks.blocks import CodeCell, blocks
from plain_notebooks.notebook import plain_notebook
from plain_notebooks.page import Page
from project import ROOT
from sphinx_exercise.nodes import exercise_enumerable_node, solution_node

from tests.programs import run

NUMBERS = {"eq": "7", "fig": "Fig. 3", "exercise": "Exercise 2"}
PAGE = Page(
    address="https://example.org/book/maps/page.html",
    number=lambda node: next((NUMBERS[i] for i in node["ids"] if i in NUMBERS), ""),
    image=lambda uri: f"https://example.org/_images/{uri}",
)


def of(*children: nodes.Node) -> list:
    return [block for child in children for block in blocks(child, PAGE)]


def of_text(text: str) -> list:
    """Blocks of a text in docutils' own markup, as its tree is the same."""
    return of(publish_doctree(text, settings_overrides={"doctitle_xform": False}))


def paragraph(*content: nodes.Node | str) -> nodes.paragraph:
    parts = [nodes.Text(part) if isinstance(part, str) else part for part in content]
    return nodes.paragraph("", "", *parts)


def cell(index: int, *content: nodes.Node) -> nodes.container:
    return nodes.container("", *content, nb_element="cell_code", cell_index=index)


def formula(source: str, **attributes) -> nodes.math_block:
    return nodes.math_block(source, source, **attributes)


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("two\nlines", "two lines"),
        ("*a* and **b**, ``c_d``", "*a* and **b**, `c_d`"),
        (r"5 \* 3 \* x_1, $2, a\|b", r"5 \* 3 \* x\_1, \$2, a\|b"),
        ("if a < b & c", "if a &lt; b &amp; c"),
        (r"\# no heading", r"\# no heading"),
        ("2016\\. A year", r"2016\. A year"),
        (":math:`x < 1`", r"$x \lt 1$"),
        (r":math:`\|x|`", r"$\Vert x\vert$"),
        ("3 001 points", "3 001 points"),  # narrow spaces are kept
    ],
)
def test_a_line_means_in_markdown_what_it_meant(text, markdown):
    assert of_text(text) == [markdown]


def test_code_that_holds_a_backtick_keeps_it():
    assert of(paragraph(nodes.literal("", "a`b"))) == ["`` a`b ``"]


def test_headings_have_the_level_of_their_section():
    text = "One\n===\n\nTwo\n---\n\nwords\n\nThree\n-----\n"
    assert of_text(text) == ["# One", "## Two", "words", "## Three"]


def test_lists_keep_their_marks_and_numbers():
    assert of_text("- a\n- b\n\n  c") == ["- a\n- b\n\n  c"]
    assert of_text("1. a\n2. b") == ["1. a\n2. b"]


def test_a_table_keeps_its_bars():
    text = "=====  =\nhead   b\n=====  =\n``|``  x\n=====  =\n"
    assert of_text(text) == ["| head | b |\n| --- | --- |\n| `\\|` | x |"]


def test_a_table_without_a_head_gets_an_empty_one():
    assert of_text("==  ==\na   b\n==  ==\n") == ["|  |  |\n| --- | --- |\n| a | b |"]


@pytest.mark.parametrize(
    ("attributes", "address"),
    [
        ({"refid": "eq-1"}, "https://example.org/book/maps/page.html#eq-1"),
        ({"refuri": "other.html#a"}, "https://example.org/book/maps/other.html#a"),
        ({"refuri": "../index.html"}, "https://example.org/book/index.html"),
        ({"refuri": "#here"}, "https://example.org/book/maps/page.html#here"),
        ({"refuri": "https://arxiv.org/abs/1"}, "https://arxiv.org/abs/1"),
    ],
)
def test_a_reference_leads_to_the_published_site(attributes, address):
    link = nodes.reference("", " (9) ", **attributes)
    assert of(paragraph("see", link, "there")) == [f"see [(9)]({address}) there"]


def test_an_equation_has_its_number_and_is_on_one_line():
    found = of(formula("a\n  < b", label="eq", ids=["eq"]))
    assert found == [r"$$ a \lt b \tag{7} $$"]
    assert of(formula("a = b")) == ["$$ a = b $$"]


def test_an_equation_of_several_lines_may_break():
    assert of(formula(r"a \\ b")) == [r"$$ \begin{split} a \\ b \end{split} $$"]
    environment = r"\begin{align}a &= b\end{align}"
    assert of(formula(environment, nowrap=True)) == [environment]


def test_a_comment_of_a_formula_ends_with_its_line():
    source = "a % of a\n\\alpha% of b\nb\n% alone\n= 5\\,\\%"
    assert of(formula(source)) == [r"$$ a \alpha b = 5\,\% $$"]
    broken = "a \\\\% of a\nb"
    assert of(formula(broken)) == [r"$$ \begin{split} a \\ b \end{split} $$"]


@pytest.mark.parametrize(
    "verbatim",
    [
        r"\begin{array}{c|c}a\end{array}",
        r"\begin{array}[t]{@{}c|>{b}c}a\end{array}",
        r"\text{if $a < b$ | c}",
        r"\mbox{a > b}",
    ],
)
def test_columns_and_words_of_a_formula_keep_their_signs(verbatim):
    inline = nodes.math("", rf"|x| < 1 {verbatim}")
    assert of(paragraph(inline)) == [rf"$\vert x\vert \lt 1 {verbatim}$"]
    assert of(formula(f"x > 1 {verbatim}")) == [rf"$$ x \gt 1 {verbatim} $$"]


def test_a_note_in_the_margin_is_a_quotation():
    note = nodes.sidebar("", nodes.title(), paragraph("aside"), formula("x"))
    assert of(note) == ["> aside\n>\n> $$ x $$"]


def test_an_admonition_has_its_title():
    assert of(nodes.warning("", paragraph("hot"))) == ["> **Warning.**\n>\n> hot"]


def test_a_figure_outside_code_shows_its_picture_and_caption():
    picture = nodes.image(uri="plan.svg", alt="A plan")
    text = nodes.caption("", "", nodes.strong("", "Bold."), nodes.Text(" Rest."))
    assert of(nodes.figure("", picture, text, ids=["fig"])) == [
        "![A plan](https://example.org/_images/plan.svg)",
        "**Fig. 3.** **Bold.** Rest.",
    ]


def test_the_caption_of_a_cells_figure_follows_the_cell():
    figure = nodes.figure("", nodes.image(uri="a.png"), nodes.caption("", "Look."))
    figure["ids"] = ["fig"]
    assert of(cell(4, figure)) == [CodeCell(4), "**Fig. 3.** Look."]


def test_an_exercise_has_its_number_and_its_solution_opens_at_a_click():
    exercise = exercise_enumerable_node("", nodes.title(), paragraph("Show it."))
    exercise["ids"] = ["exercise"]
    title = nodes.title("", "Solution to")
    title += nodes.reference("", " Exercise 2", refuri="#exercise")
    solution = solution_node(
        "", title, paragraph("Easy."), cell(5), paragraph("Done."), classes=["dropdown"]
    )
    opened = (
        "<details>\n<summary>Solution to Exercise 2{}</summary>\n\n{}\n\n</details>"
    )
    assert of(exercise, solution) == [
        "> **Exercise 2.**\n>\n> Show it.",
        opened.format("", "Easy."),
        CodeCell(5, in_solution=True),
        opened.format(", continued", "Done."),
    ]


def test_the_scripts_of_the_site_are_left_out():
    script = nodes.raw("", "<script>let x</script>", format="html")
    assert of(script, nodes.raw("", "<hr>", format="html")) == ["<hr>"]


@pytest.fixture
def stored():
    output = new_output("stream", text="1\n")
    hidden = {"tags": ["hide-input", "nbval-ignore-output"]}
    return new_notebook(
        cells=[
            new_code_cell("install", metadata={"tags": ["remove-cell"]}),
            new_markdown_cell("{eq}`raw`"),
            new_code_cell("plain", outputs=[output], execution_count=2),
            new_code_cell("hidden", metadata=hidden),
            new_code_cell("left out", metadata={"tags": ["remove-cell"]}),
            new_code_cell("solution"),
        ],
        metadata={"language_info": {"name": "python"}},
    )


PAGE_BLOCKS = [
    "# T",
    "a",
    CodeCell(2),
    "b",
    "c",
    "## S",
    CodeCell(3),
    CodeCell(5, True),
]


def test_a_notebook_has_every_cell_in_order_and_the_install_cell_first(stored):
    notebook = plain_notebook(stored, PAGE_BLOCKS)
    assert [cell.source for cell in notebook.cells] == [
        "install", "# T\n\na", "plain", "b\n\nc", "## S", "hidden", "left out",
        "solution",
    ]  # fmt: skip
    assert notebook.cells[2].outputs == stored.cells[2].outputs
    assert notebook.metadata == stored.metadata
    nbformat.validate(notebook)


def test_hidden_cells_are_folded_and_others_are_not(stored):
    notebook = plain_notebook(stored, PAGE_BLOCKS)
    folded = {
        cell.source: dict(cell.metadata.jupyter)
        for cell in notebook.cells
        if cell.metadata.get("cellView") == "form"
    }
    assert folded == {
        "hidden": {"source_hidden": True},
        "left out": {"source_hidden": True},
        "solution": {"source_hidden": True, "outputs_hidden": True},
    }
    assert notebook.cells[0].metadata == notebook.cells[2].metadata == {}


def test_a_cell_that_raises_says_so(stored):
    stored.cells[2].metadata["tags"] = ["raises-exception", "nbval-skip"]
    cells = plain_notebook(stored, PAGE_BLOCKS).cells
    tags = {cell.source: cell.metadata.get("tags") for cell in cells}
    assert tags["plain"] == ["raises-exception"]
    assert [name for name in tags if tags[name]] == ["plain"]


@pytest.mark.parametrize("texts", [["# T", "a"], []])
def test_a_page_without_code_is_a_notebook_of_its_text(texts):
    notebook = plain_notebook(new_notebook(), texts)
    assert [cell.source for cell in notebook.cells] == ["\n\n".join(texts)] * any(texts)


def test_a_code_cell_that_leads_a_page_stands_there_once(stored):
    notebook = plain_notebook(stored, [CodeCell(0), "a", *PAGE_BLOCKS[2:]])
    sources = [cell.source for cell in notebook.cells]
    assert sources[:3] == ["install", "a", "plain"]
    assert sources.count("install") == 1


def test_a_page_has_its_address_after_its_title():
    address = "https://example.org/page.html"
    here = f"*A page of a book: [read it on its site]({address}).*"
    assert with_address(["# T", "a"], address) == ["# T", here, "a"]
    assert with_address([CodeCell(0), "a"], address) == [here, CodeCell(0), "a"]
    assert with_address([], address) == [here]


def test_buttons_lead_to_the_plain_notebook():
    def button(text):
        return {"text": text, "url": "before"}

    context = {
        "theme_launch_buttons": {"colab_url": "colab", "binderhub_url": "binder"},
        "pathto": lambda path, resource: f"../../{path}",
        "header_buttons": [
            {"buttons": [button("Colab"), button("Binder")]},
            {"buttons": [button(".ipynb"), {"text": ".pdf", "javascript": "print()"}]},
            {"javascript": "toggle()"},
        ],
    }
    lead_buttons(context, "notebooks/maps/page.ipynb")
    launch, download, _ = context["header_buttons"]
    colab, binder = (button["url"] for button in launch["buttons"])
    assert colab.endswith("/blob/gh-pages/notebooks/maps/page.ipynb")
    assert binder.endswith("/main?urlpath=lab/tree/notebooks/maps/page.ipynb")
    assert download["buttons"][0]["url"] == "../../notebooks/maps/page.ipynb"
    assert "url" not in download["buttons"][1]


def test_binder_finds_the_notebooks_where_its_button_leads(tmp_path):
    builder = tmp_path / "jupyter-book"
    made = "_build/html/notebooks/maps"
    builder.write_text(f"#!/bin/sh\nmkdir -p {made} && touch {made}/page.ipynb\n")
    builder.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    run(ROOT / "postBuild", cwd=tmp_path, env={**os.environ, "PATH": path})
    assert (tmp_path / "notebooks/maps/page.ipynb").is_file()
