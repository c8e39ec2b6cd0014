"""A document as bytes and back, so that the process that reads the numbers need not be the one that makes the file."""

import math
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import orjson

from shared.metrics.metric import Unit
from shared.reports.document import Amount, Block, Cell, Column, Document, Table
from shared.reports.problems import TooLargeError
from shared.reports.text import clean

LARGEST: Final = 16 * 1024 * 1024
"""Bytes of a document that is still kept in an order."""


def packed(document: Document) -> bytes:
    """Return ``document`` as bytes.  Raises TooLargeError above ``LARGEST``."""
    found = orjson.dumps(
        {
            "title": clean(document.title), "about": clean(document.about), "as_of": document.as_of.isoformat(), "company": clean(document.company),
            "filters": [[clean(name), clean(value)] for name, value in document.filters],
            "definitions": [[clean(term), clean(meaning)] for term, meaning in document.definitions.items()],
            "blocks": [_block(block) for block in document.blocks], "problems": [clean(each) for each in document.problems],
        },
        option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS, default=str)
    if len(found) > LARGEST:
        raise TooLargeError(f"This holds {len(found) / 1e6:,.0f} MB of numbers and figures, and {LARGEST / 1e6:,.0f} MB is the most that one file is made of. Choose a shorter period or fewer branches.")
    return found


def unpacked(stored: bytes) -> Document:
    """Return the document that ``packed`` made bytes of."""
    given: dict[str, Any] = orjson.loads(stored)
    return Document(
        given["title"], given["about"], datetime.fromisoformat(given["as_of"]), tuple(_block_of(each) for each in given["blocks"]),
        tuple((name, value) for name, value in given["filters"]), dict(given["definitions"]), given["company"], tuple(given.get("problems", ())))


def _block(block: Block) -> dict[str, object]:
    return {"key": clean(block.key), "title": clean(block.title), "says": clean(block.says), "note": clean(block.note), "figure": _cleaned(block.figure), "table": block.table and _table(block.table)}


def _table(table: Table) -> dict[str, object]:
    return {"columns": [[clean(column.label), column.unit and column.unit.value, clean(column.note)] for column in table.columns],
            "rows": [_row(row) for row in table.rows], "totals": _row(table.totals)}


def _row(row: Sequence[Cell]) -> list[object]:
    return [_cell(value) for value in row]


def _cell(value: Cell) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Amount):
        return {"amount": _cell(value.value), "unit": value.unit.value}
    return value


def _cleaned(part: object) -> object:
    """A figure with clean text everywhere, and nothing that JSON cannot hold."""
    if isinstance(part, str):
        return clean(part)
    if isinstance(part, dict):
        return {str(name): _cleaned(value) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_cleaned(value) for value in part]
    return part


def _block_of(given: dict[str, Any]) -> Block:
    table = given["table"]
    return Block(given["key"], given["title"], given["says"], given["figure"], None if table is None else _table_of(table), given["note"])


def _table_of(given: dict[str, Any]) -> Table:
    columns = tuple(Column(label, None if unit is None else Unit(unit), note) for label, unit, note in given["columns"])
    return Table(columns, tuple(_row_of(row) for row in given["rows"]), _row_of(given["totals"]))


def _row_of(row: list[Any]) -> tuple[Cell, ...]:
    return tuple(_cell_of(value) for value in row)


def _cell_of(value: Any) -> Cell:
    if isinstance(value, dict):
        if "amount" in value:
            return Amount(value["amount"], Unit(value["unit"]))
        return datetime.fromisoformat(value["moment"]) if "moment" in value else date.fromisoformat(value["day"])
    cell: Cell = value
    return cell
