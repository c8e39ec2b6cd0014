"""The summary: what is open, both sides of every source, the trend, how old, where and with whom."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import orjson
from dash import dcc, html
from dash.development.base_component import Component

from bi_app.reconciliation.filing import facts_block, parts_block, sides_block, trend_block
from bi_app.reconciliation.leading import link
from bi_app.reconciliation.words import cents, moment, whole_money
from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty, icon, key
from bi_app.shell.said import Said, saying
from bi_app.visit import Visit
from shared.charts.palette import themed
from shared.charts.reconciliation import open_trend
from shared.charts.template import CONFIG
from shared.reconciliation.proof import Wanted
from shared.reconciliation.summary import Part, Side, Summary

_BUCKET_TONES = ("", "", "warn", "warn", "bad")


def facts(found: Summary, visit: Visit) -> html.Div:
    """Return the line of numbers at the top."""
    cases, amount = sum(part.cases for part in found.families), sum(part.amount for part in found.families)
    entries: list[tuple[str, str, str, str]] = [("Open cases", f"{cases:,}", f"{whole_money(amount)} at risk", visit.filters.choosing(show="cases", rule=None, case=None))]
    entries += [(part.label, f"{part.cases:,}", whole_money(part.amount), visit.filters.choosing(show="cases", rule=part.key, case=None)) for part in found.families]
    entries.append(("Mean age", "—" if found.mean_age is None else f"{found.mean_age:.1f} d", "of open cases", ""))
    entries.append(("Last 7 days", f"{found.closed:,} closed", f"{found.opened:,} opened", ""))
    return saying(html.Div([_fact(*entry) for entry in entries], className="rc-facts s12"), Said(facts_block(found)))


def _fact(label: str, value: str, sub: str, link: str) -> Component:
    inside = [html.Span(label), html.B(value), html.Small(sub)]
    return html.A(inside, href=link, className="rc-fact", **{"data-nav": ""}) if link else html.Div(inside, className="rc-fact")


def sides_card(sides: Sequence[Side], visit: Visit, last: datetime | None, zone: ZoneInfo) -> html.Section:
    """Return matched and broken of every source, by count and by cents, on both sides."""
    sub = "Every row of either side is matched or broken: nothing is left over" + (f" · last run {moment(last, zone)}" if last else "")
    if unplaced := sum(each.unplaced_count for each in sides if each.side == "outside"):
        sub += f" · {unplaced:,} records name no branch of ours and match nothing: they count here, not in the match rate of scorecards, alerts and API"
    if not sides:
        return card(12, "Ledgers of others", empty("Send a bank's, a lender's or an accounting system's ledger to hold it against your own books.", title="No ledger yet", symbol="reconcile",
                                                  action=html.A("Sources", href=visit.filters.choosing(show="sources"), className="button", **{"data-nav": ""})))
    head = html.Tr([html.Th("Source"), html.Th("Side"), html.Th("Matched", className="n"), html.Th("Broken", className="n"), html.Th("Total", className="n x-s"), html.Th("Match rate", className="rc-rate"),
                    html.Th("Matched $", className="n"), html.Th("Broken $", className="n"), html.Th("Total $", className="n x-s")])
    return with_files(card(12, "Ledgers of others", html.Div(html.Table([html.Thead(head), html.Tbody([_side(each, visit) for each in sides])], className="tb rc-sides"), className="rc-x"), sub=sub), sides_block(sides), ("match_rate", "match_rate_amount"))


def _side(each: Side, visit: Visit) -> html.Tr:
    rate = each.matched_count / each.total_count if each.total_count else 0
    bar = html.Div([html.Span(html.I(style={"width": f"{rate:.2%}"}), className="meter"), html.B(f"{rate:.1%}")], className="rc-meter")
    outside = each.side == "outside"
    ways = [html.A(f"{count:,}", href=link(visit, each.source, Wanted("outside" if outside else "crm", state)), className="rc-way" + (" rc-bad" if state == "broken" else ""), **{"data-nav": ""}) if count else "0"
            for count, state in ((each.matched_count, "matched"), (each.broken_count, "broken"), (each.total_count, ""))]
    return html.Tr([html.Td(html.B(each.label) if outside else ""), html.Td("Theirs" if outside else "Ours", className="rc-muted"), html.Td(ways[0], className="n"), html.Td(ways[1], className="n"),
                    html.Td(ways[2], className="n x-s"), html.Td(bar, className="rc-rate"), html.Td(cents(each.matched_cents), className="n"), html.Td(cents(each.broken_cents), className="n" + (" rc-bad" if each.broken_count else "")), html.Td(cents(each.total_cents), className="n x-s")],
                   className="rc-first" if outside else None)


def trend_card(found: Summary, visit: Visit) -> html.Section:
    """Return how many cases were open at the end of each of the last days."""
    if not any(count for _, count, _ in found.trend):
        return card(8, "Open cases by day", empty("No case was open in these days.", symbol="good", title="Nothing open"))
    plain = open_trend(found.trend)
    figure = orjson.loads(themed(orjson.dumps(plain).decode(), "dark" if visit.theme == "dark" else "light"))
    graph = dcc.Graph(id="rc-trend", figure=figure, config=CONFIG, style={"height": "250px"}, className="chart")
    return with_files(card(8, "Open cases by day", graph, sub="At the end of each day, as cases are dated now", side=html.Span([key("Open cases", "c1"), key("At risk", "fg-3", "dash")], className="keys")), trend_block(found, plain))


def ages_card(found: Summary) -> html.Section:
    """Return open cases by how old they are."""
    most = max((part.cases for part in found.ages), default=0) or 1
    rows = [html.Div([html.Span(f"{part.label} days"), html.Span(html.I(style={"width": f"{part.cases / most:.1%}"}, className=tone), className="meter"), html.B(f"{part.cases:,}"), html.Small(whole_money(part.amount))], className="rc-age")
            for part, tone in zip(found.ages, _BUCKET_TONES, strict=True)]
    section = card(4, "Ageing", html.Div(rows, className="rc-ages"), sub="Days since the fault began; it keeps its age when it goes and returns")
    return with_files(section, parts_block("ageing", "Ageing", found.ages, "Days open"))


def parts_card(span: int, title: str, parts: Sequence[Part], sub: str, link: str = "") -> html.Section:
    """Return dollars at risk by part, the greatest first."""
    if not parts:
        return card(span, title, empty("Nothing is open.", symbol="good", title="All clear"), sub=sub)
    most = max(part.amount for part in parts) or 1
    rows = [html.Tr([html.Td(part.label, className="rc-name"), html.Td(html.Span(html.I(style={"width": f"{part.amount / most:.1%}"}), className="meter"), className="rc-bar"), html.Td(f"{part.cases:,}", className="n rc-muted"),
                     html.Td(whole_money(part.amount), className="n strong")]) for part in parts]
    side = html.A(["Open", icon("right")], href=link, className="ib", **{"data-nav": ""}) if link else None
    return with_files(card(span, title, html.Table(html.Tbody(rows), className="tb rc-parts"), sub=sub, side=side), parts_block(title.lower().replace(" ", "-"), title, parts, title.rpartition(" ")[2].capitalize()))
