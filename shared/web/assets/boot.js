/* Runs in <head>, before anything is painted: the theme, the answers that came with the page, and where plotly.js is. */
(function () {
  "use strict";
  const root = document.documentElement;
  const DAY = 86400;

  function remember(theme) { document.cookie = "theme=" + theme + ";path=/;max-age=" + 365 * DAY + ";samesite=lax"; }

  // The server knows the theme from the cookie; on a first visit it cannot know what the system prefers.
  if (root.dataset.themeKnown === "no") {
    root.dataset.bsTheme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    remember(root.dataset.bsTheme);
  }

  // Figures are drawn in light colours on the server; each of these has a dark twin.
  const PAIRS = [["#2f5bea", "#7d9bff"], ["#0e9f9a", "#3cc7c0"], ["#e08c0b", "#f2b04b"], ["#7a5af8", "#a48cff"], ["#dd4f7e", "#f2769f"],
    ["#98a2b3", "#667085"], ["#067647", "#4cc38a"], ["#b42318", "#ff7b72"], ["#fefefe", "#12161f"], ["rgba(47,91,234,", "rgba(125,155,255,"]];
  const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const tables = { dark: new Map(PAIRS), light: new Map(PAIRS.map(([a, b]) => [b, a])) };
  const patterns = { dark: new RegExp(PAIRS.map((p) => escape(p[0])).join("|"), "gi"), light: new RegExp(PAIRS.map((p) => escape(p[1])).join("|"), "gi") };
  const recoloured = (text, theme) => text.replace(patterns[theme], (colour) => tables[theme].get(colour.toLowerCase()) || colour);

  function layout() {
    const text = document.getElementById("inline-layout").textContent;
    return root.dataset.bsTheme === root.dataset.drawnIn ? text : recoloured(text, root.dataset.bsTheme);
  }

  // dash-renderer asks for the layout and the callbacks; both came with the page.
  const over = window.fetch.bind(window);
  window.fetch = function (input, options) {
    const address = typeof input === "string" ? input : input.url;
    const asked = /_dash-(layout|dependencies)(?:\?|$)/.exec(address);
    const block = asked && document.getElementById("inline-" + asked[1]);
    if (block) {
      const body = asked[1] === "layout" ? layout() : block.textContent;
      block.remove();
      return Promise.resolve(new Response(body, { status: 200, headers: { "Content-Type": "application/json" } }));
    }
    const answer = over(input, options);
    if (!/_dash-update-component/.test(address)) return answer;
    return answer.then((response) => {
      if (response.status === 401) location.reload();  // the sign-in has ended: the page leads to it
      document.dispatchEvent(new CustomEvent("northline:answer", { detail: { ok: response.ok, status: response.status } }));
      return response;
    }, (error) => {
      document.dispatchEvent(new CustomEvent("northline:answer", { detail: { ok: false, status: 0 } }));
      throw error;
    });
  };

  // dash-renderer assigns the address of the full plotly.js (4.8 MB) without asking; ours is a third of it.
  const plotly = root.dataset.plotly;
  if (plotly) Object.defineProperty(window, "_dashPlotlyJSURL", { get: () => plotly, set: () => {} });

  /* ---- a part of the page that is finished HTML: at first the nodes of the first paint, later what a callback sends */
  const adopted = new Map();
  function nodesAt(at) {
    if (!adopted.has(at)) {
      const painted = document.querySelector('#first-paint [data-at="' + at + '"]');
      adopted.set(at, painted ? [...painted.childNodes] : []);
    }
    return adopted.get(at);
  }

  const placeOf = (node, within) => { const path = []; for (; node && node !== within; node = node.parentNode) path.unshift([...node.parentNode.children].indexOf(node)); return path; };
  const at = (path, within) => path.reduce((node, place) => node && node.children[place], within);

  // Whoever is in the middle of something stays there: the focus and open menus outlive new content.
  function fill(node, html) {
    const focused = node.contains(document.activeElement) && document.activeElement !== node ? placeOf(document.activeElement, node) : null;
    const open = [...node.querySelectorAll("details[open]")].map((details) => placeOf(details, node));
    node.innerHTML = html;
    open.map((path) => at(path, node)).forEach((details) => { if (details && details.tagName === "DETAILS") details.open = true; });
    const again = focused && at(focused, node);
    if (again) again.focus({ preventScroll: true });
  }

  function Static(props) {
    const React = window.React, node = React.useRef(null);
    React.useLayoutEffect(() => {
      if (props.html === undefined) node.current.replaceChildren(...nodesAt(props.at)); else fill(node.current, props.html);
    }, [props.html, props.at]);
    return React.createElement(props.tag, { ...props.attributes, "data-static": "", ref: node });
  }

  /* Moments stand in the company's time zone everywhere, as in everything that the server writes; a browser that does not know the zone uses its own. */
  const zoned = (() => { try { new Intl.DateTimeFormat([], { timeZone: root.dataset.zone }); return { timeZone: root.dataset.zone }; } catch { return {}; } })();
  const when = (moment, style) => new Date(moment).toLocaleString([], { ...zoned, ...(style || { dateStyle: "medium", timeStyle: "short" }) });

  window.northline = { zoned, when, recoloured, remember, layout, Static, fill, actions: {} };
})();
