"""A company with millions of touches, made by numpy and loaded by COPY into an empty migrated database; no views built."""

import time
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import Engine, text

from jobs.demo.load import copy
from shared.warehouse.bulk import BulkLoad, bulk_load

Array = np.ndarray[Any, Any]
SOURCES, BRANCHES, LONGEST = 16, 5, 12
FIRST, DAYS = date(2023, 12, 1), 3 * 365
_SLICE, _PATIENCE = 500_000, 30
_READ = {"index crm.touch_journey", "index crm.touch_day", "index crm.lead_prospect", "index crm.sale_day"}
_BEGIN = np.datetime64("2023-12-01T05:00:00", "us")


def fill(engine: Engine, touches: int, seed: int = 11) -> None:
    """Load about ``touches`` touches (never fewer) of some 2.5 a prospect, a lead and an appointment each, and a sale for one in nine."""
    rng = np.random.default_rng(seed)
    prospects = int(touches / 2.49) + 1
    each = np.minimum(rng.geometric(1 / 2.5, prospects), LONGEST)
    owner = np.repeat(np.arange(1, prospects + 1), each)
    begun = rng.integers(0, DAYS * 86_400, prospects)
    at = np.repeat(begun, each) + (rng.exponential(12.0, len(owner)) * 86_400).astype(np.int64)
    at = np.minimum(at, DAYS * 86_400)
    order = np.argsort(at, kind="stable")  # as a CRM writes them: in the order of time
    owner, at = owner[order], at[order]
    source = rng.choice(SOURCES, len(owner), p=np.arange(1, SOURCES + 1) / (SOURCES * (SOURCES + 1) / 2)) + 1
    sold = np.flatnonzero(rng.random(prospects) < 1 / 9) + 1
    last = np.zeros(prospects + 1, dtype=np.int64)
    last[owner] = at  # in the order of time: the newest stays
    with bulk_load(engine, FIRST, FIRST + timedelta(days=DAYS)) as load:
        load.run("INSERT INTO crm.branch (id, name, time_zone) SELECT n, 'Branch ' || n, 'America/New_York' FROM generate_series(1, :n) n", n=BRANCHES)
        load.run("INSERT INTO crm.product (id, name) VALUES (1, 'Windows')")
        load.run("INSERT INTO crm.lead_source (id, name, channel, is_paid) SELECT n, 'Source ' || n, 'Channel ' || (n % 9), n % 5 > 0 FROM generate_series(1, :n) n", n=SOURCES)
        people = np.arange(1, prospects + 1)
        branch = people % BRANCHES + 1
        _copy(load, "prospect", {"id": people, "branch_id": branch, "name": np.full(prospects, "Household")})
        _copy(load, "lead", {"id": people, "branch_id": branch, "prospect_id": people, "source_id": np.ones(prospects, dtype=np.int64), **_moment("created", begun)})
        _copy(load, "touch", {"branch_id": owner % BRANCHES + 1, "prospect_id": owner, "source_id": source, **_moment("touched", at), "kind": np.full(len(owner), "inquiry")})
        visited = last[sold] + 86_400 * 3
        _copy(load, "appointment", {"id": sold, "branch_id": sold % BRANCHES + 1, "lead_id": sold, **_moment("set", visited - 86_400), **_moment("scheduled", visited)})
        amount = rng.integers(300_000, 4_000_000, len(sold)) / 100
        _copy(load, "sale", {"id": sold, "branch_id": sold % BRANCHES + 1, "appointment_id": sold, "product_id": np.ones(len(sold), dtype=np.int64), **_moment("sold", visited),
                             "gross": amount, "status": np.full(len(sold), "firm"), "rescission_ends_on": _days(visited + 5 * 86_400)})
        # What no statement of attribution reads would take longer to lay than all the rest: unique names, references.
        load.later = [(what, statement) for what, statement in load.later if what in _READ]
        load.foreign.clear()
        load.finish()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        for _ in range(_PATIENCE):  # a standby that may still look at the database before the load keeps pages from being marked as visible to all, as autovacuum would in time
            connection.execute(text("VACUUM (ANALYZE) crm.touch, crm.lead, crm.appointment, crm.sale"))
            if connection.execute(text("SELECT relallvisible >= 0.9 * relpages FROM pg_class WHERE oid = 'crm.touch'::regclass")).scalar_one():
                return
            time.sleep(2)
    raise RuntimeError("somebody keeps an old snapshot open: the pages of crm.touch do not become visible to all")


def _copy(load: BulkLoad, table: str, columns: Mapping[str, Array]) -> None:
    size = len(next(iter(columns.values())))
    columns = {"external_id": np.arange(size), **columns}
    for start in range(0, size, _SLICE):
        copy(load, table, pa.table({name: pa.array(values[start : start + _SLICE]) for name, values in columns.items()}))


def _moment(name: str, seconds: Array) -> dict[str, Array]:
    return {f"{name}_at": (_BEGIN + seconds.astype("timedelta64[s]")).astype("datetime64[us]"), f"{name}_on": _days(seconds)}


def _days(seconds: Array) -> Array:
    return (np.datetime64(FIRST) + (seconds // 86_400).astype("timedelta64[D]")).astype("datetime64[D]")


def span() -> tuple[date, date]:
    """The days that hold every sale."""
    return FIRST, FIRST + timedelta(days=DAYS + 30)
