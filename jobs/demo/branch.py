"""One branch from its first lead to the present moment: simulated, planted with faults, and laid out as tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from jobs.demo import ledger, money, production, sales
from jobs.demo.appointments import Odd, book_of, run_appointments
from jobs.demo.arrays import DAY, HOUR, NONE, Array, Generator, Rows, Zone, day_number, hidden_after, keep, length
from jobs.demo.budgets import budgets_of
from jobs.demo.calendar import Calendar
from jobs.demo.cut import cut
from jobs.demo.demand import Demand, demand_of
from jobs.demo.doors import expected_leads, shifts_and_knocks
from jobs.demo.leads import raise_leads, touches, work_leads
from jobs.demo.market import CREDIT_REJECTED, FOLLOW_UP, NOT_SOLD, OUTBOUND, PRICE_GROWTH, PRODUCTS, SALE_CANCELLED, SOURCES
from jobs.demo.names import households
from jobs.demo.odd_days import odd_demand
from jobs.demo.planted import Planting, World, plant
from jobs.demo.sizes import Size, Span
from jobs.demo.staff import Staff
from jobs.demo.tables import Shelf

ORDER = ("leads", "touches", "phone_shifts", "calls", "shifts", "knocks", "appointments", "sales", "changes", "splits", "jobs", "payments", "tickets", "spend")
HALF_DAY = 4 * HOUR + 900


@dataclass
class Branch:
    """One branch and everything that is needed to live its history."""

    number: int
    about: dict[str, Any]
    size: Size
    span: Span
    calendar: Calendar
    staff: Staff
    rng: Generator

    def __post_init__(self) -> None:
        """Find out what time it is here."""
        self.zone = Zone(self.about["zone"], day_number(self.calendar.first) - 1, day_number(self.calendar.last) + 1)
        self.now = self.zone.local(self.span.now)
        self.today = self.now // DAY
        self.midnight = (self.today + 1) * DAY - 1
        self.towns = self.about["towns"] or [[self.about["name"], self.about["state"], self.about["latitude"], self.about["longitude"]]]

    def live(self) -> tuple[World, Demand]:
        """Return what happens until the end of today; rows refer to each other by position."""
        rng, calendar, days = self.rng, self.calendar, self.span.days
        demand = demand_of(rng, calendar, days, self.about, self.size.volume)
        budgets = budgets_of(rng.spawn(1)[0], calendar, days)
        crew = self.staff["agent"].count[:days]
        demand.leads *= budgets.leads
        demand.leads[:, OUTBOUND] *= SOURCES[OUTBOUND].response.of(crew / crew.mean())
        odd, chance = max(5, self.size.planted // 2), rng.spawn(1)[0]
        odd_demand(chance, calendar, (odd + 1) // 2, demand, expected_leads(calendar, demand.traffic, self.staff["canvasser"]))
        shifts, knocks = shifts_and_knocks(rng, calendar, demand, self.staff["canvasser"], self.towns, self.midnight)
        leads = raise_leads(rng, calendar, demand, knocks, self.midnight)
        leads["canvasser"] = np.where(leads["knock"] >= 0, shifts["person"][knocks["shift"][leads["knock"]]], -1)
        knocks["lead"] = np.full(length(knocks), -1)
        knocks["lead"][leads["knock"][leads["knock"] >= 0]] = np.flatnonzero(leads["knock"] >= 0)
        calls = work_leads(rng, calendar, leads, knocks, self.staff["agent"], self.midnight)
        book = book_of(calendar, demand, self.staff["rep"])
        visits = self._known(run_appointments(rng, book, leads, Odd(chance, odd // 2)))
        sold = sales.sell(rng, book, visits, days)
        sales.status_now(rng, sold, self.today)
        jobs = production.plan_jobs(rng, book, sold, max(2, round(4 * self.about["size"])), self.midnight)
        jobs["sale"], jobs["product"] = np.arange(length(sold)), sold["product"]
        changes = sales.change_orders(rng, sold, jobs, self.today)
        world = {
            "leads": leads, "touches": touches(rng, calendar, leads), "phone_shifts": self._phone_shifts(), "calls": calls, "shifts": shifts, "knocks": knocks, "appointments": visits,
            "sales": sold, "changes": changes, "splits": sales.splits(rng, self.staff, visits, leads, sold, jobs, changes), "jobs": jobs,
            "payments": production.payments(rng, sold, jobs, changes, self.midnight), "tickets": production.tickets(rng, book, jobs, self.staff["technician"], self.midnight),
        }
        pay = min(1.0, self.size.volume * 1.6)
        plan = money.Plan(self.about["size"], pay, self.size.daily_media)
        world["spend"] = money.spend(rng, calendar, demand, budgets, (self.staff["canvasser"], self.staff["agent"]), plan)
        return world, demand

    def _known(self, visits: Rows) -> Rows:
        """Return the appointments that are made by midnight, without what has not happened to them by then; people get their ids."""
        visits = keep(visits, visits["set"] <= self.midnight)
        for moment in ("confirmed", "issued", "resulted"):
            visits[moment] = hidden_after(visits[moment], self.midnight)
        visits["result"] = np.where(visits["resulted"] == NONE, -1, visits["result"])
        visits["rep"] = np.where(visits["issued"] == NONE, -1, visits["rep"])
        visits["sat"] = visits["sat"] & (visits["resulted"] != NONE)
        visits["rep_id"] = np.where(visits["rep"] >= 0, self.staff["rep"].ids[visits["rep"]], 0)
        visits["setter_id"] = np.where(visits["setter"] >= 0, self.staff["agent"].ids[visits["setter"]], 0)
        years = (visits["scheduled"] // DAY - self.today) / 365.25
        offer = np.array([product.price for product in PRODUCTS])[visits["product"]] * 0.92 * visits["quote_noise"] * (1 + PRICE_GROWTH) ** years
        quoted = np.isin(visits["result"], (NOT_SOLD, FOLLOW_UP)) & visits["sat"]
        visits["quoted"] = np.where(quoted, np.round(np.nan_to_num(offer) / 25).astype(np.int64) * 2500, NONE)
        return visits

    def _phone_shifts(self) -> Rows:
        """Half of the agents work on a day, in turns, early or late."""
        days, crew = self.span.days, self.staff["agent"]
        part = np.where(self.calendar.weekday[:days] == 6, 0.25, 0.5) if self.size.volume >= 1 else 0.1
        count = np.maximum(np.ceil(crew.count[:days] * part), 1).astype(int)
        day = np.repeat(np.arange(days), count)
        place = np.arange(len(day)) - np.repeat(np.cumsum(count) - count, count)
        agent = crew.able[day, (place + day) % crew.count[day]]
        begin = (self.calendar.offset + day) * DAY + np.where(place % 2 == 0, 8 * HOUR + 1800, 15 * HOUR + 1800)
        # A small company's agents telephone for a part of the day.
        hours = np.full(len(day), round(HALF_DAY * max(0.15, min(1.0, self.size.volume * 2))))
        return {"agent": agent, "started": begin, "ended": begin + hours}

    def planted(self, world: World, strangers: Array) -> Planting:
        """Plant ghosts and bad splits, how many falls evenly on the branches, and hide what happens after the present moment."""
        for name in ORDER:
            world[name]["alive"] = np.ones(length(world[name]), dtype=bool)
        world["jobs"]["alive"] = world["jobs"]["exists"].copy()
        world["splits"]["alive"] = ~np.isin(world["sales"]["status"], (SALE_CANCELLED, CREDIT_REJECTED))[world["splits"]["sale"]]
        share, more = divmod(self.size.planted, self.size.branches)
        crew = [self.staff["rep"], self.staff["agent"]]
        planting = Planting(self.rng, world, self.today, self.midnight, 400 if self.size.name == "small" else 210, share + (self.number <= more), strangers,
                            np.concatenate([one.ids for one in crew]), np.concatenate([one.until for one in crew]))
        plant(planting)
        cut(world, self.now)
        return planting


class Ids:
    """Gives each table its ids, one after another over all branches."""

    def __init__(self) -> None:
        """Start every table at 1."""
        self.next: dict[str, int] = {}

    def take(self, table: str, count: int) -> Array:
        """Return ``count`` ids that are free in ``table``."""
        first = self.next.get(table, 1)
        self.next[table] = first + count
        return np.arange(first, first + count)


def lay_out(branch: Branch, world: World, ids: Ids) -> tuple[dict[str, Array], Iterator[tuple[str, pa.Table]], pa.Table]:
    """Return (ids by frame, the branch's tables in loading order, its prospects)."""
    given = {name: ids.take(name, length(world[name])) for name in ORDER}
    for name in ORDER:
        world[name]["id"] = given[name]
    prospects = ids.take("prospect", int(world["leads"]["household"].max()) + 1)
    people = Shelf(branch.number, branch.zone).table(prospects, "PR-", **households(branch.rng, prospects, branch.towns, 150 + branch.number * 17))
    return given, _tables(branch, world, given, prospects, people), people


def _tables(branch: Branch, world: World, given: dict[str, Array], prospects: Array, people: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    shelf, staff = Shelf(branch.number, branch.zone), branch.staff
    alive = {name: keep(rows, rows["alive"]) if not rows["alive"].all() else rows for name, rows in world.items() if name in ORDER}
    towns = tuple(str(town[0]) for town in branch.towns)
    yield "prospect", people.slice(0, int(alive["leads"]["household"].max()) + 1)
    yield "lead", shelf.lead(alive["leads"], prospects, staff["canvasser"].ids)
    yield "touch", shelf.touch(alive["touches"], prospects, world["leads"]["household"])
    yield "phone_shift", shelf.phone_shift(alive["phone_shifts"], staff["agent"].ids)
    yield "call", shelf.call(alive["calls"], given["leads"], staff["agent"].ids)
    yield "canvass_shift", shelf.canvass_shift(alive["shifts"], staff["canvasser"].ids, towns)
    yield "knock", shelf.knock(alive["knocks"], given["shifts"], given["leads"])
    yield "appointment", shelf.appointment(alive["appointments"], given["leads"])
    yield "sale", shelf.sale(alive["sales"], given["appointments"])
    yield "change_order", shelf.change_order(alive["changes"], given["sales"])
    yield "split", shelf.split(alive["splits"], given["sales"])
    yield "job", shelf.job(alive["jobs"], given["sales"], branch.about["code"])
    yield "payment", shelf.payment(alive["payments"], given["sales"])
    yield "ticket", shelf.ticket(alive["tickets"], given["jobs"], staff["technician"].ids)
    yield "marketing_spend", shelf.marketing_spend(alive["spend"])


def outside_records(branch: Branch, world: World, given: dict[str, Array], people: pa.Table) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return (records, truth) of bank, lender and accounting."""
    months = int(branch.calendar.month[branch.today - branch.calendar.offset]) + 1
    window = ledger.window_of([money.month_of(branch.calendar, month) for month in range(months)])
    items = ledger.items_of(world, given, people, window)
    share, more = divmod(branch.size.planted, branch.size.branches)
    return ledger.records(branch.rng, items, branch.about["name"], share + (branch.number <= more))


def resolved_truth(planting: Planting, given: dict[str, Array]) -> list[dict[str, Any]]:
    """Return the ghosts and bad splits with ids for positions."""
    frames = {"appointment": "appointments", "sale": "sales", "job": "jobs"}
    found = []
    for row in planting.truth:
        detail = {name.removesuffix("_place") + ("_id" if name.endswith("_place") else ""):
                  int(given["sales" if name == "sale_place" else "appointments"][value]) if name.endswith("_place") else value for name, value in row["detail"].items()}
        found.append({**row, "entity_id": int(given[frames[row["entity"]]][row["place"]]), "detail": detail})
    return found
