// What the gates of _gates.py ask a page in the browser.
window.gates = (() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const name = (node) => node.outerHTML.replace(/\s+/g, " ").slice(0, 120);

  // Wait until formulas (MathJax is absent on a page without any), fonts and pictures are there.
  async function settle() {
    await window.MathJax?.startup?.promise;
    await document.fonts.ready;
    for (const picture of document.images) picture.loading = "eager";
    await Promise.allSettled([...document.images].map((picture) => picture.decode()));
  }

  function untypeset() {
    const raw = all(".math").filter((node) => !node.querySelector("mjx-container"));
    return [...raw, ...all("mjx-merror, [data-mjx-error]")].map((node) => node.textContent.trim().slice(0, 80));
  }

  // The prose of the page: no code, no formulas.
  function prose() {
    const skipped = "pre, code, kbd, samp, script, style, textarea, svg, mjx-container, .sig";
    const accept = (text) => (text.parentElement.closest(skipped) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
    const walker = document.createTreeWalker(document.querySelector("article, main"), NodeFilter.SHOW_TEXT, accept);
    let text = "";
    while (walker.nextNode()) text += walker.currentNode.data;
    return text;
  }

  // Open everything that is folded: what a reader can open is held to the same rules. Then let scripts see the new sizes.
  async function unfold() {
    await settle();
    for (const node of all("details")) node.open = true;
    for (const button of all("button.toggle-button-hidden")) button.click();
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  }

  // What reaches beyond the right edge of the window without a frame of its own to scroll in.
  function overhanging() {
    const width = document.documentElement.clientWidth;
    const scrolls = (node) => ["auto", "scroll"].includes(getComputedStyle(node).overflowX);
    const beyond = all(".bd-article-container *, footer *").filter((node) => node.getBoundingClientRect().right > width + 1);
    const found = beyond.filter((node) => {
      if (!node.checkVisibility() || node.closest("mjx-assistive-mml")) return false;
      for (let frame = node.parentElement; frame; frame = frame.parentElement) if (scrolls(frame)) return false;
      return true;
    });
    const page = document.documentElement.scrollWidth > width ? [`the page is ${document.documentElement.scrollWidth} px wide`] : [];
    return [...page, ...found.slice(0, 3).map(name)];
  }

  // What scrolls sideways inside itself and neither takes the focus nor holds anything that does.
  function unreachable() {
    const focusable = "a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex='-1'])";
    const scrolling = all("body *").filter((node) => {
      if (node.scrollWidth <= node.clientWidth + 1 || node.closest("mjx-assistive-mml") || !node.checkVisibility()) return false;
      return ["auto", "scroll"].includes(getComputedStyle(node).overflowX);
    });
    return scrolling.filter((node) => node.tabIndex < 0 && !node.querySelector(focusable)).map(name);
  }

  // Mark one visible text of each combination of colours, size and weight: judging every word's contrast takes minutes.
  function sampleTexts() {
    const seen = new Set();
    const grounds = new Map([[null, ""]]);
    function ground(node) {
      if (!grounds.has(node)) {
        const { backgroundColor: colour, backgroundImage: image, opacity, filter } = getComputedStyle(node);
        const own = colour === "rgba(0, 0, 0, 0)" ? "" : colour;
        const covers = own.startsWith("rgb(") && image === "none" && opacity === "1" && filter === "none";
        grounds.set(node, covers ? own : [ground(node.parentElement), own, image, opacity, filter].join(""));
      }
      return grounds.get(node);
    }
    for (const node of all("body *")) {
      node.removeAttribute("data-sampled");
      const hasText = [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
      if (!(hasText || node.matches("input, select, textarea")) || !node.checkVisibility({ visibilityProperty: true })) continue;
      const { color, fontSize, fontWeight, textShadow } = getComputedStyle(node);
      const look = [color, fontSize, fontWeight, textShadow, ground(node)].join("|");
      if (seen.has(look)) continue;
      seen.add(look);
      node.setAttribute("data-sampled", "");
    }
  }

  async function violations(options) {
    axe.configure({ rules: [{ id: "color-contrast", selector: "[data-sampled]" }] });
    sampleTexts();
    const { violations: found } = await axe.run(document, { resultTypes: ["violations"], preload: false, ...options });
    return found
      .filter(({ impact }) => ["serious", "critical"].includes(impact))
      .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 120)}: ${node.failureSummary}`));
  }

  // Bytes of the page and of all it loaded, without MathJax.
  function weight() {
    const entries = ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type));
    const own = entries.filter(({ name }) => !name.includes("/mathjax/"));
    return own.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
  }

  // From Chromium's own tracing: when the largest piece was painted, in ms, and how far pieces jumped about.
  async function paint() {
    const entries = { "largest-contentful-paint": [], "layout-shift": [] };
    for (const type of Object.keys(entries)) {
      new PerformanceObserver((list) => entries[type].push(...list.getEntries())).observe({ type, buffered: true });
    }
    await new Promise((done) => setTimeout(done, 100));
    const shifts = entries["layout-shift"].filter(({ hadRecentInput }) => !hadRecentInput);
    return {
      largest: entries["largest-contentful-paint"].at(-1)?.startTime ?? 0,
      shift: shifts.reduce((sum, { value }) => sum + value, 0),
      moved: shifts.flatMap(({ sources }) => sources.map(({ node }) => (node?.outerHTML ? name(node) : "text"))),
    };
  }

  // The sides of each framework pair that are seen, such as "pytorch paddle".
  function sides() {
    const pairs = all(".framework-tabs:not(.framework-only)").filter((tabs) => all(":scope > label[data-sync-id]", tabs).length === 2);
    return pairs.map((tabs) =>
      all(":scope > label[data-sync-id]", tabs)
        .filter((label) => label.nextElementSibling.checkVisibility())
        .map((label) => label.dataset.syncId)
        .join(" "),
    );
  }

  return { settle, untypeset, prose, unfold, overhanging, unreachable, violations, weight, paint, sides };
})();
