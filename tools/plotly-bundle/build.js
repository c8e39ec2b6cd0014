// Writes everything under shared/web/assets (and the fonts under shared/reports/assets) that is not ours: the partial plotly.js, Bootstrap's CSS, the Inter font, the icons
// and the outlines of states, each beside its licence.  Run `npm ci && npm run build` here after changing a version.
const esbuild = require("esbuild");
const fs = require("fs");
const path = require("path");
const zlib = require("zlib");
const topojson = require("topojson-client");
const simplify = require("topojson-simplify");

const ROOT = path.join(__dirname, "..", "..");
const ASSETS = path.join(ROOT, "shared", "web", "assets");
const REPORTS = path.join(ROOT, "shared", "reports", "assets");
const MODULES = path.join(__dirname, "node_modules");
const version = (name) => require(path.join(MODULES, name, "package.json")).version;

const ICONS = {
  executive: "gauge", build: "layout-dashboard", live: "activity", trends: "chart-line", scorecard: "clipboard-list", marketing: "megaphone",
  phone: "phone", sales: "handshake", production: "hammer", service: "wrench", canvass: "door-open", technology: "server", reconcile: "list-checks",
  people: "users", branch: "store", calendar: "calendar-days", moon: "moon", sun: "sun", close: "x", check: "check", chevron: "chevron-down",
  left: "chevron-left", right: "chevron-right", copy: "copy", more: "ellipsis", out: "log-out", key: "key-round", user: "circle-user-round",
  info: "info", warning: "triangle-alert", retry: "rotate-cw", print: "printer", up: "arrow-up", down: "arrow-down", flat: "minus", funnel: "funnel",
  search: "search", clock: "clock", target: "target", download: "download", bell: "bell", map: "map", formula: "sigma", table: "table-2", settings: "settings",
  good: "circle-check", bad: "circle-alert", plus: "plus", report: "file-text", lock: "lock", screen: "monitor",
  bar: "chart-column", area: "chart-area", stacked: "chart-column-stacked", combo: "chart-no-axes-combined", pie: "chart-pie", scatter: "chart-scatter", heat: "grid-3x3", waterfall: "chart-no-axes-gantt",
  gauge: "circle-gauge", board: "trophy", star: "star", folder: "folder", undo: "undo-2", redo: "redo-2", share: "share-2", history: "history", trash: "trash-2", pencil: "pencil", save: "save", grip: "grip-vertical",
  text: "type", pivot: "table-properties", camera: "camera", split: "split",
};

function write(file, content) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
  const bytes = Buffer.from(content);
  fs.writeFileSync(file + ".br", zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 11 } }));
  fs.writeFileSync(file + ".gz", zlib.gzipSync(bytes, { level: 9 }));
}

function copyLicence(name, to, file = "LICENSE") {
  fs.copyFileSync(path.join(MODULES, name, file), path.join(ASSETS, to));
}

async function plotly() {
  const built = await esbuild.build({
    entryPoints: [path.join(__dirname, "bi-plotly.js")], bundle: true, minify: true, write: false, format: "iife", globalName: "Plotly",
    alias: { stream: "stream-browserify" }, target: "es2018", logLevel: "warning", legalComments: "none", loader: { ".css": "empty" },  // maps that we leave out bring CSS
    define: { global: "window", "define.amd": "false", "process.env.NODE_DEBUG": "false" },
    banner: { js: `/*! plotly.js ${version("plotly.js")} custom bundle, MIT, see plotly.LICENSE.txt */` }, footer: { js: "window.Plotly=Plotly;" },
  });
  write(path.join(ASSETS, "vendor", "plotly-bi.min.js"), built.outputFiles[0].text);
  copyLicence("plotly.js", "vendor/plotly.LICENSE.txt");
}

function bootstrap() {
  const css = fs.readFileSync(path.join(MODULES, "bootstrap/dist/css/bootstrap.min.css"), "utf8").replace(/\/\*# sourceMappingURL.*\*\//, "");
  write(path.join(ASSETS, "vendor", "bootstrap.min.css"), css);
  copyLicence("bootstrap", "vendor/bootstrap.LICENSE.txt");
}

function font() {
  fs.mkdirSync(path.join(ASSETS, "fonts"), { recursive: true });
  fs.copyFileSync(path.join(MODULES, "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"), path.join(ASSETS, "fonts", "inter-latin-wght-normal.woff2"));
  copyLicence("@fontsource-variable/inter", "fonts/Inter.LICENSE.txt");
  // Files for paper: of a variable font Chromium makes drawings (Type 3) in a PDF, of these it makes fonts.
  for (const file of ["latin-400", "latin-600", "latin-ext-400", "latin-ext-600"].map((each) => `inter-${each}-normal.woff2`)) {
    fs.copyFileSync(path.join(MODULES, "@fontsource/inter/files", file), path.join(REPORTS, "fonts", file));
  }
}

function icons() {
  const rules = Object.entries(ICONS).map(([ours, theirs]) => {
    const svg = fs.readFileSync(path.join(MODULES, "lucide-static", "icons", theirs + ".svg"), "utf8")
      .replace(/<!--.*?-->/s, "").replace(/class="[^"]*"/, "").replace(/stroke-width="2"/, 'stroke-width="1.9"').replace(/width="24"\s*height="24"/, "").replace(/\s+/g, " ").replace(/> </g, "><").trim();
    return `.i-${ours}{--i:url("data:image/svg+xml,${encodeURIComponent(svg).replace(/%20/g, " ").replace(/%22/g, "'").replace(/%3D/g, "=").replace(/%3A/g, ":").replace(/%2F/g, "/")}")}`;
  });
  write(path.join(ASSETS, "vendor", "icons.css"), `/*! icons from lucide ${version("lucide-static")}, ISC, see icons.LICENSE.txt */\n${rules.join("\n")}\n`);
  copyLicence("lucide-static", "vendor/icons.LICENSE.txt");
}

function outlines() {
  const atlas = JSON.parse(fs.readFileSync(path.join(MODULES, "us-atlas/states-10m.json"), "utf8"));
  const light = simplify.simplify(simplify.presimplify(atlas), 0.0008);
  const states = topojson.feature(light, light.objects.states);
  const round = (x) => (Array.isArray(x) ? x.map(round) : Math.round(x * 1000) / 1000);
  const features = states.features.filter((f) => f.geometry).map((f) => ({
    type: "Feature", id: f.id, properties: { name: f.properties.name }, geometry: { type: f.geometry.type, coordinates: round(f.geometry.coordinates) },
  }));
  write(path.join(ASSETS, "vendor", "states.geojson"), JSON.stringify({ type: "FeatureCollection", features }));
  fs.writeFileSync(path.join(ASSETS, "vendor", "states.SOURCE.txt"), `State outlines: us-atlas ${version("us-atlas")} (ISC), from the cartographic boundary files of the U.S. Census Bureau (public domain), simplified.\n`);
}

(async () => { await plotly(); bootstrap(); font(); icons(); outlines(); })().catch((error) => { console.error(error); process.exit(1); });
