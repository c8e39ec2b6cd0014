"""The executive page: server time cold and warm, beside the bare SQL round trips of the statements that it ran."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from benchmarks.platform import EMAIL
from benchmarks.timing import median, milliseconds, percentile
from shared.cache import Cache
from shared.metrics.ask import CachedAsk
from shared.metrics.reference import Reference
from shared.settings import load_settings
from shared.warehouse.engines import Engines

COLD, WARM, REPLAYS = 7, 60, 5
PATH = "/?period=mtd"
_FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@dataclass
class Recorded:
    """A statement that the page ran."""

    sql: str
    parameters: Any
    engine: Engine = field(repr=False)


def measure(password: str) -> dict[str, float]:
    """Times of one process that serves the page: its own, without the network, over the servers of the environment.

    Milliseconds.  ``cold``: Redis flushed and the process's own memory of answers and targets emptied, connections open; ``sql_ms``: the statements of
    a cold page run again by the bare driver, one after another.
    """
    from bi_app.app import create_app

    settings = load_settings()
    engines, cache = Engines(settings), Cache(settings)
    ask, reference = CachedAsk(engines, cache, settings), Reference(engines)
    client = create_app(settings, engines, ask, reference).server.test_client()
    _sign_in(client, password)
    size = len(_page(client))  # also: connections, imports, templates
    cold: list[float] = []
    runs: list[list[Recorded]] = []
    for _ in range(COLD):
        cache._redis.flushdb()
        ask._memory._kept.clear()
        reference.forget()
        with _recording(engines) as recorded:
            cold.append(milliseconds(lambda: _page(client)))
        runs.append(recorded)
    _page(client)
    with _recording(engines) as few:
        warm = [milliseconds(lambda: _page(client)) for _ in range(WARM)]
    sql = median([_replay(runs[-1]) for _ in range(REPLAYS)])
    return {
        "cold_ms": median(cold), "warm_ms": median(warm), "sql_ms": sql, "warm_p95_ms": percentile(warm, 0.95), "cold_over_sql": median(cold) / sql,
        "statements_cold": len(runs[-1]), "statements_warm": len(few) / WARM, "page_kb": size / 1024,
    }


def _sign_in(client: FlaskClient, password: str) -> None:
    token = _FORM_TOKEN.search(client.get("/login").text)
    if token is None:
        raise RuntimeError("the sign-in page has no form")
    answer = client.post("/login", data={"form_token": token.group(1), "email": EMAIL, "password": password, "next": "/"})
    if answer.status_code != 303:
        raise RuntimeError(f"sign-in answered {answer.status_code}")


def _page(client: FlaskClient) -> bytes:
    answer = client.get(PATH)
    if answer.status_code != 200:
        raise RuntimeError(f"the executive page answered {answer.status_code}")
    return answer.data


@contextmanager
def _recording(engines: Engines) -> Iterator[list[Recorded]]:
    """Collect every statement but the framing of transactions, from any thread."""
    found: list[Recorded] = []
    every = (engines.primary, *(replica.engine for replica in engines.replicas))

    def note(connection: Any, _cursor: object, statement: str, parameters: Any, _context: object, _many: bool) -> None:
        if not statement.lstrip().upper().startswith("SET "):
            found.append(Recorded(statement, parameters, connection.engine))

    for engine in every:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        for engine in every:
            event.remove(engine, "before_cursor_execute", note)


def _replay(recorded: list[Recorded]) -> float:
    """Milliseconds to execute and fetch the statements again with the bare driver, on one connection per server."""
    connections = {id(each.engine): each.engine.raw_connection() for each in recorded}
    try:
        def work() -> None:
            for each in recorded:
                with connections[id(each.engine)].cursor() as cursor:
                    cursor.execute(each.sql, each.parameters)
                    if cursor.description:
                        cursor.fetchall()

        return milliseconds(work)
    finally:
        for connection in connections.values():
            connection.rollback()
            connection.close()
