// Paper is white and cannot be opened: for it the page is light and its dropdowns lie
// open. Afterwards the page is as it was.

const folded = "details.sd-dropdown:not([open])";
let restore = [];

addEventListener("beforeprint", () => {
  const root = document.documentElement;
  const { theme } = root.dataset;
  const opened = [...document.querySelectorAll(folded)];
  root.dataset.theme = "light";
  opened.forEach((dropdown) => { dropdown.open = true; });
  // A solution opens by a movement, which paper does not wait for.
  document.getAnimations().forEach((movement) => movement.finish());
  restore.push(() => {
    root.dataset.theme = theme;
    opened.forEach((dropdown) => { dropdown.open = false; });
  });
});

addEventListener("afterprint", () => {
  restore.forEach((undo) => undo());
  restore = [];
});
