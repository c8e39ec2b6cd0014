/* The panel at the right of the editor: wells and choices of the chosen block, or those of the whole report. */
(function () {
  "use strict";
  const R = window.northline.report, $ = R.$, el = R.element, icon = R.icon;
  let drawn = "";

  /* Every control is one of these; a change goes through R.change, a refusal comes back from the preview. */
  const labelled = (label, control) => el("label", { class: "rb-row" }, el("span", {}, label), control);
  function select(name, chosen, options, work) {
    const made = el("select", { "data-key": name }, ...options.map(([value, label, off]) => el("option", { value, disabled: off ? true : null, title: off || null }, label + (off ? " (does not fit)" : ""))));
    made.value = chosen;
    made.addEventListener("change", () => work(made.value));
    return made;
  }
  function input(name, type, value, work, more) {
    const made = el(type === "area" ? "textarea" : "input", { "data-key": name, ...(type === "area" ? {} : { type }), ...(more || {}) });
    made.value = value;
    made.addEventListener("input", () => work(made.value));
    made.addEventListener("change", R.end);
    return made;
  }
  const limitsOf = (holder) => holder.limits || {};
  /** Change the limits of the chosen block, or of the report. */
  function limit(name, value, merge) {
    const id = R.chosen;
    R.change((doc) => {
      const holder = id ? doc.blocks.find((block) => block.id === id) : doc, now = { ...limitsOf(holder) };
      if (!value || (typeof value === "object" && !Object.keys(value).length)) delete now[name]; else now[name] = value;
      if (id && !Object.keys(now).length) delete holder.limits; else holder.limits = now;
    }, "", merge);
  }
  function own(name, value, merge) {
    const id = R.chosen;
    R.change((doc) => { const block = doc.blocks.find((each) => each.id === id); if (value === "" || value === 0 || value === null) delete block[name]; else block[name] = value; R.tidy(block); }, "", merge);
  }

  /* ---- period, comparison, branches, values: alike for a block and for the report */
  function period(holder, usual) {
    const now = limitsOf(holder).period || "", isOwn = now.includes("..");
    const options = [["", usual], ...Object.entries(R.cat.periods), ["own", "Own days"]];
    const chosen = select("period", isOwn ? "own" : now, options, (value) => { if (value !== "own") { limit("period", value); return; } const day = new Date().toISOString().slice(0, 8); limit("period", day + "01.." + new Date().toISOString().slice(0, 10)); });
    const rows = [labelled("Period", chosen)];
    if (isOwn) {
      const [from, to] = now.split(".."), set = (a, b) => { if (a && b && a <= b) limit("period", a + ".." + b, "days"); };
      rows.push(el("div", { class: "rb-days" }, labelled("From", input("from", "date", from, (value) => set(value, to), { max: to })), labelled("To", input("to", "date", to, (value) => set(from, value), { min: from }))));
    }
    return rows;
  }
  const compare = (holder, usual) => labelled("Compare with", select("compare", limitsOf(holder).compare || "", [["", usual], ...Object.entries(R.cat.compares)], (value) => limit("compare", value)));
  function branches(holder, usual) {
    if (R.cat.branches.length < 2) return null;
    const now = limitsOf(holder).branches || [];
    const box = (branch) => { const made = el("input", { type: "checkbox", "data-key": "branch-" + branch.id }); made.checked = now.includes(branch.id); made.addEventListener("change", () => { const next = R.cat.branches.map((each) => each.id).filter((id) => (id === branch.id ? made.checked : now.includes(id))); limit("branches", next.length === R.cat.branches.length ? [] : next); }); return el("label", { class: "rb-check" }, made, branch.name); };
    return el("details", { class: "rb-fold", "data-key": "branches", open: Boolean(now.length) }, el("summary", {}, "Branches", el("small", {}, now.length ? now.length + " chosen" : usual)), el("div", { class: "rb-checks" }, ...R.cat.branches.map(box)));
  }
  function filters(holder) {
    const now = limitsOf(holder).where || {};
    return Object.keys(now).map((name) => {
      const known = R.values(name, holder), missing = now[name].filter((key) => !known.some((each) => each.key === key)).map((key) => ({ key, label: key }));
      const box = (each) => { const made = el("input", { type: "checkbox", "data-key": "value-" + name + "-" + each.key }); made.checked = now[name].includes(each.key); made.addEventListener("change", () => limit("where", { ...now, [name]: made.checked ? [...now[name], each.key] : now[name].filter((key) => key !== each.key) })); return el("label", { class: "rb-check" }, made, each.label); };
      return el("details", { class: "rb-fold", "data-key": "filter-" + name, open: R.opened === name || !now[name].length }, el("summary", {}, R.labelOf(name), el("small", {}, now[name].length ? now[name].length + " chosen" : "choose values")),
        known.length > 12 ? find(name) : null, el("div", { class: "rb-checks" }, ...(known.length ? [...known, ...missing].map((each) => (each.none ? el("p", { class: "note" }, each.label) : box(each))) : [el("p", { class: "note" }, "Reading the values")])));
    });
  }

  /* Where there are many values, those that are looked for. */
  function find(name) {
    const made = el("input", { type: "search", class: "rb-find", "data-key": "find-" + name, placeholder: "Find a value", "aria-label": "Find a value of " + R.labelOf(name) });
    made.addEventListener("input", () => { const words = made.value.toLowerCase(); made.closest("details").querySelectorAll(".rb-check").forEach((each) => { each.hidden = !each.textContent.toLowerCase().includes(words); }); });
    return made;
  }

  /* ---- one block */
  function wells(block) {
    return R.wellsOf(block).map((well) => {
      const names = R.held(block, well.key), lacking = well.least > names.length;
      return el("div", { class: "rb-welled" }, el("h3", { id: "well-" + well.key }, well.label, el("small", {}, well.key === "filter" || well.key === "compare" ? "optional" : well.most > 1 ? "up to " + well.most : lacking ? "needed" : "")),
        el("div", { class: "rb-well", "data-well": well.key, "data-key": "well-" + well.key, role: "group", tabindex: "-1", "aria-labelledby": "well-" + well.key }, ...names.map((name) => R.chip(name, well.key, well.key === "filter" && (block.only_if || {}).metric === name ? R.labelOf(name) + " " + block.only_if.sign + " " + block.only_if.value.toLocaleString() : "")), names.length ? null : el("span", { class: "rb-hint" }, well.key === "filter" ? "Drop a field, or a metric for “only if”" : well.key === "compare" ? "As the report; drop other days" : well.takes.includes("metric") ? "Drop a metric" : well.takes.length > 1 ? "Drop a field or a span of time" : well.takes[0] === "time" ? "Drop a span of time" : "Drop a field")));
    });
  }
  function rows(block, kind) {
    if (!block.split || kind.single) return [];
    const found = [], metrics = block.metrics || [];
    found.push(labelled("Order", select("sort", block.sort || "", [["", "As usual"], ...metrics.flatMap((name) => [[name + ".down", R.labelOf(name) + ", most first"], [name + ".up", R.labelOf(name) + ", least first"]]), ["name.up", "Name, A to Z"], ["name.down", "Name, Z to A"]], (value) => own("sort", value))));
    found.push(labelled("Show the first", input("top", "number", block.top || "", (value) => own("top", Math.max(0, Math.min(1000, Math.round(Number(value)) || 0)), "top"), { min: 0, max: 1000, placeholder: "all" })));
    const only = block.only_if || null, names = R.cat.metrics.map((each) => [each.name, each.label]);
    const set = (change, merge) => own("only_if", { metric: metrics[0], sign: ">=", value: 1, ...(only || {}), ...change }, merge);
    found.push(labelled("Only if", select("only-metric", only ? only.metric : "", [["", "Every row"], ...names], (value) => (value ? set({ metric: value }) : own("only_if", null)))));
    if (only) found.push(el("div", { class: "rb-days" }, labelled("is", select("only-sign", only.sign, R.cat.signs.map((sign) => [sign, sign]), (value) => set({ sign: value }))), labelled("than", input("only-value", "number", only.value, (value) => { if (value !== "" && isFinite(value)) set({ value: Number(value) }, "only"); }, { step: "any" }))));
    return found;
  }
  function ofBlock(block) {
    const kind = R.kind(block), shown = R.shown[block.id] || {}, refused = (R.fits && R.fits.id === block.id && R.fits.kinds) || {};
    return [
      el("div", { class: "rb-head" }, el("h2", {}, "Block"), el("span", { class: "grow" }), el("button", { class: "ib", type: "button", "data-do": "rb-whole", "data-key": "whole" }, "Whole report")),
      labelled("Visual", select("kind", block.kind, R.cat.kinds.map((each) => [each.key, each.label, refused[each.key]]), (value) => { R.fits = null; own("kind", value); })),
      labelled("Title", input("title", "text", block.title || "", (value) => own("title", value, "block-title"), { maxlength: R.cat.limits.title, placeholder: shown.title || kind.label, "data-first": true })),
      block.kind === "text" ? labelled("Text", input("text", "area", block.text || "", (value) => own("text", value, "text"), { maxlength: R.cat.limits.text, rows: 8 })) : null,
      ...wells(block), ...(block.kind === "text" ? [] : [...filters(block), ...rows(block, kind), ...period(block, "As the report"), branches(block, "as the report")]),
      shown.lacks ? el("p", { class: "rb-lacks" }, icon("info"), shown.lacks) : null,
    ];
  }
  function ofReport() {
    const unused = R.cat.dimensions.filter((each) => each.name !== "branch" && !((R.doc.limits || {}).where || {})[each.name]);
    return [
      el("div", { class: "rb-head" }, el("h2", {}, "Whole report")),
      labelled("Description", input("description", "area", R.doc.description || "", (value) => R.change((doc) => { doc.description = value; }, "", "description"), { maxlength: R.cat.limits.text, rows: 3, "data-first": true })),
      ...period(R.doc, "Month to date"), compare(R.doc, "The days before"), branches(R.doc, "all"),
      labelled("Filter by", select("add-filter", "", [["", "Add a field"], ...unused.map((each) => [each.name, each.label])], (value) => { if (value) { R.opened = value; limit("where", { ...((R.doc.limits || {}).where || {}), [value]: [] }); } })),
      ...filters(R.doc),
      ...Object.keys((R.doc.limits || {}).where || {}).map((name) => { const made = el("button", { class: "ib rb-unfilter", type: "button", "data-key": "unfilter-" + name }, icon("close"), "No filter by " + R.labelOf(name).toLowerCase()); made.addEventListener("click", () => { const { [name]: gone, ...rest } = R.doc.limits.where; limit("where", rest); }); return made; }),
      el("p", { class: "note" }, "Readers may choose other days and branches; each sees their own branches only. Choose a block on the canvas to change it."),
    ];
  }
  function draw() {
    const panel = $(".rb-settings", R.root);
    if (!panel) return;
    const block = R.block(), text = JSON.stringify([R.chosen, block || [R.doc.description, R.doc.limits], R.fits, block && R.shown[block.id] && [R.shown[block.id].title, R.shown[block.id].lacks], Object.keys(((block || R.doc).limits || {}).where || {}).map((name) => R.values(name, block))]);
    if (text === drawn && panel.childElementCount) return;
    drawn = text;
    const focused = panel.contains(document.activeElement) ? document.activeElement : null, at = focused && focused.dataset.key;
    if (focused && /^(INPUT|TEXTAREA)$/.test(focused.tagName) && !/^(checkbox)$/.test(focused.type) && at && panel.dataset.of === (R.chosen || "report")) { keep(panel, focused, block); return; }
    fresh(panel, block);
    const next = at && panel.querySelector('[data-key="' + CSS.escape(at) + '"]');
    if (next) next.focus({ preventScroll: true });
  }
  /* Whoever is typing keeps the field they type in; the rest around it is drawn anew when they leave it. */
  function keep(panel, focused) { drawn = ""; focused.addEventListener("blur", () => setTimeout(() => { if (!panel.contains(document.activeElement) || document.activeElement.dataset.key !== focused.dataset.key) draw(); }, 0), { once: true }); }
  function fresh(panel, block) {
    const folds = new Map([...panel.querySelectorAll("details[data-key]")].map((each) => [each.dataset.key, each.open])), same = panel.dataset.of === (R.chosen || "report"), top = panel.scrollTop;
    panel.dataset.of = R.chosen || "report";
    panel.replaceChildren(...(block ? ofBlock(block) : ofReport()).filter(Boolean));
    if (same) panel.querySelectorAll("details[data-key]").forEach((each) => { if (folds.has(each.dataset.key)) each.open = folds.get(each.dataset.key); });
    panel.scrollTop = same ? top : 0;
  }
  R.draw.push(draw);
  R.parts.push(() => { drawn = ""; });
  window.northline.actions = { ...window.northline.actions, "rb-whole": () => R.choose("") };
})();
