(() => {
  const views = ["pytorch", "paddle", "both"], key = "sphinx-design-tab-id-framework";
  const asked = new URLSearchParams(location.search).get("framework");
  let kept;
  try {
    if (views.includes(asked)) localStorage.setItem(key, asked);
    kept = localStorage.getItem(key);
  } catch {}
  document.documentElement.dataset.framework = [asked, kept, "pytorch"].find((view) => views.includes(view));
})();
