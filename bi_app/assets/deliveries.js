/* Deliveries: the editor with the next five times as one types, and pausing, running and testing, on screen at once and taken back where refused. */
(function () {
  "use strict";
  const $ = (selector, within) => (within || document).querySelector(selector);
  const send = (method, path, body) => window.northline.send(method, "/deliveries" + path, body);
  const say = (text, within) => { const note = within ? $(".problem", within) : $("#dl-problem"); if (note) note.textContent = text; };
  const told = (button) => { const row = button.closest("[data-delivery]"); return row ? JSON.parse(row.dataset.delivery) : null; };
  const here = () => location.pathname === "/reports/schedules";
  function redraw() { if (here() && !$("dialog[open]")) window.northline.redraw(); }

  /* ---- what stands in the list */
  async function pause(button) {
    const schedule = told(button), row = button.closest("tr"), next = $(".dl-next", row), was = next.textContent, paused = !schedule.paused;
    const paint = (is, text) => { button.textContent = is ? "Resume" : "Pause"; button.setAttribute("aria-pressed", String(is)); row.classList.toggle("al-off", is); next.textContent = text; schedule.paused = is; row.dataset.delivery = JSON.stringify(schedule); };
    paint(paused, paused ? "Paused" : "…"); say("");
    try { await send("PUT", "/" + schedule.id + "/paused", { paused }); redraw(); } catch (error) { paint(!paused, was); say(error.message); }
  }
  async function go(button, test) {
    const schedule = told(button), label = button.textContent;
    button.disabled = true; button.textContent = test ? "On its way" : "Going out"; say("");
    try {
      await send("POST", "/" + schedule.id + "/run", { test });
      [3e3, 8e3, 14e3, 22e3].forEach((wait) => setTimeout(redraw, wait));
      setTimeout(() => { button.disabled = false; button.textContent = label; }, 14e3);
    } catch (error) { button.disabled = false; button.textContent = label; say(error.message); }
  }
  function run(button) {
    if (button.dataset.sure !== "yes") {
      const label = button.textContent;
      button.dataset.sure = "yes"; button.textContent = "To everybody?";
      setTimeout(() => { if (button.dataset.sure === "yes") { button.dataset.sure = ""; button.textContent = label; } }, 4000);
      return;
    }
    button.dataset.sure = ""; button.textContent = "Run now";
    go(button, false);
  }

  /* ---- the editor */
  function element(name, values, ...inner) { const made = Object.assign(document.createElement(name), values); made.append(...inner); return made; }
  const choices = (pairs, chosen) => pairs.map(([value, label]) => element("option", { value, textContent: label, selected: String(value) === String(chosen) }));
  const pick = (name, pairs, chosen) => element("select", { name }, ...choices(pairs, chosen));
  const field = (label, input, hint, wide) => element("label", { className: wide ? "wide" : "" }, label, input, ...(hint ? [element("small", { textContent: hint })] : []));
  const text = (name, value, more) => element("input", { name, value, autocomplete: "off", ...more });
  const listOf = (id, values) => element("datalist", { id }, ...values.map((value) => element("option", { value })));

  function people(options, chosen) {
    const wanted = new Set(chosen), tick = (value, label, note) => element("label", {}, element("input", { type: "checkbox", name: "recipient", value, checked: wanted.has(value) }), element("span", {}, label, note ? element("small", { textContent: " " + note }) : ""));
    const known = new Set([...options.people, ...options.roles].map(([value]) => value));
    const box = element("div", { className: "dl-people" }, ...options.people.map(([value, name, role]) => tick(value, value === "person:" + options.me ? name + " (you)" : name, role)), ...options.roles.map(([value, label]) => tick(value, "Everybody: " + label)),
      ...chosen.filter((value) => !known.has(value) && !value.startsWith("address:")).map((value) => tick(value, value, "")));
    const set = element("fieldset", {}, element("legend", { textContent: "To" }), box);
    const outside = chosen.filter((value) => value.startsWith("address:")).map((value) => value.slice(8)).join(", ");
    if (options.outside.length || outside) set.append(field("Addresses outside", text("addresses", outside, { placeholder: options.outside.join(", ") }), "Separated by commas; allowed are " + (options.outside.join(", ") || "none"), true));
    return set;
  }
  const worded = ([value, label, about]) => [value, about ? label + " (" + about + ")" : label];
  /* What is sent, by kind; a page with filters of its own (from its menu, or of this schedule) stands first. */
  function subjects(options, chosen, own) {
    const known = options.subjects.some(([, list]) => list.some(([value]) => value === chosen));
    const groups = options.subjects.filter(([, list]) => list.length).map(([label, list]) => element("optgroup", { label }, ...choices(list.map(worded), chosen)));
    return element("select", { name: "subject" }, ...(chosen && !known ? choices([own ? worded([chosen, ...own]) : [chosen, "Something that you cannot see, or that is gone"]], chosen) : []), ...groups);
  }
  function conditions(options, chosen, notEmpty) {
    const holder = element("div", { style: "display:grid;gap:8px" });
    const add = (given) => {
      if (holder.children.length > 2) return;
      const metric = pick("c-metric", options.metrics, given.metric), share = () => (options.metrics.find(([name]) => name === metric.value) || [])[2];
      const value = element("input", { name: "c-value", type: "number", step: "any", value: share() ? +(given.value * 100).toFixed(6) : given.value }), remove = element("button", { className: "ib", type: "button", textContent: "×", title: "Remove this condition" });
      const line = element("div", { className: "dl-condition" }, metric, pick("c-period", Object.entries(options.periods), given.period), pick("c-op", Object.entries(options.operators), given.op), value, remove);
      const label = () => { value.setAttribute("aria-label", share() ? "Percent" : "Value"); value.placeholder = share() ? "%" : ""; };
      metric.setAttribute("aria-label", "Number"); metric.addEventListener("change", label); label();
      remove.addEventListener("click", () => line.remove());
      holder.append(line);
    };
    chosen.forEach(add);
    const more = element("button", { className: "ib", type: "button", textContent: "Add a condition" });
    more.addEventListener("click", () => add({ metric: "net_sales_amount", period: "yesterday", op: ">", value: 0 }));
    return element("fieldset", {}, element("legend", { textContent: "Only if" }), holder, element("label", { className: "tick" }, element("input", { type: "checkbox", name: "not_empty", checked: notEmpty }), "there is any number other than zero"), element("div", {}, more));
  }
  function read(form, options) {
    const value = (name) => form.elements[name].value;
    const recipients = [...form.querySelectorAll("[name=recipient]:checked")].map((each) => each.value);
    const addresses = form.elements.addresses ? value("addresses").split(",").map((each) => each.trim()).filter(Boolean).map((each) => "address:" + each) : [];
    const only_if = [...form.querySelectorAll(".dl-condition")].map((line) => {
      const part = (name) => $("[name=c-" + name + "]", line).value, share = (options.metrics.find(([name]) => name === part("metric")) || [])[2];
      return { metric: part("metric"), period: part("period"), op: part("op"), value: part("value") === "" ? null : share ? Number(part("value")) / 100 : Number(part("value")) };
    });
    const definition = { only_if, not_empty: form.elements.not_empty.checked };
    for (const name of ["subject", "timing", "zone", "closed", "missed", "format", "title", "message"]) definition[name] = value(name);
    return { name: value("name"), definition, recipients: [...recipients, ...addresses] };
  }
  function preview(form) {
    const place = $(".dl-preview", form);
    let timer = 0, asked = 0;
    const show = async () => {
      const mine = ++asked, given = { timing: form.elements.timing.value, zone: form.elements.zone.value, closed: form.elements.closed.value };
      try {
        const told = await send("POST", "/preview", given);
        if (mine !== asked) return;
        place.classList.remove("wrong");
        place.replaceChildren(element("b", { textContent: told.words }), element("ol", {}, ...told.next.map((each) => element("li", {}, each.shown, ...(each.note ? [element("small", { textContent: each.note })] : [])))));
        if (!told.next.length) place.append("It never comes.");
      } catch (error) { if (mine === asked) { place.classList.add("wrong"); place.textContent = error.message; } }
    };
    ["timing", "zone", "closed"].forEach((name) => form.elements[name].addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(show, 250); }));
    show();
  }
  function edit(button, fresh) {
    const holder = $("#dl-schedules[data-options]"), schedule = button ? told(button) : null, options = holder ? JSON.parse(holder.dataset.options) : null;
    if (!options) return;
    const first = options.subjects.flatMap(([, list]) => list)[0];
    const d = { subject: fresh ? fresh.subject : first ? first[0] : "", timing: options.examples[0], zone: options.zone, closed: "send", missed: "once", format: "inline", title: options.title, message: options.message, only_if: [], not_empty: false, ...(schedule ? schedule.definition : {}) };
    const form = element("form", { className: "al-form", noValidate: true });
    const place = element("div", { className: "dl-preview" }); place.setAttribute("role", "status");
    const fields = element("small", { className: "dl-fields" }, "Fields: ", ...Object.entries(options.fields).map(([name, meaning]) => element("code", { textContent: "{" + name + "}", title: meaning })));
    form.append(element("h2", { textContent: schedule ? "Edit schedule" : "New schedule" }), field("Name", text("name", schedule ? schedule.name : fresh ? fresh.label : "", { maxLength: 120, placeholder: "Monday numbers" })), field("Sends", subjects(options, d.subject, fresh ? [fresh.label, fresh.about] : schedule && schedule.what)),
      field("When", text("timing", d.timing, { maxLength: 120 }), "In words, or as cron", true), listOf("dl-examples", options.examples), listOf("dl-zones", options.zones), place,
      field("Time zone", text("zone", d.zone, { maxLength: 60 })), field("On days off", pick("closed", Object.entries(options.closed), d.closed), "Days off stand in the company's calendar"),
      people(options, schedule ? schedule.recipients : ["person:" + options.me]), field("As", pick("format", Object.entries(options.formats), d.format), "A summary stands in each mail"), field("If it was missed", pick("missed", Object.entries(options.missed), d.missed), "When the platform was away"),
      conditions(options, d.only_if, d.not_empty), field("Subject", text("title", d.title, { maxLength: 150 }), "", true), field("Message", element("textarea", { name: "message", value: d.message, maxLength: 2000 }), "", true), element("div", { className: "wide" }, fields), element("div", { className: "problem" }));
    $("[name=timing]", form).setAttribute("list", "dl-examples"); $("[name=zone]", form).setAttribute("list", "dl-zones");
    $(".problem", form).setAttribute("role", "alert");
    const save = element("button", { className: "button primary", type: "submit", textContent: schedule ? "Save" : "Create schedule" }), cancel = element("button", { className: "button", type: "button", textContent: "Cancel" }), remove = element("button", { className: "button remove", type: "button", textContent: "Remove" });
    form.append(element("div", { className: "al-end" }, ...(schedule ? [remove] : []), cancel, save));
    const dialog = element("dialog", { className: "al-dialog dl-dialog" }, form), close = () => { dialog.close(); dialog.remove(); };
    let touched = false;
    form.addEventListener("input", () => { touched = true; });
    cancel.addEventListener("click", close);
    dialog.addEventListener("cancel", (event) => { if (touched && !confirm("Leave without saving?")) event.preventDefault(); });
    dialog.addEventListener("close", () => dialog.remove());
    remove.addEventListener("click", async () => {
      if (remove.dataset.sure !== "yes") { remove.dataset.sure = "yes"; remove.textContent = "Remove for good?"; return; }
      try { await send("DELETE", "/" + schedule.id); close(); window.northline.redraw(); } catch (error) { say(error.message, form); }
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      form.querySelectorAll("[aria-invalid]").forEach((each) => each.removeAttribute("aria-invalid"));
      say("", form); save.disabled = true;
      try {
        await send(schedule ? "PUT" : "POST", schedule ? "/" + schedule.id : "", { ...read(form, options), ...(schedule ? { version: schedule.version } : {}) });
        close(); window.northline.redraw();
      } catch (error) {
        say(error.message, form); save.disabled = false;
        const wrong = error.field && form.elements[error.field];
        if (wrong && wrong.focus) { wrong.setAttribute("aria-invalid", "true"); wrong.focus(); }
      }
    });
    document.body.append(dialog);
    dialog.showModal();
    preview(form);
  }
  /* From the menu of a page: the form opens with that page and its filters. */
  async function begin() {
    const asked = new URLSearchParams(location.search).get("new");
    if (!here() || !asked || !$("#dl-schedules[data-options]")) return;
    history.replaceState(history.state, "", location.pathname);
    try { edit(null, await send("GET", "/subject?subject=" + encodeURIComponent(asked))); } catch (error) { say(error.message); }
  }
  window.northline.actions = { ...window.northline.actions, deliveryPause: pause, deliveryTest: (button) => go(button, true), deliveryRun: run, deliveryEdit: (button) => edit(button) };
  document.addEventListener("northline:drawn", begin);
  begin();
})();
