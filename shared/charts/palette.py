"""Colours of figures. They are drawn in the light palette; each colour has a dark twin that replaces it, here or in the browser."""

import re
from typing import Literal

Theme = Literal["light", "dark"]
PAIRS: tuple[tuple[str, str], ...] = (
    ("#2f5bea", "#7d9bff"), ("#0e9f9a", "#3cc7c0"), ("#e08c0b", "#f2b04b"), ("#7a5af8", "#a48cff"), ("#dd4f7e", "#f2769f"),
    ("#98a2b3", "#667085"), ("#067647", "#4cc38a"), ("#b42318", "#ff7b72"), ("#fefefe", "#12161f"), ("rgba(47,91,234,", "rgba(125,155,255,"),
)
"""(light, dark); shared/web/assets/boot.js holds the same list and a test compares them."""
SERIES: tuple[str, ...] = tuple(light for light, _ in PAIRS[:5])
"""Colours of series, in order."""
ACCENT, QUIET, GOOD, BAD, PAPER = SERIES[0], "#98a2b3", "#067647", "#b42318", "#fefefe"

_DARK = dict(PAIRS)
_PATTERN = re.compile("|".join(re.escape(light) for light in _DARK), re.IGNORECASE)


def faded(alpha: float) -> str:
    """Return the accent with ``alpha`` (0..1)."""
    return f"rgba(47,91,234,{alpha:g})"


def themed(json: str, theme: Theme) -> str:
    """Return figure JSON in the colours of ``theme``; it must have been drawn in light colours."""
    return json if theme == "light" else _PATTERN.sub(lambda found: _DARK[found[0].lower()], json)
