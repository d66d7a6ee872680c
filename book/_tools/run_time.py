"""The role ``run-time``: how long a page, or a chapter, runs, in words."""

from docutils import nodes
from execution import RECORD, load
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

LOGGER = logging.getLogger(__name__)


def in_words(seconds: float) -> str:
    """Return a time as exactly as a reader can plan with it."""
    if seconds < 55:
        return f"about {max(10 * round(seconds / 10), 10)} seconds"
    halves = round(seconds / 30)
    if halves >= 10:
        return f"about {round(seconds / 60)} minutes"
    whole, half = divmod(halves, 2)
    unit = "minute" if halves == 2 else "minutes"
    return f"about {whole}{'½' * half} {unit}"


def seconds_of(name: str, record: dict[str, dict]) -> float | None:
    """Return the time of a page, or of all pages of a chapter; None without a run."""
    page, folder = f"book/{name}.ipynb", f"book/{name}/"
    times = [
        entry["seconds"]
        for path, entry in record.items()
        if path == page or path.startswith(folder)
    ]
    return sum(times) if times else None


class RunTime(SphinxRole):
    """A page or a chapter, named by its path in the book, as the time that it runs."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the phrase; the page is read again when the record changes."""
        self.env.note_dependency(str(RECORD))
        seconds = seconds_of(self.text, load())
        if seconds is None:
            LOGGER.warning(
                "no run of %s is recorded", self.text, location=self.get_location()
            )
            return [nodes.Text("a time not yet recorded")], []
        return [nodes.Text(f"{in_words(seconds)} on one thread")], []
