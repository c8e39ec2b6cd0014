/* Targets: a cell changes on the screen at once, is saved with the version that was looked at, and goes back with the reason when it is refused. */
(function () {
  "use strict";
  const $ = (selector, within) => (within || document).querySelector(selector);
  const all = (selector, within) => [...(within || document).querySelectorAll(selector)];
  const grid = () => $("#page .tg");
  const S = { key: "", row: "", done: [], turn: Promise.resolve(), waiting: 0, timer: 0 };
  const LATER = 900;

  /* ---- numbers as format.py writes them */
  const grouped = (value, places) => value.toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places });
  const SUFFIX = { days: " d", minutes: " min", hours: " h", seconds: " s", milliseconds: " ms" };
  function write(value, unit) {
    if (value === null || !isFinite(value)) return "—";
    if (unit === "percent") return grouped(value * 100, 1) + "%";
    if (unit === "money") return value >= 999500 ? "$" + grouped(value / 1e6, 2) + "M" : value >= 1e5 ? "$" + grouped(value / 1000, 1) + "K" : "$" + grouped(value, value >= 100 || value === 0 ? 0 : 2);
    if (unit === "count") return value < 1e6 ? grouped(value, 0) : grouped(value / 1e6, 2) + "M";
    if (unit === "number") return grouped(value, Math.abs(value) < 100 ? 2 : 0);
    return grouped(value, Math.abs(value) < 100 ? 1 : 0) + (SUFFIX[unit] || "");
  }
  /** What was typed: $1,250.50, 1.2M, 31.8%; null for nothing, NaN for what is no number. */
  function read(text, unit) {
    const found = /^\s*\$?\s*(-?[\d,]*\.?\d+)\s*([kKmM%]?)\s*$/.exec(text);
    if (!text.trim()) return null;
    if (!found) return NaN;
    const value = Number(found[1].replace(/,/g, "")) * ({ k: 1e3, m: 1e6 }[found[2].toLowerCase()] || 1);
    if (unit === "percent") return found[2] === "%" || value > 1 ? value / 100 : value;
    return found[2] === "%" ? NaN : value;
  }
  const rounded = (value, unit) => Math.round(value * (unit === "percent" ? 1e4 : unit === "count" ? 1 : 100)) / (unit === "percent" ? 1e4 : unit === "count" ? 1 : 100);

  /* ---- cells */
  const unit = () => grid().dataset.unit, isFlow = () => grid().dataset.flow === "yes";
  const rows = () => all("tbody tr", grid());
  const cellsOf = (row) => all(".tg-c", row);
  const value = (cell) => cell.dataset.value === "" ? null : Number(cell.dataset.value);
  const keyOf = (cell) => cell.closest("tr").dataset.branch + "/" + cell.dataset.month;
  const cellAt = (branch, month) => cellsOf($('tbody tr[data-branch="' + (branch === null ? "" : branch) + '"]', grid()) || document.createElement("tr")).find((cell) => cell.dataset.month === month);
  const chosenRow = () => rows().find((row) => row.dataset.branch === S.row) || rows()[0];
  const chosenCell = () => all(".tg-c", grid()).find((cell) => keyOf(cell) === S.key);

  function show(cell, number) {
    cell.dataset.value = number === null ? "" : String(number);
    cell.textContent = write(number, unit());
    cell.parentElement.classList.toggle("none", number === null);
  }
  function together(values) {
    const found = values.filter((each) => each !== null);
    if (!found.length) return null;
    const sum = found.reduce((a, b) => a + b, 0);
    return isFlow() ? sum : sum / found.length;
  }
  /** Write anew what follows from the cells: years, the check of the branches, the day's share. */
  function settle() {
    rows().forEach((row) => { $(".tg-sum", row).textContent = write(together(cellsOf(row).map(value)), unit()); });
    const company = rows().find((row) => !row.dataset.branch), branches = rows().filter((row) => row.dataset.branch), check = $(".tg-check", grid());
    if (check && company) {
      const made = cellsOf(company).map((cell, n) => {
        const parts = branches.map((row) => value(cellsOf(row)[n]));
        return parts.includes(null) ? null : together(parts);
      });
      all("td", check).forEach((td, n) => {
        const sum = n < 12 ? made[n] : together(made), own = n < 12 ? value(cellsOf(company)[n]) : together(cellsOf(company).map(value));
        td.textContent = write(sum, unit());
        const off = sum !== null && own !== null && Math.abs(sum - own) > Math.max(Math.abs(own) * 0.005, 1e-9);
        td.classList.toggle("off", off);
        td.title = off ? "The company's own target is " + write(own, unit()) + ": " + write(Math.abs(sum - own), unit()) + (sum > own ? " less" : " more") + " than its branches make" : "";
      });
    }
    const weights = JSON.parse(grid().dataset.weights), row = chosenRow();
    if (isFlow() && row) all(".tg-day td", grid()).slice(0, 12).forEach((td, n) => { const month = value(cellsOf(row)[n]); td.textContent = write(month === null || !weights[n] ? null : month / weights[n], unit()); });
    if (row) all(".tg-who", grid()).forEach((each) => { each.textContent = row.dataset.name; });
    rows().forEach((each) => { const button = $(".tg-row", each); if (button) button.setAttribute("aria-pressed", String(each === row)); });
  }
  function choose(cell) {
    S.key = keyOf(cell);
    S.row = cell.closest("tr").dataset.branch;
    all(".tg-c.on", grid()).forEach((each) => each.classList.remove("on"));
    cell.classList.add("on");
    settle();
  }
  function say(words, kind, lines) {
    const place = $(".tg-said", grid());
    if (!place) return;
    place.className = "tg-said " + (kind || "");
    place.textContent = words;
    if (lines && lines.length) {
      const list = document.createElement("ul");
      lines.forEach((each) => { const item = document.createElement("li"); item.textContent = each; list.append(item); });
      place.append(list);
    }
  }

  /* ---- saving: the screen first, then the server; one request after the other, each with the versions of that moment */
  const send = window.northline.send;
  /** Save [[cell, value], ...]: all or none. */
  function save(wishes, note, isUndo) {
    const changes = wishes.filter(([cell, number]) => value(cell) !== number).map(([cell, number]) => ({ branch: cell.closest("tr").dataset.branch, month: cell.dataset.month, from: value(cell), to: number }));
    if (!changes.length) { say("Nothing to change: these targets stand there already."); return S.turn; }
    const kpi = grid().dataset.kpi;
    const find = (each) => grid() && grid().dataset.kpi === kpi ? cellAt(each.branch, each.month) : null;
    changes.forEach((each) => { const cell = find(each); show(cell, each.to); cell.classList.remove("refused", "saved"); cell.classList.add("saving"); });
    settle();
    S.waiting += 1;
    S.turn = S.turn.then(async () => {
      try {
        const body = { kpi: kpi, note: note || "", cells: changes.map((each) => { const cell = find(each); if (!cell) throw Object.assign(new Error("The page was left before this was saved."), { data: {} });
          return { branch: each.branch === "" ? null : Number(each.branch), month: each.month, value: each.to, version: cell.dataset.version }; }) };
        accept((await send("PUT", "/targets/cells", body)).cells, kpi);
        if (!isUndo) S.done.push(changes);
        say(changes.length === 1 ? "Saved." : changes.length + " targets saved.", "good");
      } catch (error) {
        changes.forEach((each) => { const cell = find(each); if (cell) { show(cell, each.from); cell.classList.add("refused"); } });
        if (error.data && error.data.cells) accept(error.data.cells, kpi, true);
        say(error.message, "bad");
      } finally {
        changes.forEach((each) => { const cell = find(each); if (cell) cell.classList.remove("saving"); });
        S.waiting -= 1;
        if (grid()) settle();
        later();
      }
    });
    return S.turn;
  }
  function accept(cells, kpi, refused) {
    if (!grid() || grid().dataset.kpi !== kpi) return;
    cells.forEach((each) => {
      const cell = cellAt(each.branch, each.month);
      if (!cell) return;
      show(cell, each.value);
      cell.dataset.version = each.version;
      cell.classList.toggle("refused", Boolean(refused));
      cell.classList.toggle("saved", !refused);
    });
  }
  /** Read the other cards anew once nothing is being typed or saved. */
  function later() {
    clearTimeout(S.timer);
    S.timer = setTimeout(() => {
      if (!grid()) return;
      if (S.waiting || $(".tg-in") || $("#page details[open]") || $("#page .care input:focus") || $(".tg-said.bad", grid())) return;
      S.said = [$(".tg-said", grid()).textContent, $(".tg-said", grid()).className];
      window.northline.redraw();
    }, LATER);
  }

  /* ---- typing into a cell */
  function edit(cell, first) {
    choose(cell);
    const input = document.createElement("input"), before = value(cell);
    input.className = "tg-in"; input.type = "text"; input.inputMode = "decimal"; input.setAttribute("aria-label", cell.getAttribute("aria-label"));
    input.value = first !== undefined ? first : before === null ? "" : unit() === "percent" ? String(Math.round(before * 1e6) / 1e4) + "%" : String(before);
    cell.hidden = true; cell.style.display = "none";
    cell.after(input);
    input.focus();
    if (first === undefined) input.select();
    let over = false;
    const end = (keep, move) => {
      if (over) return;
      over = true;
      const number = read(input.value, unit());
      input.remove(); cell.hidden = false; cell.style.display = "";
      if (keep && Number.isNaN(number)) { say("“" + input.value + "” is no number. Write 1250, $1.2M or 31.8%.", "bad"); cell.focus(); return; }
      if (keep && number !== before) save([[cell, number]]);
      if (move) step(cell, move); else if (document.activeElement === document.body) cell.focus({ preventScroll: true });
    };
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") { event.preventDefault(); end(true, [0, 1]); }
      else if (event.key === "Tab") { event.preventDefault(); end(true, [event.shiftKey ? -1 : 1, 0]); }
      else if (event.key === "Escape") { event.stopPropagation(); end(false); cell.focus(); }
    });
    input.addEventListener("blur", () => end(true));
  }
  function step(cell, [right, down]) {
    const row = cell.closest("tr"), lines = rows();
    const next = cellsOf(lines[lines.indexOf(row) + down] || row)[cellsOf(row).indexOf(cell) + right];
    (next || cell).focus();
    choose(next || cell);
  }
  document.addEventListener("click", (event) => { const cell = event.target.closest && event.target.closest("button.tg-c"); if (cell) edit(cell); });
  document.addEventListener("keydown", (event) => {
    const cell = event.target.closest && event.target.closest("button.tg-c");
    if (!cell) return;
    const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (way) { event.preventDefault(); step(cell, way); }
    else if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); choose(cell); save([[cell, null]]); }
    else if (/^[\d.$]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); edit(cell, event.key); }
    else if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); takeBack(); }
  });
  document.addEventListener("northline:drawn", () => {
    if (!grid()) return;
    settle();
    if (S.said && !$(".tg-said", grid()).textContent) { say(S.said[0]); S.said = null; }
    const cell = chosenCell();
    if (cell && !cell.classList.contains("on")) { cell.classList.add("on"); if (document.activeElement === document.body) cell.focus({ preventScroll: true }); }
  });

  /* ---- whole rows */
  /** Split `total` by `shares`; what rounding leaves goes to the month with the greatest share. */
  function split(total, shares) {
    if (!isFlow()) return shares.map(() => rounded(total, unit()));
    const parts = shares.map((share) => rounded(total * share, unit())), largest = shares.indexOf(Math.max(...shares));
    parts[largest] = Math.round((parts[largest] + total - parts.reduce((a, b) => a + b, 0)) * 1e4) / 1e4;
    return parts;
  }
  const field = (button, name) => $("[name=" + name + "]", button.closest(".tg-form"));
  const close = (button) => { const pop = button.closest("details"); if (pop) pop.open = false; };
  function spread(button) {
    const total = read(field(button, "total").value, unit());
    if (total === null || Number.isNaN(total)) { say("Type the yearly value first, such as 1.2M or 1,200,000.", "bad"); return; }
    close(button);
    const row = chosenRow(), parts = split(total, JSON.parse(row.dataset.shares));
    save(cellsOf(row).map((cell, n) => [cell, parts[n]]), isFlow() ? "Yearly total of " + write(total, unit()) + " spread" : "Same in every month");
  }
  function copyYear(button) {
    const percent = Number(field(button, "percent").value.replace("%", "").trim());
    if (!isFinite(percent)) { say("Type how many percent more, such as 5 or -3.", "bad"); return; }
    close(button);
    const row = chosenRow(), before = JSON.parse(row.dataset.before);
    if (before.every((each) => each === null)) { say("Last year has no target for " + row.dataset.name + ".", "bad"); return; }
    save(cellsOf(row).map((cell, n) => [cell, before[n] === null ? value(cell) : rounded(before[n] * (1 + percent / 100), unit())]), "Last year " + (percent < 0 ? "−" : "+") + Math.abs(percent) + "%");
  }
  function fromBranches(button) {
    close(button);
    const company = rows().find((row) => !row.dataset.branch), branches = rows().filter((row) => row.dataset.branch);
    save(cellsOf(company).map((cell, n) => {
      const parts = branches.map((row) => value(cellsOf(row)[n]));
      return [cell, parts.includes(null) ? value(cell) : Math.round(together(parts) * 1e4) / 1e4];
    }), "From the branches");
  }
  function toBranches(button) {
    close(button);
    const company = rows().find((row) => !row.dataset.branch), branches = rows().filter((row) => row.dataset.branch), wishes = [];
    cellsOf(company).forEach((cell, n) => {
      const whole = value(cell), parts = branches.map((row) => value(cellsOf(row)[n]) || 0), sum = parts.reduce((a, b) => a + b, 0);
      if (whole === null) return;
      const own = isFlow() ? split(whole, parts.map((part) => sum ? part / sum : 1 / parts.length)) : parts.map((part) => sum ? rounded(part * whole / (sum / parts.length), unit()) : whole);
      branches.forEach((row, place) => wishes.push([cellsOf(row)[n], own[place]]));
    });
    save(wishes, "From the company");
  }
  function fillRight() {
    const cell = chosenCell();
    if (!cell || value(cell) === null) { say("Choose a cell with a value first.", "bad"); return; }
    const line = cellsOf(cell.closest("tr"));
    save(line.slice(line.indexOf(cell) + 1).map((each) => [each, value(cell)]), "Filled right");
  }
  function takeBack() {
    const last = S.done.pop();
    if (!last) { say("There is nothing of yours to take back on this page; “What changed” below undoes older changes."); return; }
    save(last.map((each) => [cellAt(each.branch, each.month), each.from]).filter(([cell]) => cell), "Taken back", true);
  }
  async function undo(button) {
    button.disabled = true;
    const kpi = grid().dataset.kpi;
    try {
      accept((await send("POST", "/targets/undo", { change: Number(button.dataset.change) })).cells, kpi);
      button.remove();
      say("Undone.", "good");
      settle(); later();
    } catch (error) {
      button.disabled = false;
      if (error.data && error.data.cells) accept(error.data.cells, kpi, true);
      say(error.message, "bad");
    }
  }
  async function showHistory() {
    const cell = chosenCell();
    if (!cell) { say("Choose a cell first.", "bad"); return; }
    const branch = cell.closest("tr").dataset.branch;
    try {
      const answer = await fetch("/targets/history?kpi=" + grid().dataset.kpi + "&month=" + cell.dataset.month + (branch ? "&branch=" + branch : ""));
      const data = await answer.json();
      if (!answer.ok) throw new Error(data.error);
      const lines = data.changes.map((each) => each.at + ": " + each.who + " changed " + write(each.old, unit()) + " to " + write(each.new, unit()) + (each.note ? " (" + each.note + ")" : ""));
      say(cell.getAttribute("aria-label").split(":")[0] + (lines.length ? "" : ": nobody has changed it here; what an import wrote has no history."), "", lines);
    } catch (error) { say("The history could not be read: " + error.message, "bad"); }
  }
  function takeFile() {
    const picker = document.createElement("input");
    picker.type = "file"; picker.accept = ".csv,text/csv";
    picker.addEventListener("change", async () => {
      say("Reading " + picker.files[0].name + " …");
      try {
        const answer = await fetch("/targets/import", { method: "POST", headers: { "Content-Type": "text/csv" }, body: picker.files[0] });
        const data = await answer.json().catch(() => ({}));
        if (!answer.ok) { say(data.error || "The file was refused (status " + answer.status + ").", "bad", (data.lines || []).map((each) => "Line " + each.line + ": " + each.words)); return; }
        say(data.cells.length + " targets were read from the file.", "good");
        later();
      } catch (error) { say("The file could not be sent: " + error.message, "bad"); }
    });
    picker.click();
  }

  window.northline.actions = { ...window.northline.actions, "tg-row": (button) => { S.row = button.closest("tr").dataset.branch; settle(); }, "tg-spread": spread, "tg-copy": copyYear, "tg-up": fromBranches, "tg-down": toBranches,
    "tg-fill": fillRight, "tg-history": showHistory, "tg-back": takeBack, "tg-undo": undo, "tg-import": takeFile };
})();
