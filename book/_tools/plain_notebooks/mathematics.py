"""Mathematics as MathJax and KaTeX read it within Markdown.

All on one line: in a quotation or a list the marks of further lines would be read as
mathematics.
"""

import re

BRACES = r"\{(?:[^{}]|\{[^{}]*\})*\}"
# In the specification of columns, and in words, a command for a sign means nothing.
VERBATIM = re.compile(
    rf"(\\begin\{{array\}}(?:\[\w\])?{BRACES}|\\(?:text(?:rm|bf|it)?|mbox){BRACES})"
)
COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%.*")  # to the end of its line


def with_commands(source: str, commands: dict[str, str]) -> str:
    """Return TeX with commands in the place of signs."""
    parts = VERBATIM.split(source)
    for sign, command in commands.items():
        parts[::2] = [part.replace(sign, command) for part in parts[::2]]
    return "".join(parts)


def one_line(source: str) -> str:
    """Return TeX on one line, without a sign that HTML would take for a tag."""
    source = COMMENT.sub(r"\1", source)  # it would take the rest of the line
    source = with_commands(source, {"<": r"\lt ", ">": r"\gt "})
    return re.sub(r"\s+", " ", source.strip())


def in_text(source: str) -> str:
    """Return a formula within a line; a bar in it would end the cell of a table."""
    source = with_commands(source, {r"\|": r"\Vert ", "|": r"\vert "})
    return f"${one_line(source)}$"


def displayed(source: str, number: str) -> str:
    """Return a formula on a line of its own, with its number where it has one."""
    source = one_line(source)
    tag = rf" \tag{{{number}}}" if number else ""
    # As on the site, lines may break without an environment that says so.
    if r"\\" in source:
        source = rf"\begin{{split}} {source} \end{{split}}"
    return f"$$ {source}{tag} $$"
