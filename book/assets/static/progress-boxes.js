// The boxes of a chapter: one at each exercise, one at the end, which ticks itself when the reader gets there.
(() => {
  const chapter = bookProgress.chapterOf(location.href);
  const end = document.querySelector(".chapter-read");
  const readBox = end.querySelector("input");
  const exerciseBoxes = [...document.querySelectorAll("input[data-exercise]")];

  function show() {
    const { read, solved } = bookProgress.of(chapter);
    readBox.checked = read === true;
    for (const box of exerciseBoxes) box.checked = solved.includes(box.dataset.exercise);
  }

  const setRead = (read) => bookProgress.change(chapter, (record) => void (record.read = read));

  readBox.addEventListener("change", () => setRead(readBox.checked));
  for (const box of exerciseBoxes) {
    box.addEventListener("change", () => bookProgress.setSolved(chapter, box.dataset.exercise, box.checked));
  }

  // Who says "not read" is not overruled: only a chapter about which nothing was said is ticked.
  new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting) && bookProgress.of(chapter).read === undefined) setRead(true);
  }).observe(end);

  document.addEventListener("progress", show);
  show();
})();
