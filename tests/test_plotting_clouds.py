import base64
import re

import numpy as np
import pytest

from msbook import plotting

COLOURS = {"<truth>": "#000000", "model": "#009E73"}


def points(seed, shape=(5, 7, 2)):
    return np.random.default_rng(seed).uniform(-1, 1, shape)


def view(**changes):
    clouds = {"<truth>": points(0), "model": points(1)}
    settings = {
        "clouds": clouds,
        "times": np.arange(5) / 2,
        "colours": COLOURS,
        "extent": (-1, 1),
        "label": "Two clouds, which jump",
    } | changes
    return plotting.moving_clouds(**settings)._repr_html_()


def test_the_page_has_the_positions_to_a_255th():
    data = base64.b64decode(re.search(r'atob\("(.*?)"\)', view())[1])
    kept = np.frombuffer(data, np.uint8).reshape(2, 5, 7, 2) / 255 * 2 - 1
    np.testing.assert_allclose(kept, [points(0), points(1)], rtol=0, atol=1 / 255)


def test_the_page_needs_nothing_from_outside():
    page = view()
    for word in ("http", "src=", "href", "import", "@font-face", "url(", "fetch"):
        assert word not in page


def test_what_is_shown_is_named():
    page = view()
    assert 'aria-label="Two clouds, which jump"' in page
    assert 'aria-label="&lt;truth&gt;"' in page
    assert "<truth>" not in page
    assert re.search(r'<input type="range"[^>]*aria-label="time"', page)


def test_the_same_clouds_give_the_same_page_and_others_another_name():
    name = re.compile(r'id="(.*?)"')
    other = view(clouds={"<truth>": points(0), "model": points(2)})
    assert view() == view()
    assert name.search(view())[1] != name.search(other)[1]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"clouds": {}}, "one shape"),
        ({"clouds": {"<truth>": points(0), "model": points(0)[:, :3]}}, "one shape"),
        ({"clouds": {"model": points(0, (5, 7, 3))}}, "two coordinates"),
        ({"times": np.arange(4)}, "with 4 times"),
        ({"times": np.zeros((5, 1))}, "one value a frame"),
        ({"extent": (-0.5, 0.5)}, "in the extent"),
        ({"clouds": {"model": np.full((5, 7, 2), np.nan)}}, "must be finite"),
    ],
)
def test_bad_input_is_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        view(**changes)
