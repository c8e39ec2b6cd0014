/* Early warning: the bell's count on every page; acknowledging, assigning and the editor of rules, on screen at once and taken back where refused. */
(function () {
  "use strict";
  const REFRESH = 60e3, $ = (selector, within) => (within || document).querySelector(selector);
  let asked = 0, asking = false, shown = -1, later = 0;

  /* ---- the bell */
  async function count() {
    if (asking || document.hidden) return;
    asking = true; asked = Date.now();
    try {
      const answer = await fetch("/alerts/count");
      if (answer.ok) ring((await answer.json()).firing);
    } catch (error) { console.debug("alerts:", error.message); } finally { asking = false; }
  }
  function ring(firing) {
    document.querySelectorAll(".bell").forEach((bell) => {
      const badge = $(".bell-n", bell), text = firing > 99 ? "99+" : String(firing);
      if (badge.textContent !== text) badge.textContent = text;
      badge.hidden = !firing;
      bell.setAttribute("aria-label", firing ? firing + " warnings that nobody has taken note of" : "Warnings: nothing new");
      if (shown >= 0 && firing > shown) { bell.classList.remove("ring"); void bell.offsetWidth; bell.classList.add("ring"); }
    });
    shown = firing;
  }
  document.addEventListener("northline:drawn", () => {
    if (shown >= 0) ring(shown);
    if (Date.now() - asked > 2000) count();
    if (location.pathname === "/alerts" && !document.documentElement.dataset.alertsRead) {
      document.documentElement.dataset.alertsRead = "yes";
      fetch("/alerts/read", { method: "POST" }).catch((error) => console.debug("alerts: not marked as read", error.message));
    }
  });
  document.addEventListener("northline:event", ({ detail }) => {
    if (detail.data.kind !== "alert") return;
    clearTimeout(later);
    later = setTimeout(() => { count(); redraw(); }, 300);
  });
  setInterval(() => { if (Date.now() - asked > REFRESH) count(); }, 5000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && Date.now() - asked > REFRESH / 4) count(); });
  function redraw() {
    if (location.pathname !== "/alerts" || $("dialog[open]") || (document.activeElement && document.activeElement.closest(".al-item input,.al-item select"))) return;
    window.northline.redraw();
  }

  /* ---- asking the server */
  const send = (method, path, body) => window.northline.send(method, "/alerts/" + path, body, true);
  const say = (within, text) => { const note = within && $(".problem", within); if (note) note.textContent = text; };
  const where = (item) => "warnings/" + item.dataset.warning;

  /* ---- warnings */
  async function acknowledge(button) {
    const item = button.closest("[data-warning]"), before = item.dataset.state, tag = $(".al-tag", item), was = tag.textContent, label = $("span:last-child", button), count0 = shown;
    item.dataset.state = "acknowledged"; tag.textContent = "Acknowledged"; tag.className = "al-tag acknowledged"; label.textContent = "Acknowledged"; button.disabled = true; button.classList.remove("primary");
    say(item, "");
    if (shown > 0) ring(shown - 1);
    try { await send("POST", where(item) + "/acknowledge"); redraw(); } catch (error) {
      item.dataset.state = before; tag.textContent = was; tag.className = "al-tag " + before; label.textContent = "Acknowledge"; button.disabled = false; button.classList.add("primary");
      ring(count0);
      say(item, error.message);
    }
  }
  document.addEventListener("focusin", (event) => { const field = event.target.closest(".al-do select,.al-do input"); if (field) field.dataset.before = field.value; });
  document.addEventListener("change", async (event) => {
    const field = event.target.closest(".al-do select,.al-do input");
    if (!field) return;
    const item = field.closest("[data-warning]"), outcome = $("[name=outcome]", item).value, note = $("[name=note]", item).value;
    say(item, "");
    try {
      if (field.name === "owner") await send("PUT", where(item) + "/owner", { owner: field.value ? Number(field.value) : null });
      else await send("PUT", where(item) + "/outcome", { outcome, note });
      field.dataset.before = field.value;
    } catch (error) { field.value = field.dataset.before || ""; say(item, error.message); }
  });

  /* ---- rules */
  const told = (button) => { const row = button.closest("[data-rule]"); return row ? JSON.parse(row.dataset.rule) : null; };
  async function turn(button) {
    const rule = told(button), on = !rule.enabled, row = button.closest("tr");
    const paint = (is) => { button.textContent = is ? "On" : "Off"; button.classList.toggle("on", is); button.setAttribute("aria-pressed", String(is)); row.classList.toggle("al-off", !is); rule.enabled = is; row.dataset.rule = JSON.stringify(rule); };
    paint(on); problem("");
    try { await send("PUT", "rules/" + rule.id + "/enabled", { enabled: on }); } catch (error) { paint(!on); problem(error.message); }
  }
  async function silence(button) {
    const rule = told(button), silent = !rule.silent, row = button.closest("tr"), state = $(".al-state", row), was = state.textContent;
    const paint = (is, text) => { button.setAttribute("aria-pressed", String(is)); state.textContent = text; rule.silent = is; row.dataset.rule = JSON.stringify(rule); };
    paint(silent, silent ? "Silent for a day" : ""); problem("");
    try { await send("PUT", "rules/" + rule.id + "/silence", { minutes: silent ? 1440 : 0 }); } catch (error) { paint(!silent, was); problem(error.message); }
  }
  const problem = (text) => { const note = $("#al-problem"); if (note) note.textContent = text; };

  function element(name, values, ...inner) { const made = Object.assign(document.createElement(name), values); made.append(...inner); return made; }
  function select(name, pairs, chosen) { return element("select", { name }, ...pairs.map(([value, label]) => element("option", { value, textContent: label, selected: String(value) === String(chosen) }))); }
  const field = (label, input, hint, wide) => element("label", { className: wide ? "wide" : "" }, label, input, ...(hint ? [element("small", { textContent: hint })] : []));
  const number = (name, value, step, min) => element("input", { type: "number", name, value: value === null || value === undefined ? "" : value, step: step || "any", ...(min === undefined ? {} : { min }) });

  function edit(button) {
    const holder = $("[data-options]"), rule = told(button), options = holder ? JSON.parse(holder.dataset.options) : null;
    if (!options) return;
    const d = { kind: "threshold", metric: "net_sales_amount", period: "mtd", per: "branch", side: "below", limit: 0.9, clear: null, view: "*", severity: "warning", for_minutes: 0, for_evaluations: 1, remind_minutes: 1440, hours: "always", email: true, webhook: "", branches: [], ...(rule ? rule.definition : {}) };
    const form = element("form", { className: "al-form", noValidate: true });
    const kind = select("kind", Object.entries(options.kinds).map(([key, [label]]) => [key, label]), d.kind), meaning = element("small");
    form.append(element("h2", { textContent: rule ? "Edit rule" : "New rule" }), field("Name", element("input", { name: "name", value: rule ? rule.name : "", maxLength: 120, autocomplete: "off" }), "", true),
      element("label", {}, "Kind", kind, meaning), field("Severity", select("severity", Object.entries(options.severities), d.severity), "Critical ones are mailed at once"));
    const parts = {
      metric: field("Number", select("metric", options.metrics.map(([name, label]) => [name, label]), d.metric)),
      period: field("Period", select("period", Object.entries(options.periods), d.period)),
      per: field("Watch", select("per", [["branch", "Each branch"], ["company", "The company"]], d.per)),
      side: field("Warn when", select("side", [["below", "Below the limit"], ["above", "Above the limit"]], d.side)),
      view: field("View", select("view", [["*", "Every view"], ...options.views.map((name) => [name, name])], d.view)),
      limit: field("Limit", number("limit", d.limit), " "), clear: field("Ends at", number("clear", d.clear), "Empty: at the limit"),
    };
    form.append(...Object.values(parts), field("For at least, minutes", number("for_minutes", d.for_minutes, 1, 0)), field("And evaluations in a row", number("for_evaluations", d.for_evaluations, 1, 1)),
      field("Tell again after, minutes", number("remind_minutes", d.remind_minutes, 1, 0), "0: never; not once acknowledged"), field("Hours", select("hours", Object.entries(options.hours), d.hours)),
      field("Webhook", element("input", { name: "webhook", type: "url", value: d.webhook, placeholder: "https://" }), "Called with a signature; https and public addresses only", true),
      element("label", { className: "tick wide" }, element("input", { type: "checkbox", name: "email", checked: d.email }), "Mail a digest to those who may see it"), element("div", { className: "problem" }));
    form.querySelector(".problem").setAttribute("role", "alert");
    const save = element("button", { className: "button primary", type: "submit", textContent: rule ? "Save" : "Create rule" }), cancel = element("button", { className: "button", type: "button", textContent: "Cancel" });
    const remove = element("button", { className: "button remove", type: "button", textContent: "Remove rule" });
    form.append(element("div", { className: "al-end" }, ...(rule ? [remove] : []), cancel, save));
    const dialog = element("dialog", { className: "al-dialog" }, form);
    const HINTS = { threshold: "In the number's own unit; 0.25 is 25 %", target: "Share of the target: 0.9 is 90 %", pace: "Share of the pace: 0.9 is 90 %", forecast: "Share of the goal: 0.9 is 90 %", anomaly: "1 is usual; 0.8 is touchy, 1.5 is calm", staleness: "Minutes" };
    const SHOWN = { threshold: "metric period per side limit clear", target: "metric period per limit clear", pace: "metric period per limit clear", forecast: "metric period per limit clear", anomaly: "metric per limit", staleness: "view limit clear" };
    const fit = () => { const wanted = SHOWN[kind.value].split(" "); Object.entries(parts).forEach(([name, part]) => { part.hidden = !wanted.includes(name); }); meaning.textContent = options.kinds[kind.value][1]; $("small", parts.limit).textContent = HINTS[kind.value]; };
    kind.addEventListener("change", fit); fit();
    const close = () => { dialog.close(); dialog.remove(); };
    cancel.addEventListener("click", close);
    dialog.addEventListener("close", () => dialog.remove());
    remove.addEventListener("click", async () => {
      if (remove.dataset.sure !== "yes") { remove.dataset.sure = "yes"; remove.textContent = "Remove for good?"; return; }
      try { await send("DELETE", "rules/" + rule.id); close(); window.northline.redraw(); } catch (error) { say(form, error.message); }
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const value = (name) => form.elements[name].value, figure = (name) => (value(name) === "" ? null : Number(value(name)));
      const wanted = SHOWN[kind.value].split(" ");
      const definition = { kind: kind.value, severity: value("severity"), hours: value("hours"), webhook: value("webhook").trim(), email: form.elements.email.checked, branches: kind.value === "staleness" ? [] : d.branches,
        for_minutes: figure("for_minutes"), for_evaluations: figure("for_evaluations"), remind_minutes: figure("remind_minutes"), limit: figure("limit"), clear: wanted.includes("clear") ? figure("clear") : null };
      for (const name of ["metric", "period", "per", "side", "view"]) if (wanted.includes(name)) definition[name] = value(name);
      form.querySelectorAll("[aria-invalid]").forEach((each) => each.removeAttribute("aria-invalid"));
      say(form, ""); save.disabled = true;
      try {
        await send(rule ? "PUT" : "POST", rule ? "rules/" + rule.id : "rules", { name: value("name"), definition, ...(rule ? { version: rule.version } : {}) });
        close(); window.northline.redraw();
      } catch (error) {
        say(form, error.message); save.disabled = false;
        const wrong = error.field && form.elements[error.field];
        if (wrong) { wrong.setAttribute("aria-invalid", "true"); wrong.focus(); }
      }
    });
    document.body.append(dialog);
    dialog.showModal();
  }
  window.northline.actions = { ...window.northline.actions, alertAcknowledge: acknowledge, alertSwitch: turn, alertSilence: silence, alertEdit: edit };
})();
