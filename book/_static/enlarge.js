// A figure opens large: its text is drawn for a page of 754 points, not for a phone.
// Within the dialogue one moves about by scrolling; Escape, the button or the space
// beside the figure close it, and the focus returns to where it was.

const dialogue = document.createElement("dialog");
dialogue.className = "enlarged";
dialogue.innerHTML =
  '<button type="button" class="enlarged-close">Close</button>' +
  '<div class="enlarged-view" tabindex="0" role="group"></div>';
const view = dialogue.querySelector(".enlarged-view");

function enlarge(images, name) {
  view.replaceChildren(
    ...images.map((image) => {
      const copy = image.cloneNode();
      copy.loading = "eager";
      return copy;
    }),
  );
  view.setAttribute("aria-label", "Figure");
  dialogue.setAttribute("aria-label", name);
  dialogue.showModal();
  view.scrollTo(0, 0);
}

dialogue.addEventListener("click", (event) => {
  if (event.target.tagName !== "IMG") dialogue.close();
});

// The versions for light and dark stand side by side and share a button.
function makeButton(image) {
  const images = [image];
  const twin = image.nextElementSibling;
  if (twin?.matches("img.only-dark")) images.push(twin);
  const number = image.closest("figure")?.querySelector(".caption-number");
  const name = number ? number.textContent.trim() : "the figure";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "enlarge";
  button.setAttribute("aria-label", `Enlarge ${name}`);
  image.before(button);
  button.append(...images);
  button.addEventListener("click", () => enlarge(images, name));
}

addEventListener("DOMContentLoaded", () => {
  // A film has its own controls.
  document
    .querySelectorAll(
      ".bd-article .cell_output img:not(.only-dark, .film img), .bd-article img.hero",
    )
    .forEach(makeButton);
  document.body.append(dialogue);
});
