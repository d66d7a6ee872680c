"""Under each table of claims, the link to the page that explains its words."""

import re

from sphinx.application import Sphinx

PAGE = "book/reference/claims"


def link_captions(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Make a link of the page's name, which stored outputs can only cite."""
    if "msbook-judged" not in context.get("body", ""):
        return
    address = app.builder.get_relative_uri(pagename, PAGE)
    context["body"] = re.sub(
        r'<cite class="msbook-judged">(.*?)</cite>',
        rf'<a class="reference internal" href="{address}">\1</a>',
        context["body"],
    )
