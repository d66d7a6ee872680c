"""A browser and a page of it, for all tests of the built site.

Run by ``make browser`` after ``make book``. Without a browser or a site the tests
are skipped, except on a machine that checks changes (``CI`` is set).
"""

import os
import shutil

import pytest

from tests.book.browser.site import SITE, served

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


def unavailable(reason: str) -> None:
    """Skip for want of a tool on a reader's machine; fail where changes are checked."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


@pytest.fixture(scope="session", autouse=True)
def built():
    """Ask for the site, which every test of this folder reads."""
    if not (SITE / "index.html").exists():
        unavailable("no site: run `make book` first.")


@pytest.fixture(scope="session")
def address():
    with served() as url:
        yield url


@pytest.fixture(scope="session")
def browser():
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        unavailable(f"no browser: install one of {', '.join(BROWSERS)}.")
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
    context = browser.new_context(
        viewport={"width": 1400, "height": 900}, reduced_motion="reduce"
    )
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
