"""Signing for a period: the numbers as they stand, who signed, and what has changed since."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from bi_app.reconciliation.filing import side_name, signed_blocks
from bi_app.reconciliation.words import cents, day, in_a_line, moment, money
from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty, icon
from bi_app.shell.said import Said, saying
from bi_app.visit import Visit
from shared.reconciliation.signing import SignOff
from shared.reconciliation.summary import TITLES


def months_back(today: date, count: int = 12) -> list[tuple[date, date]]:
    """Return the last closed months, the newest first, as (first day, last day)."""
    found, last = [], today.replace(day=1) - timedelta(days=1)
    for _ in range(count):
        found.append((last.replace(day=1), last))
        last = last.replace(day=1) - timedelta(days=1)
    return found


def numbers_card(numbers: Mapping[str, Any], fingerprint: str, signed: SignOff | None, visit: Visit, period: tuple[date, date], branch: int | None, *, may_sign: bool, before: SignOff | None = None) -> html.Section:
    """Return what would be signed for, and the way to sign; ``before``: the last signature, opened again."""
    head = html.Tr([html.Th("Ledger"), html.Th("Matched", className="n"), html.Th("Broken", className="n"), html.Th("Total", className="n"), html.Th("Matched $", className="n"), html.Th("Broken $", className="n"), html.Th("Total $", className="n")])
    sides = [html.Tr([html.Td(side_name(name)), *(html.Td(f"{each[key]:,}", className="n") for key in ("matched_count", "broken_count", "total_count")), *(html.Td(cents(each[key]), className="n") for key in ("matched_cents", "broken_cents", "total_cents"))])
             for name, each in numbers["sides"].items()]
    case_head = html.Tr([html.Th("Cases"), html.Th("Open", className="n"), html.Th("$", className="n"), html.Th("Accepted", className="n"), html.Th("$", className="n"), html.Th("Written off", className="n"), html.Th("$", className="n")])
    cases = [html.Tr([html.Td(_case_name(name)), *(_figure_cell(each, key) for key in ("open_count", "open_amount", "accepted_count", "accepted_amount", "written_off_count", "written_off_amount"))]) for name, each in numbers["cases"].items()]
    signed_for, of_cases = signed_blocks(numbers, fingerprint, signed, period, {name: _case_name(name) for name in numbers["cases"]}, before)
    body: list[Component | None] = [html.Div(html.Table([html.Thead(head), html.Tbody(sides)], className="tb rc-sides"), className="rc-x") if sides else None, saying(html.Div(html.Table([html.Thead(case_head), html.Tbody(cases)], className="tb rc-sides"), className="rc-x rc-gap"), Said(of_cases)) if cases else None]
    if not sides and not cases:
        body = [empty("No ledger and no case lies in this period.", symbol="calendar", title="Nothing to sign for")]
    body.append(html.P(["Hash of these numbers: ", html.Code(fingerprint)], className="rc-hash"))
    body.append(_sign(fingerprint, signed, period, branch, may_sign=may_sign))
    return with_files(card(12, f"{period[0]:%B %Y}", *body, sub=f"{day(period[0])} to {day(period[1])} · {visit.branch_words if branch is not None else visit.company}"), signed_for)


def _figure_cell(counts: Mapping[str, Any], key: str) -> html.Td:
    if not counts[key.replace("amount", "count")]:
        return html.Td("–", className="n rc-muted")
    return html.Td(money(counts[key]) if key.endswith("amount") else f"{counts[key]:,}", className="n")


def _case_name(name: str) -> str:
    source, _, rule = name.rpartition(" ")
    return f"{rule} {TITLES.get(rule, '')}" if not source else f"{source.capitalize()}: {in_a_line(rule)}"


def _sign(fingerprint: str, signed: SignOff | None, period: tuple[date, date], branch: int | None, *, may_sign: bool) -> Component:
    if signed is not None:
        return html.P([html.Span([icon("lock"), html.Span(f"Signed by {signed.signed_name}")], className="rc-holds"), f" on {signed.signed_at:%d %b %Y, %H:%M} UTC. {signed.note}"], className="rc-signed")
    if not may_sign:
        return html.P("A branch manager signs for a branch, leadership or an administrator for all.", className="rc-muted")
    data = {"data-from": period[0].isoformat(), "data-to": period[1].isoformat(), "data-branch": "" if branch is None else str(branch), "data-hash": fingerprint}
    return html.Div([dcc.Input(type="text", name="note", placeholder="What you want to say with it", maxLength=1000), html.Button([icon("lock"), html.Span("Sign for this period")], className="button primary", type="button", **{"data-do": "reconSign", **data}),
                     html.Div(className="problem", role="alert")], className="rc-sign no-print")


def signed_card(signed: Sequence[SignOff], names: Mapping[int, str], zone: ZoneInfo, company: str) -> html.Section:
    """Return who has signed for what, and what has changed since."""
    if not signed:
        return card(12, "Signed", empty("Nobody has signed for a period yet.", title="No signature", symbol="lock"))
    rows: list[Component] = []
    for each in signed:
        where = company if each.branch_id is None else names.get(each.branch_id, "A branch")
        state = html.Span("Stands", className="rc-tag resolved") if each.reopened_at is None else html.Span("Open again", className="rc-tag returned")
        rows.append(html.Tr([html.Td(html.B(f"{each.period_from:%B %Y}")), html.Td(where), html.Td(each.signed_name), html.Td(moment(each.signed_at, zone), className="rc-muted"), html.Td(html.A(html.Code(each.hash[:16]), href=f"/reconciliation/sign-offs/{each.id}/numbers.json", title=f"{each.hash}: the SHA-256 of this file", download=""), className="x-s"), html.Td(state)]))
        if each.reopened_at is not None:
            lines = [html.Li([html.Span(_what(one["what"])), f": signed {_figure(one['what'], one['signed'])}, now {_figure(one['what'], one['now'])}"]) for one in each.difference[:30]]
            rows.append(html.Tr(html.Td([html.Span(f"The data changed; open again since {moment(each.reopened_at, zone)}. What differs:"), html.Ul(lines)], colSpan=6, className="rc-difference")))
    head = html.Tr([html.Th("Period"), html.Th("Where"), html.Th("Signed by"), html.Th("When"), html.Th("Hash", className="x-s"), html.Th("")])
    return card(12, "Signed", html.Div(html.Table([html.Thead(head), html.Tbody(rows)], className="tb rc-signed-list"), className="rc-x"), sub="A change of the data afterwards opens the period again and says what differs")


def _what(what: str) -> str:
    """Say which number of a signed period differs."""
    name, _, figure = what.partition(": ")
    label = side_name(name) if name.endswith((" crm", " outside")) else _case_name(name)
    return f"{label}, {figure.removesuffix(' cents').removesuffix(' amount')}{' $' if figure.endswith(('cents', 'amount')) else ''}"


def _figure(what: str, value: Any) -> str:
    if value is None:
        return "nothing"
    if what.endswith("cents"):
        return cents(int(value))
    return money(value) if what.endswith("amount") else f"{int(value):,}"
