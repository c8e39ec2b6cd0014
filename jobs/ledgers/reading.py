"""Reads a ledger's file: what is it, where is its header, which column is what, how are dates and amounts written, which rows are records.

Everything that imports know of files is used here too; what is different: a preamble above the header, totals among the rows, one currency, and
that a file with a single bad line is refused as a whole.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import pyarrow as pa

from jobs.imports.binary import read_binary, sheets_of
from jobs.imports.delimited import read_text
from jobs.imports.mapping import Mapped
from jobs.imports.parse import Parser
from jobs.imports.refusal import ImportRefusedError, shown
from jobs.imports.sniff import Sniffed, sniff
from jobs.imports.spool import Spool
from jobs.imports.style import Style, survey
from jobs.ledgers.cleaning import clean, period_of_datev, side_by_words
from jobs.ledgers.columns import columns_of
from jobs.ledgers.currency import currency_of, strangers
from jobs.ledgers.heading import DEEPEST_HEADER, find_heading, likely_table
from jobs.ledgers.told import Told
from jobs.ledgers.totals import TotalsRow
from shared.reconciliation.records import RECORD, Problem
from shared.warehouse.load_fields import Field
from shared.warehouse.load_plan import Plan

_MOST_PROBLEMS = 200


@dataclass(frozen=True)
class Understood:
    """How a file was read."""

    sniffed: Sniffed
    spool: Spool
    """Its records alone."""
    mapped: list[Mapped]
    plan: Plan
    style: Style
    totals: list[TotalsRow]
    problems: list[Problem]
    """Lines in another currency."""
    currency: str = ""
    """What the amounts are in, as far as the file says it."""

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
        currency = f"; amounts in {self.currency}" if self.currency not in {"", "$", "USD"} else ""
        return f"{self.spool.note}; {dates}; decimals after a {self.style.decimal}{currency}"


def read_ledger(path: Path, scratch: Path, told: Told, remembered: Mapping[str, str], currency: str = "") -> Understood:
    """Read a file; ``remembered``: the mapping that was saved for its source.  Raises ImportRefusedError where nothing can be done with it."""
    sniffed = sniff(path, told.encoding, lambda _: None)
    spool, mapped = _of_text(path, sniffed, scratch, told, remembered) if sniffed.kind == "text" else _of_workbook(path, sniffed, scratch, told, remembered)
    mapped = _with_side(spool, mapped)
    spool, totals = clean(spool, mapped, scratch / "records.arrow", period_of_datev(path, sniffed.encoding) if sniffed.kind == "text" else None)
    plan = Plan(RECORD, frozenset(one.field for one in mapped if one.field))
    columns = {str(number): RECORD.by_field[one.field] for number, one in enumerate(mapped) if one.field}
    style = survey(spool, columns, told.dates, told.decimal, lambda: None)
    return Understood(sniffed, spool, mapped, plan, style, totals, *_currencies(spool, columns, currency))


def _of_text(path: Path, sniffed: Sniffed, scratch: Path, told: Told, remembered: Mapping[str, str]) -> tuple[Spool, list[Mapped]]:
    heading = find_heading(path, sniffed.encoding, told.mapping, remembered, told.separator, told.header_row)
    likely = {} if heading else likely_table(path, told)
    separator, line = (heading.separator, heading.line) if heading else (likely.get("separator", told.separator), likely.get("line", told.header_row))
    spool = read_text(path, sniffed.encoding, separator, line, scratch / "rows.arrow", lambda _: None)
    return spool, columns_of(spool.header, told.mapping, remembered)


def _of_workbook(path: Path, sniffed: Sniffed, scratch: Path, told: Told, remembered: Mapping[str, str]) -> tuple[Spool, list[Mapped]]:
    """Find the sheet and the line that hold the header; the only sheet whose names say where day and amount are is the one that is meant."""
    names: list[str | None] = [told.sheet] if told.sheet or sniffed.kind != "workbook" else list(sheets_of(path)) or [None]
    if len(names) == 1:
        return _of_sheet(path, sniffed, scratch, told, remembered, names[0])
    found: dict[str, tuple[Spool, list[Mapped]]] = {}
    refused: ImportRefusedError | None = None
    for name in filter(None, names):
        try:
            found[name] = _of_sheet(path, sniffed, scratch, told, remembered, name)
        except ImportRefusedError as error:
            refused = refused or error
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        raise ImportRefusedError(f"{len(found)} sheets of the file hold records: {', '.join(map(shown, found))}; say which, or save each as a file of its own")
    assert refused is not None
    raise refused


def _of_sheet(path: Path, sniffed: Sniffed, scratch: Path, told: Told, remembered: Mapping[str, str], sheet: str | None) -> tuple[Spool, list[Mapped]]:
    refused: ImportRefusedError | None = None
    for line in [told.header_row] if told.header_row else range(1, DEEPEST_HEADER + 1):
        try:
            spool = read_binary(path, sniffed.kind, sheet, line, scratch / f"rows{sheet and hash(sheet)}-{line}.arrow", lambda: None)
            mapped = columns_of(spool.header, told.mapping, remembered)
        except ImportRefusedError as error:
            refused = refused or error
            if "no header" in str(error) or "no row with a header" in str(error) or "is empty" in str(error):
                break
            continue
        return spool, mapped
    assert refused is not None
    raise refused


def _with_side(spool: Spool, mapped: list[Mapped]) -> list[Mapped]:
    """Where an amount has no sign of its own, a column that says debit or credit in every row gives it one."""
    if {"side", "credit", "debit"} & {one.field for one in mapped}:
        return mapped
    place = side_by_words(spool, mapped, lambda one: not one.field and one.how in {"", "remembered"})
    return mapped if place is None else [replace(one, field="side", how="by its words") if number == place else one for number, one in enumerate(mapped)]


def _currencies(spool: Spool, columns: Mapping[str, Field], wanted: str) -> tuple[list[Problem], str]:
    """Return the lines in another currency than the rest, and what the rest is in."""
    money = [name for name, one in columns.items() if one.name in {"amount", "credit", "debit", "currency"}]

    def named() -> Iterator[tuple[int, str]]:
        for batch in spool.batches():
            lines = batch.column("line").to_pylist()
            for name in money:
                yield from _marks(batch.column(name), lines)

    first = next((currency for _, currency in named() if currency), "")
    return [Problem(line, f"the amount is in {currency}, the others are in another currency") for line, currency in strangers(named(), wanted)[:_MOST_PROBLEMS]], first


def _marks(cells: pa.Array, lines: list[int]) -> Iterator[tuple[int, str]]:
    for line, cell in zip(lines, cells.to_pylist(), strict=True):
        if cell and not cell.isdigit():
            yield line, currency_of(cell)
