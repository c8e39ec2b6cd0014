/* Reconciliation: the queue by keyboard, cases changed on screen at once and taken back where refused, runs with progress, ledgers sent and signed for. */
(function () {
  "use strict";
  const $ = (selector, within) => (within || document).querySelector(selector), all = (selector, within) => [...(within || document).querySelectorAll(selector)];
  const here = () => location.pathname === "/reconciliation";
  const LABELS = { open: "Open", investigating: "Investigating", waiting: "Waiting", resolved: "Resolved", accepted: "Accepted", written_off: "Written off" };

  const send = (method, path, body) => window.northline.send(method, "/reconciliation/" + path, body);
  const say = (within, text) => { const note = within && $(".problem", within); if (note) note.textContent = text; };
  function element(name, values, ...inner) { const made = Object.assign(document.createElement(name), values); made.append(...inner); return made; }

  /* ---- cells of the queue */
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const h = (...parts) => React.createElement(...parts);
  cells.NorthlineRule = (props) => h("span", { className: "rc-rule " + props.data.severity, title: props.data.title }, props.value);
  cells.NorthlineCase = (props) => h("a", { className: "rc-cell", href: address(props.data.id), "data-nav": "", tabIndex: -1, title: props.data.why }, h("b", null, props.value), h("small", null, props.data.why));
  cells.NorthlineAge = (props) => h("span", { className: "num" + (props.value > 30 ? " rc-bad" : props.value > 7 ? " rc-warn" : "") }, props.value + " d");
  cells.NorthlineMoney = (props) => h("span", { className: "num strong" }, "$" + Number(props.value).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 }));
  cells.NorthlineStatus = (props) => h("span", { className: "rc-tag " + props.data.status }, props.value);
  function address(id) { const query = new URLSearchParams(location.search); query.set("show", "case"); query.set("case", id); return "?" + query.toString(); }

  /* ---- the queue by keyboard, several at once */
  function grid() { try { return here() && window.dash_ag_grid ? window.dash_ag_grid.getApi("rc-grid") : null; } catch (error) { return null; } }
  const told = (text, tone) => { const note = $(".rc-said"); if (note) { note.textContent = text; note.className = "rc-said " + (tone || ""); } };
  const workers = () => { const holder = $("#rc-chosen"); return holder ? JSON.parse(holder.dataset.workers) : []; };
  function paint(api, rows) { api.applyTransaction({ update: rows }); }
  function chosen(api) {
    const picked = api.getSelectedRows();
    if (picked.length) return picked;
    const cell = api.getFocusedCell(), node = cell && api.getDisplayedRowAtIndex(cell.rowIndex);
    return node ? [node.data] : [];
  }
  async function give(api, rows, owner, name) {
    if (!rows.length) { told("Choose cases first: click the boxes at the left, or move to one with the arrow keys.", "bad"); return; }
    const before = rows.map((row) => ({ ...row }));
    paint(api, rows.map((row) => ({ ...row, owner: name })));
    told(rows.length === 1 ? "Saving …" : "Saving " + rows.length + " cases …");
    try {
      const answer = await send("PUT", "cases/owner", { owner, cases: rows.map((row) => [row.id, row.version]) });
      const versions = Object.fromEntries(answer.cases.map((each) => [each.id, each.version]));
      paint(api, before.map((row) => (row.id in versions ? { ...row, owner: name, version: versions[row.id] } : row)));
      const lost = before.length - answer.cases.length;
      told((answer.cases.length === 1 ? "1 case given to " : answer.cases.length + " cases given to ") + (name || "nobody") + "." + (lost ? " " + lost + " not: " + answer.problems[0] : ""), lost ? "bad" : "good");
      if (lost) later(); else api.deselectAll();
    } catch (error) { paint(api, before); told(error.message, "bad"); }
  }
  async function status(api, row, wanted) {
    const before = { ...row };
    paint(api, [{ ...row, status: wanted, status_text: LABELS[wanted] }]);
    try {
      const answer = await send("PUT", "cases/" + row.id + "/status", { version: row.version, status: wanted, reason: "", note: "" });
      paint(api, [{ ...row, status: wanted, status_text: LABELS[wanted], version: answer.case.version }]);
      told(row.label + ": " + LABELS[wanted].toLowerCase() + ".", "good");
    } catch (error) { paint(api, [before]); told(error.message, "bad"); if (error.status === 409) later(); }
  }
  let timer = 0;
  function later() { clearTimeout(timer); timer = setTimeout(() => { if (here() && !$("dialog[open]")) window.northline.redraw(); }, 2500); }
  document.addEventListener("keydown", (event) => {
    if (!here() || event.ctrlKey || event.metaKey || event.altKey || !event.target.closest || !event.target.closest("#rc-grid") || event.target.matches("input,select,textarea")) return;
    const api = grid(), cell = api && api.getFocusedCell(), node = cell && api.getDisplayedRowAtIndex(cell.rowIndex);
    if (!node) return;
    const key = event.key.toLowerCase();
    if (key === "enter") { event.preventDefault(); const link = $("#rc-grid [row-id='" + node.id + "'] a.rc-cell"); if (link) link.click(); }
    else if (key === " ") { event.preventDefault(); node.setSelected(!node.isSelected()); }
    else if (key === "i" || key === "w") { event.preventDefault(); status(api, node.data, key === "i" ? "investigating" : "waiting"); }
    else if (key === "a") { event.preventDefault(); const own = workers().find(([, name]) => name === myName()); if (own) give(api, chosen(api), own[0], own[1]); else told("Your role does not take cases.", "bad"); }
  }, true);
  const myName = () => { const box = $(".side .me b"); return box ? box.textContent : ""; };
  function assignChosen() {
    const api = grid(), select = $("#rc-owner");
    if (!api) { told("Open a case to give it to somebody: the list on a phone has no boxes.", "bad"); return; }
    const option = select.selectedOptions[0];
    give(api, api.getSelectedRows(), option.value ? Number(option.value) : null, option.value ? option.textContent : "");
  }

  /* ---- one case */
  const about = () => { const holder = $("[data-case]"); return holder ? { id: Number(holder.dataset.case), version: Number(holder.dataset.version), holder } : null; };
  const form = () => $(".rc-form");
  async function change(work, button, on, off) {
    const box = button.closest(".rc-form,.rc-proposal,.card-x") || document.body, form0 = form(), written = form0 ? $("[name=note]", form0).value.trim() : "";
    say(form0, "");
    on(); button.disabled = true;
    try { await work(); await window.northline.redraw(); } catch (error) {
      off();
      if (form0) say(form0, error.message); else if (box) told(error.message, "bad");
      // What was typed is not lost with the form that is drawn anew.
      if (error.status === 409) { await window.northline.redraw(); say(form(), error.message + (written ? " You had written: " + written : "")); }
    } finally { button.disabled = false; }
  }
  function move(button) {
    const it = about(), fields = form(), wanted = $("[name=status]", fields).value, reason = $("[name=reason]", fields).value, tag = $(".rc-case .rc-tag"), was = tag.textContent, look = tag.className;
    change(() => send("PUT", "cases/" + it.id + "/status", { version: it.version, status: wanted, reason, note: $("[name=note]", fields).value }), button,
      () => { tag.textContent = LABELS[wanted]; tag.className = "rc-tag " + wanted; }, () => { tag.textContent = was; tag.className = look; $("[name=status]", fields).value = it.holder.dataset.status; });
  }
  document.addEventListener("change", (event) => {
    const select = event.target.closest && event.target.closest("[data-recon]");
    if (!select) return;
    if (select.dataset.recon === "status") { reasons(); return; }
    const it = about(), before = select.dataset.before || "";
    say(form(), "");
    send("PUT", "cases/owner", { owner: select.value ? Number(select.value) : null, cases: [[it.id, it.version]] }).then((answer) => {
      if (!answer.cases.length) throw Object.assign(new Error(answer.problems[0]), { status: 409 });
      select.dataset.before = select.value;
      return window.northline.redraw();
    }).catch(async (error) => { select.value = before; if (error.status === 409) await window.northline.redraw(); say(form(), error.message); });
  });
  document.addEventListener("focusin", (event) => { const select = event.target.closest && event.target.closest("[data-recon=owner]"); if (select) select.dataset.before = select.value; });
  const WHY = { resolved: ["fixed", "other"], accepted: ["approved", "false_alarm", "timing", "immaterial", "other"], written_off: ["uncollectible", "immaterial", "other"] };
  function reasons() {
    const fields = form();
    if (!fields) return;
    const fits = WHY[$("[name=status]", fields).value] || [], select = $("[name=reason]", fields);
    $(".rc-reason", fields).hidden = !fits.length;
    all("option", select).forEach((option) => { option.hidden = option.value !== "" && !fits.includes(option.value); });
    if (select.value && !fits.includes(select.value)) select.value = "";
    if (!select.value && fits[0] === "fixed") select.value = "fixed";
  }
  function agree(button) { const it = about(); change(() => send("PUT", "cases/" + it.id + "/status", { version: it.version, status: "written_off", reason: $("[name=reason]", form()).value || "other", note: "" }), button, () => {}, () => {}); }
  function refuse(button) { const it = about(); change(() => send("POST", "cases/" + it.id + "/refuse", { version: it.version, note: $("[name=note]", form()).value }), button, () => {}, () => {}); }
  function comment(button) {
    const it = about(), area = $("#rc-comment"), text = area.value.trim(), list = $(".rc-history");
    if (!text) { area.focus(); return; }
    const line = element("li", {}, element("span", { className: "rc-mark comment" }), element("div", {}, element("b", { textContent: "Comment" }), element("span", { textContent: text }), element("small", { textContent: "Saving …" })));
    list.prepend(line);
    change(() => send("POST", "cases/" + it.id + "/comments", { text }), button, () => { put(area, ""); }, () => { line.remove(); put(area, text); }).then(() => line.remove());
  }
  function put(area, text) { const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set; set.call(area, text); area.dispatchEvent(new Event("input", { bubbles: true })); }
  function attach(button) {
    const it = about(), picker = element("input", { type: "file" });
    picker.addEventListener("change", () => { const file = picker.files[0]; if (!file) return; if (file.size > 5 * 1048576) { say(form(), "A file may have up to 5 MB."); return; }
      change(() => send("POST", "cases/" + it.id + "/files?name=" + encodeURIComponent(file.name), file), button, () => {}, () => {}); });
    picker.click();
  }
  function pairUp(button) {
    const it = about();
    change(async () => { await send("POST", "cases/" + it.id + "/pair", { version: it.version, external_id: button.dataset.ours }); button.textContent = "Matched; checking …"; watch(); }, button, () => { button.textContent = "Matching …"; }, () => { button.textContent = "Match"; });
  }

  /* ---- runs */
  async function run(button) {
    const problem = $("#rc-problem");
    if (problem) problem.textContent = "";
    button.disabled = true;
    show("Asked for; the worker begins within seconds", 0);
    try { await send("POST", "runs", { kind: button.dataset.kind, source: button.dataset.source }); watch(); } catch (error) { hide(); if (problem) problem.textContent = error.message; } finally { button.disabled = false; }
  }
  function show(text, part) { const box = $("#rc-progress"); if (!box) return; box.hidden = false; $(".rc-step", box).textContent = text; $("i", box).style.width = Math.round(part * 100) + "%"; }
  function hide() { const box = $("#rc-progress"); if (box) box.hidden = true; }
  let watching = 0;
  async function watch() {
    clearTimeout(watching);
    let found = [];
    try { found = (await (await fetch("/reconciliation/runs/now")).json()).runs || []; } catch (error) { console.debug("reconciliation:", error.message); }
    if (!here()) return;
    if (!found.length) { hide(); window.northline.redraw(); return; }
    const one = found.find((each) => !each.waits) || found[0];
    show(one.waits ? "Waiting for the worker" : (one.kind === "ledger" ? one.source + ": " : "") + (one.step || "Beginning"), one.total ? one.done / one.total : 0.02);
    watching = setTimeout(watch, 700);
  }

  /* ---- sources and files */
  const holder = () => $("#rc-sources");
  const select = (name, pairs, value) => element("select", { name }, ...pairs.map(([key, label]) => element("option", { value: key, textContent: label, selected: String(key) === String(value) })));
  const field = (label, input, hint, wide) => element("label", { className: wide ? "wide" : "" }, label, input, ...(hint ? [element("small", { textContent: hint })] : []));
  function dialog(inside) {
    const made = element("dialog", { className: "al-dialog rc-dialog" }, inside);
    made.addEventListener("close", () => made.remove());
    document.body.append(made); made.showModal();
    return made;
  }
  function source(button) {
    const d = { name: "", label: "", book: "payments", amount_tolerance: 0, percent_tolerance: 0, days_before: 3, days_after: 3, currency: "", statuses: {}, feed: {}, ...(button.dataset.source ? JSON.parse(button.dataset.source) : {}) };
    const text = (name, value, more) => element("input", { name, value, autocomplete: "off", ...more }), number = (name, value, step) => element("input", { type: "number", name, value, min: 0, step });
    const words = Object.entries(d.statuses).map(([word, meaning]) => word + " = " + meaning).join("\n");
    const made = element("form", { className: "al-form", noValidate: true }, element("h2", { textContent: d.name ? "Source " + d.label : "New source" }),
      field("Name in files and addresses", text("name", d.name, { readOnly: Boolean(d.name), placeholder: "bank" })), field("Label", text("label", d.label, { placeholder: "Bank statements" })),
      field("Held against", select("book", Object.entries(JSON.parse(holder().dataset.books)), d.book)), field("Currency", text("currency", d.currency, { maxLength: 3, placeholder: "USD" }), "Empty: whatever the file is in"),
      field("Amounts may differ by, $", number("amount_tolerance", d.amount_tolerance, 0.01)), field("or by, %", number("percent_tolerance", d.percent_tolerance, 0.001)),
      field("Dated before ours, days", number("days_before", d.days_before, 1)), field("Dated after ours, days", number("days_after", d.days_after, 1)),
      field("Status words", element("textarea", { name: "statuses", value: words, rows: 3, placeholder: "funded = good\nstorno = cancelled" }), "One a line: their word = good, cancelled or declined; usual words are known", true),
      element("div", { className: "problem" }), element("div", { className: "al-end" }, element("button", { className: "button", type: "button", textContent: "Cancel", onclick: () => box.close() }), element("button", { className: "button primary", type: "submit", textContent: "Save" })));
    const box = dialog(made);
    made.addEventListener("submit", async (event) => {
      event.preventDefault();
      const value = (name) => made.elements[name].value.trim(), statuses = {};
      value("statuses").split("\n").forEach((line) => { const [word, meaning] = line.split("=").map((part) => part.trim()); if (word && meaning) statuses[word.toLowerCase()] = meaning.toLowerCase(); });
      try {
        await send("PUT", "sources/" + encodeURIComponent(value("name")), { label: value("label") || value("name"), book: value("book"), currency: value("currency"), statuses, feed: d.feed, amount_tolerance: value("amount_tolerance") || 0, percent_tolerance: value("percent_tolerance") || 0,
          days_before: Number(value("days_before") || 0), days_after: Number(value("days_after") || 0) });
        box.close(); window.northline.redraw();
      } catch (error) { say(made, error.message); }
    });
  }
  function upload(button) {
    const picker = element("input", { type: "file", accept: ".csv,.txt,.tsv,.xlsx,.xls,.xlsm,.parquet" });
    picker.addEventListener("change", async () => {
      const file = picker.files[0], problem = $("#rc-problem");
      if (!file) return;
      if (file.size > 8 * 1048576) { problem.textContent = "Files of more than 8 MB come by the watched folder or by python -m jobs ledger."; return; }
      problem.textContent = "Sending " + file.name + " …";
      try { const sent = await send("POST", "uploads?source=" + encodeURIComponent(button.dataset.source) + "&name=" + encodeURIComponent(file.name), file); problem.textContent = ""; look(sent.id); } catch (error) { problem.textContent = error.message; }
    });
    picker.click();
  }
  /** Show how a file is read; ask until the worker has looked at it. */
  async function look(number) {
    const made = element("form", { className: "al-form rc-look", noValidate: true }, element("h2", { textContent: "Reading …" }), element("p", { className: "wide", textContent: "The worker looks at the file within seconds." })), box = dialog(made);
    let found = null;
    while (box.open) {
      try { found = await send("GET", "uploads/" + number); } catch (error) { made.replaceChildren(element("p", { className: "problem wide", textContent: error.message })); return; }
      if (!["sent", "confirmed"].includes(found.state)) break;
      await new Promise((resolve) => { setTimeout(resolve, 700); });
    }
    if (!box.open || !found) return;
    if (found.state === "loaded") { box.close(); watch(); return; }
    understood(made, box, found);
  }
  function understood(made, box, found) {
    const seen = found.understood, problems = found.problems || [], header = seen.header || [], told0 = found.options || {};
    const parts = [element("h2", { textContent: found.name })];
    if (problems.length) parts.push(element("div", { className: "wide rc-problems" }, element("b", { textContent: found.state === "refused" ? "Refused: nothing was changed." : "" }), element("ol", {}, ...problems.slice(0, 60).map((each) => element("li", { textContent: (each.line ? "Line " + each.line + ": " : "") + each.words })))));
    if (seen.words) parts.push(element("p", { className: "wide", textContent: seen.words[0].toUpperCase() + seen.words.slice(1) + ". " + Number(seen.rows).toLocaleString("en-US") + " records of " + (seen.first || "?") + " to " + (seen.last || "?") + ", in all $" + (seen.cents / 100).toLocaleString("en-US", { minimumFractionDigits: 2 }) + "."
      + (seen.totals && seen.totals.length ? (seen.repeated ? " " + Number(seen.repeated).toLocaleString("en-US") + " of them were taken already with another file, whose days overlap, and are not taken twice." : "") + " Left out: " + seen.totals.slice(0, 12).map((each) => "line " + each.line + " (" + each.words.slice(0, 40) + (each.says ? "; " + each.says : "") + ")").join(", ") + (seen.totals.length > 12 ? " and " + (seen.totals.length - 12) + " more" : "") + "." : "") + (seen.unknown_branches && seen.unknown_branches.length ? " Branches not known: " + seen.unknown_branches.slice(0, 5).join(", ") + "." : "") }));
    const wrong = (seen.totals || []).filter((each) => each.agrees === false);
    if (wrong.length) parts.push(element("div", { className: "wide rc-problems" }, element("b", { textContent: "A total of the file does not agree with its records." }), element("ol", {}, ...wrong.slice(0, 10).map((each) => element("li", { textContent: "Line " + each.line + ": " + each.says })))));
    const columns = header.length ? header : Object.keys(told0.mapping || {}), fields = [["-", "left out"], ...found.fields.map((name) => [name, name])];
    if (columns.length) {
      const rows = columns.map((column, place) => element("tr", {}, element("th", { scope: "row", textContent: column }), element("td", {}, Object.assign(select("map", fields, (seen.mapping || told0.mapping || {})[column] || "-"), { title: column })), ...(seen.examples || []).slice(0, 3).map((row) => element("td", { textContent: row[place] }))));
      parts.push(element("div", { className: "wide rc-x" }, element("table", { className: "tb rc-map" }, element("thead", {}, element("tr", {}, element("th", { textContent: "Column" }), element("th", { textContent: "is" }), element("th", { textContent: "as in the first rows", colSpan: 3 }))), element("tbody", {}, ...rows))));
    }
    parts.push(field("Dates", select("dates", [["", "As the file shows"], ["us", "Month first"], ["eu", "Day first"]], told0.dates || "")), field("Decimals", select("decimal", [["", "As the file shows"], ["dot", "After a dot"], ["comma", "After a comma"]], told0.decimal || "")),
      field("Header is on line", element("input", { type: "number", name: "header_row", min: 1, value: told0.header_row || "" }), "Empty: found out"), field("Sheet", element("input", { name: "sheet", value: told0.sheet || "" }), "Of a workbook"),
      field("Reports on days from", element("input", { type: "date", name: "from", value: told0.from || "" }), "Empty: found out from what matches"), field("to", element("input", { type: "date", name: "to", value: told0.to || "" }), "Both days included"),
      element("div", { className: "problem" }));
    const options = () => ({ mapping: Object.fromEntries(all("[name=map]", made).map((each) => [each.title, each.value])), dates: made.elements.dates.value, decimal: made.elements.decimal.value, sheet: made.elements.sheet.value, header_row: Number(made.elements.header_row.value) || null, from: made.elements.from.value, to: made.elements.to.value });
    const answer = async (state) => { try { await send("PUT", "uploads/" + found.id, { state, options: options() }); box.close(); if (state === "dropped") window.northline.redraw(); else look(found.id); } catch (error) { say(made, error.message); } };
    const button = (words, name, work) => element("button", { className: "button " + name, type: "button", textContent: words, onclick: work });
    parts.push(element("div", { className: "al-end" }, button("Forget the file", "remove", () => answer("dropped")), button("Read it again", "", () => answer("sent")), ...(found.state === "shown" ? [button("Take these records", "primary", () => answer("confirmed"))] : [])));
    made.replaceChildren(...parts);
  }

  /* ---- sign-off */
  async function signFor(button) {
    const box = button.closest(".rc-sign"), note = $("[name=note]", box).value;
    if (button.dataset.sure !== "yes") { button.dataset.sure = "yes"; $("span:last-child", button).textContent = "Sign: I have looked at these numbers"; return; }
    button.disabled = true; say(box, "");
    try { await send("POST", "sign-offs", { from: button.dataset.from, to: button.dataset.to, branch: button.dataset.branch ? Number(button.dataset.branch) : null, hash: button.dataset.hash, note }); await window.northline.redraw(); } catch (error) { say(box, error.message); button.disabled = false; button.dataset.sure = ""; }
  }
  document.addEventListener("northline:drawn", () => { if (here()) reasons(); });
  window.northline.actions = { ...window.northline.actions, reconAssign: assignChosen, reconMove: move, reconAgree: agree, reconRefuse: refuse, reconComment: comment, reconAttach: attach, reconPair: pairUp, reconRun: run, reconSource: source, reconUpload: upload, reconLook: (button) => look(button.dataset.upload), reconSign: signFor };
})();
