"""Words and symbols of warnings, and moments as people say them."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

STATES: Final = {"firing": ("Open", "bad"), "acknowledged": ("Acknowledged", "warning"), "pending": ("Building up", "clock"), "nodata": ("No data", "info"), "error": ("Cannot be evaluated", "warning"),
                 "resolved": ("Over", "good"), "ok": ("Quiet", "good")}
"""State -> label and icon."""
KINDS: Final = {"fired": ("Warned", "bad"), "reminded": ("Told again", "bell"), "resolved": ("Over", "good"), "nodata": ("No data", "info"), "error": ("Could not be evaluated", "warning"),
                "recovered": ("Evaluated again", "good"), "returned": ("Data again, still open", "warning"), "acknowledged": ("Acknowledged", "check"), "assigned": ("Assigned", "user"), "closed": ("Outcome", "check")}
"""Kind of event -> label and icon."""
ORDER: Final = ("firing", "error", "nodata", "acknowledged", "pending", "resolved", "ok")


def moment(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Return a moment as short as it is clear."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    return f"{local:%H:%M}" if local.date() == today else f"{local.day} {local:%b}, {local:%H:%M}" if local.year == today.year else f"{local.day} {local:%b %Y}"


def lasting(since: datetime, now: datetime) -> str:
    """Return how long something has lasted."""
    minutes = max(0, int((now - since).total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


def subject(card: dict[str, Any], company: str) -> str:
    """Return what a warning is about: a branch, a view or the company."""
    kind, _, name = str(card["instance"]).partition(":")
    return str(card["branch"] or name) if kind == "branch" else f"View {name}" if kind == "view" else company
