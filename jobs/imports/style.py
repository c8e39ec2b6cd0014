"""How a file writes its numbers and dates: found out over the whole file, never guessed row by row."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from jobs.imports.numbers import PLAIN, body_of
from jobs.imports.quick_moments import orders
from jobs.imports.refusal import ImportRefusedError, shown
from jobs.imports.spool import Spool
from shared.warehouse.load_fields import Field, Kind

Dates = Literal["us", "eu"]
Decimal = Literal["dot", "comma"]
_GROUPED = {"dot": re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d*\.\d+|\d+\."), "comma": re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d*)?|\d*,\d+|\d+,")}


@dataclass(frozen=True, slots=True)
class Style:
    """How the numbers and dates of one file are read."""

    dates: Dates | None = None
    """Month first (us) or day first (eu); None: the file has no date that would need to know."""
    decimal: Decimal = "dot"


@dataclass
class _Evidence:
    """The first place that speaks for each of the readings; ``both``: places that could be either."""

    seen: dict[str, str] = field(default_factory=dict)

    def add(self, reading: str, line: int, column: str, value: str) -> None:
        self.seen.setdefault(reading, f"{shown(value)} on line {line} (column {shown(column)})")


def survey(spool: Spool, columns: dict[str, Field], dates: Dates | None, decimal: Decimal | None, read: Callable[[], None]) -> Style:
    """Return how the file writes dates and numbers; ``columns``: which of the spool's columns hold which fields.

    What the caller says (``dates``, ``decimal``) is not questioned.  Raises ImportRefusedError where the file contradicts itself or leaves it open.
    """
    day, number = _Evidence(), _Evidence()
    timed = [name for name, one in columns.items() if one.kind in {Kind.DAY, Kind.MOMENT}] if dates is None else []
    numeric = [name for name, one in columns.items() if one.kind in {Kind.WHOLE, Kind.NUMBER}] if decimal is None else []
    if timed or numeric:
        for batch in spool.batches():
            read()
            for name in timed:
                _date_evidence(batch, name, spool.header[int(name)], day)
            for name in numeric:
                _number_evidence(batch, name, spool.header[int(name)], number)
    return Style(dates or _dates(day.seen), decimal or _decimal(number.seen, comma_likely="semicolon" in spool.note))


def _dates(seen: dict[str, str]) -> Dates | None:
    if "us" in seen and "eu" in seen:
        raise ImportRefusedError(f"the file writes dates in two ways: month first, {seen['us']}, and day first, {seen['eu']}; say --dates us or --dates eu, and the rows that do not fit are rejected")
    if "both" in seen and "us" not in seen and "eu" not in seen:
        raise ImportRefusedError(f"it is not clear whether dates begin with the month or the day: {seen['both']}; say --dates us (month first) or --dates eu (day first)")
    return "us" if "us" in seen else "eu" if "eu" in seen else None


def _decimal(seen: dict[str, str], *, comma_likely: bool) -> Decimal:
    if "dot" in seen and "comma" in seen:
        raise ImportRefusedError(f"the file writes numbers in two ways: {seen['dot']} and {seen['comma']}; say --decimal dot or --decimal comma, and the rows that do not fit are rejected")
    if "group" in seen and comma_likely and "dot" not in seen and "comma" not in seen:
        raise ImportRefusedError(f"it is not clear whether a comma in a number is its decimal mark: {seen['group']}; say --decimal dot or --decimal comma")
    if "dots" in seen and comma_likely and not {"dot", "comma", "group"} & {*seen}:
        raise ImportRefusedError(f"it is not clear whether a dot in a number is its decimal mark: {seen['dots']}; say --decimal dot or --decimal comma")
    return "comma" if "comma" in seen else "dot"


def _line(batch: pa.RecordBatch, trimmed: pa.Array, value: str) -> int:
    return int(batch.column("line")[pc.index(trimmed, value).as_py()].as_py())


def _date_evidence(batch: pa.RecordBatch, name: str, title: str, evidence: _Evidence) -> None:
    trimmed = pc.utf8_trim_whitespace(batch.column(name))
    for reading, position in orders(trimmed).items():
        evidence.add(reading, batch.column("line")[position].as_py(), title, trimmed[position].as_py())


def _number_evidence(batch: pa.RecordBatch, name: str, title: str, evidence: _Evidence) -> None:
    trimmed = pc.utf8_trim_whitespace(batch.column(name))
    rest = trimmed.filter(pc.invert(pc.match_substring_regex(trimmed, PLAIN)))
    for value in pc.unique(rest).to_pylist():
        body = body_of(value) if value else None
        if body is None or not set(body) & {",", "."}:
            continue
        dot, comma = (bool(_GROUPED[style].fullmatch(body)) for style in ("dot", "comma"))
        reading = "dot" if dot and not comma else "comma" if comma and not dot else "group" if dot and comma and "," in body else "dots" if dot and comma and not body.startswith("0") else ""
        if reading and reading not in evidence.seen:
            evidence.add(reading, _line(batch, trimmed, value), title, value)
