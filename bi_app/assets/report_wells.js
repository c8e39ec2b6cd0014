/* Palette, wells and settings of the editor.  What does not fit is said before it is dropped: the server has told for each field and well why not (R.fits). */
(function () {
  "use strict";
  const R = window.northline.report, $ = R.$, el = R.element, icon = R.icon, START = 5;
  const all = (selector, within) => [...(within || document).querySelectorAll(selector)];
  const SORTS = { metric: "formula", dimension: "split", time: "calendar", comparison: "clock" }, COMPARE = "compare:", DWELL = 350;
  let hold = null, menu = null, values = {};
  const field = (name) => R.fields.find((each) => each.name === name);
  const labelOf = (name) => (field(name) || { label: name }).label;
  const WELLS = { filter: { key: "filter", label: "Filter", most: 9, takes: ["dimension", "metric"] }, compare: { key: "compare", label: "Compare with", most: 1, takes: ["comparison"] } };

  /* ---- palette */
  function palette(root) {
    R.fields = [...R.cat.times.map((each) => ({ ...each, sort: "time", group: "Time" })), ...R.cat.dimensions.map((each) => ({ ...each, sort: "dimension", group: "Split by" })), ...Object.entries(R.cat.compares).map(([key, label]) => ({ name: COMPARE + key, label, sort: "comparison", group: "Compare with" })), ...R.cat.metrics.map((each) => ({ ...each, sort: "metric", group: each.department }))];
    $(".rb-kinds", root).replaceChildren(...R.cat.kinds.map((kind) => {
      const made = el("button", { class: "rb-kind", type: "button", "data-kind": kind.key, title: kind.meaning, "aria-label": kind.label + ". " + kind.meaning + " Drag it onto the canvas, or press Enter to add it." }, icon(kind.icon), el("span", {}, kind.label), el("span", { class: "rb-grip", "aria-hidden": "true" }, icon("grip")));
      made.addEventListener("click", () => { const id = R.add(kind.key); if (id) R.panel("mid"); if (id) setTimeout(() => { const node = $('.rb-tile[data-id="' + id + '"] .rb-handle'); if (node) { node.scrollIntoView({ block: "nearest" }); node.focus({ preventScroll: true }); } }, 0); });
      return made;
    }));
    const groups = new Map();
    R.fields.forEach((each) => { if (!groups.has(each.group)) groups.set(each.group, []); groups.get(each.group).push(each); });
    $(".rb-fields", root).replaceChildren(...[...groups].map(([name, members]) => el("div", { class: "rb-group" }, el("h3", {}, name), ...members.map((each) => chip(each, "palette")))));
    $("[name=find-field]", root).addEventListener("input", (event) => {
      const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
      all(".rb-group", root).forEach((group) => { let found = 0; all(".rb-chip", group).forEach((each) => { each.hidden = !words.every((word) => each.dataset.find.includes(word)); found += !each.hidden; }); group.hidden = !found; });
    });
  }
  function chip(each, where) {
    const made = el("button", { class: "rb-chip", type: "button", "data-field": each.name, "data-where": where, "data-key": where === "palette" ? null : "chip-" + where + "-" + each.name, "data-find": (each.label + " " + each.name + " " + each.group).toLowerCase(), title: each.meaning || each.label, "aria-haspopup": "menu" },
      el("i", { class: "rb-grip", "aria-hidden": "true" }, icon(SORTS[each.sort])), el("span", {}, each.label));
    if (where !== "palette") {
      const out = el("span", { class: "rb-out", "aria-hidden": "true", title: "Take out" }, icon("close"));
      made.append(out);
      made.setAttribute("aria-label", each.label + ". Press Enter for what can be done with it, Delete to take it out.");
    }
    made.addEventListener("click", (event) => { if (event.target.closest(".rb-out")) { take(where, each.name); return; } open(made); });
    return made;
  }

  /* ---- what fits */
  const wellsOf = (block) => [...R.kind(block).wells, ...(block.kind === "text" ? [] : [WELLS.filter]), ...(R.kind(block).compares ? [WELLS.compare] : [])];
  /* Why a well takes nothing of this sort. */
  function wrongSort(well, name, sort, block) {
    if (sort === "comparison") return R.kind(block).compares ? "“" + labelOf(name) + "” goes to Compare with." : "A " + R.kind(block).label.toLowerCase() + " is compared with nothing.";
    if (well.key === "compare") return "Compare with takes other days, such as “Same dates last year”.";
    if (sort === "metric") return well.label + " takes a field to split by, not a metric.";
    if (well.key === "value") return well.label + " takes metrics; " + labelOf(name) + " splits them.";
    if (well.key === "filter") return "A span of time is chosen by the period below.";
    return well.label + " takes " + (well.takes.includes("time") ? "a span of time such as Month." : "no span of time.");
  }
  function refusal(well, name) {
    const block = R.block();
    if (!block) return "Choose a block on the canvas first.";
    const sort = (field(name) || {}).sort;
    if (!well.takes.includes(sort)) return wrongSort(well, name, sort, block);
    if (well.key === "filter" && where(block)[name]) return labelOf(name) + " is filtered already.";
    if (well.key === "filter" && (block.only_if || {}).metric === name) return labelOf(name) + " is a condition already.";
    if (!R.fits || R.fits.id !== block.id) return "";  // not known yet: the server refuses in words
    return (R.fits.wells[well.key] || {})[name] || "";
  }
  const where = (block) => (block.limits || {}).where || {};
  const held = (block, well) => well === "value" ? block.metrics || [] : well === "filter" ? [...Object.keys(where(block)), ...(block.only_if ? [block.only_if.metric] : [])] : well === "compare" ? [(block.limits || {}).compare].filter(Boolean).map((key) => COMPARE + key) : block[well] ? [block[well]] : [];

  function drop(well, name, place, from) {
    if (from === well.key && well.key !== "value") return false;
    const words = from === well.key ? "" : refusal(well, name);
    if (words) { R.note(words); R.say(words); return false; }
    const id = R.chosen;
    R.fits = null; R.note("");
    return R.change((doc) => {
      const block = doc.blocks.find((each) => each.id === id);
      if (from && from !== "palette") out(block, from, name);
      into(block, well, name, place);
    }, labelOf(name) + " is on " + well.label + ".");
  }
  function into(block, well, name, place) {
    if (well.key === "value") { const now = (block.metrics || []).filter((each) => each !== name); if (well.most === 1) now.length = 0; now.splice(place === undefined ? now.length : place, 0, name); block.metrics = now; } else if (well.key === "filter" && field(name).sort === "metric") block.only_if = { metric: name, sign: ">=", value: 1 }; else if (well.key === "filter") { block.limits = { ...(block.limits || {}), where: { ...where(block), [name]: [] } }; R.opened = name; } else if (well.key === "compare") block.limits = { ...(block.limits || {}), compare: name.slice(COMPARE.length) }; else block[well.key] = name;
    tidy(block);
  }
  function out(block, well, name) {
    if (well === "value") block.metrics = (block.metrics || []).filter((each) => each !== name); else if (well === "filter" && (block.only_if || {}).metric === name) delete block.only_if; else if (well === "compare") { const { compare, ...rest } = block.limits || {}; block.limits = rest; } else if (well === "filter") { const { [name]: gone, ...rest } = where(block); block.limits = { ...block.limits, where: rest }; } else delete block[well];
    tidy(block);
  }
  /* What pointed at something that is gone goes with it. */
  function tidy(block) {
    const by = (block.sort || "").replace(/\.[a-z]+$/, "");
    if (by && by !== "name" && !(block.metrics || []).includes(by)) delete block.sort;
    if (!block.split) { delete block.only_if; delete block.top; }
    if (block.limits) { Object.entries(block.limits).forEach(([name, value]) => { if (!value || (typeof value === "object" && !Object.keys(value).length)) delete block.limits[name]; }); if (!Object.keys(block.limits).length) delete block.limits; }
  }
  R.tidy = tidy;
  function take(well, name) {
    const id = R.chosen;
    R.fits = null;
    R.change((doc) => out(doc.blocks.find((each) => each.id === id), well, name), labelOf(name) + " taken out.");
    const next = $('.rb-well[data-well="' + well + '"] .rb-chip') || $('.rb-well[data-well="' + well + '"]');
    if (next) next.focus();
  }

  /* ---- a menu for everything that dragging does */
  function open(button) {
    close();
    const name = button.dataset.field, from = button.dataset.where, block = R.block(), items = [];
    const item = (label, words, work) => { const made = el("button", { class: "item", type: "button", role: "menuitem", "aria-disabled": words ? "true" : null }, el("span", {}, label, words ? el("small", {}, words) : null)); made.addEventListener("click", () => { if (words) { R.say(words); return; } close(); work(); }); items.push(made); };
    if (!block) item("Choose a block first", "Press Enter on a visual to add one.", () => {});
    else wellsOf(block).filter((well) => well.key !== from && well.takes.includes((field(name) || {}).sort)).forEach((well) => item((from === "palette" ? "Put on " : "Move to ") + well.label, refusal(well, name), () => { if (drop(well, name, undefined, from) && matchMedia("(max-width:900px)").matches) R.note(labelOf(name) + " is on " + well.label + " of “" + R.titleOf(R.block()) + "”."); again(well.key, name); }));
    if (block && !items.length && from === "palette") item("It fits nowhere in this " + R.kind(block).label.toLowerCase(), "Choose another visual.", () => {});
    if (block && from === "value" && held(block, "value").length > 1) { const place = held(block, "value").indexOf(name); if (place > 0) item("Earlier", "", () => { drop(R.kind(block).wells[0], name, place - 1, from); again(from, name); }); if (place < held(block, "value").length - 1) item("Later", "", () => { drop(R.kind(block).wells[0], name, place + 1, from); again(from, name); }); }
    if (from !== "palette") item("Take out", "", () => take(from, name));
    menu = el("div", { class: "rb-menu pop-in", role: "menu" }, ...items);
    document.body.append(menu);
    const box = button.getBoundingClientRect();
    menu.style.left = Math.max(8, Math.min(box.left, innerWidth - menu.offsetWidth - 8)) + "px";
    menu.style.top = (box.bottom + menu.offsetHeight + 6 > innerHeight ? Math.max(8, box.top - menu.offsetHeight - 4) : box.bottom + 4) + "px";
    menu.opener = button;
    if (items[0]) items[0].focus();
  }
  const again = (well, name) => { const made = $('.rb-well[data-well="' + well + '"] .rb-chip[data-field="' + CSS.escape(name) + '"]'); if (made) made.focus(); };
  function close(back) { if (!menu) return; const opener = menu.opener; menu.remove(); menu = null; if (back && opener.isConnected) opener.focus(); }
  document.addEventListener("keydown", (event) => {
    if (hold && hold.on && event.key === "Escape") { event.preventDefault(); stop(); return; }
    if (menu && menu.contains(event.target)) {
      const items = all(".item", menu), at = items.indexOf(document.activeElement), to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
      if (to !== undefined) { event.preventDefault(); items[(to + items.length) % items.length].focus(); } else if (event.key === "Escape") { event.preventDefault(); close(true); } else if (event.key === "Tab") close();
      return;
    }
    const own = event.target.closest && event.target.closest(".rb-well .rb-chip");
    if (own && (event.key === "Delete" || event.key === "Backspace")) { event.preventDefault(); take(own.dataset.where, own.dataset.field); }
  });
  addEventListener("pointerdown", (event) => { if (menu && !menu.contains(event.target)) close(); }, true);

  /* ---- pointer: a field onto a well or onto a block */
  function down(event) {
    const from = event.target.closest && event.target.closest(".rb-chip");
    if (!from || event.button || event.target.closest(".rb-out") || !R.root || !R.root.isConnected) return;
    if (event.pointerType === "touch" && !event.target.closest(".rb-grip")) return;
    hold = { from, name: from.dataset.field, where: from.dataset.where, x: event.clientX, y: event.clientY, on: false, pointer: event.pointerId };
    addEventListener("pointermove", drag, { passive: false }); addEventListener("pointerup", up); addEventListener("pointercancel", stop);
  }
  function drag(event) {
    if (!hold || event.pointerId !== hold.pointer) return;
    if (!hold.on) { if (Math.hypot(event.clientX - hold.x, event.clientY - hold.y) < START) return; hold.on = true; hold.ghost = hold.from.cloneNode(true); hold.ghost.classList.add("rb-ghost"); hold.ghost.style.width = hold.from.offsetWidth + "px"; hold.words = el("div", { class: "rb-why", role: "status" }); document.body.append(hold.ghost, hold.words); document.documentElement.classList.add("rb-dragging"); if (R.block()) R.panel("right"); }
    event.preventDefault();
    hold.ghost.style.transform = "translate(" + (event.clientX - 20) + "px," + (event.clientY - 16) + "px)";
    reach(event);
    const under = document.elementFromPoint(event.clientX, event.clientY), zone = under && under.closest(".rb-well"), tile = under && under.closest(".rb-tile");
    rest(tile && tile.dataset.id !== R.chosen ? tile.dataset.id : "");
    const block = R.block(), own = tile && tile.dataset.id === R.chosen;
    hold.well = zone && block ? wellsOf(block).find((well) => well.key === zone.dataset.well) : own && block ? first(block, hold.name) : null;
    const others = zone && zone.dataset.well === "value" ? all(".rb-chip", zone).filter((each) => each.dataset.field !== hold.name) : [];
    hold.place = zone && zone.dataset.well === "value" ? others.filter((each) => each.getBoundingClientRect().top + each.offsetHeight / 2 < event.clientY).length : undefined;
    const why = hold.well ? (hold.where === hold.well.key ? "" : refusal(hold.well, hold.name)) : "";
    all(".rb-well.over,.rb-well.no,.rb-tile.over,.rb-tile.no").forEach((each) => each.classList.remove("over", "no"));
    all(".rb-chip.before,.rb-chip.after").forEach((each) => each.classList.remove("before", "after"));
    if (others.length && !why) others[Math.min(hold.place, others.length - 1)].classList.add(hold.place < others.length ? "before" : "after");  // where it would stand
    const target = zone || tile;
    if (target && (hold.well || tile)) target.classList.add(why ? "no" : "over");
    hold.words.textContent = why || (hold.well && tile ? "Onto " + hold.well.label : tile ? "Onto " + $(".rb-handle b", tile).textContent : "");
    hold.words.style.transform = "translate(" + Math.min(event.clientX + 14, innerWidth - 250) + "px," + (event.clientY + 22) + "px)";
  }
  /* Wells above or below what is seen of their panel come into reach. */
  function reach(event) {
    const panel = $(".rb-right"), box = panel.getBoundingClientRect(), small = matchMedia("(max-width:900px)").matches, top = small ? 110 : box.top, bottom = small ? innerHeight - 120 : box.bottom;
    if (event.clientX < box.left) return;
    const way = event.clientY > bottom - 50 ? 9 : event.clientY < top + 40 ? -9 : 0;
    if (way && small) scrollBy({ top: way, behavior: "instant" }); else if (way) panel.scrollTop += way;
  }
  /* On the way to the wells a field passes other blocks: the one that it rests on is chosen, and can say what fits. */
  function rest(id) {
    if (hold.over === id) return;
    clearTimeout(hold.timer);
    hold.over = id;
    if (id) hold.timer = setTimeout(() => { if (hold) R.choose(id); }, DWELL);
  }
  /* The first well of a block that takes a field; or the first that would, for its reason. */
  function first(block, name) { const fitting = wellsOf(block).filter((well) => well.key !== "filter" && well.takes.includes((field(name) || {}).sort)); return fitting.find((well) => !refusal(well, name) && held(block, well.key).length < well.most) || fitting.find((well) => !refusal(well, name)) || fitting[0] || R.kind(block).wells[0] || null; }
  /* A field that was let go over a block which nobody has chosen yet: what fits there is asked first. */
  async function onto(id, name, from) {
    R.choose(id);
    await R.fitsOf(id);
    const block = R.chosen === id && R.block(), well = block && first(block, name);
    if (well) drop(well, name, undefined, from); else if (block) R.note("A text block takes no fields.");
  }
  function stop() {
    removeEventListener("pointermove", drag); removeEventListener("pointerup", up); removeEventListener("pointercancel", stop);
    const done = hold;
    hold = null;
    clearTimeout(done.timer);
    if (done.ghost) { done.ghost.remove(); done.words.remove(); document.documentElement.classList.remove("rb-dragging"); }
    all(".rb-well.over,.rb-well.no,.rb-tile.over,.rb-tile.no,.rb-chip.before,.rb-chip.after").forEach((each) => each.classList.remove("over", "no", "before", "after"));
    return done;
  }
  function up(event) {
    if (!hold || event.pointerId !== hold.pointer) return;
    const done = stop();
    if (!done.on) return;
    R.swallow();
    if (done.well) drop(done.well, done.name, done.place, done.where); else if (done.over) onto(done.over, done.name, done.where === "palette" ? done.where : "palette"); else if (done.where !== "palette" && !event.target.closest(".rb-right")) take(done.where, done.name);
  }
  addEventListener("pointerdown", down);

  /* ---- values of a dimension, for filters */
  R.values = (name, block) => {
    if (!values[name]) { values[name] = []; fetch("/library/values?" + new URLSearchParams({ report: R.number, dimension: name, metrics: ((block && block.metrics) || []).join(",") })).then((answer) => answer.json()).then((found) => { values[name] = found.values && found.left_out ? [...found.values, { key: "", label: found.left_out.toLocaleString() + " more are not listed.", none: true }] : found.values || [{ key: "", label: found.error || "Nothing", none: true }]; R.render(); }, (error) => { delete values[name]; R.note("The values could not be read: " + error.message); }); }
    return values[name];
  };
  R.chip = (name, place, label) => chip({ ...(field(name) || { name, label: name, sort: "dimension", group: "" }), ...(label ? { label } : {}) }, place);
  R.wellsOf = wellsOf; R.held = held; R.labelOf = labelOf;
  R.parts.push((root) => { values = {}; palette(root); });
})();
