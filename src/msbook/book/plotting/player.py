"""What all moving pictures share: a slider, a button, and the script behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from json import dumps

# The controls, and a stage that is drawn by the script, wait for the script.
_PAGE = """\
<div id="{id}" class="{kind}" role="group" aria-label="{label}">
<style>
.{kind} {{ background: #fff; color: #222; color-scheme: light; padding: .5rem;
  max-width: 40rem; margin: auto; box-sizing: border-box; }}
.{kind}-row {{ display: flex; gap: .75rem; align-items: center; }}
.{kind} input {{ flex: 1 1 0; min-width: 0; }}
.{kind}-row button {{ min-width: 4rem; min-height: 2rem; }}
.{kind} output {{ min-width: 5.5rem; font-variant-numeric: tabular-nums; }}
.{kind} [hidden] {{ display: none; }}
{style}
@media print {{ .{kind}-row {{ display: none; }} }}
</style>
{stage}
<div class="{kind}-row" hidden><button type="button">Play</button>
<input type="range" min="0" max="{last}" value="0" aria-label="{name}">
<output></output></div>
<script>
(() => {{
  const root = document.getElementById("{id}"), marks = {marks};
  const [button, slider, output] =
    ["button", "input", "output"].map(name => root.querySelector(name));
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let playing = null;
{script}
  function draw() {{
    const frame = Number(slider.value);
    output.textContent = marks[frame];
    slider.setAttribute("aria-valuetext", marks[frame]);
    show(frame);
  }}
  function stop() {{
    clearInterval(playing);
    playing = null;
    button.textContent = "Play";
  }}
  button.addEventListener("click", () => {{
    if (playing) return stop();
    button.textContent = "Pause";
    playing = setInterval(() => {{
      slider.value = (Number(slider.value) + 1) % marks.length;
      draw();
    }}, calm.matches ? 1000 : 150);
  }});
  slider.addEventListener("input", () => {{ stop(); draw(); }});
  for (const part of root.querySelectorAll(":scope > [hidden]")) part.hidden = false;
  draw();
}})();
</script>
</div>"""


@dataclass(frozen=True)
class MovingPicture:
    """What :func:`moving_clouds` and :func:`film` return; a notebook shows it.

    Attributes
    ----------
    html : str
        An element of a page that needs nothing from outside.
    """

    html: str = field(repr=False)

    def _repr_html_(self) -> str:
        return self.html


def moving_picture(
    kind: str,
    number: int,
    *,
    stage: str,
    style: str,
    script: str,
    marks: Sequence[str],
    name: str,
    label: str,
) -> MovingPicture:
    """Put a slider, a button and a player below a stage.

    The script defines the function ``show(frame)``, which is all that differs from one
    kind to another, and ``marks`` says for each frame when or where it is.
    """
    return MovingPicture(
        _PAGE.format(
            # The same content gives the same page, other content another name.
            id=f"{kind}-{number:08x}",
            kind=kind,
            label=escape(label),
            name=escape(name),
            stage=stage,
            style=style,
            script=script,
            last=len(marks) - 1,
            # In a script only this could end it.
            marks=dumps(list(marks)).replace("</", "<\\/"),
        )
    )
