"""Questions about the company whose answers are cached, and what is written and counted meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from sqlalchemy import event, text

from shared.metrics.period import Period
from shared.metrics.question import Question
from shared.warehouse.engines import Engines
from tests.integration.refresh_data import Warehouse
from tests.oracles import company

MONTH, YEAR = Period(company.TODAY.replace(day=1), company.TODAY), Period(company.TODAY.replace(month=1, day=1), company.TODAY)
BY_BRANCH = Question(("gross_sales", "net_sales_amount"), MONTH, split=("branch",))
OF_THE_MONTH = Question(("gross_sales",), MONTH)


def in_redis(warehouse: Warehouse) -> redis.Redis:
    return redis.Redis.from_url(f"{warehouse.settings.redis_url.get_secret_value()}/1", protocol=2)


def sell(connection: Any, branch: int = 1) -> None:
    connection.execute(text("INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status) VALUES (:branch, 1, '2026-03-12 15:00Z', 100, 'firm')"), {"branch": branch})


def commit_sale(warehouse: Warehouse) -> None:
    with warehouse.engines.writer() as connection:
        sell(connection)


def sold(warehouse: Warehouse, branches: tuple[int, ...] = (1, 2, 3, 4)) -> int:
    return int(warehouse.value("SELECT count(*) FROM crm.sale WHERE sold_on BETWEEN :start AND :end AND branch_id = ANY(:branches)",  # type: ignore[call-overload]
                               start=MONTH.start, end=MONTH.end, branches=list(branches)))


def selects(warehouse: Warehouse) -> int:
    """How many answers over the view of sales were computed, on the primary and on the replica."""
    statement = text("SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database() AND query ~ 'FROM mart.sales v'")
    total = 0
    for engine in (warehouse.engines.primary, warehouse.engines.replicas[0].engine):
        with engine.connect() as connection:
            total += int(connection.execute(statement).scalar_one())
    return total


@contextmanager
def statements_of(engines: Engines) -> Iterator[list[str]]:
    """Every statement over the views that is run meanwhile, and every look at their versions."""
    found: list[str] = []
    every = (engines.primary, *(replica.engine for replica in engines.replicas))

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM mart." in statement:
            found.append("look" if "mart.view_state s" in statement else statement)

    for engine in every:
        event.listen(engine, "before_cursor_execute", note)
    yield found
    for engine in every:
        event.remove(engine, "before_cursor_execute", note)

MANY = [Question((name,), span, grain, branches=branches) for name in ("gross_sales", "net_sales_amount", "cancel_rate") for span, grain in ((MONTH, "all"), (MONTH, "day"), (YEAR, "month"))
        for branches in (None, frozenset({1}), frozenset({2, 3}))]  # type: ignore[arg-type]
