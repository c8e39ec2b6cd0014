"""The comparison as a table of bars that sorts, and the choices above it."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from dash import html
from dash.development.base_component import Component

from bi_app.compare.reading import MOST, By, chosen_metrics, possible
from bi_app.compare.table import NORMS, Cell, Norm, Place, divisible
from bi_app.shell.files import with_files
from bi_app.shell.parts import card, icon, popover
from bi_app.visit import Visit
from shared.live.attributes import live_of, put
from shared.metrics.format import MISSING, write
from shared.metrics.headline import Headline
from shared.metrics.metric import Better, Metric, Unit
from shared.reports.document import Block, Column, Table

SHOWN = 100
"""Lines of the table at most; more are counted in words."""


def choices(visit: Visit, by: By, norm: Norm, wanted: Sequence[Metric], places: Sequence[Place], picked: Sequence[str]) -> html.Div:
    """Return the choices: branches or representatives, the scale, the metrics, and who of them."""
    link = visit.filters.choosing
    sides = [html.A(label, href=link(by=key, who=None, sort=None, metrics=None), **_nav(key == by)) for key, label in (("branch", "Branches"), ("rep", "Representatives"))]
    scales = [html.A(label, href=link(norm=key), **_nav(key == norm)) for key, label in NORMS.items() if not (by == "rep" and key == "rep")]
    items: list[Component] = []
    names = [declared.name for declared in wanted]
    for department, members in groupby(possible(by), key=lambda each: each.department):
        items += [html.H3(department.capitalize()), *[_toggle(each.label, link(metrics=_toggled(names, each.name)), on=each.name in names, title=each.meaning) for each in members]]
    who = [_toggle(f"{place.name}{', ' + place.under if place.under else ''}", link(who=_toggled(picked, place.key) or None), on=place.key in picked, title="") for place in sorted(places, key=lambda each: each.name.lower())]
    everybody = html.A("All of them", href=link(who=None), className="item", **{"data-nav": ""})
    return html.Div([
        html.Nav(sides, className="seg", **{"aria-label": "Compare"}), html.Nav(scales, className="seg cp-norm", **{"aria-label": "Scale"}),
        popover([icon("formula"), html.Span(f"{len(names)} metrics"), icon("chevron")], [html.P(f"Up to {MOST} at a time.", className="note cp-note"), *items], label="Metrics", name="ib", panel="cp-list"),
        popover([icon("people"), html.Span(f"{len(picked)} chosen" if picked else "All"), icon("chevron")], [everybody, html.Hr(), *who], label="Who is compared", name="ib on" if picked else "ib", panel="cp-list"),
    ], className="cp-choices no-print")


def _nav(current: bool) -> dict[str, str]:  # noqa: FBT001 (one switch)
    return {"data-nav": "", **({"aria-current": "true"} if current else {})}


def _toggle(label: str, href: str, *, on: bool, title: str) -> html.A:
    return html.A([html.Span(icon("check"), className="tick"), label], href=href, className="item", role="checkbox", title=title, **{"data-nav": "", "data-keep-open": "", "aria-checked": str(on).lower()})


def _toggled(names: Sequence[str], name: str) -> str:
    """The list without ``name``, or with it; the oldest goes where there are too many."""
    return ",".join([each for each in names if each != name] if name in names else [*names, name][-40:])


def board_card(visit: Visit, by: By, norm: Norm, places: Sequence[Place], rows: Sequence[Mapping[str, Cell]], live: Mapping[tuple[str, str], Headline], sort: str, *, falling: bool) -> html.Section:
    """Return the card with the table, rows as they come; ``live`` holds headlines by place and metric."""
    wanted = chosen_metrics(visit, by)
    head = html.Tr([_heading(visit, "", "Branch" if by == "branch" else "Representative", sort, falling=falling), *[_heading(visit, declared.name, declared.label, sort, falling=falling, note=_scale_note(declared, norm)) for declared in wanted]])
    lines = [_line(visit, place, wanted, row, norm, live, number) for number, (place, row) in enumerate(list(zip(places, rows, strict=True))[:SHOWN], 1)]
    table = html.Table([html.Thead(head), html.Tbody(lines)], className="tb cp-t")
    more = html.P(f"{len(places) - SHOWN} more are not shown; choose branches or people above.", className="say") if len(places) > SHOWN else None
    sub = {"value": "Bars of a column share one axis from zero", "lead": "Sums per lead; rates as they are", "rep": "Sums per representative who had a lead; rates as they are",
           "best": "The best with enough cases is 100; where less is better, the index is turned round", "company": "The average is 100; where less is better, the index is turned round"}[norm]
    section = card(12, "Side by side", html.Div(table, className="cp-x"), more, sub=f"{sub}. Grey: too few cases to judge.", side=html.Span(f"{len(places)} in all", className="note"), name=f"cp cp-{norm}")
    return with_files(section, Block("side-by-side", f"Side by side: {NORMS[norm].lower()}", f"{sub}.", None, _numbers(by, norm, wanted, places, rows)), tuple(declared.name for declared in wanted))


def _numbers(by: By, norm: Norm, wanted: Sequence[Metric], places: Sequence[Place], rows: Sequence[Mapping[str, Cell]]) -> Table:
    """Every place, also those past the last line on the screen, on the chosen scale."""
    has_under = any(place.under for place in places)
    columns = (Column("Branch" if by == "branch" else "Representative"), *([Column("Branch")] if has_under else []), *(Column(declared.label, _unit(declared, norm), _scale_note(declared, norm)) for declared in wanted))
    return Table(columns, tuple((place.name, *([place.under] if has_under else []), *(row[declared.name].shown for declared in wanted)) for place, row in zip(places, rows, strict=True)))


def _heading(visit: Visit, name: str, label: str, sort: str, *, falling: bool, note: str = "") -> html.Th:
    is_on = sort == name
    arrow = ("▼" if falling else "▲") if is_on else ""
    turned = "up" if is_on and falling else "down" if is_on else ("down" if name else "up")
    link = html.A([label, html.Span(arrow, className="cp-arrow", **{"aria-hidden": "true"})], href=visit.filters.choosing(sort=f"{name or 'name'}.{turned}"), title="Sort by this", **{"data-nav": ""})
    return html.Th([link, html.Small(note) if note else None], scope="col", **{"aria-sort": ("descending" if falling else "ascending") if is_on else "none"})


def _scale_note(declared: Metric, norm: Norm) -> str:
    better = {Better.UP: "", Better.DOWN: "less is better", Better.NEITHER: ""}[declared.better]
    scale = {"lead": "per lead", "rep": "per rep"}.get(norm, "") if divisible(declared) else ""
    return ", ".join(part for part in (scale, better) if part)


def _line(visit: Visit, place: Place, wanted: Sequence[Metric], row: Mapping[str, Cell], norm: Norm, live: Mapping[tuple[str, str], Headline], number: int) -> html.Tr:
    name = html.Div([html.Span(str(number), className="cp-rank"), html.Div([html.B(place.name), html.Small(place.under) if place.under else None])], className="cp-who")
    return html.Tr([html.Th(name, scope="row"), *[_cell(visit, declared, row[declared.name], norm, live.get((place.key, declared.name))) for declared in wanted]])


def _cell(visit: Visit, declared: Metric, cell: Cell, norm: Norm, headline: Headline | None) -> html.Td:
    """A number with its bar; as it is, it moves with live messages."""
    text = shown_text(declared, cell, norm)
    name = "cp-c" + (" best" if cell.is_best else "") + (" small" if cell.is_small else "")
    moving = {**live_of(headline, visit.scope)} if headline is not None else {}
    words = [html.Span(text, className="cp-v", **(put("text=text") if moving else {}))]
    bar = html.Div(html.I(style={"width": f"{min(1.0, cell.part):.1%}"}), className="cp-bar")
    title = f"{declared.label} {write(cell.value, declared.unit)}" + (", the best" if cell.is_best and declared.better is not Better.NEITHER else "") + ("; too few cases to judge" if cell.is_small else "")
    return html.Td(html.Div([*words, bar], className=name, title=title, **moving), **{"data-value": "" if text == MISSING else repr(cell.shown), "data-label": declared.label})


def shown_text(declared: Metric, cell: Cell, norm: Norm) -> str:
    """Return a cell's number as it is written on the chosen scale."""
    return write(cell.shown, _unit(declared, norm))


def _unit(declared: Metric, norm: Norm) -> Unit:
    if norm in {"best", "company"}:
        return Unit.COUNT
    return Unit.NUMBER if norm in {"lead", "rep"} and divisible(declared) and declared.unit is Unit.COUNT else declared.unit
