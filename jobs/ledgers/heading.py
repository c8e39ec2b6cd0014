"""Where the header of a text file stands, and what separates its columns: a statement often begins with lines that are no table."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from jobs.imports.delimited import SEPARATORS
from jobs.imports.limits import LIMITS
from jobs.imports.refusal import ImportRefusedError
from jobs.imports.sniff import sniff
from jobs.imports.spool import named_columns
from jobs.ledgers.columns import columns_of
from jobs.ledgers.told import Told

DEEPEST_HEADER = 25


@dataclass(frozen=True)
class Heading:
    """The place of a header."""

    line: int
    separator: str
    fields: int
    """How many of its columns are understood."""


def find_heading(path: Path, encoding: str, told: Mapping[str, str], remembered: Mapping[str, str], separator: str | None, line: int | None) -> Heading | None:
    """Return the header whose names say most: of the first 25 lines that name day and amount the one with most fields; None: there is none.

    ``separator`` and ``line``: what a person said.
    """
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        sample = list(islice(iter(lambda: file.readline(LIMITS.line_characters), ""), (line or DEEPEST_HEADER) + 40))
    if len(told_by_excel := sample[0].rstrip("\r\n") if sample else "") == 5 and told_by_excel.lower().startswith("sep=") and separator is None:
        separator = told_by_excel[4]
    found = [heading for each in ([separator] if separator else SEPARATORS) if (heading := _with(sample, each, told, remembered, line)) is not None]
    return max(found, key=lambda one: one.fields, default=None)


def _with(sample: list[str], separator: str, told: Mapping[str, str], remembered: Mapping[str, str], wanted: int | None) -> Heading | None:
    csv.field_size_limit(LIMITS.cell_characters)
    reader = csv.reader(sample, delimiter=separator)
    begins = 1
    best: Heading | None = None
    try:
        for cells in reader:
            line, begins = begins, reader.line_num + 1
            if line > (wanted or DEEPEST_HEADER):
                break
            if line < (wanted or 1) or not any(map(str.strip, cells)):
                continue
            try:
                mapped = columns_of(named_columns(cells), told, remembered)
            except ImportRefusedError:
                continue
            found = Heading(line, separator, sum(bool(one.field) for one in mapped))
            best = found if best is None or found.fields > best.fields else best
    except csv.Error:
        return best
    return best


def likely_table(path: Path, told: Told) -> dict[str, Any]:
    """Return header and first rows of what looks most like a table in a text file, for a person to say what the columns are; empty: nothing does."""
    try:
        encoding = sniff(path, told.encoding, lambda _: None).encoding
    except ImportRefusedError:
        return {}
    if not encoding:
        return {}
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        sample = list(islice(iter(lambda: file.readline(LIMITS.line_characters), ""), DEEPEST_HEADER + 10))
    best: list[list[str]] = []
    place: dict[str, Any] = {}
    for separator in [told.separator] if told.separator else SEPARATORS:
        try:
            reader = csv.reader(sample, delimiter=separator)
            numbered = [(row, reader.line_num) for row in reader if any(map(str.strip, row)) and reader.line_num >= (told.header_row or 1)]
        except csv.Error:
            continue
        rows = [row for row, _ in numbered]
        widest = max(range(len(rows)), key=lambda at: sum(bool(cell.strip()) for cell in rows[at]), default=0)
        if rows and sum(map(bool, rows[widest])) > sum(map(bool, best[0] if best else [])):
            best, place = rows[widest:], {"line": numbered[widest][1], "separator": separator}
    if not best or len(best[0]) < 2:
        return {}
    header = named_columns(best[0])
    return {**place, "header": list(header), "examples": [row[: len(header)] + [""] * (len(header) - len(row)) for row in best[1:4]]}
