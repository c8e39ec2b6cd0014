"""Figures on their way into files: nothing that reaches out, no markup that came in with a name."""

import re
from typing import Any, Final

from shared.charts.template import Figure

_MARKUP: Final = re.compile(r"<(?!br\s*/?>)", re.IGNORECASE)
"""plotly.js 4 reads tags in texts and even makes links of some. Our figures use <br> alone; everything else that looks like a tag is a name that happens to hold it."""
_LEFT_OUT: Final = frozenset({"images", "hovertemplate", "customdata", "updatemenus", "sliders", "meta"})
"""What paper does not show, or what would be fetched."""


def printable(figure: Figure) -> dict[str, Any]:
    """Return ``figure`` for paper."""
    found = _cleaned(figure)
    return {"data": found.get("data", []), "layout": found.get("layout", {})} if isinstance(found, dict) else {"data": [], "layout": {}}


def height_of(figure: Figure, default: int = 320) -> int:
    """Return how high ``figure`` is on the screen, in pixels, within what fits on paper."""
    layout = figure.get("layout")
    height = layout.get("height") if isinstance(layout, dict) else None
    return max(120, min(640, int(height))) if isinstance(height, int | float) else default


def _cleaned(part: Any) -> Any:
    if isinstance(part, str):
        return _MARKUP.sub("&lt;", part)
    if isinstance(part, dict):
        return {name: _cleaned(value) for name, value in part.items() if name not in _LEFT_OUT}
    if isinstance(part, list | tuple):
        return [_cleaned(value) for value in part]
    return part
