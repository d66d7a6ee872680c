"""Valid calls of msbook.plotting."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from tests.bad_input.estimators import slow_map
from tests.bad_input.rule import Call

ax = Figure().add_subplot()
path = np.array([[0.0, 1.0], [0.5, 0.25], [1.0, 1.0]])
(line,) = ax.plot(*path.T)
on = {"ax": ax}
colour = {"colour": "#0072B2"}

CALLS = {
    "plot_path_in_plane": Call(on | {"path": path} | colour),
    "plot_manifold": Call(on | {"manifold": path} | colour),
    "plot_fibres": Call(on | {"fibres": path[None]} | colour),
    "plot_directions": Call(on | {"points": path, "directions": 1.0 + path} | colour),
    "level_sets": Call(
        on
        | {"function": lambda q: q[:, 0], "extent": (0.0, 1.0, 0.0, 2.0), "levels": 3}
        | colour
    ),
    "plot_spread": Call(on | {"position": 1.0, "values": [1.0, 2.0, 3.0]} | colour),
    "label": Call(
        on | {"text": "a", "at": (0.5, 0.25), "offset": (5.0, 0.0)} | colour,
        texts=("text",),
    ),
    "text_colour": Call(dict(colour)),
    "label_line": Call(
        on | {"line": line, "text": "a", "x": 0.5, "offset": (5.0, 0.0)},
        texts=("text",),
    ),
    "training_curve": Call(on | {"estimator": slow_map}),
    "panel_label": Call(on | {"letter": "a"}, texts=("letter", "title")),
    "moving_clouds": Call(
        {
            "clouds": {"even": np.full((2, 3, 2), 0.5)},
            "times": (0.0, 1.0),
            "colours": {"even": "#0072B2"},
            "extent": (0.0, 1.0),
            "label": "points",
        },
        texts=("label",),
    ),
    "film": Call(
        {
            "draw": lambda value: Figure(figsize=(1.0, 1.0)),
            "values": (0.0, 1.0),
            "name": "t",
            "label": "an empty page",
        },
        texts=("name", "label"),
    ),
}

REASONS = {"use_style": "takes nothing"}
