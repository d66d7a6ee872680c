"""The book's figures: one style, one meaning for each colour, recurring pictures.

Imports claims, for the intervals that it draws.
"""

from msbook.book.plotting.clouds import moving_clouds
from msbook.book.plotting.figures import (
    label,
    label_line,
    level_sets,
    panel_label,
    plot_directions,
    plot_fibres,
    plot_manifold,
    plot_path_in_plane,
    plot_spread,
)
from msbook.book.plotting.film import film
from msbook.book.plotting.style import COLOURS, WIDTH, text_colour, use_style
from msbook.book.plotting.training_curves import training_curve

__all__ = [
    "COLOURS",
    "WIDTH",
    "film",
    "label",
    "label_line",
    "level_sets",
    "moving_clouds",
    "panel_label",
    "plot_directions",
    "plot_fibres",
    "plot_manifold",
    "plot_path_in_plane",
    "plot_spread",
    "text_colour",
    "training_curve",
    "use_style",
]
