"""The filter of the scoreboard, and what a reader finds without it."""

import pytest

pytestmark = pytest.mark.browser

SHOWN = """() => [...document.querySelectorAll('div.claim')]
  .filter(claim => claim.checkVisibility()).map(claim => claim.className)"""
FOCUSED = "() => document.activeElement.labels?.[0].textContent"


@pytest.fixture
def board(page, address):
    page.goto(f"{address}book/reference/scoreboard.html", wait_until="load")
    page.wait_for_selector("form.claim-filter")
    return page


def test_each_control_narrows_what_is_shown(board):
    everything = board.evaluate(SHOWN)
    board.get_by_label("Verdict").select_option("undecided")
    undecided = board.evaluate(SHOWN)
    assert undecided == [name for name in everything if "undecided" in name]
    board.get_by_label("Computed").select_option("precomputed")
    both = board.evaluate(SHOWN)
    assert both == [name for name in undecided if "precomputed" in name]
    assert 0 < len(both) < len(undecided) < len(everything)
    counted = board.locator("form.claim-filter output").inner_text()
    assert counted == f"{len(both)} of {len(everything)} claims"


def test_a_chapter_hides_the_others(board):
    board.get_by_label("Chapter").select_option("stochastic-flow-maps")
    headings = board.locator("article section section > h2:visible")
    assert headings.count() == 1
    assert headings.inner_text().startswith("Stochastic flow maps")


def test_words_find_a_claim_and_what_is_cleared_comes_back(board):
    everything = len(board.evaluate(SHOWN))
    words = board.get_by_label("Words")
    words.fill("hidden-scales quadratic")
    assert len(board.evaluate(SHOWN)) == 1
    words.press("Enter")  # which must not load the page again
    assert words.input_value() == "hidden-scales quadratic"
    words.fill("")
    assert len(board.evaluate(SHOWN)) == everything


def test_a_link_of_the_contents_shows_a_chapter_that_the_filter_hides(board):
    everything = len(board.evaluate(SHOWN))
    board.get_by_label("Chapter").select_option("stochastic-flow-maps")
    hidden = "section[hidden]"
    target = board.locator(hidden).first.get_attribute("id")
    board.evaluate("id => { location.hash = id }", target)
    board.wait_for_selector(hidden, state="detached")
    assert len(board.evaluate(SHOWN)) == everything
    assert board.get_by_label("Chapter").input_value() == ""
    top = board.locator(f"section#{target}").bounding_box()["y"]
    assert abs(top) < board.viewport_size["height"] / 2


def test_a_link_to_what_is_shown_leaves_the_filter(board):
    board.get_by_label("Chapter").select_option("stochastic-flow-maps")
    board.evaluate("location.hash = 'stochastic-flow-maps'")
    board.wait_for_timeout(100)
    assert board.get_by_label("Chapter").input_value() == "stochastic-flow-maps"


def test_the_count_agrees_with_the_controls_after_going_back(board, address):
    everything = len(board.evaluate(SHOWN))
    board.get_by_label("Verdict").select_option("undecided")
    board.goto(f"{address}book/reference/claims.html", wait_until="load")
    board.go_back(wait_until="load")
    board.wait_for_function(
        "document.querySelector('#claims-verdict')?.value === 'undecided'"
    )
    shown = board.evaluate(SHOWN)
    assert 0 < len(shown) < everything
    counted = board.locator("form.claim-filter output").inner_text()
    assert counted == f"{len(shown)} of {everything} claims"


def test_controls_are_reached_in_their_order_by_keyboard(board):
    board.get_by_label("Words").focus()
    order = []
    for _ in range(4):
        order.append(board.evaluate(FOCUSED))
        board.keyboard.press("Tab")
    assert order == ["Words", "Verdict", "Chapter", "Computed"]
    assert board.faults == []


def test_the_page_is_complete_without_scripts(browser, address):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{address}book/reference/scoreboard.html", wait_until="load")
    claims = tab.locator("div.claim")
    assert claims.count() > 50
    assert claims.last.is_visible()
    assert tab.locator("form.claim-filter").count() == 0
    context.close()


@pytest.mark.parametrize(
    ("words", "page_of"), [("fast fiber", "glossary"), ("slow variable", "glossary")]
)
def test_search_leads_to_the_definition_first(page, address, words, page_of):
    page.goto(f"{address}search.html?q={words}", wait_until="load")
    page.wait_for_selector("ul.search li a")
    first = page.eval_on_selector("ul.search li a", "link => link.href")
    assert page_of in first
