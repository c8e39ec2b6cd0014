"""The cards of paths: the commonest ones, and who opens and who closes."""

from dash import html
from dash.development.base_component import Component

from cmo_app.attribution.choices import Asked
from cmo_app.page import Card
from cmo_app.shell.parts import empty
from shared.charts.attribution import opened_and_closed
from shared.metrics.attribution_answer import Found, TopPath
from shared.metrics.metric import Unit
from shared.reports.document import Block, Column, Table

PATHS_KEY, PATHS_TITLE = "paths", "Which paths are the most common?"
FLOW_KEY, FLOW_TITLE = "flow", "Who opens, and who closes?"
_SHOWN, _STEPS, _NODES = 8, 5, 6


def paths_card(found: Found, asked: Asked) -> Card:
    """Return the commonest paths, shortest words for each."""
    if not found.paths:
        return Card(Block(PATHS_KEY, PATHS_TITLE), 6, body=empty(f"No touch is recorded {asked.lookback} these {asked.conversions}.", title="No paths"))
    touched = found.conversions - found.unattributed
    table = Table((Column("Path"), Column("Touches", Unit.COUNT), Column("Conversions", Unit.COUNT), *((Column("Worth", Unit.MONEY),) if found.cents else ())),
                  tuple((" > ".join(found.keys[key].label for key in each.keys) + (" > ..." if each.touches > len(each.keys) else ""), each.touches, each.conversions, *((each.cents / 100,) if found.cents else ())) for each in found.paths))
    single = sum(flow.conversions for flow in found.flows if flow.last < 0)
    says = f"{single / touched:.0%} of touched {asked.conversions} took a single touch; on average {found.touched / touched:.1f} touches over {found.days:.0f} days."
    most = max(each.conversions for each in found.paths)
    body = html.Ol([_path(found, each, most) for each in found.paths[:_SHOWN]], className="top-paths")
    return Card(Block(PATHS_KEY, PATHS_TITLE, says, table=table, note=f"Touches {asked.lookback} the conversion, oldest first."), 6, body=body)


def _path(found: Found, path: TopPath, most: int) -> Component:
    steps: list[Component] = []
    for key in path.keys[:_STEPS]:
        steps += [html.Span("›", className="then", **{"aria-hidden": "true"})] * bool(steps) + [html.Span(found.keys[key].label, className="step")]
    if path.touches > _STEPS:
        steps.append(html.Span(f"and {path.touches - _STEPS} more", className="then"))
    return html.Li([html.Div([html.Div(steps, className="steps"), html.B(f"{path.conversions:,}")], className="line"), html.Span(html.I(style={"width": f"{path.conversions / most:.0%}"}), className="gauge")])


def flow_card(found: Found, asked: Asked) -> Card:
    """Return who opens journeys of two touches or more, and who closes them."""
    flows = [flow for flow in found.flows if flow.last >= 0]
    total = sum(flow.conversions for flow in flows)
    if not total:
        return Card(Block(FLOW_KEY, FLOW_TITLE), 6, body=empty(f"None of the {asked.conversions} had two touches or more {asked.lookback} it.", title="Single touches only"))
    openers, closers = _largest(found, [(flow.first, flow.conversions) for flow in flows]), _largest(found, [(flow.last, flow.conversions) for flow in flows])
    sums: dict[tuple[int, int], int] = {}
    for flow in flows:
        pair = (min(openers.get(flow.first, _NODES), _NODES), min(closers.get(flow.last, _NODES), _NODES))
        sums[pair] = sums.get(pair, 0) + flow.conversions
    figure = opened_and_closed(_labels(found, openers), _labels(found, closers), [(first, last, count) for (first, last), count in sorted(sums.items())])
    other = sum(flow.conversions for flow in flows if flow.first != flow.last)
    lead = max(flows, key=lambda flow: (flow.conversions if flow.first != flow.last else -1))
    says = f"Of {total:,} {asked.conversions} with two touches or more, {other / total:.0%} were opened by one {asked.level} and closed by another."
    if lead.first != lead.last:
        says += f" The most common way: {found.keys[lead.first].label} opens, {found.keys[lead.last].label} closes ({lead.conversions:,})."
    table = Table((Column("Opened by"), Column("Closed by"), Column("Conversions", Unit.COUNT)), tuple((found.keys[flow.first].label, "the only touch" if flow.last < 0 else found.keys[flow.last].label, flow.conversions) for flow in found.flows))
    return Card(Block(FLOW_KEY, FLOW_TITLE, says, figure, table, "Left: the first touch. Right: the last one before the conversion."), 6)


def _largest(found: Found, counts: list[tuple[int, int]]) -> dict[int, int]:
    """Place of a key -> its place in the figure: the largest have one of their own, all others share the last."""
    sums: dict[int, int] = {}
    for place, count in counts:
        sums[place] = sums.get(place, 0) + count
    order = sorted(sums, key=lambda place: (-sums[place], found.keys[place].label))
    own = order if len(order) <= _NODES + 1 else order[:_NODES]
    return {place: number for number, place in enumerate(own)} if len(own) <= _NODES else {place: min(number, _NODES) for number, place in enumerate(own)}


def _labels(found: Found, places: dict[int, int]) -> list[str]:
    labels = [found.keys[place].label for place in places]
    return [*labels, "Others"] if len(labels) <= _NODES else labels
