// The view of the code that the reader chose: PyTorch, PaddlePaddle or both. The style sheet shows what the attribute
// data-framework on <html> says; a small script in the head has set it before anything was drawn.
(() => {
  const KEY = "sphinx-design-tab-id-framework"; // sphinx-design, which draws the tabs, reads the same key
  const VIEWS = ["pytorch", "paddle", "both"];
  const root = document.documentElement;

  function stored() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // the browser refuses storage: the choice then holds for this page only
    }
  }

  function store(view) {
    try {
      localStorage.setItem(KEY, view);
    } catch {}
    const url = new URL(location.href);
    if (!url.searchParams.has("framework")) return;
    url.searchParams.set("framework", view);
    try {
      history.replaceState(history.state, "", url);
    } catch {}
  }

  // Show the view, and let every control on the page say so.
  function show(view) {
    root.dataset.framework = view;
    for (const input of document.querySelectorAll(".framework-view input")) input.checked = input.value === view;
    for (const label of document.querySelectorAll(`.framework-tabs > label[data-sync-id="${view}"]`)) {
      label.control.checked = true;
    }
  }

  // Show the view without moving what the reader looks at, then let the theme and the figures measure the page again.
  function choose(view, anchor) {
    const before = anchor?.getBoundingClientRect().top;
    show(view);
    store(view);
    if (anchor) window.scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
    window.dispatchEvent(new Event("resize"));
  }

  // What the reader looks at: the piece of text that begins first below the header, or the one that fills the window.
  function topmost() {
    const top = document.querySelector(".bd-header-article").getBoundingClientRect().bottom;
    const pieces = [...document.querySelectorAll(".bd-article section > :not(section)")];
    const begins = (piece) => piece.getBoundingClientRect().top >= top;
    const piece = pieces.find((piece) => piece.checkVisibility() && begins(piece));
    if (piece && piece.getBoundingClientRect().top < window.innerHeight) return piece;
    return pieces.find((piece) => piece.getBoundingClientRect().bottom > top);
  }

  // An address that ends in #something inside one framework's side opens that side.
  function openTarget() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const side = target?.closest(".framework-tabs > .sd-tab-content");
    const view = VIEWS.find((name) => side?.classList.contains(`framework-${name}`));
    if (!view || root.dataset.framework === "both") return;
    show(view);
    target.scrollIntoView();
  }

  document.addEventListener("change", ({ target }) => {
    if (target.matches(".framework-view input")) choose(target.value, topmost());
    if (target.matches(".framework-tabs > input")) choose(target.nextElementSibling.dataset.syncId, target.parentElement);
  });

  // A solution that is opened on one side is open on the other side too.
  document.addEventListener(
    "toggle",
    ({ target }) => {
      const pair = target.closest(".framework-tabs");
      for (const details of pair?.querySelectorAll("details") ?? []) details.open = target.open;
    },
    true,
  );

  window.addEventListener("hashchange", openTarget);
  window.addEventListener("pageshow", ({ persisted }) => {
    const newer = persisted && stored(); // back from a page on which the reader may have chosen anew
    show(VIEWS.includes(newer) ? newer : root.dataset.framework); // browsers restore radio buttons as they were
  });
  document.addEventListener("DOMContentLoaded", () => {
    show(root.dataset.framework);
    if (VIEWS.includes(new URLSearchParams(location.search).get("framework"))) store(root.dataset.framework);
    openTarget();
  });
})();
