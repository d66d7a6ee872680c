"""A picture that moves: clouds of points beside each other, on one clock."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from html import escape
from zlib import crc32

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import check_kind, finite_array
from msbook.book.plotting.checks import check_colour, check_numbers, check_series
from msbook.book.plotting.player import MovingPicture, moving_picture

_STYLE = """\
.moving-clouds-row > div { flex: 1 1 0; min-width: 0; text-align: center; }
.moving-clouds canvas { width: 100%; border: 1px solid #444; box-sizing: border-box; }\
"""

_SCRIPT = """\
  const bytes = Uint8Array.from(atob("DATA"), letter => letter.charCodeAt(0));
  const canvases = [...root.querySelectorAll("canvas")];
  const perFrame = bytes.length / canvases.length / marks.length;
  function show(frame) {
    canvases.forEach((canvas, k) => {
      const pen = canvas.getContext("2d"), size = canvas.width;
      const from = (k * marks.length + frame) * perFrame;
      pen.clearRect(0, 0, size, size);
      pen.fillStyle = canvas.dataset.colour;
      for (let i = from; i < from + perFrame; i += 2)
        pen.fillRect(2 + (size - 8) * bytes[i] / 255,
          2 + (size - 8) * (1 - bytes[i + 1] / 255), 4, 4);
    });
  }"""

_CANVAS = (
    '<div><canvas width="400" height="400" role="img" aria-label="{name}" '
    'data-colour="{colour}"></canvas>{name}</div>'
)


def moving_clouds(
    clouds: Mapping[str, ArrayLike],
    times: ArrayLike,
    *,
    colours: Mapping[str, str],
    extent: tuple[float, float],
    label: str,
) -> MovingPicture:
    """Show clouds of points side by side, with a slider over the times.

    Positions are kept to a 255th of the square that is shown, in a byte each. Nothing
    moves until the reader asks for it, and nothing is printed: a figure should stand
    beside it.

    Parameters
    ----------
    clouds : mapping of array_like, shape (n_times, n_points, 2)
        By the name that is written below each; all of one size.
    times : array_like, shape (n_times,)
    colours : mapping of str
        Of the points, for each name.
    extent : (float, float)
        Least and largest value shown, of both coordinates.
    label : str
        What is to be seen, for those who do not see it.

    Raises
    ------
    ValueError
        If the sizes do not fit, or a point lies outside of what is shown.

    Examples
    --------
    >>> import numpy as np
    >>> from msbook import plotting
    >>> points = np.random.default_rng(0).uniform(size=(60, 300, 2))
    >>> view = plotting.moving_clouds(
    ...     {"even": points}, np.arange(60), colours={"even": "#0072B2"},
    ...     extent=(0, 1), label="Points that jump all over the square",
    ... )
    >>> len(view.html) < 60_000
    True
    """
    check_kind("clouds", clouds, Mapping, "a mapping of arrays by name")
    check_kind("colours", colours, Mapping, "a mapping of colours by name")
    check_kind("label", label, str, "a string")
    for name in clouds:
        if name not in colours:
            raise ValueError(f"colours must have one for {name!r}; got {colours!r}.")
        check_colour(f"colours[{name!r}]", colours[name])
    low, high = check_numbers("extent", extent, 2)
    if not low < high:
        raise ValueError(f"extent must be (least, largest); got {extent!r}.")
    when = check_series("times", times)
    stacked = _stacked(clouds, len(when))
    if not ((low <= stacked) & (stacked <= high)).all():
        raise ValueError(
            f"all points of clouds must lie in the extent, {low:g} to {high:g}; got "
            f"values from {stacked.min():g} to {stacked.max():g}."
        )
    data = np.rint(255 * (stacked - low) / (high - low)).astype(np.uint8).tobytes()
    canvases = "".join(
        _CANVAS.format(name=escape(name), colour=escape(colours[name]))
        for name in clouds
    )
    return moving_picture(
        "moving-clouds",
        crc32(data),
        stage=f'<div class="moving-clouds-row" hidden>{canvases}</div>',
        style=_STYLE,
        script=_SCRIPT.replace("DATA", b64encode(data).decode("ascii")),
        marks=[f"t = {time:g}" for time in when],
        name="time",
        label=label,
    )


def _stacked(clouds: Mapping[str, ArrayLike], n_times: int) -> NDArray[np.float64]:
    """All clouds in one array ``(n_clouds, n_times, n_points, 2)``."""
    arrays = [
        finite_array(f"clouds[{name!r}]", cloud) for name, cloud in clouds.items()
    ]
    shapes = [array.shape for array in arrays]
    if len(set(shapes)) != 1 or len(shapes[0]) != 3:
        raise ValueError(
            "clouds must be arrays of one shape (n_times, n_points, 2); got "
            f"{', '.join(map(str, shapes)) or 'none'}."
        )
    if shapes[0][0] != n_times or shapes[0][2] != 2:
        raise ValueError(
            f"clouds must have shape (n_times, n_points, 2) with {n_times} times; got "
            f"{shapes[0]}. Select two coordinates, as in cloud[..., :2]."
        )
    return np.stack(arrays)
