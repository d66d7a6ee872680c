// What is wider than the screen scrolls in its own box, and the box can be reached with
// the Tab key as long as there is something to scroll.

const BOXES = [
  "mjx-container[display='true']",
  ".cell_output > .output",
  ".pst-scrollable-table-container",
  "pre",
].join(", ");

function mark(box) {
  if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
}

addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  const observer = new ResizeObserver((entries) =>
    entries.forEach((entry) => mark(entry.target)),
  );
  document.querySelectorAll(`.bd-article :is(${BOXES})`).forEach((box) => observer.observe(box));
});
