"""Sphinx extension: each notebook once more, as Colab, Jupyter and GitHub show it.

The stored notebooks are written in MyST, whose roles and directives only the site
understands. When a page is written, its tree, in which all references are resolved, is
written as plain Markdown too, around the stored code and outputs.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
from docutils import nodes
from project import replace_file, repository, site
from sphinx.application import Sphinx
from sphinx.util.math import get_node_equation_number

from .blocks import Block, blocks
from .notebook import plain_notebook
from .page import Page

# The site is published on this branch: Colab opens nothing but files of a branch.
BRANCH = "gh-pages"


def path_of(docname: str) -> str:
    """Return where a page's plain notebook stands within the site."""
    return f"notebooks/{docname.removeprefix('book/')}.ipynb"


def page_of(app: Sphinx, docname: str) -> Page:
    """Return what the site knows of a page: addresses, and numbers as shown."""
    builder: Any = app.builder
    writer: Any = SimpleNamespace(builder=builder)
    kind_of = app.env.get_domain("std").get_enumerable_node_type

    def number(node: nodes.Element) -> str:
        if isinstance(node, nodes.math_block):
            return get_node_equation_number(writer, node)
        kind = kind_of(node) or ""
        counted = app.env.toc_fignumbers.get(docname, {}).get(kind, {})
        found = next((counted[name] for name in node["ids"] if name in counted), None)
        if found is None:
            return ""
        label = app.config.numfig_format[kind] % ".".join(map(str, found))
        return label[0].upper() + label[1:]

    return Page(
        address=site() + builder.get_target_uri(docname),
        number=number,
        # The writer of the page has put its own, relative address there.
        image=lambda uri: f"{site()}{builder.imagedir}/{Path(uri).name}",
    )


def write_notebook(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Write a page's plain notebook and let the page's buttons lead to it."""
    source = Path(app.env.doc2path(pagename))
    if doctree is None or source.suffix != ".ipynb":
        return
    page = page_of(app, pagename)
    stored = nbformat.read(source, as_version=4)
    notebook = plain_notebook(stored, with_address(blocks(doctree, page), page.address))
    replace_file(Path(app.outdir, path_of(pagename)), nbformat.writes(notebook) + "\n")
    lead_buttons(context, path_of(pagename))


def with_address(content: list[Block], address: str) -> list[Block]:
    """Return a page's blocks with its address after the title, where it has one."""
    here = f"*A page of a book: [read it on its site]({address}).*"
    after = sum(isinstance(block, str) for block in content[:1])
    return [*content[:after], here, *content[after:]]


def lead_buttons(context: dict[str, Any], path: str) -> None:
    """Let the buttons that open or download a page's notebook lead to the plain one."""
    services = context["theme_launch_buttons"]
    colab, binder = services["colab_url"], services["binderhub_url"]
    name = "/".join(repository().split("/")[-2:])
    addresses = {
        "Colab": f"{colab}/github/{name}/blob/{BRANCH}/{path}",
        # Binder installs the main branch, whose `postBuild` makes the notebooks anew.
        "Binder": f"{binder}/v2/gh/{name}/main?urlpath=lab/tree/{path}",
        ".ipynb": context["pathto"](path, 1),
    }
    for group in context["header_buttons"]:
        for button in group.get("buttons", []):
            if button["text"] in addresses:
                button["url"] = addresses[button["text"]]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension; the theme must have made its buttons before."""
    app.connect("html-page-context", write_notebook, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
