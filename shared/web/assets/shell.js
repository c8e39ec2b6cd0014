/* What the shell of both sites does in the browser: links that change filters, popovers, theme, first paint, copy, print. */
(function () {
  "use strict";
  const root = document.documentElement;
  const $ = (selector, within) => (within || document).querySelector(selector);
  const MONTH = 30 * 86400;

  /* ---- first paint: plain HTML from the server stands until React has drawn the same page */
  const entry = $("#react-entry-point");
  function swap() {
    if (!$("#page", entry)) return false;
    const first = $("#first-paint");
    if (first) first.remove();
    entry.hidden = false;
    root.dataset.ready = "yes";
    settle();
    return true;
  }
  if (entry && !swap()) {
    const watch = new MutationObserver(() => { if (swap()) watch.disconnect(); });
    watch.observe(entry, { subtree: true, childList: true });
  }

  /* ---- whenever React has drawn something anew */
  let settling = false;
  function settle() {
    if (settling) return;
    settling = true;
    requestAnimationFrame(() => { settling = false; keepFilters(); loadLater(); document.dispatchEvent(new CustomEvent("northline:drawn")); });
  }
  if (entry) new MutationObserver((changes) => { if (changes.some((change) => change.addedNodes.length || change.type === "attributes")) settle(); })
    .observe(entry, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-query", "data-lazy"] });

  /* ---- filters live in the address, and in a cookie for the next visit without one */
  function keepFilters() {
    const view = $("#page [data-query]");
    if (!view) return;
    const query = view.dataset.query;
    if (!("passing" in view.dataset)) document.cookie = "filters" + encodeURIComponent(location.pathname) + "=" + encodeURIComponent(query) + ";path=/;max-age=" + 6 * MONTH + ";samesite=lax";
    if (!location.search && query) history.replaceState(null, "", location.pathname + "?" + query);
  }

  function go(search, remembered, quiet) {
    if (!window.dash_clientside || !dash_clientside.set_props || !$("#page")) { location.href = location.pathname + search; return; }
    if (!remembered) history.pushState(null, "", location.pathname + search);
    if (!quiet) root.dataset.loading = "yes";
    dash_clientside.set_props("view", { data: { path: location.pathname, search: search, at: Date.now(), placed: placed() } });
  }
  /* Everything anew for the same filters, while nobody asked for it: what stands there changes and is not replaced. */
  northline.redraw = async () => {
    const answer = await fetch("/redraw?" + new URLSearchParams({ path: location.pathname, search: location.search, placed: placed().join(",") }));
    if (answer.status === 401) { location.reload(); return; }
    if (!answer.ok) { console.debug("redraw:", answer.status); return; }
    const text = await answer.text();
    const tree = JSON.parse(root.dataset.bsTheme === answer.headers.get("X-Drawn-In") ? text : northline.recoloured(text, root.dataset.bsTheme));
    if (tree.search !== location.search) return;  // other filters were chosen meanwhile
    if (!northline.patch($("#page"), tree.body)) go(location.search, true, true);
  };
  /* Other choices: a value of null or "" is not chosen any more.  Quietly: the same page stays, and what differs is put in place, so that nobody loses the slider they hold. */
  northline.choose = (changes, quiet) => {
    const query = new URLSearchParams(location.search);
    Object.entries(changes).forEach(([name, value]) => { if (value === null || value === "") query.delete(name); else query.set(name, value); });
    const search = "?" + query.toString();
    if (!quiet) { go(search); return; }
    history.replaceState(null, "", location.pathname + search);
    return northline.redraw();
  };
  const placed = () => [...document.querySelectorAll("#page [data-lazy]")].filter((each) => !$(":scope > .stand-in", each)).map((each) => each.id);
  addEventListener("popstate", () => go(location.search, true));
  document.addEventListener("northline:answer", (event) => {
    delete root.dataset.loading;
    const note = $("#offline");
    if (note) note.hidden = event.detail.ok;
  });

  /* ---- clicks */
  function opensHere(event, link) {
    return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey && link.pathname === location.pathname && !link.target;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-nav]");
    if (link && opensHere(event, link)) {
      event.preventDefault();
      if (!("keepOpen" in link.dataset)) closePopovers();
      go(link.search);
      return;
    }
    closePopovers(event.target.closest("details.pop"));
    if (event.target.closest(".skip")) { event.preventDefault(); $("#main").focus(); scrollTo(0, 0); return; }
    const button = event.target.closest("[data-do]");
    if (button) { (ACTIONS[button.dataset.do] || northline.actions[button.dataset.do])(button, event); return; }
    const asks = event.target.closest("[data-glass]");
    if (asks) { openGlass(asks); return; }
  });

  const ACTIONS = {
    theme: () => setTheme(root.dataset.bsTheme === "dark" ? "light" : "dark"),
    print: () => window.print(),
    retry: () => go(location.search, true),
    reload: () => location.reload(),
    copy: (button) => copy(button),
    dates: (button) => applyDates(button.closest(".dates")),
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closePopovers();
    const item = event.target.closest && event.target.closest("a[role=checkbox]");
    if (item && event.key === " ") { event.preventDefault(); item.click(); }
    if (event.key === "Enter" && event.target.closest && event.target.closest(".dates")) applyDates(event.target.closest(".dates"));
  });

  function closePopovers(except) {
    document.querySelectorAll("details.pop[open]").forEach((pop) => {
      if (pop === except) return;
      if (pop.contains(document.activeElement)) $("summary", pop).focus();
      pop.open = false;
    });
  }

  function openGlass(asks) {
    if (!window.dash_clientside || !dash_clientside.set_props) return;
    dash_clientside.set_props("glass-ask", { data: { metric: asks.dataset.glass, path: location.pathname, search: location.search,
      part: Number(asks.dataset.part || 0), page: Number(asks.dataset.page || 1), at: Date.now() } });
  }

  function applyDates(form) {
    const from = $("[name=from]", form).value, to = $("[name=to]", form).value, problem = $(".problem", form);
    const wrong = !from || !to ? "Choose both days." : from > to ? "The first day is after the last." : "";
    problem.textContent = wrong;
    if (wrong) return;
    const query = new URLSearchParams(location.search);
    query.set("period", from + ".." + to);
    closePopovers();
    go("?" + query.toString());
  }

  function copy(button) {
    const text = $(button.dataset.from).textContent;
    const label = $("span:last-child", button), before = label.textContent;
    const done = navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject(new Error("no clipboard"));
    done.then(() => { label.textContent = "Copied"; }, () => { label.textContent = "Select the text and copy it"; }).then(() => setTimeout(() => { label.textContent = before; }, 1800));
  }

  /* ---- theme: CSS follows the attribute at once; figures get their twin colours, no request */
  function setTheme(theme) {
    root.dataset.bsTheme = theme;
    northline.remember(theme);
    const plots = [...document.querySelectorAll(".js-plotly-plot")];
    plots.forEach((plot) => {
      const figure = JSON.parse(northline.recoloured(JSON.stringify({ data: plot.data, layout: plot.layout }), theme));
      window.Plotly.react(plot, figure.data, figure.layout);
    });
    const button = $("[data-do=theme]");
    if (button) button.setAttribute("aria-pressed", String(theme === "dark"));
  }

  /* ---- heavy components come after the page is there: their library is loaded when the browser is idle, then they replace their stand-in */
  const libraries = {}, loaded = new Set();
  function library(address) {
    libraries[address] = libraries[address] || new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address; script.onload = () => { loaded.add(address); resolve(); }; script.onerror = () => reject(new Error(address + " did not load"));
      document.head.append(script);
    });
    return libraries[address];
  }
  function place(stand) {
    if ("wide" in stand.dataset && matchMedia("(max-width:680px)").matches) return;  // the stand-in is made for a phone
    if (!$(":scope > .stand-in", stand)) return;  // in its place already
    const source = JSON.parse(stand.dataset.lazy);
    library(source.script).then(() => dash_clientside.set_props(stand.id, { children: source.component }));
  }
  const near = new IntersectionObserver((seen) => seen.filter((each) => each.isIntersecting).forEach((each) => { near.unobserve(each.target); idle(() => place(each.target)); }), { rootMargin: "200px" });
  const idle = window.requestIdleCallback ? (work) => requestIdleCallback(work, { timeout: 600 }) : (work) => setTimeout(work, 60);
  function loadLater() { document.querySelectorAll("#page [data-lazy]").forEach((stand) => { 
    if (!$(":scope > .stand-in", stand)) return;
    if (loaded.has(JSON.parse(stand.dataset.lazy).script)) place(stand); else near.observe(stand);
  }); }
})();
