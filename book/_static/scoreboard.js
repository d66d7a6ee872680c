/* A filter for the scoreboard: by words, verdict, chapter and precomputed. The page is
   complete without it; the controls are made here, so that none is dead. */
document.addEventListener("DOMContentLoaded", () => {
  const claims = [...document.querySelectorAll("div.claim")];
  if (!claims.length) return;
  const sectionOf = (claim) => claim.closest("section");
  const sections = [...new Set(claims.map(sectionOf))];
  const titleOf = (section) =>
    section.querySelector("h2").firstChild.textContent.trim();
  const verdicts = { "": "any", holds: "holds", undecided: "undecided",
    "does-not-hold": "does not hold" };
  const origins = { "": "any", live: "live", precomputed: "precomputed" };

  const form = document.createElement("form");
  form.className = "claim-filter";
  form.setAttribute("role", "search");
  form.setAttribute("aria-label", "Filter of claims");
  const add = (name, control) => {
    const box = document.createElement("div");
    const label = document.createElement("label");
    label.textContent = name;
    label.htmlFor = control.id = `claims-${name.toLowerCase()}`;
    box.append(label, control);
    form.append(box);
    return control;
  };
  const select = (options) => {
    const control = document.createElement("select");
    for (const [value, text] of Object.entries(options))
      control.append(new Option(text, value));
    return control;
  };
  const words = document.createElement("input");
  words.type = "search";
  add("Words", words);
  const verdict = add("Verdict", select(verdicts));
  const chapter = add("Chapter", select(Object.fromEntries(
    [["", "any"], ...sections.map((s) => [s.id, titleOf(s)])])));
  const origin = add("Computed", select(origins));
  const count = document.createElement("output");
  form.append(count);

  const matches = (claim) =>
    words.value.toLowerCase().split(/\s+/)
      .every((word) => claim.textContent.toLowerCase().includes(word)) &&
    (!verdict.value || claim.classList.contains(verdict.value)) &&
    (!chapter.value || sectionOf(claim).id === chapter.value) &&
    (!origin.value ||
      claim.classList.contains("precomputed") === (origin.value === "precomputed"));
  const update = () => {
    let shown = 0;
    for (const claim of claims) {
      claim.hidden = !matches(claim);
      shown += !claim.hidden;
    }
    for (const section of sections)
      section.hidden = claims.every((c) => sectionOf(c) !== section || c.hidden);
    count.value = `${shown} of ${claims.length} claims`;
  };
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  // What a link leads to must be seen, whatever the filter says.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target?.closest("[hidden]")) return;
    form.reset();
    update();
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  // Back to the page, a browser fills the controls again as they were left.
  addEventListener("pageshow", update);
  sections[0].before(form);
  update();
});
