"""Each page in a real browser: complete, offline, light, legible, reachable by key."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.book.browser.site import open_page, pages

WIDE = {"width": 1400, "height": 900}
PHONE = {"width": 390, "height": 844}
MEGABYTES = 3.0  # what a first visit may load, nothing compressed
RULES = {"label-content-name-mismatch": {"enabled": True}}  # axe's own default is off

pytestmark = pytest.mark.browser

WEIGHT = """() => performance.getEntries()
  .filter(entry => 'decodedBodySize' in entry && !entry.name.startsWith('data:'))
  .reduce((sum, entry) => sum + entry.decodedBodySize, 0) / 1e6"""

MATHEMATICS = """() => {
  const faults = [];
  for (const node of document.querySelectorAll('.math')) {
    if (!node.querySelector('mjx-container'))
      faults.push('not set: ' + node.textContent.trim().slice(0, 60));
  }
  for (const node of document.querySelectorAll('mjx-merror'))
    faults.push('error: ' + (node.dataset.mjxError || node.textContent));
  for (const node of document.querySelectorAll('mjx-container:not([display])'))
    if (node.tabIndex >= 0) faults.push('the Tab key stops at ' + node.textContent);
  const shown = document.querySelector('main').cloneNode(true);
  for (const node of shown.querySelectorAll('pre, code, script, mjx-container'))
    node.remove();
  const raw = shown.textContent.match(/\\$\\$|\\\\\\(|\\\\\\[|\\\\begin\\{/);
  if (raw) faults.push('raw mathematics: ' + raw[0]);
  return faults;
}"""

# Pictures below the fold are loaded when they come into view.
IMAGES = """async () => {
  const faults = [];
  for (const image of document.querySelectorAll('main img')) {
    image.loading = 'eager';
    await image.decode().catch(() => faults.push('no picture: ' + image.src));
    if (!image.alt.trim()) faults.push('no alternative text: ' + image.src);
    if (/_images.*webp/.test(image.src) && !image.getAttribute('height'))
      faults.push('no size: ' + image.src);
  }
  return faults;
}"""

HEAD = """() => ['name="viewport"', 'name="description"', 'property="og:title"']
  .map(name => `meta[${name}]`)
  .filter(name => document.querySelectorAll(name).length !== 1)
  .map(name => 'not one ' + name)"""

# Each element that takes the focus shows it: by a ring on itself or on a part of it, or
# by a shadow that it has not otherwise.
FOCUS = """() => {
  const faults = [];
  const ring = (node, part) => {
    const style = getComputedStyle(node, part);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  };
  const stops = 'a[href], button, summary, input, select, [tabindex="0"]';
  for (const node of document.querySelectorAll(stops)) {
    if (!node.checkVisibility({visibilityProperty: true})) continue;
    const shadow = getComputedStyle(node).boxShadow;
    node.focus({preventScroll: true});
    if (document.activeElement !== node) continue;
    const seen = ring(node) || ring(node, '::after')
      || getComputedStyle(node).boxShadow !== shadow
      || [...node.querySelectorAll(':not(pre *)')].some(part => ring(part));
    if (!seen) faults.push('no visible focus: ' + node.outerHTML.slice(0, 120));
  }
  document.activeElement.blur();
  return faults;
}"""

# What scrolls sideways can be reached with the Tab key, too.
SCROLLERS = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  await frame();
  await frame();
  return [...document.querySelectorAll('article *')]
    .filter(box => box.scrollWidth > box.clientWidth + 1 && box.tabIndex < 0
      && box.checkVisibility() && /auto|scroll/.test(getComputedStyle(box).overflowX))
    .map(box => 'scrolls and cannot be reached: ' + box.outerHTML.slice(0, 120));
}"""

# Formulas and the words of code are thousands of elements. A formula has the colour of
# the text around it; of the code one word of each colour is left to be judged, and of
# long tables, indices and the entries for a package's names, which one template writes,
# the first few.
THIN_OUT = """() => {
  for (const formula of document.querySelectorAll('mjx-container'))
    formula.replaceWith('formula');
  const seen = new Set();
  for (const word of document.querySelectorAll('pre span, dt.sig span, dt.sig em')) {
    const kind = word.className + ' in ' + word.closest('pre')?.className;
    if (seen.has(kind)) word.replaceWith(...word.childNodes);
    else seen.add(kind);
  }
  for (const entry of [...document.querySelectorAll('dl.py')].slice(8)) entry.remove();
  const repeated = 'tbody > tr:nth-child(n+9), .indextable li:nth-child(n+9)';
  for (const entry of document.querySelectorAll(repeated)) entry.remove();
}"""


# Without a site one page is asked for, so that its want is told and not passed over.
@pytest.mark.parametrize("name", pages() or ["index.html"])
def test_page(page, address, name):
    open_page(page, address + name)
    weight = page.evaluate(WEIGHT)
    faults = page.evaluate(MATHEMATICS) + page.evaluate(IMAGES) + page.evaluate(HEAD)
    if weight > MEGABYTES:
        faults.append(f"a first visit loads {weight:.2f} MB")
    page.keyboard.press("Tab")  # from here on the focus is shown as for the keyboard
    faults += page.evaluate(FOCUS)
    page.set_viewport_size(PHONE)
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > PHONE["width"] + 1:
        faults.append(f"the page is {width} wide on a phone")
    faults += page.evaluate(SCROLLERS) + violations(page)
    faults += page.faults
    assert not faults, "\n".join(faults)


def violations(page) -> list[str]:
    """Return what axe finds, in both widths and modes."""
    page.evaluate(THIN_OUT)
    found = []
    for size in (PHONE, WIDE):
        page.set_viewport_size(size)
        set_mode(page, "light")
        found += axe(page, {"rules": RULES})
        set_mode(page, "dark")
        # Nothing but colours depends on the mode.
        found += axe(page, {"runOnly": ["color-contrast"]})
    return found


def set_mode(page, mode: str) -> None:
    """Change the mode, and take colours that fade to their end."""
    page.evaluate("mode => { document.documentElement.dataset.theme = mode }", mode)
    page.evaluate("document.getAnimations().forEach(change => change.finish())")


def axe(page, options: dict) -> list[str]:
    size = page.viewport_size["width"]
    mode = page.locator("html").get_attribute("data-theme")
    # Style sheets are not loaded anew: only a rule on turned screens asks for it.
    options = {"reporter": "no-passes", "preload": False, **options}
    answer = Axe().run(page, options=options).response
    return [
        f"{violation['id']} at {size}, {mode}: {node['html'][:160]}: "
        + " ".join(check["message"] for check in node["any"])
        for violation in answer["violations"]
        for node in violation["nodes"]
    ]
