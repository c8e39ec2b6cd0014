"""The representatives: fair ranks with movement, first as a table and then as a grid that sorts."""

from collections.abc import Sequence

import dash_ag_grid as dag
from dash import html

from bi_app.shell.files import with_files
from bi_app.shell.lazy import lazy
from bi_app.shell.parts import card, empty
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.live.topic import board_topic
from shared.metrics.leaderboard import Place, leaderboard
from shared.metrics.leaderboard_rows import rows
from shared.metrics.metric import Unit
from shared.metrics.registry import metric
from shared.reports.document import Block, Column, Table

TITLE = "Representatives"
_FIRST = 8
"""Lines of the stand-in table: as many as the grid shows without scrolling."""
_ROW, _HEAD = 46, 34


def leaderboard_card(visit: Visit, sources: Sources) -> html.Section:
    """Return the card for the chosen period and branches, ranked by NSLI."""
    places = leaderboard(sources.ask, sources.reference, visit.period, visit.scope, branches=visit.filters.branch_set)
    sub = f"By NSLI, net sales $ per lead issued; under {metric('nsli').minimum_sample} leads, drawn towards the branch"
    if not places:
        return card(7, TITLE, empty("No appointment was issued in these days.", symbol="people"), sub=sub)
    lines = rows(places)
    live = {"data-live": board_topic(visit.period, visit.filters.branch_set, visit.scope), "data-grid": "leaderboard-grid"}
    section = card(7, TITLE, html.Div(lazy(visit, "leaderboard", _grid(lines), _table(lines[:_FIRST]), "board", wide_only=True), **live), sub=sub, side=html.Span(f"{len(places)} in all", className="note"), name="leaderboard")
    return with_files(section, Block("representatives", TITLE, "", None, _numbers(places), f"{sub}."), ("nsli", "net_sales_amount", "net_close_rate", "issued"))


def _numbers(places: Sequence[Place]) -> Table:
    columns = (Column("Rank"), Column("Representative"), Column("Branch"), Column("NSLI, fair", Unit.MONEY, "NSLI drawn towards the branch where a representative had few leads."), Column("NSLI, own", Unit.MONEY),
               Column("Net sales", Unit.MONEY), Column("Net close", Unit.PERCENT), Column("Issued", Unit.COUNT), Column("Places moved"))
    return Table(columns, tuple((each.rank, each.name, each.branch, each.fair_value, each.values["nsli"], each.values["net_sales_amount"], each.values["net_close_rate"], each.values["issued"], each.movement) for each in places))


def _grid(lines: list[dict[str, object]]) -> dag.AgGrid:
    right = {"type": "rightAligned", "sortingOrder": ["desc", "asc", None]}
    columns = [
        {"field": "rank", "headerName": "#", "width": 66, "cellRenderer": "NorthlineRank"},
        {"field": "name", "headerName": "Representative", "flex": 1, "minWidth": 150, "cellRenderer": "NorthlineWho"},
        {"field": "nsli", "headerName": "NSLI", "width": 134, "cellRenderer": "NorthlineBar", "sortingOrder": ["desc", "asc", None]},
        {"field": "net", "headerName": "Net sales $", "width": 100, "cellRenderer": "NorthlineText", "cellRendererParams": {"text": "net_text", "strong": True}, **right},
        {"field": "close", "headerName": "Net close", "width": 86, "cellRenderer": "NorthlineText", "cellRendererParams": {"text": "close_text"}, **right},
        {"field": "issued", "headerName": "Issued", "width": 70, "cellRenderer": "NorthlineText", "cellRendererParams": {"text": "issued_text"}, **right},
    ]
    return dag.AgGrid(
        id="leaderboard-grid", rowData=lines, columnDefs=columns, className="nl-grid", style={"height": f"{_HEAD + _ROW * min(_FIRST, len(lines)) + 2}px"},
        defaultColDef={"sortable": True, "resizable": False, "suppressMovable": True, "suppressHeaderMenuButton": True},
        dashGridOptions={"rowHeight": _ROW, "headerHeight": _HEAD, "suppressCellFocus": False, "animateRows": False, "suppressColumnVirtualisation": True},
    )


def _table(lines: list[dict[str, object]]) -> html.Div:
    head = html.Tr([html.Th("#"), html.Th("Representative"), html.Th("NSLI", className="x-s"), html.Th("Net sales $", className="n"), html.Th("Net close", className="n x-s"), html.Th("Issued", className="n x-s")])
    return html.Div(html.Table([html.Thead(head), html.Tbody([_line(row) for row in lines])], className="tb lb"))


def _line(row: dict[str, object]) -> html.Tr:
    return html.Tr([
        html.Td([str(row["rank"]), movement(row["movement"])], className="num rk"),
        html.Td(html.Div([html.Span(row["initials"], className="ava"), html.Div([row["name"], html.Small(row["branch"])])], className="who")),
        html.Td(html.Div([html.Div(html.I(style={"width": f"{row['part']:.0%}"}), className="bar"), html.Span(row["nsli_text"])], className="nsli"), className="x-s"),
        html.Td(row["net_text"], className="n strong"), html.Td(row["close_text"], className="n x-s"), html.Td(row["issued_text"], className="n x-s"),
    ], className="small" if row["small"] else None, title="Too few leads to judge: drawn towards the branch" if row["small"] else None)


def movement(places: object) -> html.Span:
    """Return how many places were gained or lost since the comparison, as an arrow and words."""
    if not isinstance(places, int):
        return html.Span("new", className="mv", title="Not ranked before")
    if places == 0:
        return html.Span("·", className="mv", title="Same place")
    return html.Span(f"{'▲' if places > 0 else '▼'}{abs(places)}", className=f"mv {'up' if places > 0 else 'dn'}", title=f"{abs(places)} place{'s' if abs(places) > 1 else ''} {'up' if places > 0 else 'down'}")
