"""The built site in a real browser: complete, offline, searchable, legible.

Run by ``make browser`` after ``make book``. Without a browser the tests are
skipped, except on a machine that checks changes (``CI`` is set).
"""

import os
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from project import ROOT

SITE = ROOT / "_build" / "html"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
CONTRAST_MINIMUM = 4.5  # Web Content Accessibility Guidelines, level AA

pytestmark = pytest.mark.browser


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


@pytest.fixture(scope="module")
def address():
    """Serve the site on this machine and return its address."""
    handler = partial(QuietHandler, directory=str(SITE))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def unavailable(reason: str) -> None:
    """Skip for want of a tool on a reader's machine; fail where changes are checked."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


@pytest.fixture(scope="module")
def browser():
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        unavailable(f"no browser: install one of {', '.join(BROWSERS)}.")
    if not (SITE / "index.html").exists():
        unavailable("no site: run `make book` first.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=executable, args=list(FLAGS)
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser, address):
    """A page whose ``faults`` list what goes wrong on it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.faults = []

    def route(handler):
        if handler.request.url.startswith((address, "data:", "blob:")):
            handler.continue_()
        else:
            tab.faults.append(f"request to the outside: {handler.request.url}")
            handler.abort()

    def response(answer):
        if answer.status >= 400:
            tab.faults.append(f"{answer.status}: {answer.url}")

    def message(entry):
        if entry.type == "error":
            tab.faults.append(f"console: {entry.text}")

    context.route("**/*", route)
    tab.on("console", message)
    tab.on("pageerror", lambda error: tab.faults.append(f"script error: {error}"))
    tab.on("requestfailed", lambda item: tab.faults.append(f"failed: {item.url}"))
    tab.on("response", response)
    yield tab
    context.close()


def open_page(tab, url: str) -> None:
    """Open a page and wait until its mathematics is set."""
    tab.goto(url, wait_until="load")
    tab.wait_for_function("!window.MathJax || window.MathJax.startup?.promise")
    tab.evaluate("window.MathJax?.startup?.promise")


MATHEMATICS = """() => {
  const faults = [];
  for (const node of document.querySelectorAll('.math')) {
    if (!node.querySelector('mjx-container'))
      faults.push('not set: ' + node.textContent.trim().slice(0, 60));
  }
  for (const node of document.querySelectorAll('mjx-merror'))
    faults.push('error: ' + (node.dataset.mjxError || node.textContent));
  const shown = document.querySelector('main').cloneNode(true);
  for (const node of shown.querySelectorAll('pre, code, script, mjx-container'))
    node.remove();
  const raw = shown.textContent.match(/\\$\\$|\\\\\\(|\\\\\\[|\\\\begin\\{/);
  if (raw) faults.push('raw mathematics: ' + raw[0]);
  return faults;
}"""

IMAGES = """() => [...document.querySelectorAll('main img')]
  .filter(image => !(image.complete && image.naturalWidth > 0 && image.alt.trim()))
  .map(image => 'image without picture or alternative text: ' + image.src)"""

LINKS = """() => [...document.querySelectorAll('a[href]')].map(link => link.href)"""

IDENTIFIERS = """() => [...document.querySelectorAll('[id]')].map(node => node.id)"""


def test_each_page_is_complete_and_offline(page, address):
    identifiers, links, faults = {}, {}, []
    for name in pages():
        page.faults.clear()
        open_page(page, address + name)
        # Pictures below the fold are loaded when they come into view.
        page.evaluate(
            "document.querySelectorAll('img').forEach(i => { i.loading = 'eager' })"
        )
        page.wait_for_load_state("networkidle")
        for fault in page.faults + page.evaluate(MATHEMATICS) + page.evaluate(IMAGES):
            faults.append(f"{name}: {fault}")
        identifiers[name] = set(page.evaluate(IDENTIFIERS))
        links[name] = set(page.evaluate(LINKS))
    for name, targets in links.items():
        for target in targets:
            if target.startswith(address) and not resolves(target, identifiers):
                faults.append(f"{name}: broken link {target}")
    assert not faults, "\n".join(faults)


def resolves(target: str, identifiers: dict[str, set[str]]) -> bool:
    """Tell whether a link within the site has a file, and its anchor an element."""
    url, anchor = urldefrag(target)
    path = unquote(urlsplit(url).path).lstrip("/") or "index.html"
    if path not in identifiers:
        return (SITE / path).is_file()
    return not anchor or unquote(anchor) in identifiers[path]


def test_front_door_leads_to_the_book(page, address):
    page.goto(address, wait_until="load")
    page.wait_for_url("**/book/index.html")
    page.locator("article h1").wait_for(state="visible")


def test_search_finds_a_word(page, address):
    page.goto(f"{address}search.html?q=Ornstein", wait_until="load")
    page.wait_for_selector("ul.search li a")
    hits = page.eval_on_selector_all("ul.search li a", "all => all.map(a => a.href)")
    assert any("glossary" in hit for hit in hits)
    assert page.faults == []


COLOURS = """() => {
  const article = document.querySelector('article p');
  let behind = article;
  const opaque = node => !/rgba\\(.*, 0\\)|transparent/.test(
    getComputedStyle(node).backgroundColor);
  while (behind.parentElement && !opaque(behind)) behind = behind.parentElement;
  return [getComputedStyle(article).color, getComputedStyle(behind).backgroundColor];
}"""


def luminance(colour: str) -> float:
    """Return the relative luminance of a CSS colour ``rgb(r, g, b)``."""
    channels = colour[colour.index("(") + 1 : colour.index(")")].split(",")[:3]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (float(channel) / 255 for channel in channels)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(tab) -> float:
    darker, lighter = sorted(map(luminance, tab.evaluate(COLOURS)))
    return (lighter + 0.05) / (darker + 0.05)


def test_both_modes_are_legible_and_the_switch_changes_them(page, address):
    open_page(page, f"{address}book/index.html")
    seen = {}
    for _ in range(3):  # the switch goes round light, dark and automatic
        page.locator(".theme-switch-button:visible").first.click()
        mode = page.locator("html").get_attribute("data-theme")
        seen[mode] = page.evaluate(COLOURS)
        assert contrast(page) >= CONTRAST_MINIMUM
    assert set(seen) == {"light", "dark"}
    assert seen["light"] != seen["dark"]


def test_no_page_is_wider_than_a_phone(page, address):
    page.set_viewport_size({"width": 390, "height": 844})
    wide = []
    for name in pages():
        open_page(page, address + name)
        if page.evaluate("document.documentElement.scrollWidth") > 391:
            wide.append(name)
    assert wide == []
