"""Reports as text: JSON with a version, written plainly and read with suspicion.  Nothing in it is ever executed, looked up as a path or put into a statement."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from shared.reports.report import LARGEST, MOST_BLOCKS, MOST_CONDITIONS, MOST_KEYS, Limits, OnlyIf, Place, Report, ReportBlock, ReportError

SCHEMA: Final = 1
LARGEST_TEXT: Final = 200_000
"""Bytes of a definition."""
DEEPEST: Final = 8
_REPORT = ("schema", "title", "description", "limits", "blocks")
_BLOCK = ("id", "kind", "title", "text", "metrics", "split", "series", "top", "only_if", "sort", "place", "limits")
_LIMITS = ("period", "compare", "branches", "where")
T = TypeVar("T")


def read_report(text: str | bytes) -> Report:
    """Return the report that ``text`` holds.  Raises ReportError saying where and why it is refused."""
    return report_of(parsed(text))


def parsed(text: str | bytes) -> Any:
    """Return JSON as plain objects: not too long, not too deep, no name twice, no number that is none.  Raises ReportError."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > LARGEST_TEXT:
        raise ReportError("report", f"The definition has {len(raw):,} bytes; {LARGEST_TEXT:,} are allowed.")
    try:
        found = json.loads(raw, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise ReportError("report", "The definition is nested too deeply.") from None
    except ReportError:
        raise
    except ValueError as error:  # also UnicodeDecodeError, and whole numbers of thousands of digits
        raise ReportError("report", "The definition is no JSON that can be read.") from error
    _check_depth(found, DEEPEST)
    return found


def report_of(found: Any) -> Report:
    """Return the report that plain objects describe.  Raises ReportError."""
    given = _object("report", found, _REPORT)
    schema = given.get("schema", SCHEMA)
    if schema != SCHEMA or isinstance(schema, bool):
        raise ReportError("schema", f"This definition is of version {str(schema)[:20]}; this platform reads version {SCHEMA}.")
    blocks = _list("blocks", given.get("blocks", []), MOST_BLOCKS)
    return _within("report", lambda: Report(
        _text("title", given.get("title", "")), _text("description", given.get("description", "")), limits_of(given.get("limits", {})),
        tuple(_numbered(number, each) for number, each in enumerate(blocks))))


def _numbered(number: int, found: Any) -> ReportBlock:
    return _within(f"blocks[{number}]", lambda: block_of(found))


def block_of(found: Any) -> ReportBlock:
    """Return one block.  Raises ReportError."""
    given = _object("block", found, _BLOCK)
    place = _object("place", given.get("place"), ("x", "y", "w", "h"))
    only = given.get("only_if")
    return ReportBlock(
        _text("id", given.get("id", "")), _text("kind", given.get("kind", "")), Place(*(_whole("place", place.get(name)) for name in ("x", "y", "w", "h"))), _text("title", given.get("title", "")), _text("text", given.get("text", "")),
        tuple(_text("metrics", name) for name in _list("metrics", given.get("metrics", []), 20)), _text("split", given.get("split", "")), _text("series", given.get("series", "")), _whole("top", given.get("top", 0)),
        None if only is None else _only_if(only), _text("sort", given.get("sort", "")), limits_of(given.get("limits", {})))


def limits_of(found: Any) -> Limits:
    """Return limits.  Raises ReportError."""
    given = _object("limits", found, _LIMITS)
    where = given.get("where", {})
    if not isinstance(where, Mapping) or len(where) > MOST_CONDITIONS:
        raise ReportError("where", f"Filters are up to {MOST_CONDITIONS} names with lists of values.")
    return Limits(
        _text("period", given.get("period", "")), _text("compare", given.get("compare", "")),  # type: ignore[arg-type]  # Limits refuses what is no Compare
        tuple(_whole("branches", each) for each in _list("branches", given.get("branches", []), 4 * MOST_KEYS)),
        tuple(sorted((str(name), tuple(_text("where", key) for key in _list("where", keys, MOST_KEYS))) for name, keys in where.items())))


def plain(report: Report) -> dict[str, Any]:
    """Return ``report`` as plain objects that ``report_of`` reads back."""
    return {"schema": SCHEMA, "title": report.title, "description": report.description, "limits": plain_limits(report.limits), "blocks": [plain_block(block) for block in report.blocks]}


def plain_block(block: ReportBlock) -> dict[str, Any]:
    """Return one block as plain objects; what is at its default is left out."""
    place, only = block.place, block.only_if
    optional = {"title": block.title, "text": block.text, "metrics": list(block.metrics), "split": block.split, "series": block.series, "top": block.top,
                "only_if": None if only is None else {"metric": only.metric, "sign": only.sign, "value": only.value}, "sort": block.sort, "limits": plain_limits(block.limits)}
    return {"id": block.id, "kind": block.kind, "place": {"x": place.x, "y": place.y, "w": place.w, "h": place.h}, **{name: value for name, value in optional.items() if value}}


def plain_limits(limits: Limits) -> dict[str, Any]:
    """Return limits as plain objects; what is not limited is left out."""
    found = {"period": limits.period, "compare": limits.compare, "branches": list(limits.branches), "where": {name: list(keys) for name, keys in limits.where}}
    return {name: value for name, value in found.items() if value}


def written(report: Report) -> str:
    """Return ``report`` as JSON; the same text for equal reports."""
    return json.dumps(plain(report), ensure_ascii=False, separators=(",", ":"))


def _only_if(found: Any) -> OnlyIf:
    given = _object("only_if", found, ("metric", "sign", "value"))
    value = given.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:
        raise ReportError("only_if", "The value to compare with must be a number of ordinary size.")
    return OnlyIf(_text("only_if", given.get("metric", "")), _text("only_if", given.get("sign", "")), float(value))  # type: ignore[arg-type]  # OnlyIf refuses what is no Sign


def _object(part: str, found: Any, names: Iterable[str]) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        raise ReportError(part, f"The {part} must be an object.")
    unknown = [name for name in found if name not in names]
    if unknown:
        raise ReportError(part, f"Nothing of a {part} is called {str(unknown[0])[:40]!r}.")
    return found


def _list(part: str, found: Any, most: int) -> list[Any]:
    if not isinstance(found, list) or len(found) > most:
        raise ReportError(part, f"The {part} must be a list of {most} at most.")
    return found


def _text(part: str, found: Any) -> str:
    if not isinstance(found, str):
        raise ReportError(part, f"The {part} must be text.")
    return found


def _whole(part: str, found: Any) -> int:
    if isinstance(found, bool) or not isinstance(found, int) or abs(found) > 10**6:
        raise ReportError(part, f"The {part} must be whole numbers.")
    return found


def _within(part: str, make: Callable[[], T]) -> T:
    """Return what ``make`` returns; a refusal says that it is within ``part``."""
    try:
        return make()
    except ReportError as error:
        if part == "report":
            raise
        raise ReportError(f"{part}.{error.part}", str(error)) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ReportError("report", "The definition gives a name twice.")
    return found


def _no_constant(text: str) -> float:
    raise ReportError("report", f"{text} is no number.")


def _check_depth(found: Any, left: int) -> None:
    if left < 0:
        raise ReportError("report", "The definition is nested too deeply.")
    for child in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        _check_depth(child, left - 1)
