// Chapter 03: type a spec and shapes, see what it does: roles, output shape, cost, loops, diagram.
"use strict";

sidebyside.start("einsum-playground", (live, data) => {
  const { element, labelled, announcer, einsum, einsumDiagram } = sidebyside;
  const text = (shapes) => shapes.map(einsum.tuple).join(", ");
  const typed = { type: "text", spellcheck: "false", autocomplete: "off", autocapitalize: "off", input: type };
  const spec = element("input", { ...typed, id: "einsum-playground-spec", "aria-describedby": "einsum-playground-error" });
  const shapes = element("input", { ...typed, id: "einsum-playground-shapes", "aria-describedby": "einsum-playground-error" });
  const error = element("pre", { class: "widget-error", id: "einsum-playground-error", hidden: true });
  const result = element("div", { class: "widget-columns widget-uneven" });

  const groups = data.groups.map(({ label, forms }) =>
    element("optgroup", { label }, ...forms.map(option)),
  );
  const examples = element(
    "select",
    { id: "einsum-playground-example", change: () => useExample(examples.value) },
    element("option", { value: "" }, "choose one"),
    ...groups,
  );
  const fit = element("button", { type: "button", click: fillShapes }, "Shapes that fit");
  live.append(
    element(
      "div",
      { class: "widget-controls widget-wide-fields" },
      labelled("Example", examples),
      fit,
      labelled("Spec", spec),
      labelled("Shapes", shapes),
    ),
    error,
    result,
  );
  const announce = announcer(live);
  use(data.start.spec, data.start.shapes);

  function use(newSpec, newShapes) {
    spec.value = newSpec;
    shapes.value = text(newShapes);
    show();
  }

  function option(form) {
    return element("option", { value: form.spec }, `${form.spec}  ${form.meaning}`);
  }

  function type() {
    examples.value = "";
    show();
  }

  function useExample(chosen) {
    const form = data.groups.flatMap((group) => group.forms).find((one) => one.spec === chosen);
    if (form) use(form.spec, form.shapes);
  }

  /** Give every letter of the spec a size; a letter that is two sizes at once cannot happen then. */
  function fillShapes() {
    try {
      const { operands } = einsum.parse(spec.value);
      use(spec.value, operands.map((letters) => [...letters].map((letter) => data.sizes[letter])));
    } catch (problem) {
      refuse(problem);
    }
  }

  function show() {
    try {
      const explanation = einsum.explain(spec.value, einsum.readShapes(shapes.value));
      const loops = einsum.toLoops(spec.value);
      accept(explanation, loops);
    } catch (problem) {
      refuse(problem);
    }
  }

  function accept(explanation, loops) {
    error.hidden = true;
    for (const input of [spec, shapes]) input.removeAttribute("aria-invalid");
    result.hidden = false;
    result.replaceChildren(
      element("div", {}, block("What it does", explanation.text, "explanation")),
      element("figure", {}, einsumDiagram.draw(spec.value), legend()),
      element("div", { class: "widget-wide" }, block("As loops", loops, "loops")),
    );
    announce(`Output shape ${explanation.outputShape}, multiply-adds ${explanation.multiplyAdds}.`);
  }

  function refuse(problem) {
    error.hidden = false;
    error.textContent = problem.message;
    result.hidden = true;
    for (const input of [spec, shapes]) input.setAttribute("aria-invalid", "true");
    announce(problem.message.split("\n")[0]);
  }

  function block(title, content, kind) {
    const attributes = { tabindex: 0, role: "region", "aria-label": title, "data-part": kind };
    return element("div", {}, element("p", { class: "widget-heading" }, title), element("pre", attributes, content));
  }

  function legend() {
    const roles = { summed: "summed: no free end", kept: "kept: a free end", batch: "batch: in all arrays and the result" };
    const entries = Object.entries(roles).map(([role, words]) => {
      const line = element("path", { class: `line ${role}`, d: "M2 6H30" });
      const sample = element("svg", { viewBox: "0 0 32 12", width: 32, height: 12, "aria-hidden": "true" }, line);
      return element("span", {}, sample, ` ${words}`);
    });
    return element("figcaption", { class: "widget-legend" }, ...entries);
  }
});
