// Chapter 06: a slider for lambda that re-ranks one user's candidates. Numbers come from sidebyside.widget_data.
"use strict";

sidebyside.start("lambda-slider", (live, data) => {
  const { element, labelled, choice, bar, announcer, greedyRerank, diversity } = sidebyside;
  const TEXTS = new Set(["Item", "Category", "Share"]); // columns set at the left, all others hold numbers
  let user = data.users[data.start];
  const tastes = (number) => (number === 1 ? "one taste" : `${["", "", "two", "three", "four"][number]} tastes`);

  const slider = element("input", {
    type: "range", id: "lambda-slider-value", min: 0, max: data.lambdas.at(-1), step: data.lambdas[1], value: 0,
    input: show,
  });
  const shown = element("output", { for: slider.id });
  const facts = element("dl", { class: "widget-facts" });
  const chart = element("div", { class: "widget-chart" });
  const counts = element("tbody");
  const rows = element("tbody");
  const dropped = element("p", { class: "widget-note" });

  const select = choice(
    "lambda-slider-user",
    data.users.map((one) => `A user with ${tastes(one.tastes)}`),
    data.start,
    (number) => {
      user = data.users[number];
      show();
    },
  );
  live.append(
    element("div", { class: "widget-controls" }, labelled("User", select), labelled("λ, the price of a pair", slider), shown),
    element(
      "div",
      { class: "widget-columns" },
      element("div", {}, facts, chart, countTable()),
      element("div", {}, listTable(), dropped),
    ),
  );
  const announce = announcer(live);
  show();

  function show() {
    const lam = Number(slider.value);
    const list = greedyRerank(user.scores, user.categories, data.n, lam);
    const before = greedyRerank(user.scores, user.categories, data.n, 0);
    const hits = list.filter((position) => user.targets.includes(position)).length;
    const recall = hits / user.n_targets;
    const diverse = diversity(list.map((position) => user.categories[position]));
    const fresh = list.filter((position) => !before.includes(position)).length;
    shown.textContent = `λ = ${lam.toFixed(2)}, ${(lam / data.spread).toFixed(2)} spreads of the scores`;
    slider.setAttribute("aria-valuetext", shown.textContent);
    facts.replaceChildren(
      ...fact(`Recall@${data.n}`, recall.toFixed(2), `(${hits} of ${user.n_targets} targets)`),
      ...fact(`Diversity@${data.n}`, diverse.toFixed(2), "of the pairs differ"),
      ...fact("New since λ = 0", fresh, `of ${data.n} items`),
    );
    chart.replaceChildren(...drawMeans(lam, recall, diverse));
    showCounts(list, before);
    showRows(list, before, lam);
    announce(
      `Lambda ${lam.toFixed(2)}: ${hits} of ${user.n_targets} targets found, diversity ${diverse.toFixed(2)}, ` +
        `${fresh} of ${data.n} items are new.`,
    );
  }

  function heading(text) {
    return element("p", { class: "widget-heading" }, text);
  }

  function fact(name, value, meaning) {
    return [element("dt", {}, name), element("dd", {}, element("b", {}, String(value)), ` ${meaning}`)];
  }

  function table(kind, caption, columns, body) {
    const headers = columns.map((text) => element("th", { scope: "col", class: TEXTS.has(text) && "widget-start" }, text));
    const head = element("thead", {}, element("tr", {}, ...headers));
    return element("table", { class: kind }, element("caption", {}, caption), head, body);
  }

  function listTable() {
    const caption = "The list. A star marks a hidden target; “before” is the place at λ = 0.";
    return table("widget-list", caption, ["Place", "Item", "Score", "Pays", "Before"], rows);
  }

  function countTable() {
    const caption = "Categories of the list, now and at λ = 0, and of the user's history.";
    return table("widget-list", caption, ["Category", "Share", "Now", "λ = 0", "History"], counts);
  }

  function showRows(list, before, lam) {
    const taken = {};
    rows.replaceChildren(
      ...list.map((position, place) => {
        const category = user.categories[position];
        const paid = lam * (taken[category] ?? 0);
        taken[category] = (taken[category] ?? 0) + 1;
        const was = before.indexOf(position);
        const hit = user.targets.includes(position);
        const star = hit ? [element("span", { role: "img", "aria-label": "hidden target" }, " ★")] : [];
        return element(
          "tr",
          { class: was < 0 ? "widget-new" : "", "data-position": position },
          element("td", {}, String(place + 1)),
          element("td", { class: `widget-item category-${category}` }, user.items[position], ...star),
          element("td", {}, user.scores[position].toFixed(2)),
          element("td", {}, paid ? `−${paid.toFixed(2)}` : "0"),
          element("td", {}, was < 0 ? "new" : String(was + 1)),
        );
      }),
    );
    const gone = before.filter((position) => !list.includes(position));
    const names = gone.map((position) => user.items[position] + (user.targets.includes(position) ? " ★" : ""));
    dropped.textContent = names.length ? `Left the list: ${names.join(", ")}.` : "";
  }

  function showCounts(list, before) {
    const count = (positions, category) => positions.filter((position) => user.categories[position] === category).length;
    counts.replaceChildren(
      ...data.categories.map((name, category) => {
        const [now, then] = [count(list, category), count(before, category)];
        const clicks = user.history[name] ?? 0;
        return element(
          "tr",
          {},
          element("th", { scope: "row", class: `widget-item category-${category}` }, name),
          element("td", {}, bar(now / data.n, `category-${category}`)),
          ...[now, then, clicks].map((number) => element("td", {}, String(number))),
        );
      }),
    );
  }

  /** All test users with as many tastes: mean recall and diversity over lambda, and this user's as dots. */
  function drawMeans(lam, recall, diverse) {
    const means = data.means[user.tastes];
    const [width, height, left, top] = [300, 130, 30, 8];
    const x = (value) => left + (value / data.lambdas.at(-1)) * (width - left - 70);
    const y = (value) => top + (1 - value) * (height - top - 22);
    const line = (values, kind) =>
      element("polyline", { class: kind, points: values.map((v, i) => `${x(data.lambdas[i])},${y(v)}`).join(" ") });
    const text = (at, height, words, anchor = "start") =>
      element("text", { x: at, y: height, "text-anchor": anchor, "dominant-baseline": "middle" }, words);
    const now = data.lambdas.findIndex((value) => Math.abs(value - lam) < 1e-9);
    const about = `${means.users} test users with ${tastes(user.tastes)}`;
    const end = (values) => `from ${values[0].toFixed(2)} to ${values.at(-1).toFixed(2)}`;
    const label =
      `Mean over the ${about}, for lambda from 0 to 1: ` +
      `Recall goes ${end(means.recall)}, Diversity ${end(means.diversity)}.`;
    const drawing = element(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
      ...[0, 0.5, 1].map((value) => text(left - 6, y(value), String(value), "end")),
      ...[0, 0.5, 1].map((value) => text(x(value), height - 8, String(value), "middle")),
      element("path", { class: "axis", d: `M${left} ${y(1)}V${y(0)}H${x(data.lambdas.at(-1))}` }),
      element("line", { class: "now", x1: x(lam), x2: x(lam), y1: y(0), y2: y(1) }),
      line(means.recall, "recall"),
      line(means.diversity, "diversity"),
      element("circle", { class: "recall", cx: x(lam), cy: y(recall), r: 4 }),
      element("circle", { class: "diversity", cx: x(lam), cy: y(diverse), r: 4 }),
      text(x(1) + 6, y(means.recall.at(-1)), "Recall"),
      text(x(1) + 6, y(means.diversity.at(-1)), "Diversity"),
    );
    const words =
      `Lines: the mean of ${about}, here Recall ${means.recall[now].toFixed(2)} and Diversity ` +
      `${means.diversity[now].toFixed(2)}. Dots: this user. ItemKNN without a dial: Recall ${means.item_knn.toFixed(2)}.`;
    return [heading("Against λ"), drawing, element("p", { class: "widget-note" }, words)];
  }
});
