/* Functions that the branch map's layers name; dash-leaflet looks them up as northlineMap.<name>. */
window.northlineMap = (function () {
  "use strict";
  const COLOURS = { good: "var(--pos)", warn: "var(--c3)", bad: "var(--neg)", none: "var(--fg-3)" };
  const link = (id) => document.querySelector('#page a[data-branch="' + Number(id) + '"]');

  function element(className, text) {
    const found = document.createElement("span");
    found.className = className; found.textContent = text;
    return found;
  }

  /* Labels that would lie on each other are moved down, in order from the north. */
  function apart(container) {
    const marks = [...container.querySelectorAll(".map-label")];
    marks.forEach((mark) => { mark.style.transform = ""; });
    const placed = [];
    marks.map((mark) => ({ mark, box: mark.getBoundingClientRect() })).sort((a, b) => a.box.top - b.box.top).forEach(({ mark, box }) => {
      let shift = 0;
      placed.forEach((other) => {
        const across = box.left < other.right && box.right > other.left;
        if (across && box.top + shift < other.bottom) shift = Math.max(shift, other.bottom - box.top + 1);
      });
      if (shift) mark.style.transform = "translateY(" + shift + "px)";
      placed.push({ left: box.left, right: box.right, bottom: box.bottom + shift });
    });
  }

  return {
    state: () => ({ color: "var(--border-strong)", weight: 0.8, fillColor: "var(--surface-2)", fillOpacity: 1 }),
    territory: (feature, context) => {
      const chosen = context.hideout.chosen, faint = chosen.length && !chosen.includes(feature.properties.id);
      return { color: chosen.includes(feature.properties.id) ? "var(--fg)" : "var(--surface)", weight: 1.6, fillColor: COLOURS[feature.properties.status], fillOpacity: faint ? 0.13 : 0.34 };
    },
    each: (feature, layer) => {
      layer.bindTooltip(element("tip", feature.properties.words), { sticky: true, direction: "top" });
      layer.on("click", () => { const found = link(feature.properties.id); if (found) found.click(); });
      layer.on("mouseover", () => layer.setStyle({ fillOpacity: 0.5 }));
      layer.on("mouseout", () => layer.setStyle({ fillOpacity: 0.34 }));
    },
    shade: (feature) => ({ color: "var(--surface)", weight: 1.6, fillColor: "var(--c1)", fillOpacity: 0.1 + 0.6 * feature.properties.part }),
    filters: (feature, layer) => {
      layer.bindTooltip(element("tip", feature.properties.words), { sticky: true, direction: "top" });
      layer.on("click", () => { const found = link(feature.properties.id); if (found) found.click(); });
    },
    moved: (event) => setTimeout(() => apart(event.target.getContainer()), 0),
    label: (feature, latlng) => {
      const box = document.createElement("div");
      box.className = "map-label";
      box.append(element("name", feature.properties.name), element("value", feature.properties.share || feature.properties.value));
      return L.marker(latlng, { interactive: false, keyboard: false, icon: L.divIcon({ className: "map-mark", html: box, iconSize: [110, 34], iconAnchor: [55, 17] }) });
    },
  };
})();
