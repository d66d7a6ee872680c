"""Mathematics as MathJax and KaTeX read it within Markdown.

All on one line: in a quotation or a list the marks of further lines would be read as
mathematics.
"""

import re


def one_line(source: str) -> str:
    """Return TeX on one line, without a sign that HTML would take for a tag."""
    source = source.replace("<", r"\lt ").replace(">", r"\gt ")
    return re.sub(r"\s+", " ", source.strip())


def in_text(source: str) -> str:
    """Return a formula within a line; a bar in it would end the cell of a table."""
    source = source.replace(r"\|", r"\Vert ").replace("|", r"\vert ")
    return f"${one_line(source)}$"


def displayed(source: str, number: str) -> str:
    """Return a formula on a line of its own, with its number where it has one."""
    source = one_line(source)
    tag = rf" \tag{{{number}}}" if number else ""
    # As on the site, lines may break without an environment that says so.
    if r"\\" in source:
        source = rf"\begin{{split}} {source} \end{{split}}"
    return f"$$ {source}{tag} $$"
