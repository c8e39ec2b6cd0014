/* Functions that the layers of the branches' map name; dash-leaflet looks them up as northlineBranches.<name>. */
window.northlineBranches = (function () {
  "use strict";
  function element(className, text) {
    const found = document.createElement("span");
    found.className = className; found.textContent = text;
    return found;
  }

  /* Labels that would lie on each other are moved down, in order from the north. */
  function apart(container) {
    const marks = [...container.querySelectorAll(".map-label")], placed = [];
    marks.forEach((mark) => { mark.style.transform = ""; });
    marks.map((mark) => ({ mark, box: mark.getBoundingClientRect() })).sort((a, b) => a.box.top - b.box.top).forEach(({ mark, box }) => {
      const shift = placed.reduce((so_far, other) => (box.left < other.right && box.right > other.left && box.top + so_far < other.bottom ? other.bottom - box.top + 1 : so_far), 0);
      if (shift) mark.style.transform = "translateY(" + shift + "px)";
      placed.push({ left: box.left, right: box.right, bottom: box.bottom + shift });
    });
  }

  return {
    state: () => ({ color: "var(--border-strong)", weight: 0.8, fillColor: "var(--surface-2)", fillOpacity: 1 }),
    territory: (feature) => ({ color: "var(--surface)", weight: 1.6, fillColor: "var(--c1)", fillOpacity: feature.properties.depth }),
    each: (feature, layer) => { layer.bindTooltip(element("tip", feature.properties.words), { sticky: true, direction: "top" }); },
    moved: (event) => setTimeout(() => apart(event.target.getContainer()), 0),
    label: (feature, latlng) => {
      const box = document.createElement("div");
      box.className = "map-label";
      box.append(element("name", feature.properties.name), element("value", feature.properties.value));
      return L.marker(latlng, { interactive: false, keyboard: false, icon: L.divIcon({ className: "map-mark", html: box, iconSize: [110, 34], iconAnchor: [55, 17] }) });
    },
  };
})();
