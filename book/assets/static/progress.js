// What the reader has read, solved and answered. It is kept in this browser alone, under one key. The other scripts use
// bookProgress; it never throws where the browser refuses storage, and then holds for this page only.
const bookProgress = (() => {
  const KEY = "side-by-side-progress";
  let memory = {}; // chapter -> { read: true | false | absent, solved: [labels], answers: { question: [letter, right] } }
  let kept = true; // whether the browser stores what we give it

  document.documentElement.classList.add("keeps-progress"); // shows the boxes

  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

  // The parts of `data` that a chapter's record may hold; what is not understood is left out.
  function cleanRecord(data) {
    const record = { solved: [], answers: {} };
    if (!isObject(data)) return record;
    if (typeof data.read === "boolean") record.read = data.read;
    if (Array.isArray(data.solved)) record.solved = data.solved.filter((label) => typeof label === "string");
    for (const [question, answer] of Object.entries(isObject(data.answers) ? data.answers : {})) {
      const [letter, right] = Array.isArray(answer) ? answer : [];
      if (/^[a-h]$/.test(letter) && typeof right === "boolean") record.answers[question] = [letter, right];
    }
    return record;
  }

  function clean(data) {
    const entries = isObject(data) ? Object.entries(data) : [];
    return Object.fromEntries(entries.map(([chapter, record]) => [chapter, cleanRecord(record)]));
  }

  function load() {
    try {
      if (kept) memory = clean(JSON.parse(localStorage.getItem(KEY) ?? "{}"));
    } catch {} // refused, or not ours: what this page knows stays
    return memory;
  }

  // Write and tell every part of the page. Returns whether the browser keeps it.
  function save(data) {
    memory = data;
    try {
      localStorage.setItem(KEY, JSON.stringify(data));
      kept = true;
    } catch {
      kept = false;
    }
    document.dispatchEvent(new Event("progress"));
    return kept;
  }

  const of = (chapter) => load()[chapter] ?? cleanRecord();

  // Let `edit` change the record of a chapter.
  function change(chapter, edit) {
    const data = load();
    data[chapter] ??= cleanRecord();
    edit(data[chapter]);
    return save(data);
  }

  function setSolved(chapter, label, solved) {
    return change(chapter, (record) => {
      record.solved = record.solved.filter((other) => other !== label);
      if (solved) record.solved.push(label);
    });
  }

  // Add what another machine kept: nothing that was done here is lost. Throws where the file is no progress file.
  function merge(file) {
    if (!isObject(file) || file.format !== KEY || !isObject(file.chapters)) throw new TypeError("not a progress file");
    const data = load();
    for (const [chapter, theirs] of Object.entries(clean(file.chapters))) {
      const ours = data[chapter] ?? cleanRecord();
      const read = ours.read || theirs.read || (ours.read ?? theirs.read);
      const answers = { ...ours.answers, ...theirs.answers };
      data[chapter] = cleanRecord({ read, solved: [...new Set([...ours.solved, ...theirs.solved])], answers });
    }
    return save(data);
  }

  const exported = () => JSON.stringify({ format: KEY, version: 1, chapters: load() }, null, 2);

  // How many exercises are solved and how many answers right, of what the chapter holds today.
  function count(chapter) {
    const { chapters, questions } = JSON.parse(document.getElementById("progress-data").textContent);
    const labels = chapters[chapter] ?? [];
    const { read, solved, answers } = of(chapter);
    const given = Object.entries(answers).filter(([question]) => question <= questions);
    return {
      read: read === true,
      solved: labels.filter((label) => solved.includes(label)).length,
      exercises: labels.length,
      answered: given.length,
      right: given.filter(([, [, right]]) => right).length,
      questions,
    };
  }

  const chapterOf = (url) => new URL(url, location).pathname.split("/").pop().replace(/\.html$/, "");

  // A tick and a count on each chapter's entry; said in words to those who do not see them.
  function tickSidebar() {
    const { chapters } = JSON.parse(document.getElementById("progress-data").textContent);
    for (const link of document.querySelectorAll(".bd-links a.reference")) {
      const chapter = chapterOf(link.href);
      if (!(chapter in chapters)) continue;
      link.querySelector(".chapter-progress")?.remove();
      link.classList.add("has-progress");
      const { read, solved, exercises, answered, right, questions } = count(chapter);
      if (!read && !solved && !answered) continue;
      const mark = document.createElement("span");
      mark.className = "chapter-progress";
      const words = [read ? "read" : "not read to the end", `${solved} of ${exercises} exercises solved`];
      if (answered) words.push(`${right} of ${questions} quiz answers right`);
      mark.innerHTML = `<span class="visually-hidden"></span><span aria-hidden="true"></span>`;
      mark.firstChild.textContent = `, ${words.join(", ")}`;
      mark.lastChild.textContent = [solved ? `${solved}/${exercises}` : "", read ? "✓" : ""].filter(Boolean).join(" ");
      mark.title = words.join(", ");
      link.append(mark);
    }
  }

  document.addEventListener("progress", tickSidebar);
  window.addEventListener("storage", ({ key }) => {
    if (key === KEY || key === null) document.dispatchEvent(new Event("progress")); // done on another page
  });
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) document.dispatchEvent(new Event("progress")); // back on a page that was left
  });

  return { of, change, setSolved, count, merge, exported, erase: () => save({}), keep: () => save(load()), chapterOf, tickSidebar };
})();
