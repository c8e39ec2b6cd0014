// The traces that the product draws; a chart kind that needs another one adds it here and rebuilds.
const Plotly = require("plotly.js/lib/core");
Plotly.register([
  require("plotly.js/lib/bar"),
  require("plotly.js/lib/heatmap"),
  require("plotly.js/lib/histogram"),
  require("plotly.js/lib/box"),
  require("plotly.js/lib/pie"),
  require("plotly.js/lib/funnel"),
  require("plotly.js/lib/waterfall"),
  require("plotly.js/lib/indicator"),
  require("plotly.js/lib/treemap"),
  require("plotly.js/lib/sunburst"),
  require("plotly.js/lib/sankey"),
  require("plotly.js/lib/scatterpolar"),
]);
module.exports = Plotly;
