"""Does a budget decision depend on the model?  Where models disagree beyond chance, with the arithmetic."""

from dash import html

from cmo_app.attribution import words
from cmo_app.attribution.choices import Asked
from cmo_app.page import Card
from cmo_app.shell.parts import empty, icon
from shared.metrics.attribution_answer import Decision, Found
from shared.reports.document import Block, Column, Table

KEY, TITLE = "decision", "Does a budget decision depend on the model?"
_MOST = 4
_KINDS = {"keep_or_cut": "Keep or cut", "next_dollar": "The next dollar"}


def card(found: Found, asked: Asked) -> Card:
    """Return the card."""
    if not found.conversions:
        return Card(Block(KEY, TITLE), body=empty(f"There are no {asked.conversions} in these days and branches yet, so there is nothing to give credit for.", title=f"No {asked.conversions}"))
    if found.touched == 0:
        return Card(Block(KEY, TITLE), body=empty(f"No touch is recorded {asked.lookback} any of the {found.conversions:,} {asked.conversions}. Import touches, or choose a longer lookback.", title="No touches"))
    if not found.spend:
        return Card(Block(KEY, TITLE), body=empty("No marketing cost is recorded for these days and branches, so there is no cost per sale, no ROMI and no decision to compare.", title="No spend"))
    told = [words.decision(found, each) for each in found.decisions]
    table = Table((Column("Decision"), Column("Why")), tuple((_name(found, each), text) for each, text in zip(found.decisions, told, strict=True))) if told else None
    return Card(Block(KEY, TITLE, _says(found), table=table, note=_note(found, asked)), body=html.Div([_line(found, each, text) for each, text in list(zip(found.decisions, told, strict=True))[:_MOST]], className="decisions") if told else html.Div(className="decisions"))


def _says(found: Found) -> str:
    if not found.decisions:
        return "No. Whichever model you trust, the same channels pay for themselves and the same one brings most for a dollar, as far as these data can tell."
    count = len(found.decisions)
    return f"Yes: {'one does' if count == 1 else f'{count} do'}. Ask which model fits before you move this money."


def _name(found: Found, each: Decision) -> str:
    return f"{_KINDS[each.kind]}: {found.keys[each.first.key].label}" + (f" or {found.keys[each.second.key].label}" if each.kind == "next_dollar" else "")


def _line(found: Found, each: Decision, text: str) -> html.Div:
    return html.Div([icon("warning"), html.Div([html.B(_name(found, each)), html.P(text)])], className="decision")


def _note(found: Found, asked: Asked) -> str:
    formula = f"ROMI = (credited sales $ x {found.margin:.0%} contribution margin - cost) / cost. " if found.cents else ""
    return (f"{formula}A model counts as sure where 95 of 100 resampled companies agree with it; channels with less than 1% of all cost are left out. These are averages: "
            f"what one more dollar would bring is told by how leads follow money. {found.touched:,} touches {asked.lookback} {found.conversions:,} {asked.conversions}.")
