"""A directive that stands for Markdown made when the page is built."""

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective


class MarkdownDirective(SphinxDirective):
    """What ``markdown`` returns is parsed in the directive's place."""

    def markdown(self) -> str:
        """Return the text to put in the directive's place."""
        raise TypeError(f"{type(self).__name__} does not say what it stands for.")

    def run(self) -> list[nodes.Node]:
        """Parse the text in place, in each build anew: it depends on other files."""
        self.env.note_reread()
        container = nodes.Element()
        lines = StringList(self.markdown().splitlines(), source=self.env.docname)
        self.state.nested_parse(
            lines, self.content_offset, container, match_titles=True
        )
        return container.children
