"""The whole company as a stream of tables, branch by branch, so that memory stays bounded however long its history."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from jobs.demo import ledger, money, technology
from jobs.demo.arrays import NONE, Array, Rows, day_number, join, to_date
from jobs.demo.branch import Branch, Ids, lay_out, outside_records, resolved_truth
from jobs.demo.budgets import curves
from jobs.demo.calendar import Calendar, fiscal
from jobs.demo.demand import Demand
from jobs.demo.market import PRODUCTS, SOURCES, STATUSES
from jobs.demo.names import numbered
from jobs.demo.planted import Planting, World
from jobs.demo.sizes import Size, Span, next_year
from jobs.demo.staff import Staff
from jobs.demo.tables import days, links, probe, request_log

_DATA = Path(__file__).parent / "data"


@cache
def places() -> list[dict[str, Any]]:
    """Return where branches may be, in the order in which the company opened them."""
    found: list[dict[str, Any]] = json.loads((_DATA / "branches.json").read_text())
    return found


@dataclass
class Company:
    """A demo company; iterate ``tables`` once, then read ``truth`` and ``gone``."""

    size: Size
    seed: int
    span: Span
    fiscal_start_month: int = 1
    truth: list[dict[str, Any]] = field(default_factory=list)
    gone: list[dict[str, Any]] = field(default_factory=list)
    """Sales that only yesterday's snapshot knows."""

    def tables(self) -> Iterator[tuple[str, pa.Table]]:
        """Yield (crm table, rows); a table may come several times.

        The same size, seed and day give the same rows up to the moment of ``span.now``.
        """
        calendar = Calendar(self.span.first, next_year(self.span))
        branches = self._branches(calendar)
        yield from self._reference(calendar, branches)
        ids, parts, values = Ids(), [], []
        outside: list[dict[str, Any]] = []
        for branch in branches:
            world, demand = branch.live()
            parts.append(money.monthly_parts(calendar, self.span.days, world))
            values.append(money.targets(branch.rng, calendar, self.span.days, parts[-1]))
            strangers = np.concatenate([_staying_reps(other) for other in branches if other is not branch])
            planting = branch.planted(world, strangers)
            given, tables, people = lay_out(branch, world, ids)
            yield from tables
            records, breaks = outside_records(branch, world, given, people)
            self._remember(branch, planting, world, given, demand, breaks, len(outside))
            outside += records
        yield "target", self._targets(calendar, parts, values)
        yield from self._technology()
        yield "external_record", pa.table(ledger.table(outside, 1))

    def _branches(self, calendar: Calendar) -> list[Branch]:
        found: list[Branch] = []
        first_id = 1
        for number, about in enumerate(places()[: self.size.branches], start=1):
            rng = np.random.default_rng([self.seed, number])
            staffed = about["size"] * (1.0 if self.size.volume >= 1 else 0.6)
            staff = Staff(rng, calendar, day_number(self.span.today), staffed, first_id)
            first_id = staff.next_id
            found.append(Branch(number, about, self.size, self.span, calendar, staff, rng))
        return found

    def _reference(self, calendar: Calendar, branches: list[Branch]) -> Iterator[tuple[str, pa.Table]]:
        territories = json.loads((_DATA / "territories.json").read_text())
        yield "branch", pa.table({
            "id": [branch.number for branch in branches], "external_id": [branch.about["code"] for branch in branches], "name": [branch.about["name"] for branch in branches],
            "time_zone": [branch.about["zone"] for branch in branches], "state_code": [branch.about["state"] for branch in branches],
            "latitude": [branch.about["latitude"] for branch in branches], "longitude": [branch.about["longitude"] for branch in branches],
            "territory": [json.dumps(territories[branch.about["name"]], separators=(",", ":")) for branch in branches],
            "fiscal_start_month": [self.fiscal_start_month] * len(branches), "opened_on": [calendar.first - timedelta(days=400 * (9 - min(branch.number, 8))) for branch in branches]})
        yield "product", pa.table({"id": range(1, len(PRODUCTS) + 1), "external_id": [f"PRODUCT-{n}" for n in range(1, len(PRODUCTS) + 1)], "name": [product.name for product in PRODUCTS]})
        yield "lead_source", pa.table({
            "id": range(1, len(SOURCES) + 1), "external_id": [f"SOURCE-{n}" for n in range(1, len(SOURCES) + 1)],
            **{name: [getattr(source, name) for source in SOURCES] for name in ("name", "channel", "medium", "campaign")}, "is_paid": [source.paid for source in SOURCES]})
        people = join([{**branch.staff.rows, "branch": np.full(len(branch.staff.rows["id"]), branch.number)} for branch in branches])
        yield "employee", pa.table({
            "id": people["id"], "external_id": numbered("EM-", people["id"], 5), "branch_id": people["branch"], "name": pa.array(people["name"], pa.string()),
            "roles": pa.array(people["roles"], pa.string()), "active_from": days(people["active_from"]), "active_to": days(people["active_to"])})
        fiscals = np.array([fiscal(day, self.fiscal_start_month) for day in calendar.dates])
        for branch in branches:
            yield "calendar_day", pa.table({
                "branch_id": np.full(len(calendar.dates), branch.number), "day": pa.array(calendar.dates, pa.date32()), "is_business_day": calendar.is_business,
                "holiday": pa.array(calendar.holiday, pa.string()), "weight": calendar.weight, "fiscal_year": fiscals[:, 0], "fiscal_quarter": fiscals[:, 1], "fiscal_month": fiscals[:, 2]})

    def _targets(self, calendar: Calendar, parts: list[money.Parts], values: list[dict[str, Array]]) -> pa.Table:
        rows = join([money.target_rows(calendar, value, number) for number, value in enumerate([money.company_targets(parts, values), *values])])
        ids = np.arange(1, len(rows["kpi"]) + 1)
        return pa.table({"id": ids, "external_id": numbered("TG-", ids, 6), "kpi": pa.array(rows["kpi"], pa.string()), "branch_id": links(rows["branch_id"]),
                         "month": days(rows["month"]), "value": rows["value"]})

    def _technology(self) -> Iterator[tuple[str, pa.Table]]:
        rng = np.random.default_rng([self.seed, 10_000])
        requests, probes = technology.requests_and_probes(rng, day_number(self.span.first), self.span.days, self.size.requests_per_day, int(self.span.now.timestamp()))
        for name, rows, make in (("request_log", requests, request_log), ("probe", probes, probe)):
            rows["id"] = np.arange(1, len(rows["at"]) + 1)
            yield name, make(rows)

    def _remember(self, branch: Branch, planting: Planting, world: World, given: dict[str, Array], demand: Demand, breaks: list[dict[str, Any]], first: int) -> None:
        """Collect the branch's truth; breaks name outside records by their position in the branch, ``first`` records went before."""
        sales = world["sales"]
        for place in planting.gone:
            self.gone.append({"id": int(given["sales"][place]), "external_id": f"SA-{int(given['sales'][place]):08d}", "branch_id": branch.number,
                              "appointment_id": int(given["appointments"][sales["appointment"][place]]), "sold_on": to_date(sales["sold"][place] // 86_400).isoformat(),
                              "amount": int(sales["amount"][place]) / 100, "status": STATUSES[int(sales["status"][place])]})
        self.truth += [_truth(branch, row, row["entity_id"], to_date(row["day"])) for row in resolved_truth(planting, given)]
        self.truth += [_truth(branch, row, None, branch.calendar.dates[row["day"]]) for row in demand.truth]
        self.truth += [_truth(branch, row, row["entity_id"], self.span.first) for row in curves()]
        self.truth += [_truth(branch, row, row["entity_id"] or first + row["place"] + 1, to_date(row["day"])) for row in breaks]


def _truth(branch: Branch, row: Rows, entity_id: int | None, day: date) -> dict[str, Any]:
    return {"kind": row["kind"], "entity": row.get("entity", "day"), "entity_id": entity_id, "rule": row["rule"], "day": day, "branch_id": branch.number, "detail": row["detail"]}


def _staying_reps(branch: Branch) -> Array:
    """Ids of a branch's reps who are still there."""
    reps = branch.staff["rep"]
    staying: Array = reps.ids[reps.until == NONE]
    return staying
