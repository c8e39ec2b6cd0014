/* What is being edited: the definition, every step of it (undo outlives a reload), the draft that is kept by itself, and saving that
   changes the screen at once and goes back, with the reason, where the server refuses.  Canvas and panels only call `R.change`. */
(function () {
  "use strict";
  const MOST_STEPS = 100, DRAFT_AFTER = 1200, PREVIEW_AFTER = 250;
  const $ = (selector, within) => (within || document).querySelector(selector);
  const R = window.northline.report = { root: null, doc: null, cat: null, chosen: "", shown: {}, fits: null, parts: [] };
  let base = 0, saved = "", steps = [], at = 0, merging = "", draftTimer = 0, previewTimer = 0, dirty = new Set(), ticket = 0, saving = false, leaving = false;
  const key = () => "report-edit-" + R.number;
  const text = () => JSON.stringify(R.doc);
  R.$ = $;
  R.block = (id) => R.doc.blocks.find((block) => block.id === (id || R.chosen));
  R.kind = (block) => R.cat.kinds.find((kind) => kind.key === block.kind);
  R.element = (name, attributes, ...children) => {
    const made = document.createElement(name);
    Object.entries(attributes || {}).forEach(([attribute, value]) => { if (value === null || value === undefined || value === false) return; if (attribute in made && typeof value !== "string") made[attribute] = value; else made.setAttribute(attribute, value === true ? "" : value); });
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  };
  R.icon = (name) => R.element("span", { class: "ic i-" + name, "aria-hidden": "true" });
  /* On a small screen one panel is shown at a time: what is being done brings up the one where it goes on. */
  R.panel = (name) => { if (R.root && matchMedia("(max-width:900px)").matches) R.root.dataset.panel = name; };
  R.say = (words) => { const place = $(".rb-said"); if (place) { place.textContent = ""; requestAnimationFrame(() => { place.textContent = words; }); } };

  R.send = async (method, address, body) => {
    let answer;
    const sent = body && JSON.stringify(body), lasts = Boolean(sent) && sent.length < 30000;  // goes on although the page is left; browsers allow 64 kB for it
    try { answer = await fetch("/library" + address, { method, headers: { "Content-Type": "application/json", Accept: "application/json" }, body: sent, keepalive: lasts }); } catch (error) { throw Object.assign(new Error("The site could not be reached."), { status: 0, data: {} }); }
    if (answer.status === 401) throw Object.assign(new Error("You are signed out. Sign in in another tab; what you did is still here."), { status: 401, data: {} });
    const data = await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error(data.error || "The site answered with status " + answer.status + "."), { status: answer.status, data });
    return data;
  };

  /* A filter without values yet limits nothing and is not sent. */
  const clean = (thing) => JSON.parse(JSON.stringify(thing, (name, value) => (name === "where" && value ? Object.fromEntries(Object.entries(value).filter(([, keys]) => keys.length)) : value)));

  /* ---- steps */
  function remember() {
    try { sessionStorage.setItem(key(), JSON.stringify({ base, saved, steps, at })); } catch (error) { steps = steps.slice(-20); at = steps.length - 1; console.debug("report: steps", error.message); }
  }
  /** Change the definition: `work(doc)` writes into a copy.  Steps with the same `merge` one after another are one. */
  R.change = (work, words, merge) => {
    const next = JSON.parse(text());
    work(next);
    if (JSON.stringify(next) === text()) return false;
    const before = R.doc;
    R.doc = next;
    if (merge && merge === merging && at === steps.length - 1 && at > 0) steps[at] = text(); else { steps = steps.slice(Math.max(0, at + 2 - MOST_STEPS), at + 1).concat(text()); at = steps.length - 1; }
    merging = merge || "";
    settle(before);
    if (words) R.say(words);
    return true;
  };
  R.end = () => { merging = ""; };
  function step(way) {
    const to = at + way;
    if (to < 0 || to >= steps.length) { R.say(way < 0 ? "Nothing to undo." : "Nothing to do again."); return; }
    const before = R.doc;
    at = to; merging = "";
    R.doc = JSON.parse(steps[at]);
    if (!R.block()) R.chosen = "";
    settle(before);
    R.say(way < 0 ? "Undone." : "Done again.");
  }
  function settle(before) {
    remember(); changed(before); R.render(); state();
    clearTimeout(draftTimer);
    draftTimer = setTimeout(keepDraft, DRAFT_AFTER);
  }
  function changed(before) {
    const old = new Map(before.blocks.map((block) => [block.id, JSON.stringify(block)])), all = JSON.stringify(before.limits) !== JSON.stringify(R.doc.limits);
    const sized = (block) => { const was = before.blocks.find((each) => each.id === block.id); if (!was) return true; const { x, y, ...size } = block.place, { x: wx, y: wy, ...wasSize } = was.place; return JSON.stringify({ ...block, place: size }) !== JSON.stringify({ ...was, place: wasSize }); };
    R.doc.blocks.filter((block) => all || !old.has(block.id) || sized(block)).forEach((block) => dirty.add(block.id));
    later();
  }

  /* ---- previews: what is drawn is what the server answered to the newest question */
  function later() { clearTimeout(previewTimer); previewTimer = setTimeout(preview, PREVIEW_AFTER); }
  R.choose = (id) => { if (R.chosen === id) return; R.chosen = id; R.fits = null; R.end(); R.render(); later(); };
  async function preview() {
    const wanted = R.doc.blocks.filter((block) => dirty.has(block.id) || (block.id === R.chosen && (!R.fits || R.fits.id !== block.id)));
    if (!wanted.length) return;
    const mine = ++ticket, asked = new Map(wanted.map((block) => [block.id, JSON.stringify(block)]));
    dirty.clear();
    document.querySelectorAll(".rb-tile").forEach((tile) => tile.classList.toggle("waits", asked.has(tile.dataset.id)));
    try {
      const found = await R.send("POST", "/preview", { report: R.number, limits: clean(R.doc.limits || {}), blocks: clean(wanted), fits: R.chosen });
      found.blocks.forEach((each) => { const now = R.block(each.id); if (now && asked.get(each.id) === JSON.stringify({ ...now })) R.shown[each.id] = each; else if (now) dirty.add(each.id); });
      if (found.fits && found.fits.id === R.chosen) R.fits = found.fits;
      if (mine === ticket) { R.note(""); R.render(); }
      if (dirty.size) later();
    } catch (error) {
      wanted.forEach((block) => dirty.add(block.id));
      if (error.status !== 422) { R.note("The preview could not be read: " + error.message); setTimeout(later, 5000); } else R.note(error.message);
    } finally { document.querySelectorAll(".rb-tile.waits").forEach((tile) => tile.classList.toggle("waits", dirty.has(tile.dataset.id))); }
  }
  /** Wait until it is known what fits where in a block that has just been chosen; no longer than a person would. */
  R.fitsOf = (id) => new Promise((resolve) => { const until = Date.now() + 5000, look = () => { if ((R.fits && R.fits.id === id) || R.chosen !== id || Date.now() > until) resolve(); else setTimeout(look, 40); }; look(); });
  R.preview = () => { R.doc.blocks.forEach((block) => dirty.add(block.id)); later(); };
  /* A note at the foot of the window: it goes by itself unless there is something to choose. */
  let noteTimer = 0;
  R.note = (words, kind, ...actions) => { const place = $(".rb-note"); if (!place || (!words && place.dataset.kind === "stays")) return; place.hidden = !words; place.className = "rb-note banner" + (kind === "bad" ? " bad" : ""); place.dataset.kind = actions.length ? "stays" : ""; place.replaceChildren(R.element("div", { class: "rb-note-in" }, words, ...actions)); clearTimeout(noteTimer); if (words && !actions.length) noteTimer = setTimeout(() => { place.hidden = true; }, 8000); };

  /* ---- draft */
  const unsaved = () => text() !== saved;
  async function keepDraft() {
    if (!unsaved() || saving) return;
    const mine = text();
    try { await R.send("PUT", "/reports/" + R.number + "/draft", { base, definition: clean(JSON.parse(mine)) }); if (mine === text()) state("Not saved; kept as your draft"); } catch (error) {
      state(error.status === 422 ? error.message : "The draft could not be kept: " + error.message);
      if (error.status !== 422) draftTimer = setTimeout(keepDraft, 10000);
    }
  }
  function state(words) {
    const place = $(".rb-state");
    if (!place) return;
    place.textContent = words || (unsaved() ? "Not saved" : "Saved as version " + base);
    place.dataset.state = unsaved() ? "open" : "saved";
    $("[data-do=rb-undo]").disabled = at <= 0;
    $("[data-do=rb-redo]").disabled = at >= steps.length - 1;
    const title = $(".rb-title");
    if (title && document.activeElement !== title && title.value !== R.doc.title) title.value = R.doc.title;
  }

  /* ---- saving */
  async function save(over) {
    if (saving || (!unsaved() && !over)) { state(); return; }
    const mine = text(), before = { base, saved };
    saving = true; clearTimeout(draftTimer);
    saved = mine; base += 1; state();  // on the screen at once
    try {
      const done = await R.send("PUT", "/reports/" + R.number, { base: over ? null : before.base, definition: clean(JSON.parse(mine)), note: "" });
      base = done.version;
      remember(); R.note(""); state(); R.say("Saved as version " + base + ".");
    } catch (error) {
      base = before.base; saved = before.saved;
      state("Not saved");
      if (error.status === 409) R.conflict(error.data, { theirs, copy, over: () => save(true) }); else if (error.status === 404 || error.status === 403) rescue(error.message); else R.note("Not saved: " + error.message + " What you did is still here.", "bad");
      R.say(error.message);
    } finally { saving = false; if (unsaved()) draftTimer = setTimeout(keepDraft, DRAFT_AFTER); }
  }
  /* The choices where somebody saved meanwhile; each leaves both in reach. */
  function theirs(found) {
    const before = R.doc;
    R.doc = found.definition; base = found.version; saved = text(); steps = steps.slice(0, at + 1).concat(saved); at = steps.length - 1;
    settle(before);
    R.send("DELETE", "/reports/" + R.number + "/draft").catch((error) => console.debug("report: draft", error.message));
    R.say("Their version is shown. Undo brings yours back.");
  }
  /* It was deleted, or is not theirs to change any more, while they were at it. */
  function rescue(words) {
    const keep = R.element("button", { class: "button", type: "button" }, "Keep mine as a new report");
    keep.onclick = () => { keep.disabled = true; copy().finally(() => { keep.disabled = false; }); };
    R.note("Not saved: " + words, "bad", keep);
  }
  async function copy() {
    try {
      const made = await R.send("POST", "/reports", { definition: { ...clean(R.doc), title: (R.doc.title.slice(0, R.cat.limits.title - 7) + " (copy)") }, note: "Kept beside version " + (base + 1) + " of another person" });
      await R.send("DELETE", "/reports/" + R.number + "/draft").catch((error) => console.debug("report: draft", error.message));  // there is none where the report is gone
      forget(); location.href = "/reports/" + made.id + "/edit";
    } catch (error) { R.note("The copy could not be made: " + error.message, "bad"); }
  }
  function forget() { leaving = true; sessionStorage.removeItem(key()); }
  R.forget = forget;

  /* ---- begin */
  function begin() {
    const root = $("#react-entry-point .rb");
    if (!root || root === R.root) return;
    R.root = root;
    const given = JSON.parse(root.dataset.editor);
    R.number = given.report; R.cat = given.catalogue; R.shown = {}; R.fits = null; R.chosen = ""; dirty = new Set();
    R.doc = given.saved.definition; base = given.saved.version; saved = text(); steps = [saved]; at = 0;
    let kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(key())); } catch (error) { console.debug("report: steps", error.message); }
    if (kept && kept.steps && kept.steps.length && kept.steps[kept.at] !== saved && (kept.base === base || kept.steps.length > 1)) {
      steps = kept.steps; at = kept.at; R.doc = JSON.parse(steps[at]);
      if (kept.base !== base) { saved = kept.saved; base = kept.base; }
    } else if (kept && kept.base === base && kept.steps) { steps = kept.steps; at = kept.at; } else if (given.draft && JSON.stringify(given.draft.definition) !== saved) {
      R.doc = given.draft.definition; steps = [saved, text()]; at = 1;
      if (given.draft.base !== base) { base = given.draft.base; saved = ""; }
      const drop = R.element("button", { class: "button", type: "button" }, "Drop it");
      drop.onclick = () => { const before = R.doc; R.doc = given.saved.definition; base = given.saved.version; saved = text(); steps = steps.concat(saved); at = steps.length - 1; drop.closest(".rb-note").dataset.kind = ""; R.note(""); settle(before); R.send("DELETE", "/reports/" + R.number + "/draft").catch((error) => console.debug("report: draft", error.message)); };
      R.note("This is your draft of " + window.northline.when(given.draft.at) + ", which is not saved.", "", drop);
    }
    R.parts.forEach((part) => part(root));
    R.render(); state(); R.preview();
  }
  R.render = () => { R.draw.forEach((draw) => draw()); };
  R.draw = [];

  document.addEventListener("northline:drawn", begin);
  addEventListener("beforeunload", (event) => { if (!leaving && R.root && R.root.isConnected && (unsaved() || saving)) { keepDraft(); event.preventDefault(); } });
  document.addEventListener("keydown", (event) => {
    if (!R.root || !R.root.isConnected || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    const name = event.key.toLowerCase();
    if (name === "s") { event.preventDefault(); save(); } else if (name === "z" && !writes(event.target)) { event.preventDefault(); step(event.shiftKey ? 1 : -1); } else if (name === "y" && !writes(event.target)) { event.preventDefault(); step(1); }
  });
  const writes = (node) => node.matches && node.matches("textarea,input:not([type=checkbox],[type=radio])");
  document.addEventListener("input", (event) => { if (event.target.classList && event.target.classList.contains("rb-title")) R.change((doc) => { doc.title = event.target.value; }, "", "title"); });
  window.northline.actions = { ...window.northline.actions, "rb-undo": () => step(-1), "rb-redo": () => step(1), "rb-save": () => save(), "rb-panel": (button) => { R.root.dataset.panel = button.dataset.panel; } };
})();
