// Draws a spec as a tensor network, as tutorial_utils.einsum.plots does: a node per operand, an edge per letter.
"use strict";

sidebyside.einsumDiagram = (() => {
  const { element, einsum } = sidebyside;
  const SPACING = 2.4;
  const RADIUS = 0.45;
  const LEG = 1.15;
  const UNIT = 44; // pixels
  const total = (ends) => [...ends.values()].reduce((sum, count) => sum + count, 0);

  /** How many axes a letter names, by operand. */
  function endsOf(notation, letter) {
    const ends = new Map();
    for (const [number, letters] of notation.operands.entries()) {
      const count = [...letters].filter((its) => its === letter).length;
      if (count) ends.set(number, count);
    }
    return ends;
  }

  /** The diagram in words. */
  function altText(notation) {
    const nodes = notation.operands.map((letters, number) => `Node ${number + 1} is ${letters || "a scalar"}.`);
    const edges = [...notation.roles].map(([letter, role]) => {
      const ends = endsOf(notation, letter);
      const places = [...ends].map(([number, count]) => `node ${number + 1}${count > 1 ? ` (${count} axes)` : ""}`);
      const closing = role !== "summed" ? "has a free end" : total(ends) > 1 ? "has no free end" : "ends in a dot";
      return `${letter}, ${role}, ${total(ends) > 1 ? "joins" : "leaves"} ${places.join(" and ")} and ${closing}.`;
    });
    const axes = [...notation.output].join(", ") || "none, it is a number";
    return [`Tensor network of ${notation.spec}.`, ...nodes, ...edges, `The output's axes, in order: ${axes}.`].join(" ");
  }

  /** An SVG of the diagram. Points are in units of the figure, y upwards. */
  function draw(notation) {
    const shapes = [];
    const points = [];
    const letters = [...notation.roles.keys()];
    const ends = new Map(letters.map((letter) => [letter, endsOf(notation, letter)]));
    const span = (letter) => Math.max(...ends.get(letter).keys()) - Math.min(...ends.get(letter).keys());
    const isBond = (letter) =>
      notation.roles.get(letter) === "summed" && ends.get(letter).size === 2 && total(ends.get(letter)) === 2;
    const ofOne = letters.filter((letter) => ends.get(letter).size === 1);
    const bonds = letters.filter(isBond);
    drawBonds();
    drawHubs(letters.filter((letter) => !ofOne.includes(letter) && !bonds.includes(letter)));
    for (const number of notation.operands.keys()) drawLegs(number, ofOne.filter((letter) => ends.get(letter).has(number)));
    for (const [number, own] of notation.operands.entries()) {
      const at = at_(number);
      shapes.push(element("circle", { class: "node", cx: px(at[0]), cy: py(at[1]), r: RADIUS * UNIT }));
      name(at, own || "()", "node-name");
      points.push([at[0] - RADIUS, RADIUS], [at[0] + RADIUS, -RADIUS]);
    }
    const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
    const box = [px(Math.min(...xs)) - 24, py(Math.max(...ys)) - 24];
    const size = [px(Math.max(...xs)) + 24 - box[0], py(Math.min(...ys)) + 24 - box[1]];
    const attributes = { class: "widget-diagram", role: "img", "aria-label": altText(notation) };
    return element("svg", { ...attributes, viewBox: [...box, ...size].join(" "), width: size[0] }, ...shapes);

    function at_(number) {
      return [number * SPACING, 0];
    }

    /** Summed letters that join two nodes; parallel ones, and those that pass a node, bend. */
    function drawBonds() {
      const pairs = bonds.map((letter) => [...ends.get(letter).keys()]);
      const same = (one, other) => one[0] === other[0] && one[1] === other[1];
      for (const [place, letter] of bonds.entries()) {
        const [left, right] = pairs[place];
        const earlier = pairs.slice(0, place).filter((pair) => same(pair, pairs[place])).length;
        const centred = earlier - (pairs.filter((pair) => same(pair, pairs[place])).length - 1) / 2;
        const bend = -0.3 * centred - (span(letter) > 1 ? 0.5 : 0);
        line(at_(left), at_(right), "summed", bend);
        const peak = -0.5 * bend * (right - left) * SPACING;
        name([((left + right) / 2) * SPACING, peak + (peak >= 0 ? 0.25 : -0.25)], letter);
      }
    }

    /** Letters that meet in a dot above the nodes. */
    function drawHubs(hubs) {
      for (const [place, letter] of hubs.entries()) {
        const nodes = [...ends.get(letter).keys()];
        const middle = (SPACING * nodes.reduce((sum, number) => sum + number, 0)) / nodes.length;
        const x = middle + 0.8 * (place - (hubs.length - 1) / 2);
        meet(letter, [x, LEG], [x, LEG + 0.6]);
      }
    }

    /** The letters that one node has for itself, as a fan below it. */
    function drawLegs(number, own) {
      for (const [place, letter] of own.entries()) {
        const angle = (Math.min(40, 160 / own.length) * (place - (own.length - 1) / 2) * Math.PI) / 180;
        const [near, far] = [LEG, LEG + 0.5].map((length) => [
          number * SPACING + length * Math.sin(angle),
          -length * Math.cos(angle),
        ]);
        meet(letter, near, far);
      }
    }

    /** A letter's ends up to a dot and, if it is kept, its free end from there to the tip. */
    function meet(letter, dot, tip) {
      const role = notation.roles.get(letter);
      for (const [number, count] of ends.get(letter))
        for (let place = 0; place < count; place++) line(at_(number), dot, role, 0.5 * (place - (count - 1) / 2));
      if (role !== "summed") line(dot, tip, role, 0);
      if (role === "summed" || total(ends.get(letter)) > 1)
        shapes.push(element("circle", { class: `dot ${role}`, cx: px(dot[0]), cy: py(dot[1]), r: 4.5 }));
      const end = role === "summed" ? dot : tip;
      const length = Math.hypot(tip[0] - dot[0], tip[1] - dot[1]);
      name([0, 1].map((axis) => end[axis] + (0.3 * (tip[axis] - dot[axis])) / length), letter);
    }

    /** A line whose middle lies `bend` / 2 of its length to its right. */
    function line(start, end, role, bend) {
      const control = [
        (start[0] + end[0]) / 2 + bend * (end[1] - start[1]),
        (start[1] + end[1]) / 2 - bend * (end[0] - start[0]),
      ];
      const [from, by, to] = [start, control, end].map((point) => `${px(point[0])} ${py(point[1])}`);
      shapes.push(element("path", { class: `line ${role}`, d: `M${from}Q${by} ${to}` }));
      points.push(start, [0, 1].map((axis) => (start[axis] + end[axis] + 2 * control[axis]) / 4), end);
    }

    function name(at, text, kind = "letter") {
      shapes.push(element("text", { class: kind, x: px(at[0]), y: py(at[1]) }, text));
      points.push(at);
    }
  }

  function px(x) {
    return Math.round(x * UNIT * 10) / 10;
  }

  function py(y) {
    return Math.round(-y * UNIT * 10) / 10;
  }

  return { altText: (spec) => altText(einsum.parse(spec)), draw: (spec) => draw(einsum.parse(spec)) };
})();
