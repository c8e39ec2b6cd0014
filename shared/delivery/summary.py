"""A document as the text of a mail: tables as they are read, plain and as HTML that mail programs show, without scripts, pictures or addresses outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from shared.reports.contents import numbers_of
from shared.reports.document import Amount, Block, Cell, Document, Table
from shared.reports.shown import has_cents, shown

MOST_ROWS: Final = 25
"""Rows of a table in a mail; how many more there are is said.  Of days or weeks in order, these are the last ones."""
_MOST_COLUMNS: Final = 9
_CELL: Final = "border-bottom:1px solid #e4e7ec;"
_MANY: Final = 6
"""Columns above which they stand closer together."""
_LONG: Final = 24
"""Characters of a text that may be broken into lines."""


@dataclass(frozen=True)
class _Shown:
    """What a mail shows of a table, as texts."""

    labels: list[str]
    rows: list[list[str]]
    totals: list[list[str]]
    sides: list[str]
    left_out: str
    """How much more there is, in words; empty: nothing."""


def summary(document: Document, zone: ZoneInfo, *, tables: bool) -> tuple[str, str]:
    """Return (plain, html) of what ``document`` says; ``tables``: with its numbers, else its sentences alone."""
    plain, html = [f"{document.title}", document.about, ""], [f'<h1 style="font-size:20px;margin:0 0 2px">{escape(document.title)}</h1><p style="margin:0 0 16px;color:#475467">{escape(document.about)}</p>']
    for block in document.blocks:
        table = numbers_of(block) if tables else None
        if table is None and not block.says:
            continue
        plain += [block.title, *([block.says] if block.says else []), *(_plain_table(table, zone) if table else []), ""]
        html.append(_html_block(block, table, zone))
    as_of = f"As of {document.as_of.astimezone(zone):%-d %b %Y, %H:%M %Z}"
    plain.append(as_of)
    html.append(f'<p style="color:#667085;font-size:12px;margin:16px 0 0">{escape(as_of)}</p>')
    return "\n".join(plain), "".join(html)


def _html_block(block: Block, table: Table | None, zone: ZoneInfo) -> str:
    says = f'<p style="margin:0 0 8px">{escape(block.says)}</p>' if block.says else ""
    note = f'<p style="color:#667085;font-size:12px;margin:6px 0 0">{escape(block.note)}</p>' if block.note and table else ""
    return (f'<div style="background:#fff;border:1px solid #e4e7ec;border-radius:10px;padding:16px 18px;margin:0 0 12px"><h2 style="font-size:15px;margin:0 0 6px">{escape(block.title)}</h2>'
            f"{says}{_html_table(table, zone) if table else ''}{note}</div>")


def _html_table(table: Table, zone: ZoneInfo) -> str:
    found = _shown(table, zone)
    cell = _CELL + ("padding:6px 5px;" if len(found.labels) > _MANY else "padding:6px 10px;")
    head = "".join(f'<th style="{cell}text-align:{side};color:#475467;font-size:12px">{escape(label)}</th>' for label, side in zip(found.labels, found.sides, strict=True))
    lines = [*((row, "") for row in found.rows), *((row, "font-weight:600;border-top:2px solid #d0d5dd;") for row in found.totals)]
    body = "".join(f"<tr>{''.join(_cell(text, side, cell + more) for text, side in zip(row, found.sides, strict=True))}</tr>" for row, more in lines)
    return (f'<div style="overflow-x:auto"><table style="border-collapse:collapse;width:100%;font-size:{12 if len(found.labels) > _MANY else 13}px"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
            + (f'<p style="color:#667085;font-size:12px;margin:6px 0 0">{escape(found.left_out)}</p>' if found.left_out else ""))


def _cell(text: str, side: str, style: str) -> str:
    return f'<td style="{style}text-align:{side};{"min-width:230px" if side == "left" and len(text) > _LONG else "white-space:nowrap"}">{escape(text)}</td>'


def _plain_table(table: Table, zone: ZoneInfo) -> list[str]:
    found = _shown(table, zone)
    lines = [found.labels, *found.rows, *found.totals]
    widths = [max(len(row[number]) for row in lines) for number in range(len(found.labels))]
    written = ["  ".join(text.ljust(width) if side == "left" else text.rjust(width) for text, width, side in zip(row, widths, found.sides, strict=True)).rstrip() for row in lines]
    return [*written, *([found.left_out] if found.left_out else [])]


def _shown(table: Table, zone: ZoneInfo) -> _Shown:
    """Return labels, rows and totals as they are read, of the columns and rows that a mail shows."""
    columns, is_in_time = table.columns[:_MOST_COLUMNS], _is_in_time(table.rows)
    rows = table.rows[-MOST_ROWS:] if is_in_time else table.rows[:MOST_ROWS]
    every = (*rows, *([table.totals] if table.totals else []))
    cents = [has_cents(row[number] for row in every) for number in range(len(columns))]
    texts = [[shown(value, column, zone, cents=with_cents) for value, column, with_cents in zip(row[:_MOST_COLUMNS], columns, cents, strict=True)] for row in every]
    sides = ["right" if any(isinstance(row[number], int | float | Amount) for row in table.rows) else "left" for number in range(len(columns))]
    more, wider = len(table.rows) - MOST_ROWS, len(table.columns) - _MOST_COLUMNS
    parts = [*([f"{more:,} {'earlier' if is_in_time else 'more'} rows"] if more > 0 else []), *([f"{wider} more columns"] if wider > 0 else [])]
    return _Shown([column.label for column in columns], texts[: len(rows)], texts[len(rows):], sides, f"{' and '.join(parts)} are on the site." if parts else "")


def _is_in_time(rows: Sequence[Sequence[Cell]]) -> bool:
    """Say whether rows are days, weeks or months, the oldest first: of them the newest are wanted."""
    days = [row[0] for row in rows]
    return len(days) > 1 and all(isinstance(day, date) for day in days) and days[0] < days[-1]  # type: ignore[operator]
