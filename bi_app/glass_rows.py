"""The rows behind a number, one page at a time, and their sum."""

from datetime import date

from dash import html

from bi_app.glass_files import rows_menu
from bi_app.shell.parts import empty, icon
from shared.metrics.format import MISSING
from shared.metrics.glass_box import GlassBox
from shared.metrics.row_statements import Page

PAGE_ROWS = 20


def rows_part(box: GlassBox, page: Page, code: str, part: int, number: int) -> html.Div:
    """Return the heading, the choice of the formula's parts, one page of rows, and the sum over all pages."""
    pages = max(1, -(-page.total_rows // PAGE_ROWS))
    if not page.rows:
        return html.Div([_heading(page), _parts(box, code, part), empty("No row stands behind this part.", title="No rows")])
    body = [html.Tr([
        html.Td(_day(row["day"])), html.Td(str(row["branch"]), className="x-s"), html.Td(str(row["label"] or f"{row['entity']} {row['entity_id']}"), title=f"{row['entity']} {row['entity_id']}", className="lbl"),
        html.Td(_value(row["value"]), className="n"),
    ]) for row in page.rows]
    total = html.Tr([html.Td(f"Sum of all {page.total_rows:,} rows", colSpan=3), html.Td(_value(page.total), className="n", id="glass-sum", **{"data-sum": repr(page.total)})], className="sum-row")
    head = html.Tr([html.Th("Day"), html.Th("Branch", className="x-s"), html.Th("What"), html.Th("Counts", className="n")])
    return html.Div([html.Div([_heading(page), rows_menu(code, part)], className="glass-h"), _parts(box, code, part), html.Table([html.Thead(head), html.Tbody(body), html.Tfoot(total)], className="tb rows"), _pager(code, part, number, pages)])


def _heading(page: Page) -> html.H3:
    return html.H3([icon("report"), "Rows behind it", html.Span(f"{page.total_rows:,}", className="count num")])


def _parts(box: GlassBox, code: str, part: int) -> html.Div | None:
    if len(box.parts) < 2:
        return None
    return html.Div([_turn(name, code, number, 1, "chip on" if number == part else "chip quiet") for number, name in enumerate(box.parts)], className="chips parts")


def _pager(code: str, part: int, number: int, pages: int) -> html.Div | None:
    if pages < 2:
        return None
    return html.Div([html.Span(f"Page {number:,} of {pages:,}", className="num"), html.Span(className="grow"),
                     _turn([icon("left"), "Newer"], code, part, number - 1, "button", off=number <= 1), _turn(["Older", icon("right")], code, part, number + 1, "button", off=number >= pages)], className="pager")


def _turn(text: object, code: str, part: int, page: int, name: str, *, off: bool = False) -> html.Button:
    return html.Button(text, className=name, type="button", disabled=off, **{"data-glass": code, "data-part": str(part), "data-page": str(page)})


def _day(value: object) -> str:
    return f"{value.day} {value:%b %Y}" if isinstance(value, date) else MISSING


def _value(value: object) -> str:
    number = float(value)  # type: ignore[arg-type]
    return f"{number:,.0f}" if number == int(number) else f"{number:,.2f}"
