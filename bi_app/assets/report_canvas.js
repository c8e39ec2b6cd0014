/* The canvas: twelve columns on which blocks are dropped, moved and resized, by mouse, touch and keyboard alike.  Blocks snap to the grid,
   make room for the one that moves, and close up from below. */
(function () {
  "use strict";
  const COLUMNS = 12, STEP = 60, GAP = 16, LEAST = { w: 2, h: 2 }, TALLEST = 20, LOWEST = 200, START = 5;
  const R = window.northline.report, $ = R.$;
  let canvas = null, act = null;

  /* ---- the grid */
  const hit = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
  /** Places without gaps above them; `first` stands where it was put, the others make room. */
  function settled(places, first) {
    const done = [], order = ([id, place]) => place.y - (id === first ? 0.5 : 0);
    for (const [id, place] of Object.entries(places).sort((a, b) => order(a) - order(b) || a[1].x - b[1].x)) {
      const own = { ...place, x: Math.max(0, Math.min(place.x, COLUMNS - place.w)), y: Math.max(0, place.y) };
      while (own.y > 0 && !done.some(([, other]) => hit({ ...own, y: own.y - 1 }, other))) own.y -= 1;
      while (done.some(([, other]) => hit(own, other))) own.y += 1;
      done.push([id, own]);
    }
    return Object.fromEntries(done);
  }
  const places = (doc) => Object.fromEntries(doc.blocks.map((block) => [block.id, block.place]));
  const fits = (found) => Object.values(found).every((place) => place.y + place.h <= LOWEST);
  function put(doc, found) { doc.blocks.forEach((block) => { if (found[block.id]) block.place = found[block.id]; }); doc.blocks.sort((a, b) => a.place.y - b.place.y || a.place.x - b.place.x); }
  const said = (place) => "Column " + (place.x + 1) + ", row " + (place.y + 1) + ", " + place.w + " by " + place.h + ".";
  function at(node, place) { ["x", "y", "w", "h"].forEach((name) => node.style.setProperty("--" + name, place[name])); }

  /* ---- blocks */
  R.titleOf = (block) => block.title || (R.shown[block.id] || {}).title || R.kind(block).label;
  function tile(block) {
    const found = R.element("section", { class: "rb-tile", "data-id": block.id });
    const handle = R.element("div", { class: "rb-handle", tabindex: "0", role: "button", "aria-roledescription": "movable block" }, R.icon("grip"), R.element("b", {}), R.element("span", { class: "grow" }));
    const more = (name, label, work) => { const made = R.element("button", { class: "ib icon ghost", type: "button", title: label, "aria-label": label }, R.icon(name)); made.addEventListener("click", work); return made; };
    handle.addEventListener("dblclick", () => settings(block.id));
    found.append(handle, R.element("div", { class: "rb-note-line" }), R.element("div", { class: "rb-keys" }), R.element("div", { class: "rb-body" }), R.element("span", { class: "rb-size", "aria-hidden": "true" }),
      R.element("div", { class: "rb-tile-do" }, more("copy", "Duplicate this block", () => duplicate(block.id)), more("trash", "Remove this block", () => remove(block.id))));
    return found;
  }
  function fill(node, block) {
    const shown = R.shown[block.id], body = $(".rb-body", node), text = shown ? JSON.stringify([shown.html, shown.figure]) : "";
    const title = R.titleOf(block), handle = $(".rb-handle", node);
    $("b", handle).textContent = title;
    handle.setAttribute("aria-label", title + ", " + R.kind(block).label + ". " + said(block.place) + " Arrow keys move it, with Shift they resize it, Enter opens its settings, Delete removes it.");
    const note = $(".rb-note-line", node);
    note.textContent = shown && !shown.lacks ? shown.note : ""; note.title = note.textContent;
    if (!shown || node.dataset.drawn === text) return;
    node.dataset.drawn = text;
    const keys = $(".rb-keys", node);
    keys.className = "rb-keys keys";
    keys.innerHTML = shown.figure ? shown.html : "";
    let plot = $(".rb-plot", body);
    if (!shown.figure) { if (plot && window.Plotly) window.Plotly.purge(plot); body.innerHTML = shown.html; return; }
    if (!plot) { plot = R.element("div", { class: "rb-plot" }); body.replaceChildren(plot); }
    const { data, layout } = narrowed(shown.figure, body.clientWidth - 28);
    plotly().then((Plotly) => Plotly.react(plot, data, layout, { displayModeBar: false, responsive: true, staticPlot: true }));
  }
  /* The canvas is narrower than the page: what has no room there is left out or written smaller, as a reader would see it on a small screen. */
  function narrowed({ data, layout }, width) {
    const first = data[0] || {};
    if (first.type === "pie" && width < 290) layout = { ...layout, showlegend: false, annotations: (layout.annotations || []).map((each) => ({ ...each, font: { ...each.font, size: 13 } })) };
    if (first.type === "indicator" && width < 230) { data = [{ ...first, gauge: { ...first.gauge, axis: { ...first.gauge.axis, showticklabels: false } } }]; layout = { ...layout, margin: { l: 8, r: 8, t: 10, b: 8 }, annotations: layout.annotations.map((each, place) => ({ ...each, font: { ...each.font, size: place ? 11 : 19 } })) }; }
    if (first.type === "heatmap" && first.texttemplate && width < 100 + 33 * first.x.length) { data = [{ ...first, texttemplate: "" }]; layout = { ...layout, xaxis: { ...layout.xaxis, tickmode: "auto", nticks: Math.max(2, Math.floor(width / 60)) } }; }
    if (layout.xaxis && layout.xaxis.type === "category" && first.type !== "heatmap" && width < 72 * new Set((first.x || []).map(String)).size) layout = { ...layout, xaxis: { ...layout.xaxis, tickangle: "auto" } };
    if (layout.xaxis && layout.xaxis.type === "date") layout = { ...layout, xaxis: { ...layout.xaxis, nticks: Math.max(2, Math.min(8, Math.floor(width / 62))) } };
    return { data, layout };
  }
  const plotly = () => new Promise((resolve) => { const look = () => { if (window.Plotly) resolve(window.Plotly); else setTimeout(look, 50); }; look(); });
  function draw() {
    if (!canvas || !canvas.isConnected) return;
    const wanted = new Set(R.doc.blocks.map((block) => block.id));
    canvas.querySelectorAll(".rb-tile").forEach((node) => { if (!wanted.has(node.dataset.id)) node.remove(); });
    R.doc.blocks.forEach((block) => {
      let node = tileOf(block.id);
      if (!node) { node = tile(block); canvas.append(node); }
      if (!act || act.id !== block.id) at(node, block.place);
      node.classList.toggle("on", block.id === R.chosen);
      node.classList.toggle("kpi", block.kind === "kpi");
      fill(node, block);
    });
    height(places(R.doc));
    const empty = $(".rb-empty", canvas);
    if (!R.doc.blocks.length && !empty) canvas.append(R.element("div", { class: "rb-empty empty" }, R.icon("build"), R.element("b", {}, "An empty report"), R.element("span", {}, matchMedia("(pointer:coarse)").matches ? "Tap a visual under Add, or drag it by its grip." : "Drag a visual here, or press Enter on one. Then drop fields on it.")));
    else if (R.doc.blocks.length && empty) empty.remove();
  }
  const tileOf = (id) => canvas.querySelector('.rb-tile[data-id="' + CSS.escape(id) + '"]');
  function height(found) { canvas.style.setProperty("--rows", Math.max(8, ...Object.values(found).map((place) => place.y + place.h)) + 2); }

  /* ---- changes */
  const fresh = () => { let id; do { id = "b" + Math.random().toString(36).slice(2, 8); } while (R.block(id)); return id; };
  const full = () => { if (R.doc.blocks.length < R.cat.limits.blocks) return false; R.note("A report holds " + R.cat.limits.blocks + " blocks at most."); R.say("A report holds " + R.cat.limits.blocks + " blocks at most."); return true; };
  function add(kind, place, more) {
    if (full()) return "";
    const id = (more && more.id) || fresh(), of = R.cat.kinds.find((each) => each.key === kind), [w, h] = of.size, lowest = Math.max(0, ...R.doc.blocks.map((block) => block.place.y + block.place.h));
    const found = settled({ ...places(R.doc), [id]: place || { x: 0, y: lowest, w, h } }, id);
    if (!fits(found)) { R.say("There is no room below."); return ""; }
    R.chosen = id; R.fits = null;
    R.change((doc) => { doc.blocks.push({ ...(more || {}), id, kind, place: found[id] }); put(doc, found); }, of.label + " added. " + said(found[id]));
    return id;
  }
  R.add = add;
  function duplicate(id) {
    const { place, ...block } = JSON.parse(JSON.stringify(R.block(id)));
    const made = add(block.kind, { ...place, y: place.y + place.h }, { ...block, id: fresh() });
    if (made) focus(made);
  }
  function remove(id) {
    const block = R.block(id), next = R.doc.blocks[R.doc.blocks.indexOf(block) + 1] || R.doc.blocks[R.doc.blocks.indexOf(block) - 1];
    if (R.chosen === id) R.chosen = "";
    R.change((doc) => { doc.blocks = doc.blocks.filter((each) => each.id !== id); put(doc, settled(places(doc))); }, R.titleOf(block) + " removed. Undo brings it back.");
    if (next) focus(next.id);
  }
  const focus = (id) => { const node = tileOf(id); if (node) $(".rb-handle", node).focus(); };

  /* ---- pointer: a mouse drags from anywhere on a handle, a finger too (it does not scroll there) */
  function down(event) {
    if (event.button || !R.root || !R.root.isConnected) return;
    const pal = event.target.closest(".rb-kind"), handle = event.target.closest(".rb-handle"), size = event.target.closest(".rb-size"), node = event.target.closest(".rb-tile");
    if (node) R.choose(node.dataset.id);
    if (event.target.closest("button:not(.rb-kind)") || !(pal || handle || size)) return;
    if (pal && event.pointerType === "touch" && !event.target.closest(".rb-grip")) return;  // a finger on the rest of it scrolls
    act = { way: pal ? "add" : size ? "size" : "move", node: pal ? null : node, pal, x: event.clientX, y: event.clientY, on: false, base: places(R.doc), pointer: event.pointerId };
    if (pal) { const kind = R.cat.kinds.find((each) => each.key === pal.dataset.kind); act.id = fresh(); act.from = { x: 0, y: 0, w: kind.size[0], h: kind.size[1] }; } else { act.id = node.dataset.id; act.from = R.block(act.id).place; const box = node.getBoundingClientRect(); act.dx = event.clientX - box.left; act.dy = event.clientY - box.top; act.box = box; }
    addEventListener("pointermove", drag, { passive: false }); addEventListener("pointerup", drop); addEventListener("pointercancel", cancel);
  }
  function drag(event) {
    if (!act || event.pointerId !== act.pointer) return;
    if (!act.on) { if (Math.hypot(event.clientX - act.x, event.clientY - act.y) < START) return; begin(); }
    event.preventDefault();
    act.last = event;
    const box = canvas.getBoundingClientRect(), unit = (box.width + GAP) / COLUMNS, from = act.from;
    let place;
    if (act.way === "size") {
      place = { ...from, w: bound(Math.round((event.clientX - (box.left + from.x * unit)) / unit), LEAST.w, COLUMNS - from.x), h: bound(Math.round((event.clientY - (box.top + from.y * STEP)) / STEP), LEAST.h, TALLEST) };
    } else {
      const left = event.clientX - (act.dx || unit), top = event.clientY - (act.dy || 20);
      act.ghost.style.transform = "translate(" + left + "px," + top + "px)";
      const inside = event.clientX > box.left - 40 && event.clientX < box.right + 40 && event.clientY > box.top - 60;
      if (act.way === "add" && !inside) { act.next = null; mark(null); show(act.base); return; }
      place = { ...from, x: bound(Math.round((left - box.left) / unit), 0, COLUMNS - from.w), y: Math.max(0, Math.round((top - box.top) / STEP)) };
    }
    act.next = settled({ ...act.base, [act.id]: place }, act.id);
    if (!fits(act.next)) { act.next = null; return; }
    mark(act.next[act.id]); show(act.next);
  }
  const bound = (value, least, most) => Math.max(least, Math.min(most, value));
  function begin() {
    act.on = true; act.timer = setInterval(() => { if (act && act.last && scroll(act.last.clientY)) drag(act.last); }, 30); document.documentElement.classList.add("rb-dragging");
    if (act.way !== "size") {
      act.ghost = act.pal ? act.pal.cloneNode(true) : R.element("div", { class: "rb-tile-ghost" }, $("b", act.node).textContent);
      act.ghost.classList.add("rb-ghost");
      const like = (act.pal || act.node).getBoundingClientRect();
      act.ghost.style.width = like.width + "px";
      if (!act.pal) act.ghost.style.height = like.height + "px";
      document.body.append(act.ghost);
    }
    if (act.node) act.node.classList.add("moves");
    R.panel("mid");
  }
  function mark(place) {
    let found = $(".rb-mark", canvas);
    if (!place) { if (found) found.remove(); return; }
    if (!found) { found = R.element("div", { class: "rb-mark" }); canvas.append(found); }
    at(found, place);
  }
  function show(found) { Object.entries(found).forEach(([id, place]) => { const node = tileOf(id); if (node) at(node, place); }); height(found); }
  /* At the edges of the window the canvas goes on under a hand that rests; whether it moved. */
  function scroll(y) { const edge = 60, was = scrollY; if (y < edge + 60) scrollBy({ top: -9, behavior: "instant" }); else if (y > innerHeight - edge) scrollBy({ top: 9, behavior: "instant" }); return scrollY !== was; }
  function stop() {
    removeEventListener("pointermove", drag); removeEventListener("pointerup", drop); removeEventListener("pointercancel", cancel);
    const done = act;
    act = null;
    clearInterval(done.timer);
    document.documentElement.classList.remove("rb-dragging");
    if (done.ghost) done.ghost.remove();
    if (done.node) done.node.classList.remove("moves");
    mark(null);
    return done;
  }
  function drop(event) {
    if (!act || event.pointerId !== act.pointer) return;
    const done = stop();
    if (!done.on) return;
    swallow();
    if (!done.next) { draw(); return; }
    if (done.way === "add") { const id = add(done.pal.dataset.kind, done.next[done.id]); if (id) focus(id); return; }
    R.change((doc) => put(doc, done.next), said(done.next[done.id]));
    draw();
  }
  function cancel() { if (!act) return; const done = stop(); show(done.base); draw(); }
  /* The click that ends a drag is none. */
  function swallow() { const eat = (event) => { event.stopPropagation(); event.preventDefault(); }; addEventListener("click", eat, { capture: true, once: true }); setTimeout(() => removeEventListener("click", eat, { capture: true }), 50); }
  R.swallow = swallow;

  /* ---- keyboard */
  const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  function keys(event) {
    if (event.key === "Escape" && act) { cancel(); return; }
    const handle = event.target.classList && event.target.classList.contains("rb-handle") ? event.target : null;
    if (!handle) return;
    const id = handle.closest(".rb-tile").dataset.id, way = WAYS[event.key];
    if (way) { event.preventDefault(); nudge(id, way, event.shiftKey); focus(id); } else if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); remove(id); } else if (event.key === "Enter" || event.key === " ") { event.preventDefault(); settings(id); } else if (event.key.toLowerCase() === "d" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); duplicate(id); }
  }
  /* The settings of a block, with its title first. */
  function settings(id) { R.choose(id); R.root.dataset.panel = "right"; setTimeout(() => { const first = $(".rb-settings [data-first]"); if (first) { first.focus(); if (first.select) first.select(); } }, 0); }
  function nudge(id, [dx, dy], isSize) {
    const all = places(R.doc), place = { ...all[id] };
    if (isSize) { place.w = bound(place.w + dx, LEAST.w, COLUMNS - place.x); place.h = bound(place.h + dy, LEAST.h, TALLEST); } else {
      place.x = bound(place.x + dx, 0, COLUMNS - place.w);
      const over = (other) => other.x < place.x + place.w && place.x < other.x + other.w, others = Object.entries(all).filter(([each]) => each !== id).map(([, each]) => each).filter(over);
      if (dy > 0) { const below = others.filter((each) => each.y >= place.y + place.h).sort((a, b) => a.y - b.y)[0]; place.y = below ? below.y + below.h : place.y; }  // past the next one
      if (dy < 0) { const above = others.filter((each) => each.y + each.h <= place.y).sort((a, b) => b.y - a.y)[0]; place.y = above ? above.y : 0; }
    }
    const found = settled({ ...all, [id]: place }, dy > 0 && !isSize ? "" : id);
    if (!fits(found) || !R.change((doc) => put(doc, found), said(found[id]), "nudge-" + id)) R.say("It cannot go further. " + said(all[id]));
  }

  R.parts.push((root) => { canvas = $(".rb-canvas", root); });
  R.draw.push(draw);
  addEventListener("pointerdown", down);
  document.addEventListener("keydown", keys);
})();
