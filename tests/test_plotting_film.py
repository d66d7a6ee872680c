import base64
import io
import re

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from msbook import plotting


@pytest.fixture(autouse=True)
def plain_style():
    """Draw as matplotlib does by itself: the book's style saves figures on white."""
    with plt.rc_context():
        mpl.rcdefaults()
        yield


def draw(value):
    figure = Figure(figsize=(2, 1), facecolor=(value, 0, 0))
    figure.add_subplot().plot([0, value])
    return figure


def view(**changes):
    settings = {
        "draw": draw,
        "values": (0, 0.5, 1),
        "name": "<red>",
        "label": "A page, which turns red",
    } | changes
    return plotting.film(**settings)._repr_html_()


def frames(page):
    return [base64.b64decode(data) for data in re.findall(r'base64,(.*?)"', page)]


def test_each_value_has_its_frame():
    images = [Image.open(io.BytesIO(frame)) for frame in frames(view())]
    assert {(image.format, image.size) for image in images} == {("WEBP", (288, 144))}
    corners = [np.asarray(image.convert("RGB"))[0, 0] for image in images]
    red = [corner[0] for corner in corners]
    np.testing.assert_allclose(red, [0, 127, 255], atol=8)


def test_only_the_first_frame_stands_without_the_script():
    hidden = [" hidden " in image for image in re.findall(r"<img[^>]*>", view())]
    assert hidden == [False, True, True]
    assert re.search(r'<div class="film-row" hidden><button', view())


def test_the_page_needs_nothing_from_outside():
    page = re.sub(r'src="data:image/webp;base64,.*?"', "", view())
    for word in ("http", "src=", "href", "import", "@font-face", "url(", "fetch"):
        assert word not in page


def test_what_is_shown_is_named():
    page = view()
    assert 'aria-label="A page, which turns red"' in page
    assert 'alt="A page, which turns red (&lt;red&gt; = 0.5)"' in page
    assert '"<red> = 0.5"' in page  # in the script, where it is text
    assert re.search(r'<input type="range"[^>]*aria-label="&lt;red&gt;"', page)
    assert "</script>" not in re.sub(r"</script>\n</div>$", "", view(name="</script>"))


def test_the_same_frames_give_the_same_page_and_others_another_name():
    name = re.compile(r'id="(.*?)"')
    assert view() == view()
    assert name.search(view())[1] != name.search(view(values=(0, 1)))[1]


def test_no_figure_is_left_open():
    before = plt.get_fignums()
    view(draw=lambda value: plt.subplots(figsize=(1, 1))[0])
    assert plt.get_fignums() == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"values": ()}, "one value"),
        ({"values": ((0, 1),)}, "one value"),
        ({"values": (0, np.nan)}, "must be finite"),
        ({"draw": lambda value: value}, "a figure of matplotlib"),
        ({"draw": lambda value: Figure(figsize=(1 + value, 1))}, "of one size"),
    ],
)
def test_bad_input_is_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        view(**changes)


def test_a_film_that_is_too_large_is_refused():
    noise = np.random.default_rng(0).uniform(size=(640, 640))

    def draw(value):
        figure = Figure(figsize=(4, 4))
        figure.figimage(noise, cmap="prism")
        return figure

    with pytest.raises(ValueError, match=r"at most 400 kB.* fewer values"):
        view(draw=draw, values=(0, 1, 2))
