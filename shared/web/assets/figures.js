/* Figures: drawn into the first paint as soon as plotly.js is there, and handed to React as they stand.  `Figure` takes dcc.Graph's place
   (id, figure, config, className, style; it reports clickData): the same plot is never drawn twice. */
(function () {
  "use strict";
  const drawn = new Map();  // mark of the first paint -> the plot
  let loading = null;

  function plotly() {
    loading = loading || new Promise((resolve, reject) => {
      if (window.Plotly) { resolve(window.Plotly); return; }
      const script = document.createElement("script");
      script.src = document.documentElement.dataset.plotly;
      script.onload = () => resolve(window.Plotly);
      script.onerror = () => { loading = null; reject(new Error("plotly.js did not load")); };
      document.head.append(script);
    });
    return loading;
  }

  function draw(plot, props) {
    const { data, layout } = props.figure || {};
    return plotly().then((Plotly) => Plotly.react(plot, data || [], layout || {}, props.config));
  }

  function* figuresOf(part) {
    if (Array.isArray(part)) { for (const child of part) yield* figuresOf(child); return; }
    if (!part || typeof part !== "object" || !part.props) return;
    if (part.namespace === "northline" && part.type === "Figure") yield part.props; else yield* figuresOf(part.props.children);
  }

  function element() { const plot = document.createElement("div"); plot.className = "plot"; return plot; }

  function paint() {
    for (const props of figuresOf(JSON.parse(northline.layout()))) {
      const box = document.querySelector('#first-paint [data-at="' + props.at + '"]');
      if (!box) continue;
      const plot = element();
      box.append(plot);
      drawn.set(props.at, plot);
      draw(plot, props);
    }
  }

  const POINT = ["curveNumber", "pointNumber", "pointIndex", "x", "y", "label", "value", "text", "customdata"];
  function clicked(event) { return { points: event.points.map((point) => Object.fromEntries(POINT.filter((name) => point[name] !== undefined).map((name) => [name, point[name]]))) }; }

  function Figure(props) {
    const React = window.React, box = React.useRef(null), plot = React.useRef(null), first = React.useRef(true);
    const latest = React.useRef(props);
    latest.current = props;
    React.useLayoutEffect(() => {
      plot.current = drawn.get(props.at) || element();
      first.current = !drawn.has(props.at);
      drawn.delete(props.at);
      box.current.append(plot.current);
      return () => { if (window.Plotly) window.Plotly.purge(plot.current); plot.current.remove(); };
    }, []);
    React.useEffect(() => {
      const again = first.current ? draw(plot.current, props) : plotly();
      first.current = true;
      again.then(() => {
        if (!plot.current.on || plot.current.listens) return;
        plot.current.listens = true;
        plot.current.on("plotly_click", (event) => { if (latest.current.setProps) latest.current.setProps({ clickData: clicked(event) }); });
      });
    }, [props.figure, props.config]);
    return React.createElement("div", { id: props.id, className: props.className, style: props.style, "data-figure": "", ref: box });
  }

  Object.assign(window.northline, { Figure, plotly });
  if (window.Plotly) paint();
})();
