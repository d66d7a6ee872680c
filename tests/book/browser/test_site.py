"""The site as a whole: front door, links, search, and the two modes."""

from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup

from tests.book.browser.site import SITE, open_page, pages

CONTRAST_MINIMUM = 4.5  # Web Content Accessibility Guidelines, level AA

pytestmark = pytest.mark.browser


def test_front_door_leads_to_the_book(page, address):
    page.goto(address, wait_until="load")
    page.wait_for_url("**/book/index.html")
    page.locator("article h1").wait_for(state="visible")


def test_each_link_within_the_site_leads_somewhere(browser):
    identifiers, links = {}, {}
    for name in pages():
        soup = BeautifulSoup((SITE / name).read_text("utf-8"), "html.parser")
        identifiers[name] = {str(node["id"]) for node in soup.select("[id]")}
        targets = {urljoin(f"/{name}", str(a["href"])) for a in soup.select("a[href]")}
        links[name] = {target for target in targets if target.startswith("/")}
    broken = [
        f"{name}: {target}"
        for name, targets in links.items()
        for target in targets
        if not resolves(target, identifiers)
    ]
    assert broken == []


def resolves(target: str, identifiers: dict[str, set[str]]) -> bool:
    """Tell whether a link within the site has a file, and its anchor an element."""
    url, anchor = urldefrag(target)
    path = unquote(urlsplit(url).path).lstrip("/") or "index.html"
    if path not in identifiers:
        return (SITE / path).is_file()
    return not anchor or unquote(anchor) in identifiers[path]


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
