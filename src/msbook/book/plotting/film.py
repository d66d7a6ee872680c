"""A picture that moves: one figure for each value of a parameter."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from html import escape
from io import BytesIO
from zlib import crc32

from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from msbook._validation import check_callable, check_kind
from msbook.book.plotting.checks import check_series
from msbook.book.plotting.player import MovingPicture, moving_picture

DPI = 144
QUALITY = 50  # of WebP, out of 100: lines and text show no seams yet
MOST_BYTES = 400_000  # in the page, which is read on phones, too

_SCRIPT = """\
  const frames = root.querySelectorAll("img");
  function show(frame) {
    frames.forEach((image, k) => { image.hidden = k !== frame; });
  }"""


def film(
    draw: Callable[[float], Figure], values: ArrayLike, *, name: str, label: str
) -> MovingPicture:
    """Show one figure for each value, with a slider over the values.

    Nothing moves until the reader asks for it. Without the script, and on paper, the
    figure of the first value stands alone.

    Parameters
    ----------
    draw : callable
        ``draw(value)`` returns a figure of matplotlib, for all values of one size. Give
        its axes fixed limits, so that only what is shown moves.
    values : array_like, shape (n_frames,)
    name : str
        What the values are, as in ``"t"``; it is written before each.
    label : str
        What is to be seen, for those who do not see it.

    Raises
    ------
    ValueError
        If the figures differ in size, or the film is larger than 400 kB.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from msbook import plotting
    >>> def draw(phase):
    ...     figure, ax = plt.subplots(figsize=(3, 2))
    ...     _ = ax.plot(np.sin(np.linspace(0, 6, 50) + phase))
    ...     return figure
    >>> waves = plotting.film(
    ...     draw, [0, 1, 2], name="phase", label="A wave that moves to the left"
    ... )
    >>> "phase = 2" in waves.html
    True
    """
    check_callable("draw", draw, "it is called with a value and returns a figure.")
    check_kind("name", name, str, "a string")
    check_kind("label", label, str, "a string")
    sequence = check_series("values", values)
    marks = [f"{name} = {value:g}" for value in sequence]
    pictures, sizes = [], set()
    for value in sequence:
        figure = draw(value)
        check_kind("what draw returns", figure, Figure, "a figure of matplotlib")
        pictures.append(_webp(figure))
        sizes.add(tuple(figure.get_size_inches().tolist()))
    if len(sizes) > 1:
        raise ValueError(
            "draw must return figures of one size for all values; got, in inches, "
            f"{sorted(sizes)}. Give each the same figsize."
        )
    frames = [b64encode(picture).decode("ascii") for picture in pictures]
    size = sum(map(len, frames))
    if size > MOST_BYTES:
        raise ValueError(
            f"a film must have at most {MOST_BYTES // 1000} kB; got {len(frames)} "
            f"frames with {size // 1000} kB. Give fewer values, or a smaller figsize."
        )
    images = "".join(
        f'<img alt="{escape(f"{label} ({mark})")}" {"hidden " if k else ""}'
        f'src="data:image/webp;base64,{frame}">'
        for k, (mark, frame) in enumerate(zip(marks, frames, strict=True))
    )
    return moving_picture(
        "film",
        crc32(b"".join(pictures)),
        stage=f"<div>{images}</div>",
        style=".film img { width: 100%; }",
        script=_SCRIPT,
        marks=marks,
        name=name,
        label=label,
    )


def _webp(figure: Figure) -> bytes:
    """The figure as a picture; it is closed, lest the notebook show it as well."""
    buffer = BytesIO()
    options = {"quality": QUALITY, "method": 6}
    figure.savefig(buffer, format="webp", dpi=DPI, pil_kwargs=options)
    plt.close(figure)
    return buffer.getvalue()
