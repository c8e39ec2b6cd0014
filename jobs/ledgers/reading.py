"""Reads a ledger's file: what is it, where is its header, which column is what, how are dates and amounts written, which rows are records.

Everything that imports know of files is used here too; what is different: a preamble above the header, totals among the rows, one currency, and
that a file with a single bad line is refused as a whole.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa

from jobs.imports.binary import read_binary
from jobs.imports.delimited import read_text
from jobs.imports.mapping import Mapped
from jobs.imports.parse import Parser
from jobs.imports.refusal import ImportRefusedError
from jobs.imports.sniff import Sniffed, sniff
from jobs.imports.spool import Spool, SpoolWriter
from jobs.imports.style import Style, survey
from jobs.ledgers.columns import columns_of
from jobs.ledgers.currency import currency_of, strangers
from jobs.ledgers.totals import TotalsRow, is_totals
from shared.reconciliation.records import RECORD, Problem
from shared.warehouse.load_fields import Field
from shared.warehouse.load_plan import Plan

DEEPEST_HEADER: Final = 25
_MOST_PROBLEMS: Final = 200


@dataclass(frozen=True)
class Told:
    """What a person says of a file; what is not said is found out."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    """Column to field; '-': leave it out."""
    dates: Literal["us", "eu"] | None = None
    decimal: Literal["dot", "comma"] | None = None
    separator: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    header_row: int | None = None


@dataclass(frozen=True)
class Understood:
    """How a file was read."""

    sniffed: Sniffed
    spool: Spool
    """Its records, totals rows left out."""
    mapped: list[Mapped]
    plan: Plan
    style: Style
    totals: list[TotalsRow]
    problems: list[Problem]
    """Lines in another currency."""

    def portions(self) -> Iterator[BytesIO]:
        """Yield the records as CSV of line, fault and the plan's fields."""
        columns = {one.field: str(number) for number, one in enumerate(self.mapped) if one.field}
        parser = Parser(self.plan, self.style, columns, {})
        for batch in self.spool.batches():
            yield parser.parse(batch)

    def examples(self, most: int = 5) -> list[list[str]]:
        """Return the first rows as they stand."""
        first = next(self.spool.batches(), None)
        return [] if first is None else [[str(first.column(str(column))[row].as_py() or "") for column in range(len(self.spool.header))] for row in range(min(most, len(first)))]

    def words(self) -> str:
        """Say how the file was read."""
        dates = {None: "dates as ISO or by name", "us": "dates with the month first", "eu": "dates with the day first"}[self.style.dates]
        return f"{self.spool.note}; {dates}; decimals after a {self.style.decimal}"


def read_ledger(path: Path, scratch: Path, told: Told, remembered: Mapping[str, str], currency: str = "") -> Understood:
    """Read a file; ``remembered``: the mapping that was saved for its source.  Raises ImportRefusedError where nothing can be done with it."""
    sniffed = sniff(path, told.encoding, lambda _: None)
    spool, mapped = _with_header(path, sniffed, scratch, told, remembered)
    spool, totals = _without_totals(spool, mapped, scratch / "records.arrow")
    plan = Plan(RECORD, frozenset(one.field for one in mapped if one.field))
    columns = {str(number): RECORD.by_field[one.field] for number, one in enumerate(mapped) if one.field}
    style = survey(spool, columns, told.dates, told.decimal, lambda: None)
    return Understood(sniffed, spool, mapped, plan, style, totals, _other_currencies(spool, columns, currency))


def _with_header(path: Path, sniffed: Sniffed, scratch: Path, told: Told, remembered: Mapping[str, str]) -> tuple[Spool, list[Mapped]]:
    """Find the line that holds the header: the first whose names say where day and amount are."""
    refused: ImportRefusedError | None = None
    for line in [told.header_row] if told.header_row else range(1, DEEPEST_HEADER + 1):
        try:
            spool = _spool(path, sniffed, scratch / f"rows{line}.arrow", told, line)
            mapped = columns_of(spool.header, told.mapping, remembered)
        except ImportRefusedError as error:
            refused = refused or error
            if "no header" in str(error) or "no row with a header" in str(error):
                break
            continue
        return spool, mapped
    assert refused is not None
    raise refused


def _spool(path: Path, sniffed: Sniffed, spool: Path, told: Told, line: int) -> Spool:
    if sniffed.kind == "text":
        return read_text(path, sniffed.encoding, told.separator, line, spool, lambda _: None)
    return read_binary(path, sniffed.kind, told.sheet, line, spool, lambda: None)


def _without_totals(spool: Spool, mapped: list[Mapped], path: Path) -> tuple[Spool, list[TotalsRow]]:
    date = next(number for number, one in enumerate(mapped) if one.field == "date")
    totals = []
    with SpoolWriter(path, len(spool.header)) as writer:
        for batch in spool.batches():
            rows = zip(*(batch.column(name).to_pylist() for name in ("line", "torn", *map(str, range(len(spool.header))))), strict=True)
            for line, torn, *cells in rows:
                parts = re.split(r"[;,\t|]", cells[0]) if torn and cells[0] and not any(cells[1:]) else cells
                if is_totals(parts, None if torn else cells[date]):
                    totals.append(TotalsRow(line, " ".join(cell for cell in cells if cell)[:200]))
                elif torn:
                    writer.add_torn(line, [cell or "" for cell in cells], torn, 0)
                else:
                    writer.add(line, cells, sum(len(cell or "") for cell in cells))
    return Spool(path, spool.header, spool.note), totals


def _other_currencies(spool: Spool, columns: Mapping[str, Field], wanted: str) -> list[Problem]:
    money = [name for name, one in columns.items() if one.name in {"amount", "credit", "debit", "currency"}]

    def named() -> Iterator[tuple[int, str]]:
        for batch in spool.batches():
            lines = batch.column("line").to_pylist()
            for name in money:
                yield from _marks(batch.column(name), lines)

    return [Problem(line, f"the amount is in {currency}, the others are in another currency") for line, currency in strangers(named(), wanted)[:_MOST_PROBLEMS]]


def _marks(cells: pa.Array, lines: list[int]) -> Iterator[tuple[int, str]]:
    for line, cell in zip(lines, cells.to_pylist(), strict=True):
        if cell and not cell.isdigit():
            yield line, currency_of(cell)
