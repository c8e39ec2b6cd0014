"""The bar above every page: what is shown, as of when, and the filters."""

from datetime import date, datetime

from dash import dcc, html
from dash.development.base_component import Component

from bi_app.filters import MORE, SEGMENTS
from bi_app.shell.files import page_menu
from bi_app.shell.live import badge
from bi_app.shell.parts import icon, popover
from bi_app.shell.said import Said, saying
from bi_app.visit import Visit
from shared.live.topic import event_topics
from shared.metrics.period import PRESETS

_VIEWS = frozenset({"show", "sort"})
"""Choices that open a part of a page or order it; they filter nothing, so no file names them."""


def topbar(title: str, visit: Visit, words: str, as_of: datetime | None, *, periods: bool = True, more: Component | None = None, files: bool = False) -> html.Header:
    """Return the top bar; ``words`` say what the numbers are compared with, ``as_of`` the moment they are exact for (None: there are none).

    ``periods``: whether the reader chooses one, or the page is about today; ``more``: what a page adds; ``files``: whether the
    page can be had as files.
    """
    about = f"{visit.branch_words} · {visit.period.words if periods else f'{visit.today:%A}, {visit.today.day} {visit.today:%B %Y}'}{words}"
    heading = html.Div([html.H1(title), html.Div(about, className="sub", title=about)], className="heading")
    theme = html.Button([icon("moon"), icon("sun")], className="ib icon no-print", type="button", title="Light or dark", **{"data-do": "theme", "aria-label": "Switch between light and dark"})
    bar = html.Header([heading, html.Div(className="grow"), badge(visit, as_of), *([segments(visit), dates(visit)] if periods else []), branches(visit), more, page_menu(visit) if files else None, bell(visit), theme], className="top")
    chosen = [("Branches", visit.branch_words), *([("Period", visit.period.words)] if periods else []), *([("Stage", STAGE_LABELS[visit.filters.stage])] if visit.filters.stage else []),
              *((name.replace("_", " ").capitalize(), value) for name, value in visit.filters.own if name not in _VIEWS)]
    return saying(bar, Said(about=about, as_of=as_of, filters=chosen))


def bell(visit: Visit) -> html.A:
    """Return the way to the warnings; alerts.js writes how many nobody has taken note of, anew whenever one moves on."""
    return html.A([icon("bell"), html.B("", className="bell-n", hidden=True)], href="/alerts", className="ib icon bell no-print", title="Warnings",
                  **{"aria-label": "Warnings", "data-live": " ".join(event_topics(frozenset(branch.id for branch in visit.branches)))})


def segments(visit: Visit) -> html.Nav:
    """Return the periods that are one click away."""
    return html.Nav([_choice(visit, preset, label) for preset, label in SEGMENTS.items()], className="seg no-print", **{"aria-label": "Period"})


def _choice(visit: Visit, preset: str, label: str, name: str = "") -> html.A:
    current = {"aria-current": "true"} if visit.filters.period == preset else {}
    return html.A(label, href=visit.filters.link(period=preset), className=name, title=PRESETS[preset][0], **{"data-nav": "", **current})


def dates(visit: Visit) -> html.Details:
    """Return the popover with further periods and a range of one's own."""
    is_other = visit.filters.period not in SEGMENTS
    shown = "" if not is_other else PRESETS[visit.filters.period][0] if visit.filters.period in PRESETS else visit.period.words
    form = html.Div([
        html.Label(["From", _day("from", visit.period.start)]), html.Label(["To", _day("to", visit.period.end)]),
        html.Div(className="problem", role="alert"),
        html.Button("Show these days", className="button primary", type="button", **{"data-do": "dates"}),
    ], className="dates")
    return popover([icon("calendar"), html.Span(shown) if shown else None], [html.H3("Other periods"), html.Div([_choice(visit, preset, PRESETS[preset][0], "item") for preset in MORE], className="presets"), html.Hr(), form], panel="periods",
                   label=f"Period: {shown or 'other days'}", name="ib on" if is_other else "ib icon", wrapper="no-print")


def _day(name: str, value: date) -> dcc.Input:
    return dcc.Input(type="date", name=name, value=value.isoformat(), min="1990-01-01", max="2100-12-31", debounce=True)


def branches(visit: Visit) -> Component:
    """Return the branch filter; a person with one branch sees its name and nothing to choose."""
    if len(visit.branches) < 2:
        return html.Span([icon("branch"), html.Span(visit.branch_words)], className="ib hide-s no-print")
    every = tuple(branch.id for branch in visit.branches)
    filters = visit.filters
    rows = [html.A([html.Span(icon("check"), className="tick"), branch.name], href=filters.link(branches=filters.toggled(branch.id, every)), className="item", role="checkbox",
                   **{"data-nav": "", "data-keep-open": "", "aria-checked": str(branch.id in filters.branches).lower()}) for branch in visit.branches]
    everything = html.A([icon("branch"), "All branches" if visit.scope.is_company else "All of yours"], href=filters.link(branches=()), className="item",
                        **{"data-nav": "", **({} if filters.branches else {"aria-current": "true"})})
    return popover([icon("branch"), html.Span(visit.branch_words, className="tx-s"), icon("chevron")], [everything, html.Hr(), *rows], label=f"Branches: {visit.branch_words}",
                   name="ib on" if filters.branches else "ib", wrapper="no-print")


def chips(visit: Visit) -> html.Div | None:
    """Return the active filters as chips that are removed by a click; None where nothing is filtered."""
    filters = visit.filters
    found = [_chip(f"Branch: {branch.name}", filters.link(branches=tuple(each for each in filters.branches if each != branch.id)))
             for branch in visit.branches if branch.id in filters.branches]
    if filters.stage:
        found.append(_chip(f"Stage: {STAGE_LABELS[filters.stage]}", filters.link(stage="")))
    if not found:
        return None
    return html.Div([*found, html.A("Clear all", href=filters.link(branches=(), stage=""), className="chip all", **{"data-nav": ""})], className="chips")


def _chip(text: str, link: str) -> html.A:
    return html.A([text, icon("close")], href=link, className="chip", title="Remove this filter", **{"data-nav": "", "aria-label": f"{text}, remove"})


STAGE_LABELS = {"appointment": "Appointments set", "quote": "Open quotes", "backlog": "Sold, not started", "job": "In production"}
