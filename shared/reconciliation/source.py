"""Sources: whose records are held against which book, how exact they must be, and which batches of theirs there are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from shared.reconciliation.book import BOOKS, STATUS_PARTS, STATUS_WORDS, Book

_COLUMNS = "name, label, book, amount_tolerance, percent_tolerance, days_before, days_after, currency, statuses, mapping, feed, version"


class SourceError(ValueError):
    """A source that cannot be; the message is for the person."""


@dataclass(frozen=True)
class Source:
    """One source as it is kept."""

    name: str
    label: str
    book: str
    amount_tolerance: Decimal = Decimal(0)
    """Dollars by which amounts may differ."""
    percent_tolerance: Decimal = Decimal(0)
    """Percent of our amount by which they may differ; the greater of both counts."""
    days_before: int = 3
    """Days that a record may be dated before our row."""
    days_after: int = 3
    """Days that it may be dated after."""
    currency: str = ""
    statuses: Mapping[str, str] = field(default_factory=dict)
    mapping: Mapping[str, str] = field(default_factory=dict)
    feed: Mapping[str, Any] = field(default_factory=dict)
    version: int = 1

    @property
    def ours(self) -> Book:
        """The book that its records are held against."""
        return BOOKS[self.book]

    @property
    def words(self) -> dict[str, str]:
        """Every status word that is understood -> good, cancelled or declined."""
        return {**STATUS_WORDS, **{word.strip().lower(): meaning for word, meaning in self.statuses.items()}}

    def meaning(self, word: str) -> str | None:
        """Return what a word of status means: good, cancelled or declined, as the source or everybody says, or by what stands in it; None: nobody knows, and it says nothing."""
        said = word.strip().lower()
        return self.words.get(said) or next((meaning for meaning, pattern in STATUS_PARTS if pattern.search(said)), None)

    def tolerance(self, cents: int) -> int:
        """Return by how many cents a record may differ from our ``cents``."""
        return max(int(self.amount_tolerance * 100), int(abs(cents) * self.percent_tolerance / 100))

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.book not in BOOKS:
            raise SourceError(f"There is no book called {self.book}; choose one of {', '.join(BOOKS)}.")
        if wrong := [word for word, meaning in self.statuses.items() if meaning not in {"good", "cancelled", "declined"}]:
            raise SourceError(f"What {wrong[0]!r} means must be good, cancelled or declined.")


def sources(connection: Connection) -> list[Source]:
    """Return every source, by name."""
    return [Source(**row) for row in connection.execute(text(f"SELECT {_COLUMNS} FROM crm.recon_source ORDER BY name")).mappings()]


def source_called(connection: Connection, name: str) -> Source:
    """Return one source.  Raises SourceError."""
    row = connection.execute(text(f"SELECT {_COLUMNS} FROM crm.recon_source WHERE name = :name"), {"name": name}).mappings().one_or_none()
    if row is None:
        known = ", ".join(each.name for each in sources(connection)) or "none yet"
        raise SourceError(f"There is no source called {name}; there are: {known}.")
    return Source(**row)


def save_source(connection: Connection, source: Source) -> None:
    """Keep a source, new or changed."""
    connection.execute(text("""
INSERT INTO crm.recon_source (name, label, book, amount_tolerance, percent_tolerance, days_before, days_after, currency, statuses, mapping, feed)
VALUES (:name, :label, :book, :amount_tolerance, :percent_tolerance, :days_before, :days_after, :currency, CAST(:statuses AS jsonb), CAST(:mapping AS jsonb), CAST(:feed AS jsonb))
ON CONFLICT (name) DO UPDATE SET label = excluded.label, book = excluded.book, amount_tolerance = excluded.amount_tolerance, percent_tolerance = excluded.percent_tolerance,
  days_before = excluded.days_before, days_after = excluded.days_after, currency = excluded.currency, statuses = excluded.statuses, mapping = excluded.mapping, feed = excluded.feed,
  version = crm.recon_source.version + 1"""), {
        "name": source.name, "label": source.label, "book": source.book, "amount_tolerance": source.amount_tolerance, "percent_tolerance": source.percent_tolerance,
        "days_before": source.days_before, "days_after": source.days_after, "currency": source.currency,
        "statuses": json.dumps(dict(source.statuses)), "mapping": json.dumps(dict(source.mapping)), "feed": json.dumps(dict(source.feed))})
