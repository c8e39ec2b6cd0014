"""A document as the text of a mail: tables as they are read, plain and as HTML that mail programs show, without scripts, pictures or addresses outside."""

from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from shared.reports.contents import numbers_of
from shared.reports.document import Block, Document, Table
from shared.reports.shown import has_cents, shown

MOST_ROWS: Final = 25
"""Rows of a table in a mail; how many more there are is said."""
_MOST_COLUMNS: Final = 9
_CELL: Final = "padding:6px 10px;border-bottom:1px solid #e4e7ec;"


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
    note = f'<p style="color:#667085;font-size:12px;margin:6px 0 0">{escape(block.note)}</p>' if block.note else ""
    return (f'<div style="background:#fff;border:1px solid #e4e7ec;border-radius:10px;padding:16px 18px;margin:0 0 12px"><h2 style="font-size:15px;margin:0 0 6px">{escape(block.title)}</h2>'
            f"{says}{_html_table(table, zone) if table else ''}{note}</div>")


def _html_table(table: Table, zone: ZoneInfo) -> str:
    labels, rows, totals = _texts(table, zone)
    sides = ["right" if any(isinstance(row[number], int | float) for row in table.rows) else "left" for number in range(len(labels))]
    head = "".join(f'<th style="{_CELL}text-align:{side};color:#475467;font-size:12px">{escape(label)}</th>' for label, side in zip(labels, sides, strict=True))
    lines = [*((row, "") for row in rows), *((row, "font-weight:600;border-top:2px solid #d0d5dd;") for row in totals)]
    body = "".join(f"<tr>{''.join(_cell(text, side, more) for text, side in zip(row, sides, strict=True))}</tr>" for row, more in lines)
    left_out = _left_out(table)
    return (f'<div style="overflow-x:auto"><table style="border-collapse:collapse;width:100%;font-size:13px"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
            + (f'<p style="color:#667085;font-size:12px;margin:6px 0 0">{escape(left_out)}</p>' if left_out else ""))


def _cell(text: str, side: str, more: str) -> str:
    return f'<td style="{_CELL}{more}text-align:{side};white-space:nowrap">{escape(text)}</td>'


def _plain_table(table: Table, zone: ZoneInfo) -> list[str]:
    labels, rows, totals = _texts(table, zone)
    lines = [labels, *rows, *totals]
    widths = [max(len(row[number]) for row in lines) for number in range(len(labels))]
    written = ["  ".join(text.ljust(width) if number == 0 else text.rjust(width) for number, (text, width) in enumerate(zip(row, widths, strict=True))).rstrip() for row in lines]
    return [*written, *([_left_out(table)] if _left_out(table) else [])]


def _texts(table: Table, zone: ZoneInfo) -> tuple[list[str], list[list[str]], list[list[str]]]:
    """Labels, rows and totals as they are read, of the columns and rows that a mail shows."""
    columns = table.columns[:_MOST_COLUMNS]
    every = (*table.rows[:MOST_ROWS], *([table.totals] if table.totals else []))
    cents = [has_cents(row[number] for row in every) for number in range(len(columns))]
    texts = [[shown(value, column, zone, cents=with_cents) for value, column, with_cents in zip(row[:_MOST_COLUMNS], columns, cents, strict=True)] for row in every]
    return [column.label for column in columns], texts[: len(texts) - bool(table.totals)], texts[len(texts) - bool(table.totals):]


def _left_out(table: Table) -> str:
    more, wider = len(table.rows) - MOST_ROWS, len(table.columns) - _MOST_COLUMNS
    parts = [*([f"{more:,} more rows"] if more > 0 else []), *([f"{wider} more columns"] if wider > 0 else [])]
    return f"{' and '.join(parts)} are on the site." if parts else ""
