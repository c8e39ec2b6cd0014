"""Figures, palette, the vendored bundle and the first paint."""

import gzip
import hashlib
import json
import math
import re
from datetime import date
from pathlib import Path

import brotli
import orjson
import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs_version

from shared.analysis.forecasting.ensemble import forecast
from shared.charts.palette import PAIRS, themed
from shared.charts.trend import Ahead, weekly_trend
from shared.web.prerender import plain, prerender

ASSETS = Path(__file__).parents[2] / "shared" / "web" / "assets"
VENDOR = ASSETS / "vendor"
MONDAY = date(2026, 1, 5)
NAN = float("nan")


def figure() -> dict[str, object]:
    return weekly_trend(MONDAY, [100_000.4, NAN, 300_000.0], [90_000.0] * 5, Ahead([310_000.0, 320_000.0], [290_000.0, 280_000.0], [330_000.0, 360_000.0]))


def test_plotly_accepts_the_trend_as_a_figure() -> None:
    assert len(go.Figure(figure()).data) == 5


def test_a_missing_week_is_a_gap_and_not_a_zero() -> None:
    actual = next(trace for trace in figure()["data"] if trace.get("name") == "Actual")
    assert actual["y"] == [100_000, None, 300_000]


def test_a_trend_without_a_forecast_ends_with_its_last_week() -> None:
    drawn = weekly_trend(MONDAY, [1.0, 2.0], [1.0, 1.0], None)
    assert [trace.get("name") for trace in drawn["data"]] == ["Prior year", "Actual", None]
    assert drawn["layout"]["xaxis"]["range"][1] == "2026-01-15"


def test_the_axis_starts_at_zero_and_holds_the_whole_band() -> None:
    low, high = figure()["layout"]["yaxis"]["range"]
    assert low == 0
    assert high > 360_000


def test_a_trend_of_nothing_can_be_drawn() -> None:
    assert go.Figure(weekly_trend(MONDAY, [], [], None)).data


def test_dark_figures_hold_no_light_colour_and_the_same_numbers() -> None:
    light = json.dumps(figure())
    dark = themed(light, "dark")
    assert not [pair for pair in PAIRS if pair[0] in dark]
    assert PAIRS[0][1] in dark
    assert themed(light, "light") == light
    assert [trace.get("y") for trace in json.loads(dark)["data"]] == [trace.get("y") for trace in figure()["data"]]


def test_browser_and_server_know_the_same_pairs_of_colours() -> None:
    source = (ASSETS / "boot.js").read_text()
    listed = source[source.index("PAIRS = ") : source.index("];", source.index("PAIRS = "))]
    assert tuple(re.findall(r'\["([^"]+)", "([^"]+)"\]', listed)) == PAIRS


def test_the_vendored_plotly_is_of_the_version_that_draws_on_the_server() -> None:
    head = (VENDOR / "plotly-bi.min.js").read_text()[:200]
    assert f"plotly.js {get_plotlyjs_version()} custom bundle" in head
    built_from = json.loads((ASSETS.parents[2] / "tools" / "plotly-bundle" / "package.json").read_text())["devDependencies"]["plotly.js"]
    assert built_from == get_plotlyjs_version()


@pytest.mark.parametrize("path", sorted(VENDOR.glob("*.br")), ids=lambda path: path.name)
def test_a_packed_file_holds_what_its_source_holds(path: Path) -> None:
    source = path.with_suffix("").read_bytes()
    assert brotli.decompress(path.read_bytes()) == source
    assert gzip.decompress(path.with_suffix(".gz").read_bytes()) == source


@pytest.mark.parametrize("name", ["vendor/plotly", "vendor/bootstrap", "vendor/icons", "fonts/Inter"])
def test_a_vendored_work_keeps_its_licence(name: str) -> None:
    assert len((ASSETS / f"{name}.LICENSE.txt").read_text()) > 500


def test_the_lock_of_the_bundle_names_no_host_to_install_from() -> None:
    assert '"resolved"' not in (ASSETS.parents[2] / "tools" / "plotly-bundle" / "package-lock.json").read_text()


def test_the_stylesheet_asks_for_the_font_at_the_address_that_is_preloaded() -> None:
    version = hashlib.sha256((ASSETS / "fonts" / "inter-latin-wght-normal.woff2").read_bytes()).hexdigest()[:12]
    assert f"inter-latin-wght-normal.woff2?v={version}" in (ASSETS / "tokens.css").read_text()


def test_every_icon_that_pages_use_is_in_the_icon_sheet() -> None:
    known = set(re.findall(r"\.i-([a-z]+)\{", (VENDOR / "icons.css").read_text()))
    root = ASSETS.parents[2]
    used = {name for app in ("bi_app", "cmo_app") for path in (root / app).rglob("*.py") for name in re.findall(r'icon\("([a-z]+)"\)|symbol="([a-z]+)"', path.read_text()) for name in name if name}
    assert used
    assert used <= known


def element(tag: str, children: object = None, **props: object) -> dict[str, object]:
    return {"namespace": "dash_html_components", "type": tag, "props": {"children": children, **props}}


def test_the_first_paint_escapes_text_and_attributes() -> None:
    drawn = prerender(element("Div", "<script>alert(1)</script>", title='"><img onerror=x>', className="a"))
    assert drawn == '<div title="&quot;&gt;&lt;img onerror=x&gt;" class="a">&lt;script&gt;alert(1)&lt;/script&gt;</div>'


def test_the_first_paint_carries_no_handler_and_no_id() -> None:
    assert prerender(element("Button", "x", id="go", onclick="steal()", **{"data-lazy": "{}"})) == "<button>x</button>"


def test_the_first_paint_leaves_a_box_for_a_figure_and_nothing_for_a_store() -> None:
    graph = {"namespace": "dash_core_components", "type": "Graph", "props": {"style": {"height": "290px"}, "className": "chart"}}
    store = {"namespace": "dash_core_components", "type": "Store", "props": {"id": "view"}}
    assert prerender([graph, store]) == '<div style="height:290px" class="chart"></div>'


def test_the_first_paint_writes_styles_as_css_and_keeps_variables() -> None:
    assert prerender(element("I", style={"minWidth": "3px", "--o": "58"})) == '<i style="min-width:3px;--o:58"></i>'


def test_a_tree_becomes_what_dash_itself_makes_of_it() -> None:
    from dash import dcc, html
    from dash._utils import to_json

    tree = html.Div([html.A(["a", html.B(1)], href="/x", **{"data-nav": "", "aria-label": "b"}), None, dcc.Store(id="s", data={"n": [1.5, None]})], className="c", style={"width": "1px"})
    assert plain(tree) == json.loads(to_json(tree))


def test_nan_never_reaches_a_figure() -> None:
    assert not [value for trace in figure()["data"] for value in trace["y"] if isinstance(value, float) and math.isnan(value)]


def test_a_figure_is_plain_json_even_where_the_band_is_its_highest_point() -> None:
    weeks = [100_000.0 + 1_000 * number for number in range(120)]
    ahead = forecast(weeks, 8)
    figure = weekly_trend(MONDAY, weeks, weeks, Ahead(*(values.tolist() for values in (ahead.mean, *ahead.bands[80]))), so_far=5.0)
    assert orjson.loads(orjson.dumps(figure))["layout"]["yaxis"]["range"][1] > max(weeks)
