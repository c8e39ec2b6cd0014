"""Blocks of a report as cards: the same for the viewer and for the editor's preview."""

import orjson
from dash import dcc, html
from dash.development.base_component import Component

from bi_app.reports.maps import branch_map
from bi_app.reports.tables import linked_table, plain_table
from bi_app.shell import tiles
from bi_app.shell.parts import empty, icon, key, popover
from bi_app.visit import Visit
from shared.charts.palette import SERIES, themed
from shared.charts.template import CONFIG, Figure
from shared.live.topic import number_topic
from shared.metrics import headline_words as words
from shared.metrics.headline import Wanted
from shared.reports.block_numbers import Numbers
from shared.reports.document import Block
from shared.reports.kinds import KINDS
from shared.reports.report import ReportBlock
from shared.reports.report_answers import BlockAnswer
from shared.reports.report_document import card_of
from shared.reports.series import keys_of

_MOST_LIVE = 3
"""Metrics of a card whose messages make the page look again."""


def report_card(visit: Visit, answered: BlockAnswer, side: Component | None = None) -> html.Section:
    """Return a block at its place on the canvas."""
    block, card = answered.block, card_of(answered)
    place = {"--x": str(block.place.x + 1), "--y": str(block.place.y + 1), "--w": str(block.place.w), "--h": str(block.place.h)}
    at = {"aria-label": card.title, "data-block": block.id, **_live(visit, answered)}
    if block.kind == "kpi" and answered.numbers is not None and side is None:
        return html.Section(kpi(visit, answered.numbers, card.title), className="rp-card rp-kpi", style=place, **at)
    side = side or (None if answered.numbers is None else _behind(visit, answered.numbers, card))
    head = html.Div([html.Div([html.H2(card.title), html.P(card.note, className="rp-note", title=card.note) if card.note and answered.numbers else None]), html.Div(side, className="side-h")], className="card-h")
    if block.kind == "text":
        head = html.Div([html.Div(html.H2(block.title) if block.title else None), html.Div(side, className="side-h")], className="card-h") if block.title or side else None
    return html.Section([head, html.Div(body(visit, answered, card), className="card-b")], className=f"card-x rp-card rp-{block.kind}", style=place, **at)


def _live(visit: Visit, answered: BlockAnswer) -> dict[str, str]:
    """What makes the page look again when a number of this card has changed."""
    numbers, period = answered.numbers, answered.period
    if numbers is None or period is None or numbers.headlines:
        return {}
    branches = next((frozenset(map(int, keys)) for name, keys in numbers.where if name == "branch"), None)
    where = tuple((name, keys) for name, keys in numbers.where if name != "branch")
    return {"data-live": " ".join(number_topic(Wanted(declared.name, period, branches=branches, where=where), visit.scope) for declared in numbers.metrics[:_MOST_LIVE])}


def body(visit: Visit, answered: BlockAnswer, card: Block, *, is_preview: bool = False) -> Component | list[Component]:
    """Return what stands below a card's title: text, figure with its key, table, or why there is nothing."""
    block, numbers = answered.block, answered.numbers
    if block.kind == "text":
        return html.Div([html.P(line) for line in block.text.split("\n") if line.strip()], className="rp-words")
    if numbers is None:
        return empty(answered.problem, title="Not finished" if block.lacks else "Nothing to show", symbol="info" if block.lacks else "warning")
    if numbers.fields and not numbers.rows:
        return empty("Nothing happened in these days, or every row was left out by the conditions.")
    if block.kind == "kpi":
        return kpi(visit, numbers, card.title)
    if block.kind == "map" and not is_preview:
        return branch_map(visit, numbers, block.id)
    if card.figure is not None:
        return figure(visit, card, block)
    return linked_table(card.table, numbers, visit, is_pivot=block.kind == "pivot") if card.table is not None else empty("There is nothing to show.")


def kpi(visit: Visit, numbers: Numbers, title: str) -> html.Button:
    """Return one number as the pages show it, live."""
    headline = numbers.headlines[0]
    return tiles.large_tile(visit, headline, title, headline.period.words, numbers.code(None), tiles.spark(headline.series, words.judged(headline), "spark=spark"))


def figure(visit: Visit, card: Block, block: ReportBlock) -> list[Component]:
    """Return the key and the figure in the reader's theme, and its numbers for who cannot see it or wants to know exactly."""
    keys, shown, height = themed_figure(visit, card)
    graph = html.Div(dcc.Graph(id=f"rp-{block.id}", figure=shown, config=CONFIG, style={"height": f"{height}px", "minWidth": f"{_least_width(shown)}px"}, className="chart"), role="img", className="rp-figure", **{"aria-label": f"{card.title}. {card.says}".strip()})
    return [html.Div(keys, className="keys") if keys else None, graph]


def _least_width(figure: Figure) -> int:
    """Return the pixels across below which a figure is scrolled: a field of a heat map needs room for its number."""
    data = figure["data"]
    first = data[0] if isinstance(data, list) and data else {}
    return 100 + 33 * len(first["x"]) if first.get("type") == "heatmap" and first.get("texttemplate") else 0


def _behind(visit: Visit, numbers: Numbers, card: Block) -> Component | None:
    """The numbers of a figure as a table, for who cannot see it, wants to know exactly, or has no mouse."""
    if card.table is None:
        return None
    if card.figure is None:
        return popover([icon("more")], _files(card), label=f"Files of {card.title}", name="ib icon ghost", wrapper="no-print export")
    if numbers.headlines:
        rows = [html.Button([icon("search"), f"Rows behind {each.metric.label}"], className="item", type="button", **{"data-glass": numbers.code(None, place), "aria-haspopup": "dialog"}) for place, each in enumerate(numbers.headlines)]
        inside = [plain_table(card.table), html.Div(rows)]
    else:
        inside = [linked_table(card.table, numbers, visit, is_pivot=False)]
    return popover([icon("table")], [*inside, *_files(card)], label=f"The numbers of {card.title}, and files", name="ib icon ghost", wrapper="no-print rp-behind export", panel="rp-numbers")


def _files(card: Block) -> list[Component]:
    """What the card can be had as."""
    kinds = [kind for kind in KINDS.values() if (card.figure is not None or kind.key not in {"png", "svg"}) and (card.table is not None or kind.key not in {"xlsx", "csv"})]
    items = [html.Button([icon("download"), kind.label], className="item", type="button", **{"data-do": "export", "data-key": card.key, "data-kind": kind.key}) for kind in kinds]
    return [html.H3("Save this block as"), html.Div(items, className="rp-files")]


def themed_figure(visit: Visit, card: Block) -> tuple[list[Component], Figure, int]:
    """Return key, figure in the reader's colours and its height in pixels."""
    assert card.figure is not None
    shown: Figure = orjson.loads(themed(orjson.dumps(card.figure).decode(), "dark" if visit.theme == "dark" else "light"))
    keys = [key(each.name, f"c{SERIES.index(each.colour) + 1}" if each.colour in SERIES else "fg-3", {"dash": "dash", "points": "dot"}.get(each.shape, "")) for each in keys_of(card.figure)]
    layout = shown["layout"]
    assert isinstance(layout, dict)
    height = layout["height"] = max(90, int(layout.get("height", 240)) - (26 if keys else 0))
    return keys, shown, height
