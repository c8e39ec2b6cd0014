/* The trends page: find a metric, click an odd point, add an annotation, say whether a day was expected. The screen changes at once and goes back with the reason where the server refuses. */
(function () {
  "use strict";
  const $ = (selector, within) => (within || document).querySelector(selector);

  const send = (method, path, body) => window.northline.send(method, "/annotations" + path, body);

  /* ---- find a metric */
  document.addEventListener("input", (event) => {
    if (!event.target.closest || !event.target.closest(".tr-find")) return;
    const list = event.target.closest(".tr-list"), words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    list.querySelectorAll(".tr-group").forEach((group) => {
      let here = 0;
      group.querySelectorAll("[data-find]").forEach((item) => { item.hidden = !words.every((word) => item.dataset.find.includes(word)); here += !item.hidden; });
      group.hidden = !here;
      found += here;
    });
    $(".tr-none", list).hidden = found > 0;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.closest) return;
    const find = event.target.closest(".tr-find");
    const first = find && [...find.closest(".tr-list").querySelectorAll("[data-find]")].find((item) => !item.hidden);
    if (first) { event.preventDefault(); first.click(); }
    if (event.target.closest(".tr-form") && event.target.tagName === "INPUT") { event.preventDefault(); $("[data-do=annotate]", event.target.closest(".tr-form")).click(); }
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.matches && event.target.matches("details.tr-pick[open]")) { const input = $(".tr-find input", event.target); if (input) input.focus(); }
  }, true);

  /* ---- a click on a point asks why */
  function listen() {
    const plot = $(".tr-line .js-plotly-plot");
    if (!plot || !plot.on || plot.asksWhy) return;
    plot.asksWhy = true;
    plot.on("plotly_click", (event) => { const point = event.points.find((each) => each.customdata); if (point) northline.choose({ day: point.customdata }); });
  }
  document.addEventListener("northline:drawn", () => { listen(); setTimeout(listen, 800); });

  /* ---- annotations */
  async function annotate(button) {
    const form = button.closest(".tr-form"), card = button.closest(".tr-happened"), problem = $(".problem", card), list = $(".tr-notes", card);
    const value = (name) => $("[name=" + name + "]", form).value;
    const branch = value("branch"), words = value("text").trim();
    problem.textContent = words ? "" : "Say in a few words what happened.";
    if (!words) return;
    const item = document.createElement("li"), text = document.createElement("b"), about = document.createElement("small"), box = document.createElement("div");
    item.className = "pending";
    text.textContent = words;
    about.textContent = "being kept";
    box.append(text, about);
    item.append(box);
    list.prepend(item);
    button.disabled = true;
    try {
      await send("POST", "", { first: value("first"), last: value("last"), branch: branch ? Number(branch) : null, kind: value("kind"), text: words });
      $("[name=text]", form).value = "";
      northline.redraw();
    } catch (error) {
      item.remove();
      problem.textContent = "This could not be kept: " + error.message;
    } finally { button.disabled = false; }
  }
  async function unannotate(button) {
    const item = button.closest("li"), problem = $(".problem", button.closest(".tr-happened"));
    item.hidden = true;
    problem.textContent = "";
    try { await send("DELETE", "/" + button.dataset.number); northline.redraw(); } catch (error) { item.hidden = false; problem.textContent = "This could not be removed: " + error.message; }
  }

  /* ---- expected, or not */
  async function verdict(button) {
    const box = button.closest(".tr-verdict"), buttons = [...box.querySelectorAll("[data-verdict]")], before = buttons.map((each) => each.getAttribute("aria-pressed")), problem = $(".problem", box);
    const chosen = button.getAttribute("aria-pressed") === "true" ? null : button.dataset.verdict;
    buttons.forEach((each) => each.setAttribute("aria-pressed", String(each.dataset.verdict === chosen)));
    problem.textContent = "";
    try {
      await send("PUT", "/feedback", { metric: box.dataset.metric, branches: box.dataset.branches ? box.dataset.branches.split(",").map(Number) : [], day: box.dataset.day, verdict: chosen, note: "" });
      northline.redraw();
    } catch (error) {
      buttons.forEach((each, place) => each.setAttribute("aria-pressed", before[place]));
      problem.textContent = "This could not be kept: " + error.message;
    }
  }
  window.northline.actions = { ...window.northline.actions, annotate: annotate, unannotate: unannotate, verdict: verdict };
})();
