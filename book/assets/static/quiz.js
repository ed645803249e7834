// A quiz answers at once: choosing an option copies its reason from the folded answers to below the options.
(() => {
  const chapter = bookProgress.chapterOf(location.href);
  const quiz = document.querySelector(".quiz");
  const questions = [...quiz.querySelectorAll(".quiz-question")];
  const count = quiz.querySelector(".quiz-count");
  const clear = quiz.querySelector(".quiz-clear");

  function tell(question, letter) {
    const feedback = question.querySelector(".quiz-feedback");
    if ((feedback.dataset.letter ?? "") === (letter ?? "")) return;
    feedback.dataset.letter = letter ?? "";
    const reason = letter && question.querySelector(`[data-option="${letter}"]`);
    feedback.replaceChildren(...(reason ? [reason.cloneNode(true)] : []));
  }

  function show() {
    const { answers } = bookProgress.of(chapter);
    for (const question of questions) {
      const letter = answers[question.dataset.question]?.[0];
      for (const radio of question.querySelectorAll("input")) radio.checked = radio.value === letter;
      tell(question, letter);
    }
    const given = questions.filter((question) => question.dataset.question in answers);
    const right = given.filter((question) => answers[question.dataset.question][0] === question.dataset.right);
    count.textContent = `${right.length} of ${questions.length} right`;
    clear.disabled = !given.length;
  }

  quiz.addEventListener("change", ({ target }) => {
    const { question, right } = target.closest(".quiz-question").dataset;
    bookProgress.change(chapter, (record) => void (record.answers[question] = [target.value, target.value === right]));
  });
  clear.addEventListener("click", () => {
    bookProgress.change(chapter, (record) => void (record.answers = {}));
    questions[0].querySelector("input").focus(); // a button that is disabled loses the focus
  });
  document.addEventListener("progress", show);
  show();
  // What was there when the page opened is not announced, only what is said from now on.
  for (const feedback of quiz.querySelectorAll(".quiz-feedback")) feedback.setAttribute("role", "status");
})();
