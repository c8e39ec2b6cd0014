/* Puts a live message into the page.  [data-live="<topic>"] holds parts with data-put="<what>=<field> ...":
   text, title, width, left (styles), class (beside data-base), spark, delta (no field), point (the y of a figure's trace named by data-trace). */
(function () {
  "use strict";
  const SAID = { good: ", which is good", bad: ", which is bad", flat: "" };
  const span = (name, text, hidden) => { const made = document.createElement("span"); made.className = name; made.textContent = text; if (hidden) made.setAttribute("aria-hidden", "true"); return made; };

  /* What stands there already is left alone: a change of the page makes live.js put everything again, and would never end. */
  const WAYS = {
    text: (part, value) => { if (part.textContent === value) return false; part.textContent = value; return true; },
    title: (part, value) => { part.title = value; },
    width: (part, value) => { part.style.width = value || "0"; },
    left: (part, value) => { part.style.left = value; part.hidden = !value; },
    class: (part, value) => { part.className = ((part.dataset.base || "") + " " + value).trim(); },
    people: (part, people) => {
      const text = JSON.stringify(people);
      if (part.shows === text) return;
      part.shows = text;
      part.replaceChildren(...(people.length ? ["Looking at this page: "] : []), ...people.map((one) => {
        const who = span("ava", one.name.split(" ").slice(0, 2).map((word) => word[0]).join("").toUpperCase());
        who.title = one.name;
        return who;
      }));
    },
    spark: (part, value) => { if (part.dataset.spark !== value) part.dataset.spark = value; },
    point: (part, value) => {
      const plot = part.querySelector(".js-plotly-plot");
      const trace = plot ? plot.data.findIndex((each) => each.name === part.dataset.trace) : -1;
      if (trace >= 0 && value !== null && (plot.data[trace].y || [])[0] !== value) window.Plotly.restyle(plot, { y: [[value]] }, [trace]);
    },
  };

  function delta(part, data) {
    const text = data.change ? data.arrow + data.direction + " " + data.change + SAID[data.judged] : "no comparison", name = "delta " + (data.change ? data.judged : "flat");
    if (part.textContent === text && part.className === name && (!data.change || part.title === data.words)) return;
    if (!data.change) { part.className = name; part.textContent = text; return; }
    part.className = name;
    part.title = data.words;
    part.replaceChildren(span("", data.arrow, true), span("said", data.direction + " "), data.change, span("said", SAID[data.judged]));
  }

  function fill(part, data) {
    let changed = false;
    for (const rule of part.dataset.put.split(" ")) {
      const [way, field] = rule.split("=");
      if (way === "delta") delta(part, data);
      else if (WAYS[way] && data[field] !== undefined) changed = WAYS[way](part, data[field]) || changed;
    }
    return changed;
  }

  /* A brief, calm sign that a number has just changed; once per change, and none for who wants no motion (CSS). */
  function point(holder) {
    holder.classList.remove("moved");
    void holder.offsetWidth;  // the animation begins anew
    holder.classList.add("moved");
  }

  /** Put `data`, which holds every row committed by `at` (ISO), into every place of `topic` that shows nothing newer. */
  function put(topic, data, at) {
    document.querySelectorAll('[data-live="' + CSS.escape(topic) + '"]').forEach((holder) => {
      if (holder.dataset.at && Date.parse(holder.dataset.at) > Date.parse(at)) return;
      holder.dataset.at = at;
      if (holder.dataset.grid) { board(holder, data.rows); return; }
      const parts = [...holder.querySelectorAll("[data-put]")];
      if (holder.dataset.put) parts.unshift(holder);
      if (parts.map((part) => fill(part, data)).some(Boolean)) point(holder);
    });
  }

  function board(holder, rows) {
    if (document.getElementById(holder.dataset.grid)) dash_clientside.set_props(holder.dataset.grid, { rowData: rows });
  }

  window.northline.put = put;
})();
