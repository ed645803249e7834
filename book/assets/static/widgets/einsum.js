// Reads and explains an einsum spec as tutorial_utils.einsum does, with the same words. Sizes are BigInts, for Python's
// integers have no end.
"use strict";

sidebyside.einsum = (() => {
  const MAX_LOOPS = 20;
  const isLetter = (sign) => /^[A-Za-z]$/.test(sign);
  const count = (list, wanted) => list.filter((one) => one === wanted).length;
  const tuple = (parts) => (parts.length === 1 ? `(${parts[0]},)` : `(${parts.join(", ")})`);
  const quoted = (sign) => (sign === "'" ? `"'"` : `'${sign.replace("\\", "\\\\")}'`);

  /** A spec, or shapes given with it, that cannot be summed; `position` counts the spec's characters from 0. */
  class EinsumError extends Error {
    constructor(message, spec, position = null) {
      const at = position === null ? "" : ` (position ${position})`;
      const marker = position === null ? "" : `\n    ${" ".repeat(position)}^`;
      super(`${message}${at}:\n    ${spec}${marker}`);
      this.position = position;
    }
  }

  /** Take a spec apart: the letters of each operand and of the output, and every letter's role in loop order. */
  function parse(spec) {
    const signs = Array.from(spec); // characters, not halves of them
    const arrow = signs.findIndex((sign, at) => sign === "-" && signs[at + 1] === ">");
    const left = arrow < 0 ? signs : signs.slice(0, arrow);
    checkCharacters(spec, signs, arrow);
    const operands = left.filter((sign) => sign !== " ").join("").split(",");
    let output;
    if (arrow < 0) {
      output = left.filter((sign) => isLetter(sign) && count(left, sign) === 1).sort().join("");
    } else {
      checkOutput(spec, signs, arrow + 2);
      output = signs.slice(arrow + 2).filter((sign) => sign !== " ").join("");
    }
    const letters = [...new Set(output + operands.join(""))];
    const roles = new Map(letters.map((letter) => [letter, role(letter, operands, output)]));
    return { operands, output, roles, spec: `${operands.join(",")}->${output}` };
  }

  function role(letter, operands, output) {
    if (!output.includes(letter)) return "summed";
    return operands.length > 1 && operands.every((operand) => operand.includes(letter)) ? "batch" : "kept";
  }

  function checkCharacters(spec, signs, arrow) {
    const dots = signs.findIndex((sign, at) => signs.slice(at, at + 3).join("") === "...");
    if (dots >= 0) throw new EinsumError("'...' is not supported, give every axis a letter", spec, dots);
    for (const [at, sign] of signs.entries()) {
      const inArrow = arrow >= 0 && (at === arrow || at === arrow + 1);
      if (!inArrow && !isLetter(sign) && sign !== "," && sign !== " ")
        throw new EinsumError(`unexpected ${quoted(sign)}, expected letters, commas and one '->'`, spec, at);
    }
  }

  function checkOutput(spec, signs, start) {
    for (let at = start; at < signs.length; at++) {
      const sign = signs[at];
      if (sign === ",") throw new EinsumError("an output is one array, without a comma", spec, at);
      if (sign !== " " && signs.slice(start, at).includes(sign))
        throw new EinsumError(`output letter '${sign}' is repeated`, spec, at);
      if (sign !== " " && !signs.slice(0, start).includes(sign))
        throw new EinsumError(`output letter '${sign}' is in no operand`, spec, at);
    }
  }

  /** Every letter's size, in loop order. */
  function letterSizes(spec, shapes) {
    const { operands, roles } = parse(spec);
    if (shapes.length !== operands.length)
      throw new EinsumError(`operands: ${shapes.length} given, ${operands.length} expected`, spec);
    const found = new Map();
    for (const [number, letters] of operands.entries()) {
      const shape = shapes[number];
      if (shape.length !== letters.length) {
        const expected = `(${[...letters].join(", ")})`;
        throw new EinsumError(`operand ${number + 1} has shape ${tuple(shape)}, expected ${expected}`, spec);
      }
      for (const [axis, letter] of [...letters].entries()) {
        if (!found.has(letter)) found.set(letter, shape[axis]);
        if (found.get(letter) !== shape[axis]) {
          const message = `letter '${letter}' is ${shape[axis]} in operand ${number + 1} but ${found.get(letter)} before`;
          throw new EinsumError(message, spec, positionOf(spec, number, axis));
        }
      }
    }
    return new Map([...roles.keys()].map((letter) => [letter, found.get(letter)]));
  }

  /** The character of a spec that names an axis of an operand. */
  function positionOf(spec, number, axis) {
    const signs = Array.from(spec);
    const places = [...signs.keys()].filter((at) => isLetter(signs[at]) && count(signs.slice(0, at), ",") === number);
    return places[axis];
  }

  /** What a spec does to operands of given shapes; `text` is what Python prints. */
  function explain(spec, shapes) {
    const sizes = letterSizes(spec, shapes);
    const notation = parse(spec);
    const ofRole = (wanted) => [...sizes.keys()].filter((letter) => notation.roles.get(letter) === wanted);
    const withSizes = (wanted) => ofRole(wanted).map((letter) => `${letter} = ${sizes.get(letter)}`).join(", ") || "none";
    const outputShape = [...notation.output].map((letter) => sizes.get(letter));
    const steps = [...sizes.values()].reduce((product, size) => product * size, 1n);
    const terms = notation.operands.map((letters, number) => `${letters || "scalar"} ${tuple(shapes[number])}`);
    const cost = (sizes.size > 1 ? `${[...sizes.values()].join(" * ")} = ` : "") + steps.toLocaleString("en-US");
    const text = [
      notation.spec,
      `  operands       ${terms.join(", ")}`,
      `  batch          ${withSizes("batch")}`,
      `  kept           ${withSizes("kept")}`,
      `  summed         ${withSizes("summed")}`,
      `  output         ${notation.output || "scalar"} ${tuple(outputShape)}`,
      `  multiply-adds  ${cost}`,
    ].join("\n");
    return { outputShape: tuple(outputShape), multiplyAdds: steps.toLocaleString("en-US"), text };
  }

  /** A spec as the nested loops that it stands for, in Python. */
  function toLoops(spec) {
    const { operands, output, roles } = parse(spec);
    if (roles.size > MAX_LOOPS)
      throw new EinsumError(`${roles.size} letters, but Python nests at most ${MAX_LOOPS} loops`, spec);
    const names = operands.map((_, number) => `x${number + 1}`);
    const size = new Map();
    for (const [number, letters] of operands.entries())
      for (const [axis, letter] of [...letters].entries())
        if (!size.has(letter)) size.set(letter, `${names[number]}.shape[${axis}]`);
    const entry = (name, letters) => `${name}[${[...letters].join(", ") || "()"}]`;
    const shape = [...output].map((letter) => size.get(letter)).join(", ");
    const loops = [...roles].map(
      ([letter, its], depth) => `${"    ".repeat(depth + 1)}for ${letter} in range(${size.get(letter)}):  # ${its}`,
    );
    const factors = operands.map((letters, number) => entry(names[number], letters)).join(" * ");
    return [
      "import numpy as np",
      "",
      "",
      `def einsum(${names.join(", ")}):`,
      `    out = np.zeros([${shape}], dtype=np.result_type(${names.join(", ")}))`,
      ...loops,
      `${"    ".repeat(roles.size + 1)}${entry("out", output)} += ${factors}`,
      "    return out",
    ].join("\n");
  }

  /** Read shapes as Python would: tuples or lists of sizes, separated by commas. */
  function readShapes(text) {
    const size = "(?:0|[1-9][0-9]*)";
    const one = `\\(\\s*\\)|\\(\\s*${size}\\s*,\\s*\\)|\\(\\s*${size}(?:\\s*,\\s*${size})+\\s*,?\\s*\\)`;
    const list = `\\[\\s*(?:${size}(?:\\s*,\\s*${size})*\\s*,?)?\\s*\\]`;
    const shape = `(?:${one}|${list})`;
    if (!new RegExp(`^\\s*(?:${shape}\\s*(?:,\\s*${shape}\\s*)*(?:,\\s*)?)?$`).test(text))
      throw new Error("shapes: expected tuples of sizes such as (2, 3), (3,)\n    one size alone is (3,), a number is ()");
    return [...text.matchAll(/[([]([^)\]]*)[)\]]/g)].map((match) => (match[1].match(/\d+/g) ?? []).map(BigInt));
  }

  return { EinsumError, parse, letterSizes, explain, toLoops, readShapes, tuple };
})();
