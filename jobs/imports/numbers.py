"""Reads numbers as people write them: $1,234.50, 1.234,50 €, (12.00), 12-, 15 %, 1.5E+05."""

import re
from decimal import ROUND_HALF_UP, Decimal

import pyarrow as pa
import pyarrow.compute as pc

from shared.warehouse.load_fields import Field, Kind

PLAIN = r"^-?\d{1,15}(\.\d{1,2})?$"
"""What says nothing about how a file writes its decimals: whole numbers, and at most two digits after a dot."""
_CURRENCY = r"(?:US\$|C\$|[$€£¥₹]|USD|EUR|GBP|CAD|AUD|CHF)"
_WRITTEN = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[-+−])?\s*{_CURRENCY}?\s*(?P<sign2>[-+−])?\s*(?P<body>(?:\d[\d.,'’\s]*|[.,]\d+)(?:[eE][-+]?\d{{1,2}})?)"
    rf"\s*{_CURRENCY}?\s*(?P<after>-)?\s*(?P<percent>%)?\s*(?P<close>\))?", re.IGNORECASE | re.ASCII)
_GROUPS = {"dot": re.compile(r"(?:\d{1,3}(?:[,'’\s]\d{3})+|\d+)?(?:\.\d*)?(?:[eE][-+]?\d{1,2})?", re.ASCII),
           "comma": re.compile(r"(?:\d{1,3}(?:[.'’\s]\d{3})+|\d+)?(?:,\d*)?(?:[eE][-+]?\d{1,2})?", re.ASCII)}


def _written(value: str) -> re.Match[str] | None:
    """Match a written number; nothing longer than a number is looked at, and blanks are single, so that the pattern cannot take long."""
    return _WRITTEN.fullmatch(" ".join(value.split())) if len(value) <= 60 else None


def body_of(value: str) -> str | None:
    """Return the digits and marks of a written number without signs and currency; None: it is no number."""
    found = _written(value)
    return found["body"].strip() if found else None


def quick_numbers(one: Field, values: pa.Array) -> pa.Array | None:
    """Return numbers ready for PostgreSQL if every value is written plainly, else None."""
    if one.kind is Kind.NUMBER:
        pattern = rf"^-?\d{{1,{one.digits}}}(\.\d{{1,{one.decimals}}})?$"
        return values if _all(pc.match_substring_regex(values, pattern)) else None
    if not _all(pc.match_substring_regex(values, r"^-?\d{1,15}$")):
        return None
    numbers = pc.cast(values, pa.int64())
    inside = pc.and_(pc.greater_equal(numbers, one.least), pc.less_equal(numbers, one.most))
    return values if _all(inside) else None


def _all(mask: pa.Array) -> bool:
    return pc.all(mask).as_py() is not False


def read_number(one: Field, value: str, decimal: str) -> str:
    """Return one number as PostgreSQL reads it; raise ValueError that says what it is instead."""
    found = _written(value)
    if not found or bool(found["open"]) != bool(found["close"]):
        raise ValueError("is not a number")
    body = found["body"].strip()
    if not _GROUPS[decimal].fullmatch(body) or not any(map(str.isdigit, body)):
        mark = "a dot" if decimal == "dot" else "a comma"
        raise ValueError(f"is not a number with {mark} before its decimals, as the rest of the file has it")
    group = "," if decimal == "dot" else "."
    number = Decimal(re.sub(r"['’\s]", "", body.replace(group, "")).replace(",", "."))
    signs = [found["sign"] in {"-", "−"}, found["sign2"] in {"-", "−"}, bool(found["after"]), bool(found["open"])]
    if sum(signs) > 1:
        raise ValueError("has two signs")
    number = -number if any(signs) else number
    if found["percent"] and one.name != "percent":
        number /= 100
    return _whole(one, number) if one.kind is Kind.WHOLE else _fitting(one, number)


def _whole(one: Field, number: Decimal) -> str:
    if number != number.to_integral_value():
        raise ValueError("is not a whole number")
    if not one.least <= number <= one.most:
        raise ValueError(f"must lie between {one.least:,} and {one.most:,}")
    return str(int(number))


def _fitting(one: Field, number: Decimal) -> str:
    rounded = number.quantize(Decimal(1).scaleb(-one.decimals), ROUND_HALF_UP) if abs(number) < Decimal(10) ** 20 else number
    if abs(rounded) >= Decimal(10) ** one.digits:
        raise ValueError(f"has more than {one.digits} digits before the decimals")
    if one.exact and rounded != number:
        raise ValueError(f"has more than {one.decimals} decimals")
    return f"{rounded:f}"
