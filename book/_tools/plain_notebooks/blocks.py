"""A page as pieces of Markdown and, between them, the places of its code cells."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import singledispatch
from itertools import chain, groupby, repeat
from textwrap import indent

from docutils import nodes
from sphinx.locale import admonitionlabels
from sphinx_design.dropdown import dropdown_main, dropdown_title
from sphinx_exercise.nodes import solution_node

from . import mathematics
from .inlines import escape, inline, joined
from .page import Page
from .tables import table


@dataclass(frozen=True)
class CodeCell:
    """The place of a code cell: its index in the stored notebook."""

    index: int
    in_solution: bool = False


Block = str | CodeCell


def within(node: nodes.Element, page: Page) -> list[Block]:
    """Return the blocks of what a node holds."""
    return [block for child in node.children for block in blocks(child, page)]


def texts(node: nodes.Element, page: Page) -> list[str]:
    """Return the blocks of a node that holds no code cell, such as a list."""
    return [block for block in within(node, page) if isinstance(block, str)]


def boxed(content: Iterable[Block], box: Callable[[str], str]) -> list[Block]:
    """Return blocks with each run of text between code cells put into a box."""
    found: list[Block] = []
    for is_text, group in groupby(content, lambda block: isinstance(block, str)):
        run = list(group)
        found += [box("\n\n".join(map(str, run)))] if is_text else run
    return found


def quoted(text: str) -> str:
    """Return text as a quotation, the box that every viewer has."""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def folded(title: str, content: list[Block]) -> list[Block]:
    """Return blocks whose text opens at a click on the title."""
    title = re.sub(r"\[(.+?)\]\(\S+?\)", r"\1", title)  # a link would take the click
    titles = chain([title], repeat(f"{title}, continued"))
    return boxed(
        content,
        lambda text: (
            f"<details>\n<summary>{next(titles)}</summary>\n\n{text}\n\n</details>"
        ),
    )


def caption(figure: nodes.figure, page: Page) -> str:
    """Return a figure's number and caption."""
    number = page.number(figure)
    parts = [joined(part, page) for part in figure.findall(nodes.caption)]
    return " ".join([f"**{number}.**"] * bool(number) + parts)


@singledispatch
def blocks(node: nodes.Node, page: Page) -> list[Block]:
    """Return the blocks of a node of a page's tree, here of what it holds."""
    return within(node, page) if isinstance(node, nodes.Element) else []


@blocks.register
def _(node: nodes.Text, page: Page) -> list[Block]:
    return [escape(node.astext())]


@blocks.register
def _(node: nodes.Invisible, page: Page) -> list[Block]:
    return []


@blocks.register
def _(node: nodes.TextElement, page: Page) -> list[Block]:
    # At its start some signs would make a list, a heading or a quotation of it.
    text = re.sub(r"^([-+#>])", r"\\\1", inline(node, page).strip(" "))
    return [re.sub(r"^(\d+)([.)])(?= )", r"\1\\\2", text)] if text else []


@blocks.register
def _(node: nodes.raw, page: Page) -> list[Block]:
    # The site's own scripts, which are no part of a page's text.
    if node["format"] != "html" or "<script" in node.astext():
        return []
    return [node.astext()]


@blocks.register
def _(node: nodes.title, page: Page) -> list[Block]:
    level, parent = 0, node.parent
    while parent is not None:
        level += isinstance(parent, nodes.section)
        parent = parent.parent
    return [f"{'#' * level} {joined(node, page)}"]


@blocks.register
def _(node: nodes.term, page: Page) -> list[Block]:
    return [f"**{joined(node, page)}**"]


@blocks.register
def _(node: nodes.rubric, page: Page) -> list[Block]:
    return [f"**{joined(node, page)}**"]


@blocks.register
def _(node: nodes.transition, page: Page) -> list[Block]:
    return ["---"]


@blocks.register
def _(node: nodes.math_block, page: Page) -> list[Block]:
    if node.get("nowrap"):  # an environment that stands for itself, such as align
        return [mathematics.one_line(node.astext())]
    number = page.number(node) if node.get("label") else ""
    return [mathematics.displayed(node.astext(), number)]


@blocks.register
def _(node: nodes.literal_block, page: Page) -> list[Block]:
    inner = max(map(len, re.findall("`+", node.astext())), default=0)
    fence = "`" * max(3, inner + 1)
    return [f"{fence}{node.get('language', '')}\n{node.astext()}\n{fence}"]


@blocks.register
def _(node: nodes.image, page: Page) -> list[Block]:
    return [inline(node, page)]


@blocks.register
def _(node: nodes.figure, page: Page) -> list[Block]:
    pictures = [inline(image, page) for image in node.findall(nodes.image)]
    return [*pictures, caption(node, page)]


@blocks.register
def _(node: nodes.table, page: Page) -> list[Block]:
    titles = [f"**{joined(title, page)}**" for title in node.findall(nodes.title)]
    return [*titles, table(node, lambda entry: "\n".join(texts(entry, page)))]


@blocks.register(nodes.bullet_list)
@blocks.register(nodes.enumerated_list)
def _(node: nodes.Element, page: Page) -> list[Block]:
    numbered = isinstance(node, nodes.enumerated_list)
    items = []
    children = [child for child in node.children if isinstance(child, nodes.list_item)]
    for number, item in enumerate(children, start=node.get("start", 1)):
        mark = f"{number}. " if numbered else "- "
        text = indent("\n\n".join(texts(item, page)), " " * len(mark))
        items.append(mark + text[len(mark) :])
    return ["\n".join(items)]


@blocks.register
def _(node: nodes.block_quote, page: Page) -> list[Block]:
    return boxed(within(node, page), quoted)


@blocks.register(nodes.sidebar)  # a note in the margin
@blocks.register(nodes.Admonition)
def _(node: nodes.Element, page: Page) -> list[Block]:
    content = node.children
    title = page.number(node) or admonitionlabels.get(node.tagname, "")
    if content and isinstance(content[0], nodes.title):
        title = f"{title} {joined(content[0], page).strip(' ')}".strip(" ")
        content = content[1:]
    found = [block for child in content for block in blocks(child, page)]
    if isinstance(node, solution_node):
        found = [
            replace(block, in_solution=True) if isinstance(block, CodeCell) else block
            for block in found
        ]
    if "dropdown" in node["classes"]:
        return folded(title, found)
    if not title and not isinstance(node, nodes.sidebar):
        return found  # a proof, which says so itself
    return boxed([f"**{title}.**", *found] if title else found, quoted)


@blocks.register
def _(node: dropdown_main, page: Page) -> list[Block]:
    title = " ".join(joined(part, page) for part in node.findall(dropdown_title))
    _, *content = node.children  # the title comes first
    return folded(title, [block for child in content for block in blocks(child, page)])


@blocks.register
def _(node: nodes.container, page: Page) -> list[Block]:
    if node.get("nb_element") != "cell_code":
        return within(node, page)
    captions = [caption(figure, page) for figure in node.findall(nodes.figure)]
    return [CodeCell(node["cell_index"]), *filter(None, captions)]
