import io
import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from msbook import plotting


@pytest.fixture
def ax():
    with plt.rc_context():
        plotting.use_style()
        figure, ax = plt.subplots()
        yield ax
        plt.close(figure)


def _png(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def test_background_is_white_and_opaque(ax):
    pixels = plt.imread(io.BytesIO(_png(ax.figure)))
    assert pixels.shape[1] == 1500
    assert np.all(pixels[..., 3] == 1.0)
    assert np.all(pixels[0, 0] == 1.0)


def test_the_same_drawing_gives_the_same_bytes(ax):
    plotting.plot_path_in_plane(ax, np.column_stack([np.arange(9.0), np.arange(9.0)]))
    assert _png(ax.figure) == _png(ax.figure)


def test_style_forgets_earlier_settings():
    with plt.rc_context():
        plt.rcParams["lines.linewidth"] = 17.0
        plotting.use_style()
        assert plt.rcParams["lines.linewidth"] == 1.5


def test_colours_are_distinct_and_cannot_be_changed():
    pairs = itertools.combinations(map(to_rgb, plotting.COLOURS.values()), 2)
    assert min(np.linalg.norm(np.subtract(a, b)) for a, b in pairs) > 0.25
    with pytest.raises(TypeError):
        plotting.COLOURS["slow"] = "red"


def test_level_sets_lie_on_the_levels(ax):
    contours = plotting.level_sets(
        ax, lambda x: x[:, 0] ** 2 + x[:, 1] ** 2, (-2, 2, -2, 2), levels=[1.0]
    )
    vertices = np.concatenate([path.vertices for path in contours.get_paths()])
    np.testing.assert_allclose(np.linalg.norm(vertices, axis=1), 1.0, atol=1e-3)


def test_level_sets_take_a_column_and_unsorted_levels(ax):
    contours = plotting.level_sets(
        ax, lambda x: x[:, :1], (0, 1, 0, 1), levels=[0.7, 0.2]
    )
    assert list(contours.levels) == [0.2, 0.7]


def test_level_sets_refuse_a_map_with_several_components(ax):
    with pytest.raises(ValueError, match="one value a point"):
        plotting.level_sets(ax, lambda x: x, (0, 1, 0, 1))


def test_directions_have_one_length(ax):
    points = np.zeros((3, 2))
    quiver = plotting.plot_directions(ax, points, [[3, 0], [0, 0.1], [1, 1]], "black")
    np.testing.assert_allclose(np.hypot(quiver.U, quiver.V), 1.0)


def test_fibres_are_in_view(ax):
    z = np.linspace(-3.0, 3.0, 20)
    fibres = np.stack([np.column_stack([y + np.sin(z), z]) for y in (-5.0, 5.0)])
    assert len(plotting.plot_fibres(ax, fibres).get_segments()) == 2
    left, right = ax.get_xlim()
    assert left <= -6.0 + 0.01
    assert right >= 6.0 - 0.01


def test_spread_shows_every_seed_and_the_median(ax):
    values = np.array([3.0, 1.0, 2.0, 5.0, 4.0])
    plotting.plot_spread(ax, 1.0, values)
    points, interval, median = (np.asarray(line.get_ydata()) for line in ax.lines)
    np.testing.assert_array_equal(points, values)
    np.testing.assert_array_equal(interval, [1.0, 5.0])
    assert median == 3.0


def test_spread_of_one_value(ax):
    plotting.plot_spread(ax, 0.0, 2.0)
    assert len(ax.lines) == 3


def test_line_is_labelled_at_its_right_end_or_where_asked(ax):
    (line,) = ax.plot([2.0, 0.0, 1.0], [5.0, 6.0, 7.0])
    assert tuple(plotting.label_line(ax, line, "end").xy) == (2.0, 5.0)
    assert tuple(plotting.label_line(ax, line, "start", x=-1.0).xy) == (0.0, 6.0)


def test_a_line_is_labelled_at_a_finite_point(ax):
    (line,) = ax.plot([0.0, 1.0, 2.0], [5.0, 6.0, np.nan])
    assert tuple(plotting.label_line(ax, line, "end").xy) == (1.0, 6.0)
    (empty,) = ax.plot([np.nan], [np.nan])
    with pytest.raises(ValueError, match="line must have a finite point"):
        plotting.label_line(ax, empty, "nowhere")


def test_no_colour_is_refused(ax):
    with pytest.raises(ValueError, match="colour must be a colour"):
        plotting.label(ax, "here", (0.0, 0.0), "none")


# The last is below the contrast by a little if it is rounded after it was measured.
@pytest.mark.parametrize("colour", [*plotting.COLOURS.values(), "#f088d0"])
def test_labels_can_be_read_on_white(ax, colour):
    text = plotting.label(ax, "here", (1.0, 2.0), colour, offset=(-4, 0))
    assert text.get_horizontalalignment() == "right"
    assert text.get_color() == plotting.text_colour(colour)
    # Relative luminance and contrast as the guidelines define them.
    channels = np.array(to_rgb(text.get_color()))
    linear = np.where(
        channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
    )
    assert 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) >= 4.5


def test_manifold_and_panel_label(ax):
    line = plotting.plot_manifold(ax, [[0.0, 0.0], [1.0, 1.0]])
    assert line.get_color() == plotting.COLOURS["slow"]
    assert "Spectrum" in plotting.panel_label(ax, "a", "Spectrum").get_text()


@pytest.mark.parametrize("draw", [plotting.plot_path_in_plane, plotting.plot_manifold])
def test_wrong_shape_is_named(ax, draw):
    with pytest.raises(ValueError, match=r"\(1, 5, 3\)"):
        draw(ax, np.zeros((1, 5, 3)))
