/* The live page: the list of what happens, its two figures, and TV mode. */
(function () {
  "use strict";
  const HOUR = 3600e3, MINUTE = 60e3, SHOWN = 60, TURN = 12e3;
  const KINDS = ["sold", "set", "installed", "ticket", "rescinded"];
  const ICONS = { sold: "sales", set: "calendar", installed: "production", ticket: "service", rescinded: "warning", alert: "bell" };
  const root = document.documentElement, $ = (id) => document.getElementById(id);
  const events = new Map();  // topic/seq -> event
  let due = 0;

  document.addEventListener("northline:event", ({ detail }) => {
    if (!detail.data.text) return;  // a warning about the company, which is told in the bell alone
    events.set(detail.topic + "/" + detail.seq, { ...detail.data, topic: detail.topic, moment: Date.parse(detail.data.at) });
    later();
  });
  document.addEventListener("northline:reset", ({ detail }) => { for (const key of events.keys()) if (key.startsWith(detail.topic + "/")) events.delete(key); later(); });
  document.addEventListener("northline:drawn", () => { if ($("pulse-feed")) later(); });
  setInterval(() => { if ($("pulse-feed") && !document.hidden) later(); }, 15e3);

  function later() { if (!due) due = requestAnimationFrame(() => { due = 0; draw(); }); }

  function draw() {
    const feed = $("pulse-feed");
    if (!feed) return;
    const topics = new Set(feed.dataset.live.split(" "));
    const found = [...events.entries()].filter(([, each]) => topics.has(each.topic)).sort(([, a], [, b]) => b.moment - a.moment);
    for (const [key] of found.slice(1000)) events.delete(key);
    list(feed, found.slice(0, SHOWN));
    figures(found.map(([, each]) => each));
  }

  function list(feed, found) {
    const keys = new Set(found.map(([key]) => key));
    [...feed.children].forEach((item) => { if (!keys.has(item.dataset.key)) item.remove(); });
    const had = new Map([...feed.children].map((item) => [item.dataset.key, item]));
    const isFirst = !had.size;
    found.forEach(([key, each], place) => {
      const item = had.get(key) || made(key, each, !isFirst);
      if (feed.children[place] !== item) feed.insertBefore(item, feed.children[place] || null);
      const ago = item.querySelector("time"), text = since(each.moment);
      if (ago.textContent !== text) ago.textContent = text;
    });
  }

  function made(key, each, isNew) {
    const item = document.createElement("li"), mark = document.createElement("span"), text = document.createElement("span"), when = document.createElement("time");
    item.dataset.key = key;
    item.className = isNew ? "come" : "";
    mark.className = "feed-i " + each.kind;
    mark.innerHTML = '<span class="ic i-' + (ICONS[each.kind] || "info") + '" aria-hidden="true"></span>';
    text.textContent = each.text;
    when.dateTime = each.at;
    when.title = window.northline.when(each.moment);
    item.append(mark, text, when);
    return item;
  }

  function since(moment) {
    const seconds = Math.max(0, (Date.now() - moment) / 1000);
    return seconds < 60 ? "now" : seconds < 3600 ? Math.floor(seconds / 60) + " min" : seconds < 86400 ? Math.floor(seconds / 3600) + " h" : Math.floor(seconds / 86400) + " d";
  }

  const inZone = new Intl.DateTimeFormat("sv-SE", { ...window.northline.zoned, dateStyle: "short", timeStyle: "medium" });  // written as plotly reads it: 2026-11-27 13:05:00
  const local = (moment) => inZone.format(moment);

  function figures(found) {
    const end = Math.floor(Date.now() / MINUTE) * MINUTE, start = end - HOUR + MINUTE;
    const recent = found.filter((each) => each.moment >= start);
    const minutes = Array.from({ length: 60 }, (_, i) => start + i * MINUTE), x = minutes.map(local);
    const bars = KINDS.map((kind) => { const counts = new Array(60).fill(0); recent.forEach((each) => { if (each.kind === kind) counts[Math.min(59, Math.floor((each.moment - start) / MINUTE))] += each.count || 1; }); return counts; });
    redraw("pulse-minutes", bars.map((y) => ({ x, y })), [local(start - MINUTE), local(end + MINUTE)], Math.max(3, ...minutes.map((_, i) => bars.reduce((sum, y) => sum + y[i], 0))) * 1.15);
    const sales = recent.filter((each) => each.kind === "sold").sort((a, b) => a.moment - b.moment);
    let sum = 0;
    const line = { x: [local(start)], y: [0] };
    sales.forEach((each) => { sum += each.amount || 0; line.x.push(local(each.moment)); line.y.push(sum); });
    line.x.push(local(Date.now())); line.y.push(sum);
    redraw("pulse-sold", [line], [local(start), local(end + MINUTE)], Math.max(1000, sum) * 1.15);
  }

  function redraw(id, traces, x, most) {
    const plot = document.querySelector("#react-entry-point #" + id + " .js-plotly-plot");
    if (!plot || !window.Plotly) return;
    plot.data.forEach((trace, i) => Object.assign(trace, traces[i]));
    plot.layout.xaxis.range = x; plot.layout.xaxis.autorange = false; plot.layout.yaxis.range = [0, most]; plot.layout.yaxis.autorange = false;
    plot.layout.datarevision = Date.now();
    window.Plotly.react(plot, plot.data, plot.layout);
  }

  /* ---- TV mode: nothing but the numbers, full screen, turning from one part to the next */
  let turning = 0;
  function startTv() {
    root.dataset.tv = "yes";
    if (root.requestFullscreen) root.requestFullscreen().catch((error) => console.debug("tv: no full screen", error.message));
    turn(0);
    turning = setInterval(() => turn((Number(root.dataset.tvPart) + 1) % document.querySelectorAll(".tv-part").length), TURN);
  }
  function turn(part) {
    root.dataset.tvPart = part;
    document.querySelectorAll("#react-entry-point .tv-part").forEach((each, i) => each.classList.toggle("tv-off", i !== part));
    fit();
  }
  /* Figures as high as their box: in TV mode that is what is left of the screen, else what their style says. */
  function fit() {
    document.querySelectorAll("#react-entry-point .pulse .chart").forEach((box) => {
      const plot = box.querySelector(".js-plotly-plot");
      if (plot && box.clientHeight > 40) window.Plotly.relayout(plot, { height: box.clientHeight, autosize: true });
    });
  }
  function endTv() {
    if (!root.dataset.tv) return;
    clearInterval(turning);
    delete root.dataset.tv; delete root.dataset.tvPart;
    document.querySelectorAll(".tv-off").forEach((each) => each.classList.remove("tv-off"));
    if (document.fullscreenElement) document.exitFullscreen();
    fit();
  }
  document.addEventListener("fullscreenchange", () => { if (!document.fullscreenElement) endTv(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") endTv(); });
  window.northline.actions = { ...window.northline.actions, tv: startTv };
})();
