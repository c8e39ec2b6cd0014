"""What a refresh costs, with the history as it is and with one several times as long."""

from collections.abc import Iterable

from sqlalchemy import Connection, Engine, text

from benchmarks.timing import median, milliseconds
from shared.settings import Settings
from shared.warehouse.catalogue import BY_NAME
from shared.warehouse.parts import every_day
from shared.warehouse.refresh import Part, refresh

ROUNDS = 3


def refresh_ms(engine: Engine, settings: Settings, views: Iterable[str], part: Part = "recent", rounds: int = ROUNDS) -> float:
    """Milliseconds to refresh ``part`` of all ``views``, one after another, after events that dirty days of each: median of ``rounds``."""
    return median([sum(_one(engine, settings, name, part) for name in views) for _ in range(rounds) if _events(engine)])


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
    """Milliseconds that the plain way takes: one materialized view of each view's whole history, refreshed as a whole."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL work_mem = '128MB'"))
        return sum(_full(connection, name) for name in views)


def _full(connection: Connection, name: str) -> float:
    def run(sql: str) -> None:
        connection.exec_driver_sql(sql.replace("%", "%%"))

    run(f"CREATE MATERIALIZED VIEW mart.bench_{name} AS {every_day(BY_NAME[name])} WITH NO DATA")
    taken = milliseconds(lambda: run(f"REFRESH MATERIALIZED VIEW mart.bench_{name}"))
    run(f"DROP MATERIALIZED VIEW mart.bench_{name}")
    return taken
