"""A company whose schedules deliver to a mail server of the test's own; also what its worker processes draw."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import text

from shared.delivery.caring import Caretaker
from shared.delivery.rendering import Studio
from shared.delivery.running import Delivered, deliver_due
from shared.delivery.sources import Choice, Source, Sources
from shared.metrics.ask import Answer
from shared.metrics.exact import ExactAsk
from shared.metrics.metric import Unit
from shared.metrics.question import Question
from shared.metrics.scope import Scope
from shared.people.changes import create_person
from shared.people.person import Person
from shared.reports.document import Block, Column, Document, Table
from shared.settings import Settings
from shared.warehouse.engines import Engines
from tests.integration.mail_server import mail_server

PASSWORD = "seven quiet lanterns"
EVERY_DAY = {"subject": "sheet:plain", "timing": "every day at 7:30", "zone": "America/New_York"}
DUE = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
"""7:30 in New York."""


@dataclass
class Sheets:
    """A source whose documents say which scope they were drawn in, and which fails when told to."""

    drawn: list[str] = field(default_factory=list)
    age: timedelta = timedelta()
    rows: tuple[tuple[object, ...], ...] | None = None
    error: Exception | None = None
    hidden_from: frozenset[int] = frozenset()
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def find(self, key: str, person: Person) -> Choice | None:
        return Choice(f"sheet:{key}", key.title()) if key in {"plain", "other"} and person.id not in self.hidden_from else None

    def draw(self, key: str, _: Person, scope: Scope) -> Document:
        if self.error is not None:
            raise self.error
        seen = "every branch" if scope.is_company else f"branches {', '.join(map(str, sorted(scope.branches or ())))}"
        self.drawn.append(seen)
        rows = self.rows if self.rows is not None else (("Net sales", 1234.5),)
        table = Table((Column("What"), Column(f"Value of {seen}", Unit.MONEY)), rows)  # type: ignore[arg-type]
        return Document(key.title(), seen, self.clock() - self.age, [Block("sheet", "Sheet", f"It is about {seen}.", None, table)])

    @property
    def sources(self) -> Sources:
        return {"sheet": Source("Sheets", lambda person: [choice for choice in [self.find("plain", person)] if choice], self.find, self.draw)}


class Leads:
    """An ``ask`` that knows one number for each scope."""

    today = DUE.date()

    def __init__(self, values: dict[frozenset[int] | None, float]) -> None:
        self.values = values

    def __call__(self, question: Question, scope: Scope) -> Answer:
        return Answer(question, pd.DataFrame({question.metrics[0]: [self.values[scope.branches]]}), datetime.now(UTC))

    def many(self, questions: Sequence[Question], scope: Scope) -> list[Answer]:
        return [self(question, scope) for question in questions]


class World:
    """Two branches, a boss, two managers, and a mail server that keeps what it gets."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder, self.engines, self.sheets = settings, folder, Engines(settings), Sheets()
        with self.engines.writer() as connection:
            connection.execute(text("INSERT INTO crm.branch (id, external_id, name, time_zone, opened_on) VALUES (1, 'b1', 'Pittsburgh', 'America/New_York', '2020-01-01'), (2, 'b2', 'Columbus', 'America/New_York', '2020-01-01')"))
        self.boss, self.one, self.two, self.twin = self.person("boss", "leadership"), self.person("one", "branch_manager", [1]), self.person("two", "branch_manager", [2]), self.person("twin", "branch_manager", [1])
        self.person("admin", "admin")
        self.studio = Studio(self.sheets.sources, ExactAsk(self.engines, settings), settings)
        self.moment = DUE - timedelta(hours=1)
        self.care = Caretaker(self.engines, settings, self.sheets.sources, lambda: self.moment)

    def person(self, name: str, role: str, branches: list[int] | None = None) -> Person:
        return create_person(self.engines, email=f"{name}@x.example", name=name.title(), role=role, password=PASSWORD, branches=branches)

    def schedule(self, *recipients: str, owner: Person | None = None, **definition: Any) -> int:
        return self.care.create(owner or self.boss, {"name": "Daily", "definition": {**EVERY_DAY, **definition}, "recipients": list(recipients or [f"person:{self.boss.id}"])})

    def deliver(self, at: datetime = DUE) -> Delivered:
        self.moment = at
        self.studio._drawn.clear()
        return deliver_due(self.engines, self.settings, self.studio, lambda: at)

    def again(self) -> None:
        """Whatever was put off may be tried at once."""
        self.studio.mail_pause.end()
        with self.engines.writer() as connection:
            for table in ("delivery_run", "delivery_copy", "delivery_mail"):
                connection.execute(text(f"UPDATE app.{table} SET next_at = now()"))

    def rows(self, sql: str) -> list[Any]:
        with self.engines.primary_reader() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]

    def run(self, sql: str) -> None:
        with self.engines.writer() as connection:
            connection.execute(text(sql))

    def mails(self) -> list[Message]:
        return sorted((message_from_bytes(path.read_bytes()) for path in self.folder.glob("*.eml")), key=lambda mail: (str(mail["To"]), str(mail["Subject"])))

    def to(self) -> list[str]:
        return [str(mail["To"]).split("@")[0] for mail in self.mails()]


@contextmanager
def world_over(settings: Callable[..., Settings], folder: Path, **overrides: object) -> Iterator[World]:
    """A world with a mail server in a thread."""
    with mail_server(folder / "mail") as url:
        made = World(settings(smtp_url=url, **overrides), folder / "mail")
        try:
            yield made
        finally:
            made.engines.dispose()


def body(mail: Message) -> str:
    """The plain text of a mail."""
    return "".join(part.get_payload(decode=True).decode() for part in mail.walk() if part.get_content_type() == "text/plain" and not part.get_filename())  # type: ignore[union-attr]
