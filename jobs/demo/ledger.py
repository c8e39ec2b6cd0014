"""What bank, lender and accounting say of the last closed months, with planted breaks."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from jobs.demo.arrays import DAY, HOUR, Array, Generator, Rows, to_date
from jobs.demo.market import CREDIT_REJECTED, METHODS, SALE_CANCELLED
from jobs.demo.planted import World
from jobs.demo.sales import commissionable
from jobs.demo.tables import moments

MONTHS_BACK = 3
NAMELESS = 0.07
"""Part of the bank's records that carry no reference, only who paid."""
BREAKS = ("missing_outside", "missing_in_crm", "amount_differs", "date_differs", "duplicate", "status_differs")


@dataclass(frozen=True)
class Window:
    """The closed months that the outside world has reported on (day numbers, both included)."""

    first: int
    last: int


@dataclass
class Item:
    """One thing that both sides should know."""

    source: str
    entity: str
    entity_id: int
    reference: str
    day: int
    cents: int
    status: str
    customer: tuple[str, str]


def window_of(month_starts: list[int]) -> Window:
    """Return the last closed months, given the first days of the months until the present one."""
    return Window(month_starts[max(0, len(month_starts) - 1 - MONTHS_BACK)], month_starts[-1] - 1)


def items_of(world: World, ids: dict[str, Array], names: pa.Table, window: Window) -> list[Item]:
    """Return the payments, financed sales and completed jobs of the window that the CRM holds."""
    sales, payments, jobs = world["sales"], world["payments"], world["jobs"]
    visits, leads = world["appointments"], world["leads"]
    household = leads["household"][visits["lead"][sales["appointment"]]]
    base = commissionable(sales, world["changes"])
    people: dict[int, tuple[str, str]] = {}

    def who(sale: int) -> tuple[str, str]:
        if sale not in people:
            place = int(household[sale])
            people[sale] = (names["name"][place].as_py(), names["phone"][place].as_py())
        return people[sale]

    def inside(day: Array, alive: Array) -> list[int]:
        return [int(place) for place in np.flatnonzero((day >= window.first) & (day <= window.last) & alive)]

    found = []
    for n in inside(payments["at"] // DAY, payments["alive"]):
        number = int(ids["payments"][n])
        found.append(Item("bank", "payment", number, f"PY-{number:08d}", int(payments["at"][n] // DAY), int(payments["cents"][n]), METHODS[int(payments["method"][n])], who(int(payments["sale"][n]))))
    for n in inside(sales["sold"] // DAY, sales["alive"] & sales["financed"]):
        status = {SALE_CANCELLED: "cancelled", CREDIT_REJECTED: "declined"}.get(int(sales["status"][n]), "approved")
        number = int(ids["sales"][n])
        found.append(Item("lender", "sale", number, f"SA-{number:08d}", int(sales["sold"][n] // DAY), int(sales["amount"][n]), status, who(n)))
    for n in inside(jobs["completed"], jobs["alive"] & (jobs["sale"] >= 0)):
        sale, number = int(jobs["sale"][n]), int(ids["jobs"][n])
        found.append(Item("accounting", "job", number, f"JB-{number:08d}", int(jobs["completed"][n]), int(base[sale]), "invoiced", who(sale)))
    return found


def records(rng: Generator, items: list[Item], branch: str, count: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return (records, truth): one record per item except where a break is planted, ``count`` of each kind; truth names records by position."""
    order = [int(place) for place in rng.permutation(len(items))]
    lenders = [place for place in order if items[place].source == "lender"]
    plan: dict[int, str] = {}
    for kind in BREAKS:
        pool = lenders if kind == "status_differs" else order
        for place in [place for place in pool if place not in plan][:count]:
            plan[place] = kind
    nameless = rng.random(len(items)) < NAMELESS
    amounts, waits = rng.integers(1, 40, len(items)), rng.integers(9, 25, len(items))
    rows: list[dict[str, Any]] = []
    truth: list[dict[str, Any]] = []
    for place, item in enumerate(items):
        rule = plan.get(place)
        row = _record(item, branch, nameless=bool(nameless[place]) and item.source == "bank" and rule is None)
        _note(truth, rule, item, len(rows))
        if rule == "amount_differs":
            row["payload"]["amount"] = round(row["payload"]["amount"] + float(amounts[place]) * 12.5, 2)
        elif rule == "date_differs":
            row["payload"]["date"] = to_date(item.day + int(waits[place])).isoformat()
        elif rule == "status_differs":
            row["payload"]["status"] = "approved" if item.status != "approved" else "declined"
        elif rule == "missing_in_crm":
            rows.append(_stray(item, branch, int(amounts[place])))
            truth[-1].update(entity="external_record")
        if rule != "missing_outside":
            rows.append(row)
        if rule == "duplicate":
            rows.append({**row, "payload": dict(row["payload"])})
            truth[-1]["place"] = len(rows) - 1
    return rows, truth


def _note(truth: list[dict[str, Any]], rule: str | None, item: Item, place: int) -> None:
    if rule is None:
        return
    known = rule == "missing_outside"
    truth.append({"kind": "ledger", "rule": rule, "entity": item.entity if known else "external_record", "place": -1 if known else place, "entity_id": item.entity_id if known else 0,
                  "day": item.day, "detail": {"source": item.source, "reference": "" if rule == "missing_in_crm" else item.reference, "amount": item.cents / 100}})


def _record(item: Item, branch: str, *, nameless: bool) -> dict[str, Any]:
    payload = {"reference": "" if nameless else item.reference, "date": to_date(item.day).isoformat(), "amount": item.cents / 100, "status": item.status, "branch": branch,
               "name": item.customer[0], "phone": item.customer[1]}
    return {"source": item.source, "day": item.day, "payload": payload}


def _stray(item: Item, branch: str, number: int) -> dict[str, Any]:
    """A record of something that the CRM has never heard of."""
    payload = {"reference": f"XX-{item.entity_id:08d}", "date": to_date(item.day).isoformat(), "amount": 400.0 + 37.5 * number, "status": item.status, "branch": branch,
               "name": f"Unknown Payer {number}", "phone": ""}
    return {"source": item.source, "day": item.day, "payload": payload}


def table(rows: list[dict[str, Any]], first_id: int) -> Rows:
    """Return the columns of crm.external_record; a batch is a source's month, received on the third day of the next."""
    ids = np.arange(first_id, first_id + len(rows))
    months = [to_date(row["day"]).strftime("%Y-%m") for row in rows]
    batches = [f"{row['source']}-{month}" for row, month in zip(rows, months, strict=True)]
    received = np.array([(row["day"] - to_date(row["day"]).day + 34) * DAY + 11 * HOUR for row in rows], dtype=np.int64)
    return {"id": ids, "source": [row["source"] for row in rows], "batch": batches, "key": [f"{batch}-{number:07d}" for batch, number in zip(batches, ids, strict=True)],
            "payload": [orjson.dumps(row["payload"]).decode() for row in rows], "received_at": moments(received)}
