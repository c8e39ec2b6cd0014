"""What marketing costs, and what was hoped for: spend and targets."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from jobs.demo.arrays import DAY, NONE, Array, Generator, Rows, day_number, join
from jobs.demo.budgets import Budgets
from jobs.demo.calendar import Calendar
from jobs.demo.demand import Demand
from jobs.demo.market import CANVASS, OUTBOUND, SOLD, SOURCES, SPEND_KINDS, WEBSITE
from jobs.demo.staff import Crew

CANVASSER_DAY, AGENT_DAY, TOOLS_MONTH = 225.0, 225.0, 16_500.0
"""Dollars with charges: per person employed and calendar day; per month for a branch of size 1."""
_TO_CALL = {n: source.share for n, source in enumerate(SOURCES) if source.paid and not source.instant and n != OUTBOUND}
CALLED = {OUTBOUND: 0.35, **{n: 0.65 * share / sum(_TO_CALL.values()) for n, share in _TO_CALL.items()}}
"""Which paid sources the telephones' payroll is charged to: what agents call for, a third of it for leads they raise themselves."""


@dataclass(frozen=True)
class Plan:
    """How a branch spends."""

    branch_size: float
    pay: float
    """Part of the people's and tools' full cost: small companies of few leads have part-timers."""
    daily_media: bool


def spend(rng: Generator, calendar: Calendar, demand: Demand, budgets: Budgets, crews: tuple[Crew, Crew], plan: Plan) -> Rows:
    """Return media by day (or week) and payrolls and tools by month; the present month's cover the days until today.  Cents."""
    days = len(demand.traffic)
    step = 1 if plan.daily_media else 7
    starts = np.arange(0, days, step)
    ends = np.minimum(starts + step, days) - 1
    cost = np.array([source.cost for source in SOURCES])
    planned = np.add.reduceat(demand.usual * budgets.money * cost, starts, axis=0)
    planned = planned * rng.lognormal(0.0, 0.05, planned.shape) * 1.03 ** ((ends[:, None] - days) / 365.25)
    place, source = np.nonzero(planned > 0.5)
    parts = [{"source": source, "first": calendar.offset + starts[place], "last": calendar.offset + ends[place],
              "cents": np.round(planned[place, source] * 100).astype(np.int64), "kind": np.zeros(len(place), dtype=np.int64)}]
    first = np.flatnonzero(np.r_[True, calendar.month[1:days] != calendar.month[: days - 1]])
    last = np.r_[first[1:] - 1, days - 1]
    heads = [np.add.reduceat(crew.count[:days], first) for crew in crews]
    length = last - first + 1
    monthly = ((CANVASS, "canvass_payroll", heads[0] * CANVASSER_DAY), *((source, "telemarketing_payroll", heads[1] * AGENT_DAY * part) for source, part in CALLED.items()),
               (WEBSITE, "tools", length * TOOLS_MONTH / 30.4 * plan.branch_size))
    for place_of, kind, dollars in monthly:
        amount = np.round(dollars * plan.pay * rng.lognormal(0, 0.02, len(first)) * 100).astype(np.int64)
        parts.append({"source": np.full(len(first), place_of), "first": calendar.offset + first, "last": calendar.offset + last, "cents": amount,
                      "kind": np.full(len(first), SPEND_KINDS.index(kind))})
    return join(parts)


Parts = dict[str, tuple[Array, Array | None]]
"""Metric -> (numerator by month, denominator by month; None: a total)."""


def monthly_parts(calendar: Calendar, days: int, world: dict[str, Rows]) -> Parts:
    """Return what each metric with a target came to in each month; dollars, hours and counts."""
    months = int(calendar.month[days - 1]) + 1

    def by_month(day: Array, weight: Array | None = None) -> Array:
        place = np.asarray(day) - calendar.offset
        fits = (place >= 0) & (place < days)
        found: Array = np.bincount(calendar.month[place[fits]], None if weight is None else weight[fits], months).astype(float)
        return found

    leads, visits, sales, jobs = world["leads"], world["appointments"], world["sales"], world["jobs"]
    good = leads["disregard"] < 0
    created, sold = leads["created"] // DAY, sales["sold"] // DAY
    scheduled = visits["scheduled"] // DAY
    past = visits["resulted"] != NONE
    net = sales["ended"] == NONE
    amount = sales["amount"] / 100.0
    sat = past & visits["sat"]
    issued = by_month(scheduled[past & (visits["rep"] >= 0)])
    done = jobs["completed"] != NONE
    rated = world["tickets"]["csat"] != NONE
    closed = world["tickets"]["resolved"][rated] // DAY
    ledger = world["spend"]
    cost = by_month((ledger["first"] + ledger["last"]) // 2, ledger["cents"] / 100.0)
    hours = (world["shifts"]["ended"] - world["shifts"]["started"]) / 3600.0
    real, gross, net_count, net_amount = by_month(created[good]), by_month(sold), by_month(sold[net]), by_month(sold[net], amount[net])
    set_leads = by_month(created[good & (leads["set"] != NONE)])
    promised = (jobs["promised"] < calendar.offset + days) & (jobs["cancelled"] == NONE) & jobs["exists"]
    return {
        "net_sales_amount": (net_amount, None), "gross_sales_amount": (by_month(sold, amount), None), "leads": (real, None),
        "appointments_set": (by_month(visits["set"] // DAY), None), "issued": (issued, None), "sit_rate": (by_month(scheduled[sat]), issued),
        "gross_close_rate": (by_month(scheduled[sat & (visits["result"] == SOLD)]), by_month(scheduled[sat])), "net_close_rate": (net_count, by_month(scheduled[sat])),
        "nsli": (net_amount, issued), "net_average_sale": (net_amount, net_count), "cancel_rate": (gross - net_count, gross), "set_rate": (set_leads, real),
        "issue_rate": (issued, by_month(scheduled[past])), "contact_rate": (by_month(created[good & (leads["contacted"] != NONE)]), real),
        "installed_amount": (by_month(jobs["completed"][done], amount[done]), None),
        "collected_amount": (by_month(world["payments"]["at"] // DAY, world["payments"]["cents"] / 100.0), None),
        "cost_per_lead": (cost, real), "marketing_spend": (cost, None), "marketing_cost_share": (cost, net_amount), "jobs_completed": (by_month(jobs["completed"][done]), None),
        "on_time_rate": (by_month(jobs["promised"][promised & done & (jobs["completed"] <= jobs["promised"])]), by_month(jobs["promised"][promised])),
        "csat": (by_month(closed[world["tickets"]["csat"][rated] >= 4]), by_month(closed)), "dials": (by_month(world["calls"]["at"][~world["calls"]["inbound"]] // DAY), None),
        "doors": (by_month(world["knocks"]["at"] // DAY), None),
        "leads_per_hour": (by_month(created[leads["knock"] >= 0]), by_month(world["shifts"]["started"] // DAY, hours)),
    }


LOWER_IS_BETTER = {"cancel_rate", "cost_per_lead", "marketing_cost_share"}
GROWTH_ASKED = 1.09
MOST = 0.97
"""No share is asked to be higher."""


def targets(rng: Generator, calendar: Calendar, days: int, parts: Parts) -> dict[str, Array]:
    """Return one value per metric and month of the calendar: near what came of the months that are over, last year's and more for the rest.

    A month without a base to guess from is NaN.
    """
    months, closed = int(calendar.month[-1]) + 1, int(calendar.month[days - 1])
    found: dict[str, Array] = {}
    for name, (top, bottom) in parts.items():
        growth = _growth(top, closed) if bottom is None else 1.0
        values = np.full(months, np.nan)
        for month in range(months):
            base = month if month < closed else closed - 12 + (month - closed) % 12
            if base < 0:
                continue
            years = 0 if month < closed else 1 + (month - closed) // 12
            reached = rng.uniform(0.90, 1.08) if bottom is None else rng.uniform(0.95, 1.04)
            reached = 1 / reached if name in LOWER_IS_BETTER else reached
            level = top[base] or top[max(0, base - 1):base + 2].mean() if bottom is None else _ratio(top, bottom, base)  # a very small branch may have had none
            values[month] = level * growth**years / reached
            if name.endswith("_rate") or name == "csat":
                values[month] = min(values[month], MOST)
        found[name] = np.where(values > 0, values, np.nan)
    return found


def _growth(top: Array, closed: int) -> float:
    """How much more than a year before is asked for: as lately, within reason."""
    if closed < 15:
        return GROWTH_ASKED
    before = top[closed - 15:closed - 12].sum()
    return float(np.clip(top[closed - 3:closed].sum() / before, 0.9, 1.25)) if before else GROWTH_ASKED


def _ratio(top: Array, bottom: Array, month: int) -> float:
    """Ratios of single months of a small branch jump about: take the quarter around, or all of history where that has none."""
    near = slice(max(0, month - 1), month + 2)
    if not top[near].sum() or not bottom[near].sum():
        near = slice(None)
    return float(top[near].sum() / bottom[near].sum()) if bottom[near].sum() else float("nan")


def month_of(calendar: Calendar, number: int) -> int:
    """Return the day number of the first day of a month of the calendar."""
    months = calendar.first.year * 12 + calendar.first.month - 1 + number
    return day_number(date(months // 12, months % 12 + 1, 1))


def company_targets(parts: list[Parts], values: list[dict[str, Array]]) -> dict[str, Array]:
    """Return the company's targets: totals add up over the branches; ratios weigh each branch by its latest denominator."""
    found: dict[str, Array] = {}
    for name, (_, bottom) in parts[0].items():
        rows = np.stack([value[name] for value in values])
        known = ~np.isnan(rows)
        if bottom is None:
            found[name] = np.where(known.any(axis=0), np.nansum(rows, axis=0), np.nan)
            continue
        weight = np.array([float(np.asarray(part[name][1])[-13:].sum()) + 1e-9 for part in parts])[:, None] * known
        found[name] = np.where(known.any(axis=0), np.nansum(rows * weight, axis=0) / np.maximum(weight.sum(axis=0), 1e-9), np.nan)
    return found


def target_rows(calendar: Calendar, values: dict[str, Array], branch: int) -> Rows:
    """Return rows of crm.target; branch 0 is the company.  A month's first day as its day number."""
    names, months, amounts = [], [], []
    for name, column in values.items():
        whole = float(np.nanmax(column, initial=0.0)) > 1000
        for month in np.flatnonzero(~np.isnan(column)):
            names.append(name)
            months.append(month_of(calendar, int(month)))
            amounts.append(round(float(column[month]), 0 if whole else 4))
    return {"kpi": np.array(names, dtype=object), "branch_id": np.full(len(names), branch), "month": np.array(months, dtype=np.int64), "value": np.array(amounts)}


