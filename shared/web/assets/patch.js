/* Takes a newly drawn page in without React: Dash draws whatever a callback sends from scratch, and with it go a map's tiles, a grid's order and
   a figure's hover.  Here finished HTML, figures and properties that differ are put where they belong; where the page has another shape, nothing
   is done and false is returned. */
(function () {
  "use strict";
  const NAMES = { className: "class", htmlFor: "for", tabIndex: "tabindex", colSpan: "colspan", rowSpan: "rowspan", dateTime: "datetime" };
  const DATA = ["rowData", "data", "hideout"];  // what of a grid or a layer of a map changes with the numbers
  const undated = (html) => html.replace(/ data-at="[^"]*"/g, "");
  const known = new WeakMap();  // element or plot -> what was put there last, as text
  const properties = new Map();  // id of a component -> its properties, as text

  function* partsOf(part) {
    if (Array.isArray(part)) { for (const child of part) yield* partsOf(child); return; }
    if (!part || typeof part !== "object" || !part.props) return;
    const kind = part.namespace === "northline" ? part.type : part.namespace === "dash_html_components" ? "" : "Component";
    if (kind) yield [kind, part.props];
    if (kind !== "Static" && kind !== "Figure") yield* partsOf(part.props.children);
  }

  function dressed(node, attributes) {
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "style") { for (const [key, one] of Object.entries(value)) { if (key.startsWith("--")) node.style.setProperty(key, one); else node.style[key] = one; } continue; }
      if (typeof value === "object") continue;
      const attribute = NAMES[name] || name;
      if (value === false) node.removeAttribute(attribute); else if (node.getAttribute(attribute) !== String(value)) node.setAttribute(attribute, value === true ? "" : value);
    }
  }

  /* Whoever has scrolled in a table, or stands in it with the keyboard, stays there. */
  function place(node) {
    const areas = () => [...node.querySelectorAll("[tabindex='0']")], stops = () => [...node.querySelectorAll("a,button,summary,[tabindex='0']")];
    const at = areas().map((each) => [each.scrollTop, each.scrollLeft]), stop = node.contains(document.activeElement) ? stops().indexOf(document.activeElement) : -1;
    return () => {
      areas().forEach((each, number) => { if (at[number]) [each.scrollTop, each.scrollLeft] = at[number]; });
      if (stop >= 0 && stops()[stop]) stops()[stop].focus({ preventScroll: true });
    };
  }

  function html(node, props) {
    const text = undated(props.html);
    if (known.get(node) !== text) { const kept = place(node); northline.fill(node, props.html); known.set(node, text); kept(); }
    dressed(node, props.attributes);
  }

  function figure(box, props) {
    const plot = box.querySelector(".js-plotly-plot"), text = JSON.stringify(props.figure);
    if (!plot || known.get(plot) === text) return;
    known.set(plot, text);
    window.Plotly.react(plot, props.figure.data, props.figure.layout, props.config);
  }

  function component(props) {
    if (props.id === undefined) return;
    const own = Object.fromEntries(DATA.filter((name) => props[name] !== undefined).map((name) => [name, props[name]])), text = JSON.stringify(own);
    if (text === "{}" || properties.get(props.id) === text) return;
    properties.set(props.id, text);
    dash_clientside.set_props(props.id, own);
  }

  /** Put `tree` (as a callback would send it) into `page`; false: the page has another shape. */
  function patch(page, tree) {
    const parts = [...partsOf(tree)], statics = [...page.querySelectorAll("[data-static]")], figures = [...page.querySelectorAll("[data-figure]")];
    const of = (kind) => parts.filter(([each]) => each === kind).map(([, props]) => props);
    const drawn = of("Static"), plots = of("Figure");
    if (drawn.length !== statics.length || plots.length !== figures.length || drawn.some((props, i) => props.tag !== statics[i].tagName.toLowerCase())) return false;
    if (plots.some((props, i) => (props.id || "") !== figures[i].id)) return false;
    drawn.forEach((props, i) => html(statics[i], props));
    plots.forEach((props, i) => figure(figures[i], props));
    of("Component").forEach(component);
    return true;
  }

  window.northline.patch = patch;
})();
