"""What a reader does: enlarge a figure, read a claim, scroll an equation."""

import pytest

from tests.book.browser.site import open_page

CHAPTER = "book/slow_maps/slow_and_fast.html"
PHONE = {"width": 390, "height": 844}

pytestmark = pytest.mark.browser


@pytest.fixture
def chapter(page, address):
    """A chapter on a phone."""
    page.set_viewport_size(PHONE)
    open_page(page, address + CHAPTER)
    return page


def test_a_figure_opens_large_and_closes_by_key_and_by_tap(chapter):
    button = chapter.get_by_role("button", name="Enlarge Fig. 1.1.1", exact=True)
    dialogue = chapter.locator("dialog.enlarged")
    for close in (
        lambda: chapter.keyboard.press("Escape"),
        dialogue.get_by_role("button", name="Close").click,
    ):
        button.focus()
        chapter.keyboard.press("Enter")
        dialogue.wait_for(state="visible")
        close()
        dialogue.wait_for(state="hidden")
        assert button.evaluate("node => node === document.activeElement")
    assert chapter.faults == []


def test_a_film_moves_when_asked_and_shows_one_frame(chapter):
    film = chapter.locator(".film").first
    assert film.get_by_role("button").all_inner_texts() == ["Play"]
    output, before = film.locator("output"), film.locator("output").inner_text()
    film.get_by_role("slider").focus()
    chapter.keyboard.press("ArrowRight")
    assert output.inner_text() != before
    assert film.locator("img:visible").count() == 1
    assert chapter.faults == []


def test_an_enlarged_figure_is_wider_than_a_phone_and_moves_by_key(chapter):
    small = chapter.locator(".enlarge img:visible").first
    before = small.bounding_box()["width"]
    small.click()
    view = chapter.locator(".enlarged-view")
    assert view.locator("img:visible").bounding_box()["width"] >= 2 * before
    view.focus()
    chapter.keyboard.press("ArrowRight")
    chapter.wait_for_function("document.querySelector('.enlarged-view').scrollLeft > 0")


def test_the_page_behind_an_enlarged_figure_does_not_move(chapter):
    chapter.locator(".enlarge img:visible").first.click()
    before = chapter.evaluate("scrollY")
    chapter.mouse.move(195, 700)
    chapter.mouse.wheel(0, 5000)
    chapter.evaluate("new Promise(done => setTimeout(done, 200))")
    assert chapter.evaluate("scrollY") == before


def test_a_film_has_one_button_and_one_slider(chapter):
    film = chapter.locator(".film").first
    assert film.locator("img").count() > 1
    assert [film.locator(kind).count() for kind in ("button", "input")] == [1, 1]


def test_a_claim_is_a_card_on_a_phone(chapter):
    row = chapter.locator("table.msbook-claims tr:has(td[data-label])").first
    box, cells = row.bounding_box(), row.locator("td:visible")
    caption = chapter.locator("table.msbook-claims caption").first.bounding_box()
    assert caption["width"] == pytest.approx(box["width"], abs=1)
    assert box["x"] + box["width"] <= PHONE["width"]
    tops = [cell.bounding_box()["y"] for cell in cells.all()]
    assert len(tops) >= 4
    assert tops == sorted(set(tops))
    labels = cells.evaluate_all("all => all.map(cell => cell.dataset.label)")
    assert labels[-1] == "verdict"


def test_a_note_in_the_margin_takes_the_width_of_a_phone(chapter):
    note = chapter.locator("aside.margin").first.bounding_box()
    text = chapter.locator("article p:visible").first.bounding_box()
    assert note["width"] >= text["width"]


def test_a_long_equation_shows_an_edge_and_can_be_scrolled_by_key(chapter):
    scrolled = chapter.locator("mjx-container[display='true'][tabindex='0']").first
    shades = scrolled.evaluate("box => getComputedStyle(box).backgroundAttachment")
    assert shades == "local, local, scroll, scroll"
    scrolled.focus()
    chapter.keyboard.press("ArrowRight")
    chapter.wait_for_function(
        "box => box.scrollLeft > 0", arg=scrolled.element_handle()
    )


CORNER = """async image => {
  await image.decode();
  const canvas = new OffscreenCanvas(1, 1);
  const pen = canvas.getContext('2d');
  pen.drawImage(image, 0, 0);
  return 'rgb(' + [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3).join(', ') + ')';
}"""


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_figure_has_the_colour_of_the_page_behind_it(chapter, mode):
    chapter.evaluate("mode => { document.documentElement.dataset.theme = mode }", mode)
    page_colour = chapter.evaluate("getComputedStyle(document.body).backgroundColor")
    figure = chapter.locator(".enlarge img:visible").first
    figure.scroll_into_view_if_needed()
    assert figure.evaluate(CORNER) == page_colour
    assert figure.evaluate("node => getComputedStyle(node).filter") == "none"
