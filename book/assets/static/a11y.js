// Wide tables and formulas scroll inside themselves. As long as one does, it takes the focus, so that the arrow keys
// move it; when it has room again, the Tab key passes it by. (The theme does the same for code.)
(() => {
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
  });

  function watch(selector) {
    for (const node of document.querySelectorAll(selector)) observer.observe(node);
  }

  document.addEventListener("DOMContentLoaded", async () => {
    watch(".bd-content .pst-scrollable-table-container");
    await window.MathJax?.startup?.promise;
    watch(".bd-content mjx-container[display='true']");
  });
})();
