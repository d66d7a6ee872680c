"""The style of the book's figures, and one meaning for each colour."""

from __future__ import annotations

from types import MappingProxyType

import matplotlib as mpl
from cycler import cycler
from matplotlib.colors import to_hex, to_rgb

from msbook.book.plotting.checks import check_colour

# Okabe and Ito's palette, which readers with any colour vision tell apart.
COLOURS = MappingProxyType(
    {
        "slow": "#0072B2",  # slow coordinates, the slow manifold
        "fast": "#D55E00",  # fast coordinates, the fast fibres
        "data": "#56B4E9",  # paths, bursts, points
        "model": "#009E73",  # what was learned
        "truth": "#000000",  # what is known exactly
        "rival": "#CC79A7",  # what the model is compared with
        "accent": "#E69F00",  # one thing to look at
        "neutral": "#7F7F7F",  # guides, floors, axes
    }
)
"""The colour of each role, the same through the whole book."""

TEXT_CONTRAST = 4.5  # Web Content Accessibility Guidelines 2.2, 1.4.3, level AA

WIDTH = 7.5
"""Width of a figure in inches; at 200 dpi it is 1 500 pixels."""


def text_colour(colour: str) -> str:
    r"""Return a colour's shade that is dark enough for text on white.

    .. math:: \frac{1.05}{L + 0.05} \ge 4.5

    with the relative luminance :math:`L` of the Web Content Accessibility Guidelines
    2.2 (section 1.4.3). A colour that is dark enough is returned as it is.

    Parameters
    ----------
    colour : str
        Any colour that matplotlib knows.

    Returns
    -------
    str
        The colour as ``#rrggbb``.

    Raises
    ------
    ValueError
        If matplotlib does not know the colour.

    Examples
    --------
    >>> import msbook as ms
    >>> ms.plotting.text_colour(ms.plotting.COLOURS["data"])
    '#3c7da2'
    """
    check_colour("colour", colour)
    red, green, blue = to_rgb(colour)
    shade = to_hex((red, green, blue))  # what is measured is what is written
    while 1.05 / (_luminance(*to_rgb(shade)) + 0.05) < TEXT_CONTRAST:
        red, green, blue = 0.98 * red, 0.98 * green, 0.98 * blue
        shade = to_hex((red, green, blue))
    return shade


def _luminance(*shade: float) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shade
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def use_style() -> None:
    """Set matplotlib's parameters for the book.

    The background is white and opaque, so that a figure is legible on a dark page;
    fonts come with matplotlib, so that it looks the same on every machine.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import msbook as ms
    >>> ms.plotting.use_style()
    >>> plt.rcParams["figure.dpi"]
    200.0
    """
    order = ("slow", "fast", "model", "rival", "accent", "data", "neutral")
    mpl.rcdefaults()
    mpl.rcParams.update(
        {
            "axes.axisbelow": True,
            "axes.edgecolor": "#444444",
            "axes.labelsize": 10,
            "axes.linewidth": 0.8,
            "axes.prop_cycle": cycler(color=[COLOURS[role] for role in order]),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlelocation": "left",
            "axes.titlesize": 10,
            "figure.constrained_layout.use": True,
            "figure.constrained_layout.w_pad": 0.08,
            "figure.dpi": 200,
            "figure.facecolor": "white",
            "figure.figsize": (WIDTH, 3.2),
            "font.family": "DejaVu Sans",
            "font.size": 10,
            "image.cmap": "cividis",
            "legend.fontsize": 9,
            "legend.frameon": False,
            "lines.linewidth": 1.5,
            "lines.markersize": 4,
            "savefig.dpi": 200,
            "savefig.facecolor": "white",
            "savefig.transparent": False,
            "xtick.color": "#444444",
            "xtick.labelsize": 9,
            "ytick.color": "#444444",
            "ytick.labelsize": 9,
        }
    )
