"""What if?  Levers on the funnel, and every link of the chain from leads to installed revenue, on top of the forecast."""

import math
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from dash import html
from dash.development.base_component import Component

from cmo_app.forecast import levers
from cmo_app.forecast.response import Known, response_of
from cmo_app.page import Card
from cmo_app.shell.parts import empty, icon
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.analysis.scenario import Baseline, Funnel, Levers, Link, Scenario, play
from shared.forecast.outlook import Outlook
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.metrics.period import Period
from shared.metrics.question import Question
from shared.reports.document import Amount, Block, Column, Table

KEY, TITLE = "scenario", "What if?"
_COUNTS = ("leads", "appointments_set", "issued", "demos", "net_sales", "net_sales_amount")
_YEAR = 364
_NAMES = {"leads": "Leads", "set": "Appointments set", "issued": "Issued", "demos": "Demos", "sales": "Net sales", "net $": "Booked $", "installed $": "Installed $"}
_MONEY = frozenset({"net $", "installed $"})
_RECENT_WEEKS = 26
_BUSY = 0.9
"""A week that nine of ten do not exceed is what crews can install."""


@dataclass(frozen=True)
class Played:
    """A scenario with what it was made from."""

    baseline: Baseline
    levers: Levers
    scenario: Scenario
    known: Known


def card(visit: Visit, sources: Sources, outlook: Outlook) -> Card:
    """Return the card."""
    played = played_for(visit, sources, outlook)
    if played is None:
        return Card(Block(KEY, TITLE), body=empty("A scenario needs a year of leads and sales of these branches to know their rates."))
    body = html.Div([html.Div([levers.fields(visit, played.baseline.funnel), _reset(visit, played.levers)]), html.Div([_chain(played.scenario.chain), _outcomes(played)], className="effects")], className="what-if")
    rows = tuple((_NAMES[link.name], Amount(link.before, _unit(link)), Amount(link.after, _unit(link)), None if math.isnan(link.change) else link.change) for link in played.scenario.chain)
    table = Table((Column("Thirteen weeks"), Column("Forecast"), Column("Scenario"), Column("Change", Unit.PERCENT)), rows)
    return Card(Block(KEY, TITLE, says(played), table=table, note=_note(played)), body=body)


def played_for(visit: Visit, sources: Sources, outlook: Outlook) -> Played | None:
    """Return the scenario of the chosen levers over the coming 13 weeks; None where rates are not known."""
    branches = outlook.branches(visit.branch_set)
    booked, installed = outlook.ahead("booked", "week", visit.branch_set), outlook.ahead("installed", "week", visit.branch_set)
    last = visit.today - timedelta(days=1)
    counts = sources.ask(Question(_COUNTS, Period(last - timedelta(days=_YEAR - 1), last), branches=visit.branch_set), visit.scope)
    leads, set_, issued, demos, sales, amount = (counts.value(name) for name in _COUNTS)
    if booked is None or installed is None or min(leads, set_, issued, demos, sales, amount) <= 0:
        return None
    # So many leads as the forecast's money needs at the rates of the last year: the chain then ends at the forecast.
    funnel = Funnel(leads * booked.total.mean / amount, set_ / leads, issued / set_, demos / issued, sales / demos, amount / sales)
    lags = outlook.run.lags
    baseline = Baseline([each.mean for each in booked.buckets], [each.mean for each in installed.buckets], booked.total, installed.total, funnel, lags["booked"] or (), lags["installed"] or (), _capacity(outlook, branches))
    chosen = levers.levers_of(visit)
    known = response_of(visit, sources, chosen.spend)
    return Played(baseline, chosen, play(baseline, chosen, known.response), known)


def _capacity(outlook: Outlook, branches: list[int]) -> float | None:
    """Dollars a week that the crews have shown to install."""
    _, values = outlook.daily("installed", branches)
    weeks = np.array(values[-7 * _RECENT_WEEKS :])
    weeks = weeks[len(weeks) % 7 :].reshape(-1, 7).sum(axis=1)
    return float(np.quantile(weeks, _BUSY)) if len(weeks) >= _RECENT_WEEKS // 2 and weeks.any() else None


def _unit(link: Link) -> Unit:
    return Unit.MONEY if link.name in _MONEY else Unit.COUNT


def _chain(chain: tuple[Link, ...]) -> Component:
    """The links, each with before, after and change."""
    def step(link: Link) -> Component:
        moved = not math.isnan(link.change) and abs(link.change) >= 0.0005
        change = html.Span(f"{link.change:+.1%}", className=f"delta {'up' if link.change > 0 else 'down'}") if moved else html.Span("as forecast", className="same")
        return html.Li([html.Span(_NAMES[link.name], className="what"), html.B(write(link.after, _unit(link))), change, html.Small(f"forecast {write(link.before, _unit(link))}") if moved else None], className="is-moved" if moved else "")

    return html.Ol([step(link) for link in chain], className="chain", **{"aria-label": "From leads to installed revenue, the next 13 weeks"})


def _outcomes(played: Played) -> Component:
    """Both totals with their bands."""
    found = played.scenario
    rows = []
    for title, after, before in (("Booked, next 13 weeks", found.booked_total, played.baseline.booked_total), ("Installed, next 13 weeks", found.installed_total, played.baseline.installed_total)):
        low, high = after.band(80)
        gain = after.mean - before.mean
        rows.append(html.Div([html.H3(title), html.Div(write(after.mean, Unit.MONEY), className="value"), html.P(f"{write(low, Unit.MONEY)} to {write(high, Unit.MONEY)}", className="between"),
                              html.P(f"{'+' if gain > 0 else ''}{write(gain, Unit.MONEY)} against the forecast" if abs(gain) >= 1 else "as forecast", className="to-go")], className="aim-box"))
    return html.Div(rows, className="aims two")


def _reset(visit: Visit, chosen: Levers) -> Component | None:
    if chosen.is_idle:
        return None
    return html.A([icon("retry"), "As it is"], href=visit.chosen.choosing(**dict.fromkeys(levers.CHOICES)), className="button no-print", **{"data-nav": ""})


def says(played: Played) -> str:
    """Return what the levers bring, in a sentence."""
    if played.levers.is_idle:
        return "Move a lever to see what the next thirteen weeks would bring; the chain shows where it goes."
    found, base = played.scenario, played.baseline
    booked, installed = found.booked_total.mean - base.booked_total.mean, found.installed_total.mean - base.installed_total.mean
    told = f"{_signed(booked)} booked and {_signed(installed)} installed within thirteen weeks."
    if installed < booked * 0.5 and booked > 0:
        told += " The rest is installed later, for sales wait their weeks."
    return f"{told} {write(found.waiting, Unit.MONEY)} would wait for crews." if found.waiting >= 1 else told


def _signed(value: float) -> str:
    return f"+{write(value, Unit.MONEY)}" if value > 0 else write(value, Unit.MONEY)


def _note(played: Played) -> str:
    capacity = "" if played.baseline.capacity is None else f" Crews: {write(played.baseline.capacity, Unit.MONEY)} a week, which nine of ten weeks of the last half-year did not exceed; more crews help only where work waits."
    return (f"Rates of the last 52 weeks; leads are those that the forecast's money needs at these rates. A lever acts on what is not under way yet: new leads sell, and sales are installed, with the delays above. {played.known.words}{capacity}"
            " Bands grow with the money; that a lever can be moved at all is taken for granted.")
