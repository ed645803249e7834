// The greedy of chapter 06, step by step as tutorial_utils.diversity.numpy has it, so that ties are decided alike.
"use strict";

/** Positions of `n` candidates, best first; -Infinity is no candidate, ties go to the lowest position, -1 fills up. */
sidebyside.greedyRerank = (scores, categories, n, lam) => {
  const chosen = [];
  const real = scores.filter((score) => score > -Infinity).length;
  while (chosen.length < Math.min(n, real)) {
    let winner = -1;
    let best = -Infinity;
    for (const [position, score] of scores.entries()) {
      if (chosen.includes(position)) continue;
      const different = chosen.filter((other) => categories[other] !== categories[position]).length;
      const gain = score + lam * different;
      if (gain > best) [winner, best] = [position, gain];
    }
    chosen.push(winner);
  }
  return [...chosen, ...Array(n - chosen.length).fill(-1)];
};

/** Share of the pairs of a list whose categories differ; a list without a pair counts as 0. */
sidebyside.diversity = (categories) => {
  let different = 0;
  for (const [place, category] of categories.entries())
    different += categories.slice(0, place).filter((other) => other !== category).length;
  const pairs = (categories.length * (categories.length - 1)) / 2;
  return pairs ? different / pairs : 0;
};
