"""What the editor of reports sends, read with suspicion: objects of bounded size, texts, numbers and flags."""

from collections.abc import Mapping
from typing import Any

from flask import request

from shared.reports.report import ReportError, check_text
from shared.reports.report_text import LARGEST_TEXT, parsed


def body() -> Mapping[str, Any]:
    """Return what was sent as an object.  Raises ReportError."""
    if (request.content_length or 0) > LARGEST_TEXT + 10_000:
        raise ReportError("report", f"A definition has {LARGEST_TEXT:,} bytes at most.")
    found = parsed(request.get_data(cache=False)[: LARGEST_TEXT + 1] or b"{}")
    if not isinstance(found, dict):
        raise ReportError("report", "Send an object.")
    return found


def words_of(sent: Mapping[str, Any], name: str, longest: int) -> str:
    """Return the text called ``name``, empty where it is left out.  Raises ReportError."""
    found = sent.get(name, "")
    if not isinstance(found, str):
        raise ReportError(name, f"The {name} must be text.")
    check_text(name, found, longest)
    return found


def number_of(sent: Mapping[str, Any], name: str) -> int:
    """Return the whole number called ``name``.  Raises ReportError."""
    found = sent.get(name)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found < 2**31:
        raise ReportError(name, f"The {name} must be a number.")
    return found


def flag_of(sent: Mapping[str, Any], name: str) -> bool:
    """Return whether ``name`` is on; left out: off.  Raises ReportError."""
    found = sent.get(name, False)
    if not isinstance(found, bool):
        raise ReportError(name, f"{name} is true or false.")
    return found
