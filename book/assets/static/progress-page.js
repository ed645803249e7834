// The page "Your progress": the table filled in, and what one can do with the data.
(() => {
  const status = document.querySelector(".progress-status");
  const file = document.querySelector(".progress-file");

  function show() {
    for (const row of document.querySelectorAll(".progress-table tr[data-chapter]")) {
      const { read, solved, exercises, right, questions } = bookProgress.count(row.dataset.chapter);
      const texts = [read ? "✓ yes" : "no", `${solved} of ${exercises}`, `${right} of ${questions}`];
      texts.forEach((text, column) => (row.cells[column + 1].textContent = text));
    }
  }

  function save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bookProgress.exported()], { type: "application/json" }));
    link.download = "side-by-side-progress.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    status.textContent = "Saved as side-by-side-progress.json among your downloads.";
  }

  async function load() {
    const chosen = file.files[0];
    file.value = ""; // so that the same file can be chosen again
    if (!chosen) return;
    try {
      bookProgress.merge(JSON.parse(await chosen.text()));
      status.textContent = `Added what ${chosen.name} holds. Nothing that was here is lost.`;
    } catch {
      status.textContent = `${chosen.name} is not a progress file of this book. Nothing was changed.`;
    }
  }

  function erase() {
    if (!window.confirm("Erase what you have read, solved and answered? This cannot be undone.")) return;
    bookProgress.erase();
    status.textContent = "Erased.";
  }

  document.querySelector(".progress-save").addEventListener("click", save);
  document.querySelector(".progress-load").addEventListener("click", () => file.click());
  file.addEventListener("change", load);
  document.querySelector(".progress-erase").addEventListener("click", erase);
  document.addEventListener("progress", show);
  if (!bookProgress.keep()) {
    status.textContent = "Your browser keeps no data for this site: nothing will be remembered after this page.";
  }
  show();
})();
