"""Targets as a file that a spreadsheet opens: ``kpi, branch, month, value``, one line per target."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from shared.metrics.errors import QuestionError, nearest
from shared.metrics.metric import Metric, Unit
from shared.metrics.registry import metric
from shared.warehouse.target_changes import LARGEST, Wish

COLUMNS = ("kpi", "branch", "month", "value")
COMPANY = "Company"
MOST_ROWS = 20_000
MOST_PERCENT = 5
"""A share above 500 % is a slip: somebody left out the percent sign."""
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
_MONTH = re.compile(r"(?P<year>(?:19|20)\d\d)-(?P<month>0?[1-9]|1[0-2])(?:-0?1)?|(?P<m2>0?[1-9]|1[0-2])/(?:0?1/)?(?P<y2>(?:19|20)\d\d)")


@dataclass(frozen=True)
class RowError:
    """What is wrong with one line of a file; the first line below the heading is line 2."""

    line: int
    words: str


def written(rows: Iterable[tuple[str, str, date, float]]) -> bytes:
    """Return a file of (metric, branch's name, month, value): UTF-8 with the mark that Excel looks for; no text in it is taken for a formula."""
    out = io.StringIO(newline="")
    lines = csv.writer(out)
    lines.writerow(COLUMNS)
    for kpi, branch, month, value in rows:
        lines.writerow((neutral(kpi), neutral(branch), f"{month:%Y-%m}", _number(metric(kpi), value)))
    return out.getvalue().encode("utf-8-sig")


def neutral(text: str) -> str:
    """Return ``text`` so that a spreadsheet shows it instead of computing it."""
    return f"'{text}" if text.lstrip(" ").startswith(_DANGEROUS) else text


def parsed(content: bytes, branches: Mapping[str, int]) -> tuple[list[Wish], list[RowError]]:
    """Return what a file wishes, and what is wrong with it, line by line in words; an empty value means no target.

    ``branches``: ids of the branches by name, in lower case.
    """
    try:
        lines = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), dialect=_dialect(content))
        head = [name.strip().lower() for name in next(lines, [])]
        missing = [name for name in COLUMNS if name not in head]
        if missing:
            return [], [RowError(1, f"The first line must name the columns {', '.join(COLUMNS)}; {', '.join(missing)} is missing.")]
        return _read(lines, head, branches)
    except UnicodeDecodeError:
        return [], [RowError(1, "This is no text in UTF-8. Save it as “CSV UTF-8” and send it again.")]
    except csv.Error as error:
        return [], [RowError(1, f"This cannot be read as a table: {error}.")]


def _dialect(content: bytes) -> type[csv.Dialect]:
    first = content.split(b"\n", 1)[0]
    return type("Lines", (csv.excel,), {"delimiter": ";" if first.count(b";") > first.count(b",") else "\t" if first.count(b"\t") > first.count(b",") else ","})


def _read(lines: Iterable[list[str]], head: list[str], branches: Mapping[str, int]) -> tuple[list[Wish], list[RowError]]:
    wishes: list[Wish] = []
    errors: list[RowError] = []
    seen: dict[tuple[str, int | None, date], int] = {}
    for number, line in enumerate(lines, start=2):
        if not any(cell.strip() for cell in line):
            continue
        if number > MOST_ROWS + 1:
            return [], [RowError(number, f"A file holds at most {MOST_ROWS:,} lines; send it in parts.")]
        fields = {name: cell.strip().removeprefix("'").strip() for name, cell in zip(head, line, strict=False)}
        try:
            wish = _wish(fields, branches)
        except (ValueError, QuestionError) as error:
            errors.append(RowError(number, f"{str(error)[:1].upper()}{str(error)[1:]}."))
            continue
        first = seen.setdefault((wish.kpi, wish.branch, wish.month), number)
        if first != number:
            errors.append(RowError(number, f"The same KPI, branch and month stands in line {first} already."))
        wishes.append(wish)
    return wishes, errors


def _wish(fields: Mapping[str, str], branches: Mapping[str, int]) -> Wish:
    declared = metric(fields.get("kpi", ""))
    name = fields.get("branch", "")
    branch = None if name.lower() in {"", COMPANY.lower()} else branches.get(name.lower())
    if branch is None and name.lower() not in {"", COMPANY.lower()}:
        raise ValueError(f"no branch is called {name!r}{nearest(name.lower(), branches)}; leave it empty for the company")
    return Wish(declared.name, branch, month_of(fields.get("month", "")), value_of(declared, fields.get("value", "")), None)


def month_of(text: str) -> date:
    """Return the first day of a month such as 2026-11, 2026-11-01 or 11/2026.  Raises ValueError in words."""
    found = _MONTH.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no month; write it as 2026-11")
    return date(int(found["year"] or found["y2"]), int(found["month"] or found["m2"]), 1)


def value_of(declared: Metric, text: str) -> Decimal | None:
    """Return a target as it was typed: $1,250.50, 31.8% or 0.318; None for an empty text.  Raises ValueError in words."""
    clean = text.replace(",", "").replace("$", "").replace(" ", "").strip()
    if not clean:
        return None
    is_percent = clean.endswith("%")
    try:
        value = Decimal(clean.removesuffix("%"))
    except InvalidOperation:
        raise ValueError(f"{text!r} is no number") from None
    if is_percent and declared.unit is not Unit.PERCENT:
        raise ValueError(f"{declared.label} is no share: write the value without a percent sign")
    return checked(declared, value / 100 if is_percent else value)


def checked(declared: Metric, value: Decimal) -> Decimal:
    """Return a target that can be kept, rounded to four decimals.  Raises ValueError in words."""
    if not value.is_finite() or abs(value) >= LARGEST:
        raise ValueError("a target is a number below a trillion")
    if declared.unit is Unit.PERCENT and abs(value) > MOST_PERCENT:
        raise ValueError(f"{declared.label} is a share: write 31.8% or 0.318, not {value.normalize():f}")
    if value < 0 and declared.unit is not Unit.POINTS:
        raise ValueError(f"a target of {declared.label} is not below zero")
    return value.quantize(Decimal("0.0001"))


def _number(declared: Metric, value: float) -> str:
    return f"{value * 100:.2f}%" if declared.unit is Unit.PERCENT else f"{value:.4f}".rstrip("0").rstrip(".")
