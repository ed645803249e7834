// What all living figures share: their place and data, new elements, a word for screen readers.
"use strict";

window.sidebyside ??= {};

/** Make an element: attributes by name, listeners as functions, then children (nodes or texts). */
sidebyside.element = (tag, attributes = {}, ...children) => {
  const svg = sidebyside.SVG_TAGS.has(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== false && value !== undefined) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
};

sidebyside.SVG_TAGS = new Set(["svg", "path", "line", "circle", "text", "polyline", "title", "g"]);

/** A labelled control: the label stands before it. */
sidebyside.labelled = (text, control) => {
  const { element } = sidebyside;
  return element("p", { class: "widget-field" }, element("label", { for: control.id }, text), control);
};

/** A drop-down list of texts; `choose` gets the number of the chosen one. */
sidebyside.choice = (id, texts, chosen, choose) => {
  const { element } = sidebyside;
  const options = texts.map((text, number) => element("option", { value: number, selected: number === chosen }, text));
  return element("select", { id, change: (event) => choose(Number(event.target.value)) }, ...options);
};

/** A bar of a share from 0 to 1, behind nothing but decoration: the number stands beside it as text. */
sidebyside.bar = (share, kind = "") => {
  const bar = sidebyside.element("span", { class: `widget-bar ${kind}`, "aria-hidden": "true" });
  bar.style.setProperty("--share", share);
  return bar;
};

/** Add a hidden status line to `live` and return a function that speaks there once the reader pauses. */
sidebyside.announcer = (live) => {
  const status = sidebyside.element("p", { class: "widget-status", role: "status" });
  live.append(status);
  let waiting;
  return (text) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => (status.textContent = text), 400);
  };
};

/** Build the living figure `name` from its data; then the still one may go. */
sidebyside.start = (name, build) => {
  const place = document.getElementById(name);
  const live = place.querySelector(".widget-live");
  build(live, JSON.parse(place.querySelector("script[type='application/json']").textContent));
  live.hidden = false;
  place.querySelector(".widget-still").hidden = true;
};
