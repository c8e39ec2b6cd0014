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

  // dash-renderer asks for the layout and the callbacks; both came with the page.
  const over = window.fetch.bind(window);
  window.fetch = function (input, options) {
    const address = typeof input === "string" ? input : input.url;
    const asked = /_dash-(layout|dependencies)(?:\?|$)/.exec(address);
    const block = asked && document.getElementById("inline-" + asked[1]);
    if (block) {
      const text = block.textContent;
      block.remove();
      const body = asked[1] === "layout" && root.dataset.bsTheme !== root.dataset.drawnIn ? recoloured(text, root.dataset.bsTheme) : text;
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

  window.northline = { recoloured, remember };
})();
