"""What stands within a paragraph, as Markdown on one line."""

import re
from functools import singledispatch

from docutils import nodes

from . import mathematics
from .page import Page


def escape(text: str) -> str:
    """Return text whose signs mean themselves in Markdown, HTML and mathematics."""
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    text = text.replace("\\", "&#92;").replace("](", "]&#40;")
    return re.sub(r"([`*_~$|])", r"\\\1", text)


def joined(node: nodes.Element, page: Page) -> str:
    """Return what a node holds, on one line; narrow spaces stay as they are."""
    text = "".join(inline(child, page) for child in node.children)
    return re.sub(r"[ \t\r\n]+", " ", text)


def marked(before: str, text: str, after: str) -> str:
    """Return text between two marks, which must touch it."""
    return re.sub(r"^( *)(.*\S)", lambda m: f"{m[1]}{before}{m[2]}{after}", text)


@singledispatch
def inline(node: nodes.Node, page: Page) -> str:
    """Return the Markdown of a node within a paragraph."""
    return joined(node, page) if isinstance(node, nodes.Element) else ""


@inline.register
def _(node: nodes.Text, page: Page) -> str:
    return escape(node.astext())


@inline.register
def _(node: nodes.Invisible, page: Page) -> str:
    return ""


@inline.register
def _(node: nodes.raw, page: Page) -> str:
    return node.astext() if node["format"] == "html" else ""


@inline.register
def _(node: nodes.emphasis, page: Page) -> str:
    return marked("*", joined(node, page), "*")


@inline.register
def _(node: nodes.strong, page: Page) -> str:
    return marked("**", joined(node, page), "**")


@inline.register
def _(node: nodes.literal, page: Page) -> str:
    code = node.astext()
    fence = "`" * (1 + max(map(len, re.findall("`+", code)), default=0))
    return f"`{code}`" if len(fence) == 1 else f"{fence} {code} {fence}"


@inline.register
def _(node: nodes.math, page: Page) -> str:
    return mathematics.in_text(node.astext())


@inline.register
def _(node: nodes.image, page: Page) -> str:
    return f"![{escape(node.get('alt', ''))}]({page.image(node['uri'])})"


@inline.register
def _(node: nodes.reference, page: Page) -> str:
    return marked("[", joined(node, page), f"]({page.link(node)})")
