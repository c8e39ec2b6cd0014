"""What a refresh costs, with the history as it is and with one several times as long."""

from collections.abc import Iterable

from sqlalchemy import Connection, Engine, text

from benchmarks.timing import median, milliseconds
from shared.settings import Settings
from shared.warehouse.catalogue import BY_NAME
from shared.warehouse.refresh import Part, refresh

ROUNDS = 5


def refresh_ms(engine: Engine, settings: Settings, views: Iterable[str], part: Part = "recent", rounds: int = ROUNDS) -> float:
    """Milliseconds to refresh ``part`` of all ``views``, one after another, after events that dirty days of each: median of ``rounds``."""
    return median([sum(_one(engine, settings, name, part) for name in views) for _ in range(rounds) if _events(engine)])


def settle(engine: Engine) -> None:
    """Write out what the preparation left in memory, so that it is not measured."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("CHECKPOINT"))


def _one(engine: Engine, settings: Settings, name: str, part: Part) -> float:
    def work() -> None:
        done = refresh(engine, settings, name, part)
        if done.outcome != "done":
            raise RuntimeError(f"refreshing {name}: {done.outcome} {done.error}")

    return milliseconds(work)


def _events(engine: Engine) -> bool:
    """Touch the newest rows, as a busy quarter of an hour does: their days become dirty in every view."""
    with engine.begin() as connection:
        for table in ("lead", "appointment", "sale", "job", "payment", "ticket"):
            connection.execute(text(f"UPDATE crm.{table} SET external_id = external_id WHERE id IN (SELECT id FROM crm.{table} WHERE {_newest(table)} ORDER BY id DESC LIMIT 20)"))
    return True


def _newest(table: str) -> str:
    day = {"lead": "created_on", "appointment": "scheduled_on", "sale": "sold_on", "job": "started_on", "payment": "paid_on", "ticket": "opened_on"}[table]
    return f"{day} BETWEEN current_date - 10 AND current_date"


def full_ms(engine: Engine, views: Iterable[str]) -> float:
    """Milliseconds that the plain way takes: REFRESH MATERIALIZED VIEW over each view's whole history, archive, opening and recent part."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL work_mem = '128MB'"))
        parts = [f"mart.{name}_{part}" for name in views for part in ("archive", *(("opening",) if BY_NAME[name].has_levels else ()), "recent")]
        return sum(_full(connection, part) for part in parts)


def _full(connection: Connection, relation: str) -> float:
    return milliseconds(lambda: connection.execute(text(f"REFRESH MATERIALIZED VIEW {relation}")))
