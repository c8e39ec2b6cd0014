/* The library and the viewer of reports: favourites, folders, the bin, copies; a click on a mark filters the page or opens its rows. */
(function () {
  "use strict";
  const R = window.northline.report, $ = R.$, el = R.element, icon = R.icon;
  const number = (button) => Number(button.dataset.report);
  function said(words, ...more) { const place = $(".rl-said"); if (place) place.replaceChildren(words, ...more); else if (words) notice(words, ...more); }
  function notice(words, ...more) { const open = R.dialog("Report", el("p", {}, words), ...more); return open; }
  const failed = (words) => (error) => { said(words + " " + error.message); throw error; };

  /* ---- on the screen at once, and back where the server refuses */
  async function star(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    try { await R.send("PUT", "/reports/" + number(button) + "/favourite", { on }); } catch (error) { button.setAttribute("aria-pressed", String(!on)); said("That could not be kept: " + error.message); }
  }
  const row = (button) => button.closest("[data-row]");
  async function bin(button) {
    const line = row(button), title = $(".rl-title", line).textContent;
    line.hidden = true; group(line);
    const back = el("button", { class: "button", type: "button" }, icon("undo"), "Undo");
    back.addEventListener("click", async () => { line.hidden = false; group(line); said(""); try { await R.send("PUT", "/reports/" + number(button) + "/bin", { into: false }); } catch (error) { said("It could not be taken back: " + error.message); } });
    said("“" + title + "” was deleted. ", back);
    back.focus();
    try { await R.send("PUT", "/reports/" + number(button) + "/bin", { into: true }); } catch (error) { line.hidden = false; group(line); said("It could not be deleted: " + error.message); }
  }
  function group(line) { const section = line.closest(".rl-group"); section.hidden = [...section.querySelectorAll("[data-row]")].every((each) => each.hidden); }
  async function back(button) { const line = row(button); line.hidden = true; try { await R.send("PUT", "/reports/" + number(button) + "/bin", { into: false }); said("It is back in the library."); } catch (error) { line.hidden = false; said(error.message); } }
  async function move(button) { try { await R.send("PUT", "/reports/" + number(button) + "/folder", { folder: button.dataset.folder }); location.reload(); } catch (error) { said("It could not be moved: " + error.message); } }

  /* ---- a line dragged onto a folder: there at once, and back where the server refuses; without a mouse its menu does the same */
  let held = null;
  addEventListener("pointerdown", (event) => {
    const line = event.target.closest && event.target.closest(".rl-group [data-moves]");
    if (!line || event.button || event.pointerType === "touch" || event.target.closest("button,summary,details")) return;
    held = { line, x: event.clientX, y: event.clientY, from: line.closest(".rl-group") };
  });
  addEventListener("dragstart", (event) => { if (event.target.closest && event.target.closest(".rl-group [data-moves]")) event.preventDefault(); });
  const over = (section) => document.querySelectorAll(".rl-group").forEach((each) => each.classList.toggle("over", each === section && each !== held.from));
  addEventListener("pointermove", (event) => {
    if (!held) return;
    if (!held.ghost) {
      if (Math.hypot(event.clientX - held.x, event.clientY - held.y) < 6) return;
      held.ghost = el("div", { class: "rb-ghost rb-tile-ghost" }, icon("report"), " " + $(".rl-title", held.line).textContent);
      document.body.append(held.ghost);
      document.documentElement.classList.add("rb-dragging");
    }
    held.ghost.style.transform = "translate(" + (event.clientX + 10) + "px," + (event.clientY + 8) + "px)";
    const under = document.elementFromPoint(event.clientX, event.clientY);
    held.to = under && under.closest(".rl-group");
    over(held.to);
  });
  function release() { const done = held; if (done && done.ghost) { done.ghost.remove(); document.documentElement.classList.remove("rb-dragging"); over(null); R.swallow(); } held = null; return done; }
  addEventListener("pointerup", async () => {
    const done = held && release();
    if (!done || !done.ghost || !done.to || done.to === done.from) return;
    const { line, from, to } = done, next = line.nextElementSibling, title = "“" + $(".rl-title", line).textContent + "”", folders = (section) => section.dataset.folder;
    const place = (section, before) => { $("ul", section).insertBefore(line, before); [from, to].forEach((each) => { each.hidden = !each.querySelector("[data-row]"); const count = $("h2 small", each); if (count) count.textContent = each.querySelectorAll("[data-row]").length; }); };
    const put = async (section, before, back, beforeBack) => { place(section, before); try { await R.send("PUT", "/reports/" + line.dataset.row + "/folder", { folder: folders(section) }); return true; } catch (error) { place(back, beforeBack); said(title + " could not be moved: " + error.message); return false; } };
    if (!(await put(to, $("ul", to).firstElementChild, from, next))) return;
    const undo = el("button", { class: "button", type: "button" }, icon("undo"), "Undo");
    undo.addEventListener("click", () => { said(""); put(from, next, to, null); });
    said(title + (folders(to) ? " is in the folder " + folders(to) + ". " : " is in no folder. "), undo);
  });
  addEventListener("pointercancel", release);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && held) release(); });
  function folder(button) {
    const name = el("input", { type: "text", maxlength: 80, "aria-label": "Name of the folder" }), keep = el("button", { class: "button primary", type: "button" }, "Move"), problem = el("p", { class: "problem", role: "alert" });
    const open = R.dialog("New folder", el("label", { class: "rb-row" }, el("span", {}, "Name"), name), problem, el("div", { class: "rd-do" }, keep));
    keep.addEventListener("click", async () => { if (!name.value.trim()) { problem.textContent = "Give it a name."; return; } try { await R.send("PUT", "/reports/" + number(button) + "/folder", { folder: name.value }); open.close(); location.reload(); } catch (error) { problem.textContent = error.message; } });
    name.addEventListener("keydown", (event) => { if (event.key === "Enter") keep.click(); });
    name.focus();
  }
  async function make(what, way) { const made = await R.send("POST", "/reports", what).catch(failed("The report could not be made.")); location.href = "/reports/" + made.id + way; }
  const fresh = (button) => { button.disabled = true; make({ template: button.dataset.template }, "/edit").catch(() => { button.disabled = false; }); };
  const copy = (button) => make({ copy_of: number(button) }, "/edit").catch((error) => console.debug("report: copy", error.message));
  const copied = (text) => (navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject(new Error("no clipboard")));
  function copyButton(text) {
    const made = el("button", { class: "button", type: "button" }, "Copy the address");
    made.addEventListener("click", () => copied(text).then(() => { made.textContent = "Copied"; }, () => { made.textContent = "Select the text and copy it"; }));
    return made;
  }
  /* The address holds what is looked at; each reader of it sees their own branches. */
  function link(button) {
    const label = $("span:last-child", button), before = label.textContent;
    copied(location.href).then(() => { label.textContent = "Copied"; }, () => { label.textContent = "Copy it from the address bar"; }).then(() => setTimeout(() => { label.textContent = before; }, 1800));
  }
  async function freeze(button) {
    const menu = button.closest("details");
    if (menu) menu.open = false;
    try {
      const made = await R.send("POST", "/reports/" + number(button) + "/freeze", { search: location.search }), address = location.origin + made.link, field = el("input", { type: "text", readonly: true, value: address, "aria-label": "Address of the copy" });
      R.dialog("These numbers, as they are now", el("p", {}, made.words), field, el("div", { class: "rd-do" }, copyButton(address), el("a", { class: "button primary", href: made.link }, "Open it")));
      field.value = address; field.select();
    } catch (error) { notice("The copy could not be made: " + error.message); }
  }

  /* ---- find a report */
  document.addEventListener("input", (event) => {
    if (!event.target.matches || !event.target.matches(".rl-find input[name=find]")) return;
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    document.querySelectorAll(".rl-group").forEach((section) => { let here = 0; section.querySelectorAll("[data-row]").forEach((line) => { line.hidden = !words.every((word) => line.dataset.find.includes(word)); here += !line.hidden; }); section.hidden = !here; found += here; });
    const none = $(".rl-none");
    if (none) none.hidden = found > 0 || !document.querySelector(".rl-group");
  });

  /* ---- a click on a mark */
  let menu = null;
  function close() { if (menu) { menu.remove(); menu = null; } }
  addEventListener("pointerdown", (event) => { if (menu && !menu.contains(event.target)) close(); }, true);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  function chosen(choice) {
    const [name, key] = [choice.slice(0, choice.indexOf("=")), choice.slice(choice.indexOf("=") + 1)], query = new URLSearchParams(location.search);
    if (name === "period") { northline.choose({ period: key }); return; }
    if (name === "branch") { northline.choose({ branch: query.get("branch") === key ? null : key }); return; }
    const held = new Map((query.get("only") || "").split(",").filter(Boolean).map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]));
    if (held.get(name) === key) held.delete(name); else held.set(name, key);
    northline.choose({ only: [...held].map(([each, value]) => each + "=" + value).join(",") || null });
  }
  function ask([code, choice, label, text, series, second], event) {
    close();
    const item = (symbol, words, work) => { const made = el("button", { class: "item", type: "button", role: "menuitem" }, icon(symbol), words); made.addEventListener("click", () => { close(); work(); }); return made; };
    const only = (filter, name) => (filter ? item(filter.startsWith("period=") ? "calendar" : "funnel", filter.startsWith("period=") ? "Show only these days" : "Show only " + name, () => chosen(filter)) : null);
    const items = [only(choice, label), only(series, second), code ? item("table", "Rows behind it", () => dash_clientside.set_props("glass-ask", { data: { metric: code, path: location.pathname, search: location.search, part: 0, page: 1, at: Date.now() } })) : null].filter(Boolean);
    const words = text.replaceAll("<br>", ", ");
    menu = el("div", { class: "rb-menu pop-in", role: "menu" }, el("h3", {}, label + (second ? ", " + second : "") + ": " + words), ...(items.length ? items : [el("p", { class: "note" }, "This mark stands for others: it has no rows of its own.")]));
    document.body.append(menu);
    menu.style.left = Math.max(8, Math.min(event.clientX, innerWidth - menu.offsetWidth - 8)) + "px";
    menu.style.top = Math.max(8, Math.min(event.clientY + 8, innerHeight - menu.offsetHeight - 8)) + "px";
    const first = menu.querySelector("button");
    if (first) first.focus();
  }
  function listen() {
    document.querySelectorAll(".rp-figure .js-plotly-plot").forEach((plot) => {
      if (!plot.on || plot.opensRows) return;
      plot.opensRows = true;
      const dial = (plot.data || []).find((trace) => trace.type === "indicator" && trace.customdata);  // plotly tells of no click on one
      if (dial) { plot.style.cursor = "pointer"; plot.addEventListener("click", (event) => ask(dial.customdata[0], event)); return; }
      plot.on("plotly_click", (event) => { const point = event.points.find((each) => each.customdata); if (!point) return; const data = Array.isArray(point.customdata[0]) ? point.customdata[0] : point.customdata; if (data.length === 6) ask(data, event.event || { clientX: innerWidth / 2, clientY: innerHeight / 2 }); });
    });
  }
  document.addEventListener("northline:drawn", () => { listen(); setTimeout(listen, 800); setTimeout(listen, 2500); });
  window.northline.actions = { ...window.northline.actions, "rp-star": star, "rp-copy": copy, "rp-freeze": freeze, "rp-link": link, "rl-bin": bin, "rl-back": back, "rl-move": move, "rl-folder": folder, "rl-new": fresh };
})();
