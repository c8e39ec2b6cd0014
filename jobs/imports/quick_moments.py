"""Reads whole portions of dates at once where all are written one way: ISO, or numeric with slashes, dots or hyphens."""

from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.imports.moments import FIRST_YEAR, LAST_YEAR

_FIRST = datetime(FIRST_YEAR, 1, 1)  # noqa: DTZ001 - local times have no zone yet
_LAST = datetime(LAST_YEAR, 12, 31, 23, 59, 59)  # noqa: DTZ001
_NUMERIC = (r"^(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y>\d{4})"
            r"(?:[ T]+(?P<h>\d{1,2}):(?P<min>\d{2})(?::(?P<s>\d{2}))?(?: ?(?P<half>[AaPp])[Mm])?)?$")
_BEGINS = r"^(?:[A-Za-z]{3,9},?\s+)?(?P<a>\d{1,2})(?P<mark>[-/.])(?P<b>\d{1,2})[-/.]\d{2}"
_DAYS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def quick_days(values: pa.Array, dates: str | None) -> pa.Array | None:
    """Return dates if every value is one of a believable year, written one way, else None."""
    try:
        days = pc.cast(values, pa.date32())
    except pa.ArrowInvalid:
        found = _numeric(values, dates)
        return None if found is None else pc.cast(found, pa.date32(), safe=False)
    return days if _within(days, _FIRST.date(), _LAST.date()) else None


def quick_moments(values: pa.Array, dates: str | None) -> tuple[pa.Array, bool] | None:
    """Return (moments, whether they are UTC) if every value is written one way, else None."""
    for kind in (pa.timestamp("us"), pa.timestamp("us", tz="UTC")):
        try:
            moments = pc.cast(values, kind)
        except pa.ArrowInvalid:
            continue
        local = pc.cast(moments, pa.timestamp("us"))
        return (local, kind.tz is not None) if _within(local, _FIRST, _LAST) else None
    found = _numeric(values, dates)
    return None if found is None else (found, False)


def orders(values: pa.Array) -> dict[str, int]:
    """Return, for each reading of numeric dates (us, eu, both), the position of the first value that speaks for it."""
    found = pc.extract_regex(values, _BEGINS)
    first, second = (_numbers(found, name) for name in ("a", "b"))
    dotted = np.asarray(pc.fill_null(pc.equal(pc.struct_field(found, "mark"), "."), fill_value=False))
    us, eu = (first >= 1) & (first <= 12) & (second >= 1) & (second <= 31), (second >= 1) & (second <= 12) & (first >= 1) & (first <= 31)
    masks = {"eu": eu & (dotted | ~us), "us": us & ~eu, "both": us & eu & ~dotted & (first != second)}
    return {reading: int(np.argmax(mask)) for reading, mask in masks.items() if mask.any()}


def _within(values: pa.Array, first: date, last: date) -> bool:
    found = pc.min_max(values).as_py()
    return found["min"] is None or (found["min"] >= first and found["max"] <= last)


def _numeric(values: pa.Array, dates: str | None) -> pa.Array | None:
    """Return local moments of values such as 3/14/2026 4:05 PM; None if any is written otherwise or is no moment."""
    found = pc.extract_regex(values, _NUMERIC) if dates else None
    if found is None or found.null_count > values.null_count:
        return None
    empty = np.asarray(pc.is_null(values))
    month, day = (_numbers(found, name) for name in ("ab" if dates == "us" else "ba"))
    year, hour, minute, second = (_numbers(found, name) for name in ("y", "h", "min", "s"))
    halves = pc.utf8_lower(pc.fill_null(pc.struct_field(found, "half"), ""))
    afternoon, halved = np.asarray(pc.equal(halves, "p")), np.asarray(pc.not_equal(halves, ""))
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    good = (year >= FIRST_YEAR) & (year <= LAST_YEAR) & (month >= 1) & (month <= 12) & (day >= 1) & (minute < 60) & (second < 60)
    good &= (day <= _DAYS[np.clip(month, 0, 12)]) & ((month != 2) | (day < 29) | leap) & np.where(halved, (hour >= 1) & (hour <= 12), hour < 24)
    if not (good | empty).all():
        return None
    hours = np.where(halved, hour % 12 + 12 * afternoon, hour)
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    moments = months.astype("datetime64[D]").astype("datetime64[us]") + ((((day - 1) * 24 + hours) * 60 + minute) * 60 + second).astype("timedelta64[s]")
    return pa.array(moments, mask=empty, type=pa.timestamp("us"))


def _numbers(found: pa.StructArray, name: str) -> np.ndarray:
    """Return a part of the matches as whole numbers, 0 where there is none."""
    part = pc.struct_field(found, name)
    return np.asarray(pc.cast(pc.fill_null(pc.if_else(pc.equal(part, ""), None, part), "0"), pa.int64()))
