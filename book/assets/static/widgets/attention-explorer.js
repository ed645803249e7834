// Chapter 02: point at an item to see its weight in every head, or at a head to see its weights on the items.
"use strict";

sidebyside.start("attention-explorer", (live, data) => {
  const { element, labelled, choice, bar, announcer } = sidebyside;
  const heads = [...Array(data.heads).keys()];
  const SMALL = 0.005; // shown as 0.00
  const LONGEST = 5; // bars in a panel
  let user, pinned;

  const table = element("table", { class: "widget-weights", pointerleave: () => show(pinned) });
  const panel = element("div", { class: "widget-panel" });
  const select = choice(
    "attention-explorer-user",
    data.users.map((one) => `A user with ${one.tastes.join(", ")}`),
    0,
    (number) => use(data.users[number]),
  );
  live.append(
    element("div", { class: "widget-controls" }, labelled("User", select)),
    element("div", { class: "widget-columns widget-uneven" }, element("div", {}, table), panel),
  );
  const announce = announcer(live);
  use(data.users[0]);

  function use(chosen) {
    user = chosen;
    table.replaceChildren(
      element("caption", {}, "Attention weights; every column sums to 1."),
      element(
        "thead",
        {},
        element("tr", {}, element("th", { scope: "col" }, "Item"), ...heads.map((k) => header("head", k, `Head ${k + 1}`))),
      ),
      element("tbody", {}, ...user.items.map(row)),
    );
    pin({ kind: "head", index: 0 });
  }

  function row(name, t) {
    const cells = user.weights[t].map((weight) => {
      const cell = element("td", { pointerenter: () => show({ kind: "item", index: t }) }, weight.toFixed(2));
      cell.style.setProperty("--weight", weight);
      return cell;
    });
    return element("tr", {}, header("item", t, name), ...cells);
  }

  function header(kind, index, text) {
    const choose = () => pin({ kind, index });
    const button = element("button", { type: "button", click: choose, focus: choose }, text);
    const scope = kind === "item" ? "row" : "col";
    return element("th", { scope, "data-kind": kind, pointerenter: () => show({ kind, index }) }, button);
  }

  function pin(target) {
    pinned = target;
    show(target);
    for (const cell of table.querySelectorAll("th[data-kind]")) {
      const same = [...table.querySelectorAll(`th[data-kind=${target.kind}]`)].indexOf(cell) === target.index;
      cell.firstChild.setAttribute("aria-pressed", same);
    }
    announce([...panel.children].map((part) => part.dataset.spoken ?? part.textContent).join(" "));
  }

  function show({ kind, index }) {
    table.dataset.shown = kind;
    panel.replaceChildren(...(kind === "item" ? describeItem(index) : describeHead(index)));
    for (const [t, line] of [...table.tBodies[0].rows].entries())
      for (const [k, cell] of [...line.cells].entries())
        cell.classList.toggle("chosen", kind === "item" ? t === index : k === index + 1);
  }

  function describeItem(t) {
    const weights = user.weights[t];
    const most = weights.indexOf(Math.max(...weights));
    const heard = weights.filter((weight) => weight >= SMALL).length;
    const verdict =
      heard === 0
        ? "No head listens to it."
        : `Head ${most + 1} gives it the largest weight${heard === 1 ? ", and no other head listens to it" : ""}.`;
    return [
      element("p", { class: "widget-title" }, user.items[t]),
      bars("Its weight in each interest", heads.map((k) => [`Head ${k + 1}`, weights[k]])),
      element("p", {}, `${verdict} A row need not sum to 1: this one sums to ${sum(weights).toFixed(2)}.`),
    ];
  }

  function describeHead(k) {
    const weights = user.items.map((name, t) => [name, user.weights[t][k]]).sort((a, b) => b[1] - a[1]);
    const heard = weights.filter(([, weight]) => weight >= SMALL).slice(0, LONGEST);
    const rest = weights.length - heard.length;
    const plain = weights.map(([, weight]) => weight);
    const effective = Math.exp(-sum(plain.map((weight) => (weight ? weight * Math.log(weight) : 0))));
    return [
      element("p", { class: "widget-title" }, `Head ${k + 1}`),
      bars("Its weight on each item", heard),
      element(
        "p",
        {},
        `${rest ? `The other ${rest} items together: ${sum(plain.slice(heard.length)).toFixed(2)}. ` : ""}` +
          `It listens to ${effective.toFixed(1)} items in effect. ` +
          `Its interest retrieves ${user.retrieved[k].join(", ")}.`,
      ),
    ];
  }

  function bars(label, entries) {
    const lines = entries.map(([name, weight]) =>
      element(
        "li",
        {},
        element("span", {}, name),
        bar(weight),
        element("span", { class: "widget-number" }, weight.toFixed(3)),
      ),
    );
    const spoken = `${label}: ${entries.map(([name, weight]) => `${name} ${weight.toFixed(3)}`).join(", ")}.`;
    const list = element("ul", { class: "widget-counts" }, ...lines);
    return element("div", { "data-spoken": spoken }, element("p", { class: "widget-heading" }, label), list);
  }

  function sum(numbers) {
    return numbers.reduce((total, number) => total + number, 0);
  }
});
