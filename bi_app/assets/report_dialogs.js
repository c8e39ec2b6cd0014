/* Dialogs of reports: two people saved at once, versions with what each changed, who may see a report. */
(function () {
  "use strict";
  const R = window.northline.report, el = R.element, icon = R.icon;

  function dialog(title, ...content) {
    const close = el("button", { class: "ib icon ghost", type: "button", "aria-label": "Close" }, icon("close"));
    const made = el("dialog", { class: "rd", "aria-label": title }, el("div", { class: "rd-head" }, el("h2", {}, title), close), ...content);
    close.addEventListener("click", () => made.close());
    made.addEventListener("close", () => made.remove());
    document.body.append(made);
    made.showModal();
    return made;
  }
  R.dialog = dialog;
  const when = (moment) => window.northline.when(moment);
  const list = (lines, none) => (lines.length ? el("ul", {}, ...lines.map((words) => el("li", {}, words))) : el("p", { class: "note" }, none));
  const STATES = { added: "added", removed: "removed", moved: "moved", changed: "changed", same: "" };
  /* A small drawing of the canvas: what was added, changed, moved or removed stands out, and says so. */
  function picture(blocks) {
    if (!blocks.length) return el("div", { class: "rd-picture empty" }, "No blocks");
    const rows = Math.max(...blocks.map((each) => each.y + each.h)), made = el("div", { class: "rd-picture", role: "img", "aria-label": blocks.filter((each) => STATES[each.state]).map((each) => each.label + " " + STATES[each.state]).join(", ") || "Nothing moved" });
    made.style.aspectRatio = "12 / " + Math.max(4, rows * 0.62);
    blocks.forEach((each) => { const box = el("i", { class: each.state, title: each.label + (STATES[each.state] ? ": " + STATES[each.state] : "") }, each.label); Object.assign(box.style, { left: each.x / 0.12 + "%", width: each.w / 0.12 + "%", top: (100 * each.y) / rows + "%", height: (100 * each.h) / rows + "%" }); made.append(box); });
    return made;
  }

  R.conflict = (data, choices) => {
    const side = (title, lines, blocks, none) => el("section", {}, el("h3", {}, title), list(lines, none), picture(blocks));
    const button = (label, words, work, primary) => { const made = el("button", { class: "rd-choice" + (primary ? " primary" : ""), type: "button" }, el("b", {}, label), el("small", {}, words)); made.addEventListener("click", () => { open.close(); work(); }); return made; };
    const open = dialog("Two of you changed this report", el("p", {}, data.error), el("div", { class: "rd-sides" }, side(data.theirs.who + " changed", data.their_changes, data.their_picture, "Nothing that is seen."), side("You changed", data.my_changes, data.my_picture, "Nothing that is seen.")),
      el("div", { class: "rd-choices" }, button("Keep mine as a copy", "A new report of your own with what you made. Theirs stays as it is.", choices.copy, true), button("Take theirs", "Their version is shown here. Undo brings yours back.", () => choices.theirs(data.theirs)), button("Save mine over theirs", "Yours becomes the newest version. Theirs stays among the versions.", choices.over)));
  };

  /* ---- versions */
  async function versions(button) {
    const number = Number(button.dataset.report), mayEdit = button.dataset.edit === "true";
    closeMenu(button);
    const body = el("div", { class: "rd-versions" }, el("p", { class: "note" }, "Reading the versions")), open = dialog("Versions", body);
    try {
      const found = (await R.send("GET", "/reports/" + number + "/versions")).versions;
      body.replaceChildren(...found.map((each, place) => {
        const restore = el("button", { class: "button", type: "button" }, icon("undo"), "Restore");
        restore.addEventListener("click", async () => { restore.disabled = true; try { await R.send("POST", "/reports/" + number + "/restore", { version: each.version }); R.forget(); location.reload(); } catch (error) { restore.disabled = false; restore.after(el("span", { class: "problem" }, error.message)); } });
        return el("article", {}, el("div", {}, el("h3", {}, "Version " + each.version, place === 0 ? el("small", {}, "now") : null), el("p", { class: "note" }, each.who + ", " + when(each.at)), each.note ? el("p", {}, each.note) : null, list(each.changes, "Nothing that is seen changed."), place > 0 && mayEdit ? restore : null), picture(each.picture));
      }));
    } catch (error) { body.replaceChildren(el("p", { class: "problem" }, error.message)); }
    return open;
  }
  const closeMenu = (button) => { const menu = button.closest("details"); if (menu) menu.open = false; };

  /* ---- sharing */
  async function share(button) {
    const number = Number(button.dataset.report), body = el("div", { class: "rd-share" }, el("p", { class: "note" }, "Reading who may see it")), open = dialog("Share", body);
    closeMenu(button);
    try {
      const found = await R.send("GET", "/reports/" + number + "/shares");
      let held = found.shares;
      const problem = el("p", { class: "problem", role: "alert" });
      const draw = () => {
        const line = (each) => {
          const may = el("select", { "aria-label": "What " + each.label + " may do" }, el("option", { value: "no" }, "May read"), el("option", { value: "yes" }, "May edit")), out = el("button", { class: "ib icon ghost", type: "button", "aria-label": "Stop sharing with " + each.label }, icon("close"));
          may.value = each.may_edit ? "yes" : "no";
          may.addEventListener("change", () => { each.may_edit = may.value === "yes"; });
          out.addEventListener("click", () => { held = held.filter((other) => other !== each); draw(); });
          return el("li", {}, icon(each.role ? "people" : "user"), el("span", {}, each.role ? "Everybody: " + each.label : each.label), may, out);
        };
        const free = [...found.roles.map((each) => ["r:" + each.role, "Everybody: " + each.label, each]), ...found.people.map((each) => ["p:" + each.person, each.label, each])].filter(([, , each]) => !held.some((other) => (each.role ? other.role === each.role : other.person === each.person)));
        const add = el("select", { "aria-label": "Share with" }, el("option", { value: "" }, "Add a person or a role"), ...free.map(([value, label]) => el("option", { value }, label)));
        add.addEventListener("change", () => { const chosen = free.find(([value]) => value === add.value); if (chosen) { held = [...held, { person: chosen[2].person || null, role: chosen[2].role || null, label: chosen[2].label, may_edit: false }]; draw(); } });
        const keep = el("button", { class: "button primary", type: "button" }, "Save");
        keep.addEventListener("click", async () => { keep.disabled = true; problem.textContent = ""; try { await R.send("PUT", "/reports/" + number + "/shares", { shares: held.map((each) => (each.role ? { role: each.role, may_edit: each.may_edit } : { person: each.person, may_edit: each.may_edit })) }); open.close(); } catch (error) { problem.textContent = error.message; keep.disabled = false; } });
        body.replaceChildren(el("p", { class: "note" }, "Everybody sees a report with their own branches, whatever its author sees."), held.length ? el("ul", {}, ...held.map(line)) : el("p", {}, "Only you and administrators see this report."), add, problem, el("div", { class: "rd-do" }, keep));
      };
      draw();
    } catch (error) { body.replaceChildren(el("p", { class: "problem" }, error.message)); }
  }
  window.northline.actions = { ...window.northline.actions, "rp-versions": versions, "rp-share": share };
})();
