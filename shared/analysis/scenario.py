"""What if: funnel levers on top of the baseline forecast, with every link of the chain from spend to installed revenue.

A lever is relative to what is: 1.1 is a tenth more.  It changes the baseline's own money; what a change of leads does arrives with the delays that the forecast has learnt (of what a
week's leads sell, so much comes so many weeks later; of what is sold, so much is installed so many weeks later).  What is already under way is not touched.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from shared.analysis.forecasting.paths import Spread

Array = NDArray[np.float64]
Curve = Callable[[float], float]
"""Leads relative to today's as a function of spend relative to today's; 1 at 1."""
LOWEST, HIGHEST = 0.0, 3.0
_NORMAL_80 = 1.2816


@dataclass(frozen=True)
class Response:
    """What spend does to leads, with a band of 80 percent where that is known."""

    mean: Curve
    low: Curve | None = None
    high: Curve | None = None


def elasticity(power: float, off: float = 0.0) -> Response:
    """Leads grow with this power of spend (0: not at all, 1: in proportion); ``off``: standard error of the power."""
    def curve(exponent: float) -> Curve:
        return lambda spend: 1.0 if exponent == 0 else max(spend, 0.0) ** max(exponent, 0.0)

    edges = [curve(power + sign * _NORMAL_80 * off) for sign in (-1, 1)] if off else [None, None]
    return Response(curve(power), *edges)


@dataclass(frozen=True)
class Levers:
    """Each relative to today: 1 leaves things as they are."""

    spend: float = 1.0
    set_rate: float = 1.0
    issue_rate: float = 1.0
    sit_rate: float = 1.0
    close_rate: float = 1.0
    average_sale: float = 1.0
    crews: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        for each in fields(self):
            value = getattr(self, each.name)
            if not LOWEST <= value <= HIGHEST:  # also where it is not a number
                raise ValueError(f"{each.name} must lie between {LOWEST:g} and {HIGHEST:g} times today's, not {value:g}")

    @property
    def is_idle(self) -> bool:
        """True where nothing is changed."""
        return self == Levers()


@dataclass(frozen=True)
class Funnel:
    """What the horizon is expected to bring at today's rates; NaN: not known, which leaves counts unknown but not money."""

    leads: float
    set_rate: float
    """Appointments per lead."""
    issue_rate: float
    sit_rate: float
    close_rate: float
    """Net sales per demo."""
    average_sale: float


@dataclass(frozen=True)
class Baseline:
    """The forecast, by week, that a scenario starts from."""

    booked: Sequence[float]
    installed: Sequence[float]
    booked_total: Spread
    installed_total: Spread
    funnel: Funnel
    lead_lags: Sequence[float] = ()
    """Share of what a week's leads sell by weeks later, from 0 on; empty: at once."""
    install_lags: Sequence[float] = ()
    """Share of what is sold that is installed by weeks later; empty: nothing of it within the horizon."""
    capacity: float | None = None
    """Dollars that the crews of today can install in a week; None: not known, so they are no limit."""


@dataclass(frozen=True)
class Link:
    """One step of the chain."""

    name: str
    before: float
    after: float

    @property
    def change(self) -> float:
        """After over before, less one; NaN from nothing."""
        return self.after / self.before - 1 if self.before else math.nan


@dataclass(frozen=True)
class Scenario:
    """What comes of the levers."""

    chain: tuple[Link, ...]
    """leads, set, issued, demos, sales, net $, installed $."""
    booked: tuple[float, ...]
    """By week."""
    installed: tuple[float, ...]
    booked_total: Spread
    """As wide as the baseline in proportion, and wider where the response to spend is uncertain."""
    installed_total: Spread
    waiting: float
    """Dollars that were due within the horizon and that the crews cannot install in it."""


def play(baseline: Baseline, levers: Levers, response: Response) -> Scenario:
    """Return the scenario; idle levers return the baseline to the digit."""
    after, relative = _after(baseline.funnel, levers, response.mean(levers.spend))
    booked, installed, waiting = _money(baseline, relative, response.mean(levers.spend), levers.crews)
    edges = [_money(baseline, relative, curve(levers.spend), levers.crews) for curve in (response.low, response.high) if curve is not None]
    booked_total = _moved(baseline.booked_total, baseline.booked, booked, [float(edge[0].sum()) for edge in edges])
    installed_total = _moved(baseline.installed_total, baseline.installed, installed, [float(edge[1].sum()) for edge in edges])
    counts = zip(_counts(baseline.funnel), _counts(after), strict=True)
    chain = (*(Link(name, old, new) for (name, old), (_, new) in counts),
             Link("net $", float(np.sum(baseline.booked)), float(booked.sum())), Link("installed $", float(np.sum(baseline.installed)), float(installed.sum())))
    return Scenario(chain, tuple(booked.tolist()), tuple(installed.tolist()), booked_total, installed_total, waiting)


@dataclass(frozen=True)
class _Relative:
    """What the levers do to money, once through new leads and once through appointments that are run anyway."""

    through_leads: float
    at_once: float


def _after(funnel: Funnel, levers: Levers, leads: float) -> tuple[Funnel, _Relative]:
    """The funnel under the levers, in which no share of people exceeds one, and what that does to money."""
    rates = {name: min(getattr(funnel, name) * getattr(levers, name), max(1.0, getattr(funnel, name))) for name in ("set_rate", "issue_rate", "sit_rate", "close_rate")}
    of_today = {name: rate / getattr(funnel, name) if getattr(funnel, name) > 0 else getattr(levers, name) for name, rate in rates.items()}
    set_rate = of_today.pop("set_rate")
    return replace(funnel, leads=funnel.leads * leads, average_sale=funnel.average_sale * levers.average_sale, **rates), _Relative(set_rate, math.prod(of_today.values()) * levers.average_sale)


def _money(baseline: Baseline, relative: _Relative, leads: float, crews: float) -> tuple[Array, Array, float]:
    """Booked and installed dollars by week, and what waits at the end."""
    before, due = np.asarray(baseline.booked, dtype=float), np.asarray(baseline.installed, dtype=float)
    booked = before * (1 + (leads * relative.through_leads - 1) * _arrived(baseline.lead_lags, len(before))) * relative.at_once
    work = due + _later(booked - before, baseline.install_lags)
    if baseline.capacity is None:
        return booked, work, 0.0
    # What the baseline installs in a week, crews of today can.
    room = np.maximum(baseline.capacity, due) * crews
    done, waiting = np.empty(len(work)), 0.0
    for week, wanted in enumerate(work):
        done[week] = min(wanted + waiting, room[week])
        waiting += float(wanted - done[week])
    return booked, done, max(waiting, 0.0)


def _counts(funnel: Funnel) -> list[tuple[str, float]]:
    found, count = [("leads", funnel.leads)], funnel.leads
    for name, rate in (("set", funnel.set_rate), ("issued", funnel.issue_rate), ("demos", funnel.sit_rate), ("sales", funnel.close_rate)):
        count *= rate
        found.append((name, count))
    return found


def _arrived(lags: Sequence[float], weeks: int) -> Array:
    """Share of each week's bookings that comes from leads raised within the horizon."""
    running = np.minimum(np.cumsum(np.asarray(lags if len(lags) else (1.0,), dtype=float)), 1.0)
    arrived: Array = running[np.minimum(np.arange(weeks), len(running) - 1)]
    return arrived


def _later(change: Array, lags: Sequence[float]) -> Array:
    """What a change of bookings does to installing, week by week."""
    moved: Array = np.convolve(change, np.asarray(lags, dtype=float))[: len(change)] if len(lags) else np.zeros(len(change))
    return moved


def _moved(total: Spread, before: Sequence[float], after: Array, edges: Sequence[float]) -> Spread:
    """The same distribution around the new money, and what the response may do on top: ``edges`` hold 80 percent."""
    old, new = float(np.sum(before)), float(after.sum())
    off = (max(edges) - min(edges)) / 2 / _NORMAL_80 if edges else 0.0
    return replace(total, mean=total.mean + new - old, off=math.hypot(total.off * (abs(new / old) if old else 1.0), off))
