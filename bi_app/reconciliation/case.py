"""One case: what is wrong, both records side by side, what it may belong to, what was done, and what can be done."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from bi_app.reconciliation.words import KINDS, day, moment, money, rule_tag, said, status_tag, why_of
from bi_app.shell.parts import card, empty, icon
from bi_app.visit import Visit
from shared.people.person import Person
from shared.reconciliation.breaks import BREAKS
from shared.reconciliation.caring import REASONS, STATUSES
from shared.reconciliation.records_of_case import Candidate, Pair, Records
from shared.reconciliation.rules import BY_NAME
from shared.reconciliation.summary import TITLES


def head_card(case: Mapping[str, Any], visit: Visit, zone: ZoneInfo) -> html.Section:
    """Return what the case is about."""
    rule = BY_NAME.get(case["rule"]) or next((each for each in BREAKS if each.name == case["rule"]), None)
    facts = [("At risk", money(case["amount"])), ("Age", f"{case['age']} days, since {day(case['since'])}"), ("About", day(case["day"])), ("Branch", case["branch"] or "not known"), ("Representative", case["rep"] or "—"),
             ("First seen", moment(case["first_seen_at"], zone)), ("Owner", case["owner"] or "nobody")]
    presence = html.Span("No longer there", className="rc-tag resolved") if case["gone_at"] else None
    body = [html.Div([rule_tag(case["rule"]), html.Span(f"{case['rule']} " if case["rule"] in BY_NAME else "", className="rc-muted"), html.B(TITLES.get(case["rule"], case["rule"])), status_tag(case), presence], className="rc-line"),
            html.P(f"{why_of(case)[:1].upper()}{why_of(case)[1:]}.", className="rc-why"),
            html.Dl([html.Div([html.Dt(label), html.Dd(value)]) for label, value in facts], className="rc-facts-of"),
            html.Div([html.P([html.B("At risk: "), rule.risk]), html.P([html.B("How to fix: "), rule.fix])], className="rc-advice") if rule else None]
    back = html.A([icon("left"), "Queue"], href=visit.filters.choosing(show="cases", case=None), className="ib", **{"data-nav": ""})
    return card(8, case["label"] or case["fingerprint"], *body, sub=case["fingerprint"], side=back, name="rc-case")


def work_card(case: Mapping[str, Any], visit: Visit, workers: Sequence[Person], limit: float, *, may_work: bool, may_sign: bool) -> html.Section:
    """Return what the person may do about it."""
    if not may_work:
        return card(4, "Work", empty("Analysts, branch managers, leadership and administrators work on cases.", symbol="lock", title="You may read"), name="rc-work")
    mine = case["proposed_by"] == visit.person.id
    proposal = html.Div([
        html.P([html.B(case["proposer"] or "Somebody"), f" wants to write it off: {REASONS.get(case['reason'], '').lower()}. {'Somebody else has to agree.' if mine or not may_sign else 'It needs your yes.'}"]),
        html.Div([html.Button("Agree and write off", className="button primary", type="button", **{"data-do": "reconAgree"}) if may_sign and not mine else None,
                  html.Button("Take it back" if mine else "Refuse", className="button", type="button", **{"data-do": "reconRefuse"}) if may_sign or mine else None], className="rc-line"),
    ], className="rc-proposal") if case["proposed_by"] else None
    statuses = [html.Option(label, value=value, **({"selected": "selected"} if value == case["status"] else {})) for value, label in STATUSES.items()]
    reasons = [html.Option("Why", value=""), *(html.Option(label, value=value, **({"selected": "selected"} if value == case["reason"] else {})) for value, label in REASONS.items())]
    people = [html.Option("Nobody", value=""), *(html.Option(one.name, value=str(one.id), **({"selected": "selected"} if one.id == case["owner_id"] else {})) for one in workers)]
    form = html.Div([
        html.Label(["Owner", html.Select(people, name="owner", className="rc-select", **{"data-recon": "owner"})]),
        html.Label(["Status", html.Select(statuses, name="status", className="rc-select", **{"data-recon": "status"})]),
        html.Label(["Reason", html.Select(reasons, name="reason", className="rc-select")], className="rc-reason"),
        html.Label(["Note", dcc.Input(type="text", name="note", value=case["note"], maxLength=1000, placeholder="What was found")], className="rc-note"),
        html.Button([icon("check"), html.Span("Save")], className="button primary", type="button", **{"data-do": "reconMove"}), html.Div(className="problem", role="alert"),
    ], className="rc-form")
    sub = f"A write-off above ${limit:,.0f} needs a second person. Resolved is checked: if the fault is still there, the case opens again."
    return card(4, "Work", proposal, form, sub=sub, name="rc-work")


def records_card(records: Records, zone: ZoneInfo) -> html.Section:
    """Return both records side by side, differences marked."""
    if not records.lines:
        return card(8, "Records", empty("The row is no longer there.", symbol="search"))
    two = bool(records.right)
    head = html.Tr([html.Th(""), html.Th(records.left), html.Th(records.right) if two else None])
    differing = sum(pair.differs for pair in records.lines)
    sub = "" if not two else f"{differing} {'difference' if differing == 1 else 'differences'} marked"
    return card(8, "Records" if two else "The record", html.Div(html.Table([html.Thead(head), html.Tbody([_pair(pair, zone, two=two) for pair in records.lines])], className="tb rc-records"), className="rc-x"), sub=sub)


def _pair(pair: Pair, zone: ZoneInfo, *, two: bool) -> html.Tr:
    marked = html.Span("differs", className="rc-tag differs") if pair.differs else None
    return html.Tr([html.Th(pair.label, scope="row"), html.Td(said(pair.left, zone, pair.label)), html.Td([said(pair.right, zone, pair.label), marked]) if two else None], className="rc-differs" if pair.differs else None)


def candidates_card(found: Sequence[Candidate], case: Mapping[str, Any], *, may_work: bool) -> html.Section | None:
    """Return our rows that a record of theirs may belong to; None for other cases."""
    if case["rule"] != "missing_in_crm":
        return None
    if not found:
        return card(12, "What it may belong to", empty("No row of ours within 45 days is alike and still without a counterpart.", symbol="search", title="No candidate"))
    head = html.Tr([html.Th("Row"), html.Th("Household"), html.Th("Day"), html.Th("Amount", className="n"), html.Th("Score", className="n"), html.Th("Because", className="x-s"), html.Th("")])
    rows = [html.Tr([html.Td(html.B(each.external_id)), html.Td(each.name), html.Td(day(each.day)), html.Td(money(each.amount), className="n"), html.Td(f"{each.score:.0%}", className="n strong"), html.Td(each.reason, className="x-s rc-muted"),
                     html.Td(html.Button("Match", className="button", type="button", **{"data-do": "reconPair", "data-ours": each.external_id}) if may_work else None)]) for each in found]
    return card(12, "What it may belong to", html.Div(html.Table([html.Thead(head), html.Tbody(rows)], className="tb"), className="rc-x"), sub="Rows of ours without a counterpart; a match made by hand wins over every rule")


def history_card(case: Mapping[str, Any], zone: ZoneInfo, *, may_work: bool) -> html.Section:
    """Return what happened, with a line for a comment and one for files."""
    items: list[Component] = [html.Li([html.Span(icon(KINDS[each["kind"]][1]), className=f"rc-mark {each['kind']}"), html.Div([html.B(_what(each)), html.Span(each["words"]) if each["words"] else None, html.Small(f"{each['actor_name'] or 'Run'} · {moment(each['at'], zone)}")])]) for each in case["events"]]
    write = html.Div([dcc.Textarea(id="rc-comment", placeholder="Write a comment", maxLength=2000), html.Button("Comment", className="button", type="button", **{"data-do": "reconComment"}),
                      html.Button([icon("plus"), html.Span("Attach a file")], className="button", type="button", **{"data-do": "reconAttach"})], className="rc-write no-print") if may_work else None
    files = html.Ul([html.Li(html.A([icon("download"), html.Span(each["name"]), html.Small(f"{-(-each['size'] // 1024):,} KB, {each['who'] or 'somebody'}")], href=f"/reconciliation/cases/{case['id']}/files/{each['id']}")) for each in case["files"]], className="rc-files") if case["files"] else None
    return card(4, "History", write, files, html.Ol(items, className="rc-history"), name="rc-history-card")


def _what(event: Mapping[str, Any]) -> str:
    label = KINDS[event["kind"]][0]
    if event["kind"] == "owner":
        return f"Given to {event['after'] or 'nobody'}"
    if event["kind"] == "status":
        return f"{STATUSES.get(event['before'], '')} to {STATUSES.get(event['after'], '').lower()}"
    return label
