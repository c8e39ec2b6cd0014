/* Scorecards: spots of the canvass map (dash-leaflet looks them up as northlineKnocks.<name>), and vital signs that are asked for again. */
window.northlineKnocks = (function () {
  "use strict";
  const colour = (share) => (share >= 0.06 ? "var(--pos)" : share >= 0.03 ? "var(--c3)" : "var(--neg)");
  return {
    state: () => ({ color: "var(--border-strong)", weight: 0.8, fillColor: "var(--surface-2)", fillOpacity: 1 }),
    territory: () => ({ color: "var(--fg-3)", weight: 1.2, dashArray: "4 4", fillColor: "var(--c1)", fillOpacity: 0.06 }),
    spot: (feature, latlng) => {
      const seen = feature.properties, tip = document.createElement("span");
      tip.textContent = seen.words;
      return L.circleMarker(latlng, { radius: 3 + Math.min(9, Math.sqrt(seen.doors)), weight: 1, color: "var(--surface)", fillColor: colour(seen.leads / seen.doors), fillOpacity: 0.75 }).bindTooltip(tip, { sticky: true, direction: "top" });
    },
  };
})();

(function () {
  "use strict";
  const EVERY = 10e3;
  let asking = false;

  const span = (name, text) => { const made = document.createElement("span"); made.className = name; made.textContent = text; return made; };

  function drawn(sign) {
    const box = document.createElement("div"), label = span("label", "");
    box.className = "sc-sign " + sign.status;
    box.dataset.sign = sign.name;
    label.append(span("dot " + sign.status, ""), sign.label);
    box.append(label, span("value", sign.text), span("sc-why", sign.why), span("sc-rule", sign.rule));
    return box;
  }

  async function ask() {
    const boxes = document.querySelectorAll("#sc-signs");
    if (!boxes.length || document.hidden || asking) return;
    asking = true;
    try {
      const answer = await fetch(boxes[0].dataset.from, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error("the site answers " + answer.status);
      const found = await answer.json();
      boxes.forEach((box) => box.replaceChildren(...found.signs.map(drawn)));
      document.querySelectorAll("#sc-signs-at").forEach((at) => { at.textContent = window.northline.when(found.at, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }); });
    } catch (error) {
      const away = drawn({ name: "site", label: "This site", text: "does not answer", status: "bad", why: "The signs below are the last known ones", rule: "Red: it does not answer" });
      boxes.forEach((box) => { if (!box.querySelector('[data-sign="site"]')) box.prepend(away.cloneNode(true)); });
      console.debug("signs: " + error.message);
    } finally { asking = false; }
  }
  setInterval(ask, EVERY);
})();
