"""The numbers of one card as CSV: every digit, ISO dates, UTF-8 that Excel recognises, and nothing that a spreadsheet would compute."""

import csv
import io
import math
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from shared.reports.document import Amount, Cell, Table
from shared.reports.text import clean, inert

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
"""Without it Excel reads UTF-8 as the code page of the machine."""


def delimited(table: Table, zone: ZoneInfo) -> bytes:
    """Return ``table`` as CSV (RFC 4180): a header and one line per row.

    Numbers are bare, with the 15 digits that a spreadsheet keeps, a share is a fraction (0.318), a day is 2026-11-27, a moment is in ``zone`` without its offset, missing is empty.  Totals are
    left out: whoever adds a column up must get its sum.  Text that would be computed gets a leading quote.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([inert(clean(column.label)) for column in table.columns])
    writer.writerows([field(value, zone) for value in row] for row in table.rows)
    return BYTE_ORDER_MARK + out.getvalue().encode()


def field(value: Cell, zone: ZoneInfo) -> str:
    """Return one value as it stands in a CSV, before quoting."""
    if isinstance(value, Amount):
        return field(value.value, zone)
    if value is None:
        return ""
    if isinstance(value, str):
        return inert(clean(value))
    if isinstance(value, datetime):
        return (value.astimezone(zone) if value.tzinfo else value).replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.15g}" if math.isfinite(value) else ""  # the digits that a spreadsheet keeps
    return str(value)
