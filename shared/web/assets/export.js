/* Files of cards and pages: a menu orders one, a note follows it, and the download starts by itself.  The same on both sites.

   What a page writes (docs/exports.md):

     <details class="pop export">
       <summary class="ib icon" aria-label="Export Net sales by branch"><span class="ic i-more"></span></summary>
       <div class="pop-in" role="menu">
         <button class="item" type="button" role="menuitem" data-do="export" data-key="net-sales" data-kind="png">Picture (PNG)</button>
         ... one for each kind: png, svg, pdf, xlsx, csv
       </div>
     </details>

   data-key   the key of the Block; empty or left out: the whole page, for which pdf and xlsx are made
   data-kind  png, svg, pdf, xlsx or csv (shared/reports/kinds.py)
   data-paper letter or a4; left out: what the company chose
   data-rows  instead of data-key: all rows behind that number (as a tile's data-glass names it); data-part: of which part of its formula

   The address of the page, with its query, says which numbers are meant. */
(function () {
  "use strict";
  const OPEN = "exports", FIRST = 250, LONGEST = 2000, GONE_AFTER = 8000, TOO_LARGE = 413;
  const notes = new Map();
  const element = (name, attributes, ...children) => { const made = Object.assign(document.createElement(name), attributes); made.append(...children.filter((child) => child !== null)); return made; };
  const icon = (name) => { const made = element("span", { className: "ic i-" + name }); made.setAttribute("aria-hidden", "true"); return made; };
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  async function ask(method, address, body) {
    const options = { method, headers: { Accept: "application/json" } };
    if (body) { options.body = JSON.stringify(body); options.headers["Content-Type"] = "application/json"; }
    let answer;
    try { answer = await fetch(address, options); } catch (error) { throw new Error("The site does not answer. Check the connection and try again.", { cause: error }); }
    if (answer.status === 401) { location.reload(); throw new Error("You are not signed in any more."); }
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error(told.error || "The site answered " + answer.status + "."), { status: answer.status });
    return told;
  }

  /* ---- the notes at the bottom of the window */
  function region() {
    let found = document.getElementById("export-notes");
    if (!found) {
      found = element("div", { id: "export-notes", className: "export-notes no-print" });
      found.setAttribute("role", "region"); found.setAttribute("aria-label", "Files");
      document.body.append(found);
    }
    return found;
  }

  function note(label) {
    const title = element("b", { textContent: label }), words = element("span", { className: "export-words", textContent: "Ordering" });
    words.setAttribute("role", "status");
    const bar = element("progress", { max: 1, value: 0 });
    bar.setAttribute("aria-label", "Progress of " + label);
    const actions = element("div", { className: "export-do" });
    const close = element("button", { className: "export-close", type: "button", onclick: () => end() }, icon("close"));
    close.setAttribute("aria-label", "Close this note");
    const mark = element("span", { className: "export-mark" }, icon("download"));
    const box = element("div", { className: "export-note" }, mark, element("div", { className: "export-told" }, title, words, bar, actions), close);
    region().append(box);
    let state = "";
    const end = () => { box.remove(); };
    const buttons = (...wanted) => actions.replaceChildren(...wanted.map(([text, work]) => element("button", { className: "button", type: "button", textContent: text, onclick: work })));
    const show = (next, said, part) => {
      box.dataset.state = next; words.textContent = said; bar.hidden = !(next === "queued" || next === "working" || next === "ordering");
      if (part > 0) bar.value = part; else bar.removeAttribute("value");
      if (next !== state) { state = next; mark.replaceChildren(icon(next === "done" ? "check" : next === "failed" ? "warning" : "download")); }
    };
    show("ordering", "Ordering", 0);
    return { box, title, show, buttons, end };
  }

  /* ---- one file, from the order to the download */
  async function order(wish, label) {
    const shown = note(label);
    try {
      await follow(await ask("POST", "/exports", wish), shown, wish);
    } catch (error) {
      failed(shown, error.message, wish, label, error.status);
    }
  }

  async function follow(found, shown, wish) {
    notes.set(found.id, wish); remember();
    shown.title.textContent = found.name;
    shown.buttons(["Cancel", () => cancel(found.id, shown)]);
    for (let wait = FIRST; found.state === "queued" || found.state === "working"; wait = Math.min(wait * 1.4, LONGEST)) {
      shown.show(found.state, found.words, found.progress);
      await pause(wait);
      if (!notes.has(found.id)) return;  // cancelled meanwhile
      try { found = await ask("GET", "/exports/" + found.id); } catch (error) {
        if (error.status) { forget(found.id); throw error; }
        shown.show(found.state, "The site does not answer; asking again", found.progress);  // the worker goes on
      }
    }
    forget(found.id);
    if (found.state === "done") return save(found, shown);
    if (found.state === "failed") throw new Error(found.words);
    shown.end();
  }

  function save(found, shown) {
    const link = element("a", { href: found.file, download: found.name });
    document.body.append(link); link.click(); link.remove();
    shown.show("done", "Saved to your downloads", 1);
    shown.buttons(["Save again", () => { location.href = found.file; }]);
    setTimeout(() => { if (!shown.box.matches(":hover, :focus-within")) shown.end(); }, GONE_AFTER);
  }

  async function cancel(id, shown) {
    forget(id);
    shown.show("cancelled", "Cancelled", 0); shown.buttons();
    await ask("DELETE", "/exports/" + id).catch((error) => { if (error.status !== 404) shown.show("failed", error.message, 0); });
    setTimeout(shown.end, 1500);
  }

  function failed(shown, why, wish, label, status) {
    shown.show("failed", why, 0);
    if (status === TOO_LARGE && wish.rows && wish.kind === "xlsx") shown.buttons(["Save as CSV", () => { shown.end(); order({ ...wish, kind: "csv" }, "CSV"); }]);
    else if (wish && wish.kind) shown.buttons(["Try again", () => { shown.end(); order(wish, label); }]); else shown.buttons();
  }

  /* ---- who goes to another page meanwhile still gets the file */
  function remember() { try { sessionStorage.setItem(OPEN, JSON.stringify([...notes])); } catch (error) { console.debug("export:", error.message); } }
  function forget(id) { notes.delete(id); remember(); }
  function resume() {
    let open = [];
    try { open = JSON.parse(sessionStorage.getItem(OPEN) || "[]"); } catch (error) { console.debug("export:", error.message); }
    open.forEach(async ([id, wish]) => {
      const shown = note("Your file");
      notes.set(id, wish);
      try { await follow(await ask("GET", "/exports/" + id), shown, wish); } catch (error) { forget(id); failed(shown, error.message, wish, "Your file"); }
    });
  }

  northline.actions.export = (button) => {
    const menu = button.closest("details"), data = button.dataset;
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
    const wish = { path: location.pathname, search: location.search, key: data.key || "", kind: data.kind, paper: data.paper || "" };
    if (data.rows) Object.assign(wish, { rows: data.rows, part: Number(data.part || 0) });
    if ([...notes.values()].some((each) => JSON.stringify(each) === JSON.stringify(wish))) return;  // a second click on the same
    order(wish, (button.textContent || "File").trim());
  };

  /* ---- arrows within a menu */
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest && event.target.closest("details.export");
    if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
    const items = [...menu.querySelectorAll("[role=menuitem]")], at = items.indexOf(document.activeElement);
    event.preventDefault();
    menu.open = true;
    const last = items.length - 1;
    items[{ Home: 0, End: last, ArrowDown: at >= last ? 0 : at + 1, ArrowUp: at <= 0 ? last : at - 1 }[event.key]].focus();
  });

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", resume); else resume();
})();
