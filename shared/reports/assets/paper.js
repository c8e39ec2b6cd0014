/* Runs in the page that documents are printed from and pictures are made in (jobs/paper).  It knows plotly.js and nothing else, and asks nobody for anything. */
window.paper = (() => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg", FAMILY = "Inter, 'Helvetica Neue', Arial, sans-serif";
  const INK = "#101828", TEXT = "#344054", QUIET = "#667085", RULE = "#e4e7ec";
  const fonts = () => Promise.all(["400", "600"].map((weight) => document.fonts.load(weight + " 12px Inter")));

  const fitted = (figure) => ({ data: figure.data, layout: { ...figure.layout, width: figure.width, height: figure.height, autosize: false, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)" } });

  /** Put a document in and draw its figures; the number of those drawn. */
  async function fill(document_) {
    clear();
    document.title = document_.title;
    document.getElementById("own").textContent = document_.style;
    document.body.innerHTML = document_.body;
    await fonts();
    const places = [...document.querySelectorAll("[data-figure]")];
    for (const place of places) {
      const figure = fitted(document_.figures[Number(place.dataset.figure)]);
      await Plotly.newPlot(place, figure.data, figure.layout, { staticPlot: true, displayModeBar: false });
    }
    return places.length;
  }

  function clear() {
    document.querySelectorAll("[data-figure]").forEach((place) => Plotly.purge(place));
    document.body.replaceChildren();
    document.getElementById("own").textContent = "";
    document.title = "";
  }

  /* ---- one figure as a picture with its title, its sentence, its key and where it comes from */
  const element = (name, attributes, text) => {
    const made = document.createElementNS(SVG, name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const pen = document.createElement("canvas").getContext("2d");
  const wide = (text, font) => { pen.font = font; return pen.measureText(text).width; };

  function wrapped(text, font, width, most) {
    const lines = [];
    let line = "";
    for (const word of text.split(/\s+/).filter(Boolean)) {
      const longer = line ? line + " " + word : word;
      if (!line || wide(longer, font) <= width) line = longer; else { lines.push(line); line = word; }
    }
    if (line) lines.push(line);
    const kept = lines.slice(0, most).map((each) => shortened(each, font, width));
    if (lines.length > most) kept[most - 1] = shortened(kept[most - 1] + " …", font, width);
    return kept;
  }
  function shortened(text, font, width) {
    if (wide(text, font) <= width) return text;
    let short = text.replace(/ …$/, "");
    while (short.length > 1 && wide(short + "…", font) > width) short = short.slice(0, -1);
    return short + "…";
  }

  function lines(svg, texts, size, weight, colour, x, y, leading) {
    texts.forEach((text, number) => svg.append(element("text", { x, y: y + number * leading, "font-family": FAMILY, "font-size": size, "font-weight": weight, fill: colour }, text)));
    return y + texts.length * leading;
  }

  function swatch(svg, key, x, y) {
    if (key.shape === "bar" || key.shape === "band") svg.append(element("rect", { x, y: y - 9, width: 10, height: 10, rx: 2.5, fill: key.colour }));
    else if (key.shape === "points") svg.append(element("circle", { cx: x + 5, cy: y - 4, r: 4, fill: key.colour }));
    else svg.append(element("line", { x1: x, x2: x + 15, y1: y - 4, y2: y - 4, stroke: key.colour, "stroke-width": 2.4, "stroke-linecap": "round", ...(key.shape === "dash" ? { "stroke-dasharray": "4 4" } : {}) }));
    return key.shape === "line" || key.shape === "dash" ? 21 : 16;
  }

  function keys(svg, given, left, right, y) {
    const font = "400 12px Inter";
    let x = left;
    given.forEach((key) => {
      const name = shortened(key.name, font, right - left - 24), need = 21 + wide(name, font);
      if (x > left && x + need > right) { x = left; y += 20; }
      x += swatch(svg, key, x, y);
      svg.append(element("text", { x, y, "font-family": FAMILY, "font-size": 12, fill: TEXT }, name));
      x += wide(name, font) + 18;
    });
    return given.length ? y + 14 : y - 8;
  }

  /** The picture as the text of an SVG, or as the data address of a PNG at ``scale``. */
  async function picture(card) {
    await fonts();
    const pad = 28, width = card.width, inner = width - 2 * pad;
    const svg = element("svg", { xmlns: SVG, width, role: "img" });
    svg.append(element("title", {}, card.title), element("desc", {}, card.says));
    const style = element("style", {});
    style.textContent = card.font;
    const paper = element("rect", { x: 0, y: 0, width, fill: "#ffffff" });
    svg.append(style, paper);
    let y = lines(svg, wrapped(card.title, "600 20px Inter", inner, 2), 20, 600, INK, pad, pad + 18, 26) - 2;
    if (card.says) y = lines(svg, wrapped(card.says, "400 14px Inter", inner, 3), 14, 400, TEXT, pad, y + 2, 20);
    y = keys(svg, card.keys, pad, width - pad, y + 10);
    const figure = fitted({ ...card.figure, width: inner, height: card.height });
    const drawn = await Plotly.toImage(figure, { format: "svg", width: inner, height: card.height, imageDataOnly: true });
    const plot = new DOMParser().parseFromString(drawn, "image/svg+xml").documentElement;
    plot.setAttribute("x", pad); plot.setAttribute("y", y);
    svg.append(document.importNode(plot, true));
    y += card.height + 16;
    svg.append(element("line", { x1: pad, x2: width - pad, y1: y, y2: y, stroke: RULE, "stroke-width": 1 }));
    y = lines(svg, wrapped(card.foot, "400 11px Inter", inner, 2), 11, 400, QUIET, pad, y + 18, 15) + 6;
    svg.setAttribute("height", y); svg.setAttribute("viewBox", "0 0 " + width + " " + y); paper.setAttribute("height", y);
    const text = new XMLSerializer().serializeToString(svg);
    return card.format === "svg" ? text : pixels(text, width, y, card.scale);
  }

  async function pixels(text, width, height, scale) {
    const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    try {
      const image = new Image(width * scale, height * scale);
      image.src = address;
      await image.decode();
      const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(width * scale), height: Math.round(height * scale) });
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      return canvas.toDataURL("image/png");
    } finally { URL.revokeObjectURL(address); }
  }

  return { fill, clear, picture };
})();
