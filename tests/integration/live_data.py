"""A company whose live messages a test can read, and live workers as processes of their own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from shared.clock import Clock, now
from shared.live import names
from shared.live.leading import Leading
from shared.live.publishing import connect
from shared.settings import Settings
from shared.warehouse.engines import Engines

ROOT = Path(__file__).parents[2]
NET = "n:net_sales_amount:mtd:previous:*:"
LEADS = "n:leads:mtd:previous:*:"


@dataclass
class Stage:
    """A database and a Redis of which the live database is empty at first."""

    settings: Settings
    engines: Engines
    redis: Any

    @classmethod
    def over(cls, settings: Settings, engines: Engines) -> "Stage":
        """Empty the live database; new rows get ids that no row has."""
        with engines.writer() as connection:
            for table in ("lead", "appointment", "sale", "job", "ticket", "prospect"):
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('crm.{table}', 'id'), 10000000)"))
        client = connect(settings)
        client.flushdb()
        return cls(settings, engines, client)

    def want(self, *topics: str, seconds: float = 300) -> None:
        """Want topics as a gateway does."""
        self.redis.zadd(names.WANTED, dict.fromkeys(topics, time.time() + seconds))
        self.redis.publish(names.WANTS, json.dumps(topics))

    def latest(self, topic: str) -> dict[str, Any]:
        """The last message of a topic; without ``data`` where there is none."""
        found = self.redis.hget(names.LATEST, topic)
        return json.loads(found) if found else {}

    def text(self, topic: str) -> str:
        """The text that a topic shows; empty: none yet."""
        return str(self.latest(topic).get("data", {}).get("text", ""))

    def log(self, topic: str) -> list[dict[str, Any]]:
        """The messages in the log of a topic."""
        return [json.loads(fields[b"m"]) for _, fields in self.redis.xrange(names.log_of(topic))]

    def run(self, statement: str, **values: object) -> None:
        """Commit a statement."""
        with self.engines.writer() as connection:
            connection.execute(text(statement), values)

    def value(self, statement: str) -> Any:
        """What a statement says on the primary."""
        with self.engines.primary_reader() as connection:
            return connection.scalar(text(statement))

    def sell(self, amount: float = 10_000, branch: int = 1, moment: datetime | None = None) -> None:
        """Enter a sale."""
        self.run("INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status) SELECT :branch, min(id), :moment, :amount, 'pending' FROM crm.product",
                 branch=branch, amount=amount, moment=moment or datetime.now(UTC))

    @property
    def net(self) -> float:
        """Net sales $ of the present month, from the base table."""
        return float(self.value("SELECT coalesce(sum(amount), 0) FROM crm.sale WHERE status NOT IN ('cancelled', 'credit_rejected')"
                                " AND sold_on BETWEEN date_trunc('month', now() AT TIME ZONE 'America/New_York') AND (now() AT TIME ZONE 'America/New_York')::date"))

    def shows_the_truth(self) -> bool:
        """Whether the last message says what the base table says."""
        return self.latest(NET).get("data", {}).get("value") == self.net

    def leading(self, clock: Clock = now) -> "Turns":
        """A leadership in this process, without a session."""
        return Turns(Leading(self.settings, self.engines, self.redis, clock))


@dataclass
class Turns:
    """A leadership that works only when a test wants."""

    leading: Leading

    def settle(self, *news: str, seconds: float = 20) -> None:
        """Take in news and work until nothing is due."""
        self.leading.note(set(news), has_wishes=True)
        until = time.monotonic() + seconds
        while (wait := self.leading.turn()) < 1:
            assert time.monotonic() < until, "it does not come to rest"
            time.sleep(wait)


@contextmanager
def worker(settings: Settings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A live worker as a process, killed at the end."""
    environment = {"DATABASE_URL": settings.database_url.get_secret_value(), "REDIS_URL": settings.redis_url.get_secret_value(), "SECRET_KEY": "s" * 48, "LOG_LEVEL": "DEBUG"}
    with log.open("ab") as output:
        process = subprocess.Popen([sys.executable, "-m", "jobs.live"], cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=output)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def eventually(what: Callable[[], object], seconds: float = 30.0) -> bool:
    """Wait until it holds; False: it did not come about."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def numbers(messages: Sequence[dict[str, Any]]) -> list[int]:
    """Sequence numbers of messages."""
    return [message["seq"] for message in messages]
