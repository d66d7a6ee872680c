"""The built site: where it is, its pages, and its server."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from project import ROOT

SITE = ROOT / "_build" / "html"


def pages() -> list[str]:
    """Return the site's pages; the one at its root only leads to the book."""
    return sorted(
        path.relative_to(SITE).as_posix()
        for path in SITE.rglob("*.html")
        if "_static" not in path.parts and path != SITE / "index.html"
    )


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: pytest shows what matters."""


@contextmanager
def served() -> Iterator[str]:
    """Serve the site on this machine and give its address."""
    handler = partial(QuietHandler, directory=str(SITE))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def open_page(tab, url: str) -> None:
    """Open a page and wait until its mathematics is set."""
    tab.goto(url, wait_until="load")
    tab.wait_for_function("!window.MathJax || window.MathJax.startup?.promise")
    tab.evaluate("window.MathJax?.startup?.promise")
