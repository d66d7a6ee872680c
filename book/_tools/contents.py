"""The chapters of the book, read from the table of contents."""

from pathlib import Path

import yaml
from docutils import nodes
from project import ROOT
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

LOGGER = logging.getLogger(__name__)
TOC = ROOT / "_toc.yml"
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def chapters() -> dict[str, list[str]]:
    """Return the names of each chapter's pages, by the chapter's folder, in order."""
    contents = yaml.safe_load(TOC.read_text("utf-8"))
    return {
        Path(chapter["file"]).parent.name: [
            Path(page["file"]).stem for page in chapter["sections"]
        ]
        for part in contents["parts"]
        if part.get("numbered")
        for chapter in part["chapters"]
    }


class PageCount(SphinxRole):
    """A chapter, named by its folder, as the number of its pages, in words."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the phrase; the page is read again when the contents change."""
        self.env.note_dependency(str(TOC))
        if self.text not in chapters():
            LOGGER.warning(
                "no chapter is in the folder %s",
                self.text,
                location=self.get_location(),
            )
            return [nodes.Text("pages not yet counted")], []
        count = len(chapters()[self.text])
        number = WORDS[count] if count < len(WORDS) else str(count)
        return [nodes.Text(f"{number} page{'s' * (count != 1)}")], []
