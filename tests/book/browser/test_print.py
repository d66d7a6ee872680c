"""A page on paper: light, and with nothing folded."""

import pytest

from tests.book.browser.site import open_page

CHAPTER = "book/slow_maps/slow_and_fast.html"
FOLDED = """() => [...document.querySelectorAll(
    '.admonition.toggle > :not(.admonition-title, button), details.sd-dropdown > div'
  )].filter(node => !node.checkVisibility({visibilityProperty: true})
    || getComputedStyle(node).opacity < 1 || node.clientHeight === 0).length"""
THEME = "document.documentElement.dataset.theme"

pytestmark = pytest.mark.browser


@pytest.fixture
def dark(page, address):
    """A chapter in the dark mode."""
    open_page(page, address + CHAPTER)
    page.evaluate(f"{THEME} = 'dark'")
    return page


def test_on_paper_a_page_is_light_and_open_and_afterwards_as_before(dark):
    folded = dark.evaluate(FOLDED)
    assert folded > 0
    dark.emulate_media(media="print")
    dark.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert dark.evaluate(THEME) == "light"
    assert dark.evaluate(FOLDED) == 0
    dark.emulate_media(media="screen")
    dark.evaluate("dispatchEvent(new Event('afterprint'))")
    assert dark.evaluate(THEME) == "dark"
    dark.evaluate("document.getAnimations().forEach(change => change.finish())")
    assert dark.evaluate(FOLDED) == folded
