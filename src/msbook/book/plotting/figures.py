"""Pictures that recur in the book."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.contour import QuadContourSet
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.quiver import Quiver
from matplotlib.text import Text
from numpy.typing import ArrayLike, NDArray

from msbook._validation import (
    check_callable,
    check_count,
    check_kind,
    check_number,
    finite_array,
    real_array,
)
from msbook.book.claims.verdict import median_interval
from msbook.book.plotting.checks import check_canvas, check_numbers, check_points
from msbook.book.plotting.style import COLOURS, text_colour


def plot_path_in_plane(
    ax: Axes, path: ArrayLike, colour: str = COLOURS["data"]
) -> Line2D:
    """Draw a path in the plane of two coordinates.

    Parameters
    ----------
    ax : Axes
    path : array_like, shape (n_time, 2)
    colour : str
    """
    check_canvas(ax, colour)
    path = check_points("path", path, ["n_time"])
    # A path of an SDE covers itself: thin and translucent shows where it dwells.
    (line,) = ax.plot(*path.T, color=colour, lw=0.5, alpha=0.7, zorder=1)
    return line


def plot_manifold(
    ax: Axes, manifold: ArrayLike, colour: str = COLOURS["slow"]
) -> Line2D:
    """Draw a slow manifold, a curve in the plane.

    Parameters
    ----------
    ax : Axes
    manifold : array_like, shape (n_points, 2)
    colour : str
    """
    check_canvas(ax, colour)
    manifold = check_points("manifold", manifold, ["n_points"])
    (line,) = ax.plot(*manifold.T, color=colour, lw=2.0, zorder=3)
    return line


def plot_fibres(
    ax: Axes, fibres: ArrayLike, colour: str = COLOURS["fast"]
) -> LineCollection:
    """Draw fast fibres, curves in the plane.

    Parameters
    ----------
    ax : Axes
    fibres : array_like, shape (n_fibres, n_points, 2)
    colour : str
    """
    check_canvas(ax, colour)
    fibres = check_points("fibres", fibres, ["n_fibres", "n_points"])
    lines = LineCollection(list(fibres), colors=colour, linewidths=0.9, zorder=2)
    ax.add_collection(lines)
    ax.autoscale_view()
    return lines


def plot_directions(
    ax: Axes, points: ArrayLike, directions: ArrayLike, colour: str
) -> Quiver:
    """Draw directions without a sign, such as eigenvectors, as short strokes.

    Parameters
    ----------
    ax : Axes
        Its aspect should be equal, so that angles are seen as they are.
    points, directions : array_like, shape (n_points, 2)
        Directions are drawn at one length, each centred on its point.
    colour : str
    """
    check_canvas(ax, colour)
    points = check_points("points", points, ["n_points"])
    directions = check_points("directions", directions, ["n_points"])
    length = np.linalg.norm(directions, axis=-1, keepdims=True)
    if len(points) != len(directions) or not length.all():
        raise ValueError(
            "directions must be as many as points, none of length 0; got "
            f"{len(directions)} for {len(points)}, {np.count_nonzero(length == 0)} of "
            "length 0."
        )
    return ax.quiver(
        *points.T,
        *(directions / length).T,
        color=colour,
        angles="xy",
        pivot="middle",
        headlength=0,
        headaxislength=0,
        headwidth=0,
        scale=18,
        width=0.004,
        zorder=3,
    )


def level_sets(
    ax: Axes,
    function: Callable[[NDArray[np.float64]], ArrayLike],
    extent: tuple[float, float, float, float],
    *,
    levels: int | Sequence[float] = 12,
    colour: str = COLOURS["model"],
) -> QuadContourSet:
    """Draw the level sets of a function of the plane.

    Parameters
    ----------
    ax : Axes
    function : callable
        Takes points of shape (n_points, 2), returns (n_points,) or (n_points, 1).
    extent : tuple of float
        Left, right, bottom, top.
    levels : int or sequence of float
        Number of levels, or the values; with ``levels`` the values of a slow map on
        the manifold, the level sets can be laid over the fibres through it.
    colour : str
    """
    check_canvas(ax, colour)
    check_callable("function", function, "a function of points (n_points, 2)")
    left, right, bottom, top = check_numbers("extent", extent, 4)
    if np.ndim(levels) == 0:
        check_count("levels", levels)
    else:
        levels = np.unique(finite_array("levels", levels)).tolist()
    if not levels:
        raise ValueError("levels must be a number of them, or values; got none.")
    x, y = np.meshgrid(np.linspace(left, right, 241), np.linspace(bottom, top, 241))
    values = real_array("function", function(np.column_stack([x.ravel(), y.ravel()])))
    if values.size != x.size:
        raise ValueError(
            f"the function must return one value a point, {x.size} in all; got shape "
            f"{values.shape}. Select one component of a map with several."
        )
    return ax.contour(
        x,
        y,
        values.reshape(x.shape),
        levels=levels,
        colors=colour,
        linewidths=1.0,
        # Dashes for negative values would say something that is not meant.
        linestyles="solid",
        zorder=2,
    )


def plot_spread(
    ax: Axes, position: float, values: ArrayLike, colour: str = COLOURS["model"]
) -> None:
    """Draw values over seeds: each a point, the median and its interval beside them.

    Parameters
    ----------
    ax : Axes
    position : float
        Abscissa.
    values : array_like, shape (n_seeds,)
    colour : str
    """
    check_canvas(ax, colour)
    check_number("position", position)
    values = finite_array("values", values).ravel()
    if not len(values):
        raise ValueError("values must be one a seed, from one seed on; got none.")
    low, high = median_interval(values.tolist())
    spread = np.linspace(-0.1, 0.1, len(values)) if len(values) > 1 else np.zeros(1)
    ax.plot(position + spread, values, "o", color=colour, ms=3.5, mew=0, alpha=0.5)
    ax.plot([position + 0.2] * 2, [low, high], "-", color=colour, lw=1.5)
    ax.plot(position + 0.2, np.median(values), "_", color=colour, ms=9, mew=2.0)


def label(
    ax: Axes,
    text: str,
    at: tuple[float, float],
    colour: str = COLOURS["truth"],
    offset: tuple[float, float] = (5, 0),
) -> Text:
    """Write a label beside what it names, in its colour, dark enough to be read.

    Parameters
    ----------
    ax : Axes
    text : str
    at : tuple of float
        The place that is labelled, in the units of the axes.
    colour : str
        That of the thing; see :func:`text_colour` for the shade that is written in.
    offset : tuple of float
        Of the label from the place, in points.
    """
    check_canvas(ax, colour)
    check_kind("text", text, str, "a string")
    x, y = check_numbers("at", at, 2)
    right, up = check_numbers("offset", offset, 2)
    return ax.annotate(
        text,
        (x, y),
        xytext=(right, up),
        textcoords="offset points",
        color=text_colour(colour),
        va="center",
        ha="right" if right < 0 else "left",
        fontsize=9,
        annotation_clip=False,
        zorder=5,
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
    )


def label_line(
    ax: Axes,
    line: Line2D,
    text: str,
    x: float | None = None,
    offset: tuple[float, float] = (5, 0),
) -> Text:
    """Write a label beside a line, in its colour, in place of a legend.

    Parameters
    ----------
    ax : Axes
    line : Line2D
    text : str
    x : float, optional
        Where along the line; at its right end by default.
    offset : tuple of float
        Of the label from the line, in points.
    """
    check_canvas(ax)
    check_kind("line", line, Line2D, "a line of matplotlib")
    if x is not None:
        check_number("x", x)
    points = np.asarray(line.get_xydata())
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        raise ValueError(
            "line must have a finite point to be labelled at; it has none."
        )
    distance = -points[:, 0] if x is None else np.abs(points[:, 0] - x)
    place = points[distance.argmin()]
    return label(ax, text, (place[0], place[1]), to_hex(line.get_color()), offset)


def panel_label(ax: Axes, letter: str, title: str = "") -> Text:
    """Write a panel's letter in bold above its left corner, and a short title."""
    check_canvas(ax)
    check_kind("letter", letter, str, "a string")
    check_kind("title", title, str, "a string")
    return ax.set_title(rf"$\mathbf{{{letter}}}$  {title}".rstrip())
