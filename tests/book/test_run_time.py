"""How long a page runs, in words."""

import pytest
from contents import chapters
from execution import load
from run_time import in_words, seconds_of


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (2, "about 10 seconds"),
        (37, "about 40 seconds"),
        (58, "about 1 minute"),
        (95, "about 1½ minutes"),
        (233, "about 4 minutes"),
        (1337, "about 22 minutes"),
    ],
)
def test_a_time_is_said_as_one_plans_with_it(seconds, words):
    assert in_words(seconds) == words


def test_a_chapter_takes_the_time_of_its_pages():
    record = {
        "book/maps/one.ipynb": {"seconds": 10},
        "book/maps/two.ipynb": {"seconds": 20},
        "book/maps_of_others/one.ipynb": {"seconds": 40},
    }
    assert seconds_of("maps/two", record) == 20
    assert seconds_of("maps", record) == 30
    assert seconds_of("map", record) is None


def test_every_page_of_the_contents_has_a_time():
    pages = [f"{name}/{page}" for name, pages in chapters().items() for page in pages]
    assert len(pages) > 20
    assert [page for page in pages if not seconds_of(page, load())] == []
