"""The choices of the trends page as links: metric, split, grain, span, comparison, sensitivity."""

from collections.abc import Mapping
from itertools import groupby

from dash import dcc, html
from dash.development.base_component import Component

from bi_app.shell.parts import icon, popover
from bi_app.trends.choices import COMPARES, DEFAULT_GRAIN, DEFAULT_SPAN, DEFAULT_TOP, GRAINS, SENSES, SPANS, TOPS, Choices, open_metrics
from bi_app.visit import Visit
from shared.metrics.dimension import BY_DIMENSION, dimensions_of


def controls(visit: Visit, choices: Choices) -> html.Div:
    """Return the bar of choices."""
    return html.Div([
        _metrics(visit, choices), _splits(visit, choices),
        _segments(visit, "grain", GRAINS, choices.grain, DEFAULT_GRAIN, "By"), _segments(visit, "span", {key: label for key, (label, _) in SPANS.items()}, choices.span, DEFAULT_SPAN, "Over"),
        _more(visit, choices),
    ], className="tr-bar no-print", **{"data-bar": ""})


def _metrics(visit: Visit, choices: Choices) -> Component:
    found: list[Component] = []
    for department, members in groupby(sorted(open_metrics(visit).values(), key=lambda each: each.department), key=lambda each: each.department):
        items = [html.A([each.label], href=visit.filters.choosing(metric=each.name, split=None, day=None), className="item", title=each.meaning,
                        **{"data-nav": "", "data-find": f"{each.label} {each.name} {department}".lower(), **({"aria-current": "true"} if each is choices.metric else {})}) for each in members]
        found.append(html.Div([html.H3(department.capitalize()), *items], className="tr-group"))
    search = html.Label([html.Span("Find a metric", className="said"), dcc.Input(type="search", name="find", debounce=False)], className="tr-find")
    return popover([icon("trends"), html.Span(choices.metric.label), icon("chevron")], [search, html.Div(found, className="tr-metrics"), html.P("No metric is called that.", className="note tr-none", hidden=True)],
                   label=f"Metric: {choices.metric.label}", name="ib on", wrapper="tr-pick from-left", panel="tr-list")


def _splits(visit: Visit, choices: Choices) -> Component:
    filters = visit.filters
    options = [("", "Not split"), *((each.name, each.label) for each in dimensions_of(choices.metric) if each.name != "since")]
    rows = [html.A(label, href=filters.choosing(split=name or None), className="item", **{"data-nav": "", **({"aria-current": "true"} if name == choices.split else {})}) for name, label in options]
    tops = [html.A(f"Top {key}", href=filters.choosing(top=None if key == DEFAULT_TOP else key), className="item", **{"data-nav": "", **({"aria-current": "true"} if key == choices.top else {})}) for key in TOPS]
    label = f"By {BY_DIMENSION[choices.split].label.lower()}" if choices.split else "Split"
    return popover([icon("table"), html.Span(label), icon("chevron")], [html.H3("Split by"), *rows, *([html.Hr(), html.H3("How many"), *tops] if choices.split else [])], label=f"Split: {label}",
                   name="ib on" if choices.split else "ib", wrapper="tr-split from-left")


def _segments(visit: Visit, name: str, options: Mapping[str, str], chosen: str, default: str, words: str) -> html.Nav:
    links = [html.A(label, href=visit.filters.choosing(**{name: None if key == default else key, "day": None}), **{"data-nav": "", **({"aria-current": "true"} if key == chosen else {})}) for key, label in options.items()]
    return html.Nav(links, className="seg", **{"aria-label": words})


def _more(visit: Visit, choices: Choices) -> Component:
    filters = visit.filters

    def item(name: str, key: str, label: str, *, is_chosen: bool, is_default: bool) -> html.A:
        return html.A(label, href=filters.choosing(**{name: None if is_default else key}), className="item", **{"data-nav": "", **({"aria-current": "true"} if is_chosen else {})})

    senses = [item("sense", key, label, is_chosen=key == choices.sense, is_default=key == "normal") for key, label in SENSES.items()]
    compares = [item("compare", key, label, is_chosen=key == choices.compare, is_default=key == "weekday") for key, label in COMPARES.items()]
    leave = html.A([html.Span(icon("check"), className="tick"), "Leave annotated days out of what is usual"], href=filters.choosing(leave=None if choices.leaves_out else "1"), className="item", role="checkbox",
                   **{"data-nav": "", "aria-checked": str(choices.leaves_out).lower()})
    other = choices.sense != "normal" or choices.compare != "weekday" or choices.leaves_out
    return popover([icon("settings"), html.Span("Options")], [html.H3("Sensitivity to odd days"), *senses, html.Hr(), html.H3("Last year means"), *compares, html.Hr(), leave], label="Options", name="ib on" if other else "ib", wrapper="tr-more")
