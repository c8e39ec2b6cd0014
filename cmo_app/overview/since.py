"""What has changed since the last visit: computed from the numbers as they stood then and as they stand now, with the arithmetic."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from cmo_app.page import Card
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.clock import now
from shared.metrics.format import write
from shared.metrics.headline import Headline
from shared.metrics.metric import Unit
from shared.metrics.period import Period, month_end, month_start
from shared.metrics.question import Question
from shared.metrics.registry import metrics
from shared.people.last_seen import Seen
from shared.reports.document import Block, Column, Table

KEY, TITLE = "since", "What has changed since your last visit?"
_NET, _PARTS = "net_sales_amount", ("gross_sales_amount", "cancelled_amount", "credit_rejected_amount")
_COUNTS = {"leads": ("lead", "leads"), "gross_sales": ("contract", "contracts"), "cancelled_sales": ("cancellation", "cancellations")}
_CENT = 0.005
_LIGHTS = {"good": "green", "warn": "amber", "bad": "red"}


@dataclass(frozen=True)
class Standing:
    """A month's numbers at one moment: what is kept for the next visit."""

    month: date
    values: Mapping[str, float]
    branches: Mapping[str, tuple[str, float]]
    """Branch id as text -> name and net sales $."""
    lights: Mapping[str, str]
    """Metric -> status of its headline."""

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        return {"month": self.month.isoformat(), "values": dict(self.values), "branches": {key: list(value) for key, value in self.branches.items()}, "lights": dict(self.lights)}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Standing | None":
        """Read what was kept; None for what another release wrote."""
        try:
            branches = {str(key): (str(name), float(value)) for key, (name, value) in kept["branches"].items()}
            return cls(date.fromisoformat(kept["month"]), {str(key): float(value) for key, value in kept["values"].items()}, branches, {str(key): str(value) for key, value in kept["lights"].items()})
        except (KeyError, TypeError, ValueError):
            return None


def card(visit: Visit, sources: Sources, headlines: Sequence[Headline]) -> Card:
    """Return the card; it is about the running month of all branches that the reader sees, whatever is chosen."""
    month = month_start(visit.today)
    standing = _standing(visit, sources, month, visit.today, {each.metric.name: each.status for each in headlines if each.period.preset == "mtd" and visit.branch_set is None})
    seen = sources.last_seen(visit.person, standing.kept()) if sources.last_seen else None
    then = Standing.of(seen.values) if seen else None
    if seen is None or then is None:
        says, then = "This is your first visit: here is what today has brought, by the day of sale.", _until_yesterday(visit, sources, month)
    else:
        says = f"You were here last {_moment(seen, visit)}."
    later = standing if then.month == month else _standing(visit, sources, then.month, month_end(then.month), {})
    lines = sentences(then, later, standing if then.month != month else None)
    table = Table((Column("What has changed"),), tuple((line,) for line in lines))
    return Card(Block(KEY, TITLE, says, None, table), 6, body=html.Ul([html.Li(line) for line in lines], className="since"))


def _standing(visit: Visit, sources: Sources, first: date, last: date, lights: Mapping[str, str]) -> Standing:
    span = Period(first, last)
    whole, split = sources.ask.many([Question((_NET, *_PARTS, *_COUNTS), span), Question((_NET,), span, split=("branch",))], visit.scope)
    return Standing(first, {name: whole.value(name) for name in (_NET, *_PARTS, *_COUNTS)}, {str(row["branch"]): (str(row["branch_label"]), float(row[_NET])) for row in split.frame.to_dict("records")}, lights)


def _until_yesterday(visit: Visit, sources: Sources, month: date) -> Standing:
    """The running month as it would stand had today not begun."""
    yesterday = visit.today - timedelta(days=1)
    if yesterday >= month:
        return _standing(visit, sources, month, yesterday, {})
    return Standing(month, dict.fromkeys((_NET, *_PARTS, *_COUNTS), 0.0), {}, {})


def sentences(then: Standing, later: Standing, running: Standing | None) -> list[str]:
    """Return what has changed from ``then`` to ``later`` (the same month), and where the month that has begun since stands."""
    name = f"{then.month:%B}"
    moved = later.values[_NET] - then.values.get(_NET, math.nan)
    lines = []
    if math.isnan(moved) or abs(moved) < _CENT:
        lines.append(f"Net sales of {name} stand where they stood: {write(later.values[_NET], Unit.MONEY)}.")
    else:
        lines.append(f"Net sales of {name} went from {write(then.values[_NET], Unit.MONEY)} to {write(later.values[_NET], Unit.MONEY)}: {signed(moved)}{_made_of(then, later)}.")
        lines.extend(_by_branch(then, later, moved))
    counts = [f"{_more(later.values[key] - then.values[key])} {words[0] if abs(later.values[key] - then.values[key]) == 1 else words[1]}" for key, words in _COUNTS.items() if key in then.values and later.values[key] != then.values[key]]
    if counts:
        lines.append(f"{', '.join(counts)} in {name}.")
    lines.extend(_overtaken(then, later))
    lines.extend(f"{label} went from {_LIGHTS[before]} to {_LIGHTS[after]}." for label, before, after in _turned(then, later))
    if running is not None:
        lines.append(f"{running.month:%B} has begun: {write(running.values[_NET], Unit.MONEY)} of net sales and {running.values['leads']:,.0f} leads so far.")
    return lines


def _made_of(then: Standing, later: Standing) -> str:
    """The change as its parts: signed contracts less what was cancelled or refused; they add up to it."""
    gross, cancelled, rejected = (later.values[part] - then.values.get(part, math.nan) for part in _PARTS)
    if any(math.isnan(part) for part in (gross, cancelled, rejected)):
        return ""
    parts = [f"{signed(gross)} signed"] + [f"{signed(-value)} {word}" for value, word in ((cancelled, "cancelled"), (rejected, "refused credit")) if abs(value) >= _CENT]
    return f" ({', '.join(parts)})"


def _by_branch(then: Standing, later: Standing, moved: float) -> list[str]:
    changes = sorted(((value - then.branches.get(key, (name, 0.0))[1], name) for key, (name, value) in later.branches.items()), key=lambda each: -abs(each[0]))
    changes = [each for each in changes if abs(each[0]) >= _CENT]
    if len(changes) < 2:
        return [f"All of it in {changes[0][1]}."] if changes else []
    rest = moved - sum(change for change, _ in changes[:4])
    told = [f"{name} {signed(change)}" for change, name in changes[:4]] + [f"all others {signed(rest)}"] * (len(changes) > 4)
    return [f"By branch: {', '.join(told)}."]


def _overtaken(then: Standing, later: Standing) -> list[str]:
    """Who passed whom by net sales."""
    before = sorted(then.branches, key=lambda key: -then.branches[key][1])
    after = sorted((key for key in later.branches if key in then.branches), key=lambda key: -later.branches[key][1])
    found = []
    for place, key in enumerate(after):
        passed = [other for other in before[: before.index(key)] if other in after[place + 1 :]]
        if passed:
            found.append(f"{later.branches[key][0]} passed {', '.join(later.branches[other][0] for other in passed)}.")
    return found


def _turned(then: Standing, later: Standing) -> list[tuple[str, str, str]]:
    return [(metrics()[key].label, then.lights[key], light) for key, light in later.lights.items() if key in metrics() and light in _LIGHTS and then.lights.get(key) in _LIGHTS and then.lights[key] != light]


def signed(dollars: float) -> str:
    """Return dollars with their sign."""
    return f"{'+' if dollars >= 0 else '-'}{write(abs(dollars), Unit.MONEY)}"


def _more(count: float) -> str:
    return f"{count:+,.0f}"


def _moment(seen: Seen, visit: Visit) -> str:
    zone = ZoneInfo(visit.zone)
    at: datetime = seen.at.astimezone(zone)
    days = (now().astimezone(zone).date() - at.date()).days
    day = {0: "today", 1: "yesterday"}.get(days, f"on {at:%A, %-d %B}")
    return f"{day} at {at:%-I:%M %p}"
