/* [data-spark="1,2,3"] becomes an inline SVG line and is redrawn when the attribute changes; a gap is an empty value. */
(function () {
  "use strict";
  const W = 100, H = 32, PAD = 3;
  let made = 0;

  function draw(element) {
    const values = (element.dataset.spark || "").split(",").map((text) => (text === "" ? NaN : Number(text)));
    const known = values.filter((value) => !Number.isNaN(value));
    if (known.length < 2) { element.innerHTML = ""; return; }
    const low = Math.min(...known), span = (Math.max(...known) - low) || 1;
    const points = values.map((value, i) => Number.isNaN(value) ? null : [(i / (values.length - 1)) * W, H - PAD - ((value - low) / span) * (H - 2 * PAD)]).filter(Boolean);
    const line = points.map(([x, y], i) => (i ? "L" : "M") + x.toFixed(1) + " " + y.toFixed(1)).join("");
    const id = "spark-" + ++made, filled = element.dataset.area !== "0";
    const area = `<defs><linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="currentColor" stop-opacity=".2"/><stop offset="1" stop-color="currentColor" stop-opacity="0"/></linearGradient></defs>`
      + `<path d="${line}L${points[points.length - 1][0].toFixed(1)} ${H}L${points[0][0].toFixed(1)} ${H}Z" fill="url(#${id})"/>`;
    element.innerHTML = `<svg viewBox="0 0 ${W} ${H}" preserveAspectRatio="none" aria-hidden="true">${filled ? area : ""}<path d="${line}" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round" vector-effect="non-scaling-stroke"/></svg>`;
  }

  function scan(node) {
    if (node.nodeType !== 1) return;
    if (node.dataset && node.dataset.spark) draw(node);
    node.querySelectorAll("[data-spark]").forEach(draw);
  }

  new MutationObserver((changes) => changes.forEach((change) => (change.type === "attributes" ? draw(change.target) : change.addedNodes.forEach(scan))))
    .observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-spark"] });
  if (document.body) scan(document.body);
})();
