"""Rules and types of breaks: what each finds, and how right it has been."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from bi_app.reconciliation.words import rule_tag, whole_money
from bi_app.shell.parts import card, icon
from bi_app.visit import Visit
from shared.reconciliation.breaks import BREAKS, BreakType
from shared.reconciliation.rule import Rule
from shared.reconciliation.rules import BY_NAME, RULES

_FAMILIES = {"ghost": "Ghost appointments", "split": "Split integrity", "break": "Breaks between ledgers"}


def rule_cards(counts: Mapping[str, Mapping[str, Any]], visit: Visit) -> list[html.Section]:
    """Return every rule with what is open and its precision so far."""
    every: Sequence[Rule | BreakType] = (*RULES, *BREAKS)
    return [card(12, title, html.Div(html.Table([_head(), html.Tbody([_row(each, counts.get(each.name, {}), visit) for each in every if each.family == family])], className="tb rc-rules"), className="rc-x")) for family, title in _FAMILIES.items()]


def _head() -> html.Thead:
    return html.Thead(html.Tr([html.Th(""), html.Th("Rule"), html.Th("Open", className="n"), html.Th("At risk", className="n"), html.Th("Found so far", className="n x-s"), html.Th("Judged", className="n x-s"), html.Th("Precision so far", className="n")]))


def _row(each: Rule | BreakType, counts: Mapping[str, Any], visit: Visit) -> html.Tr:
    return html.Tr([html.Td(rule_tag(each.name)), html.Td([html.A(each.title, href=visit.filters.choosing(show="rule", rule=each.name), className="rc-link", **{"data-nav": ""}), html.Small(each.meaning)], className="rc-said-of"),
                    html.Td(f"{counts.get('open', 0):,}", className="n strong"), html.Td(whole_money(float(counts.get("amount", 0))), className="n"), html.Td(f"{counts.get('found', 0):,}", className="n x-s rc-muted"),
                    html.Td(f"{counts.get('judged', 0):,}", className="n x-s rc-muted"), html.Td(precision(counts), className="n")])


def precision(counts: Mapping[str, Any]) -> str:
    """Return how many of the judged cases were no false alarm."""
    judged = counts.get("judged", 0)
    return "—" if not judged else f"{1 - counts['false_alarms'] / judged:.1%}"


def rule_card(name: str, counts: Mapping[str, Any], visit: Visit) -> list[html.Section]:
    """Return one rule with its definition."""
    rule = BY_NAME.get(name) or next((each for each in BREAKS if each.name == name), None)
    back = html.A([icon("left"), "Rules"], href=visit.filters.choosing(show="rules", rule=None), className="ib", **{"data-nav": ""})
    if rule is None:
        return [card(12, "Rule", html.P("There is no such rule."), side=back)]
    facts = [("Finds", rule.meaning), ("Severity", rule.severity), ("At risk", rule.risk), ("How to fix", rule.fix), ("Counted in", rule.headline.replace("_", " ")), ("Open now", f"{counts.get('open', 0):,}, {whole_money(float(counts.get('amount', 0)))}"),
             ("Found so far", f"{counts.get('found', 0):,}"), ("Judged", f"{counts.get('judged', 0):,}, of these {counts.get('false_alarms', 0):,} false alarms"), ("Precision so far", precision(counts))]
    cards = [card(12, f"{rule.name}: {rule.title}" if rule.name in BY_NAME else rule.title, html.Dl([html.Div([html.Dt(label), html.Dd(value)]) for label, value in facts], className="rc-facts-of wide"), side=back,
                  sub="Precision: of the cases that people or runs have closed, the share that nobody called a false alarm")]
    if isinstance(rule, Rule):
        copy = html.Button([icon("copy"), html.Span("Copy")], className="ib", type="button", **{"data-do": "copy", "data-from": "#rc-sql"})
        cards.append(card(12, "Definition", html.Pre(rule.sql.strip(), id="rc-sql", className="rc-sql"), sub="Runs as it stands, with :today and the company's terms as parameters", side=copy))
    return cards
