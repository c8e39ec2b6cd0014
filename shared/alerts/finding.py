"""What one look at one instance found, in numbers and words."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from shared.alerts.machine import Look
from shared.metrics.format import MISSING


@dataclass(frozen=True)
class Finding:
    """One look.  ``text`` and ``expected`` as a person reads them; ``words`` one sentence that names both and where they come from."""

    look: Look
    words: str
    text: str = MISSING
    expected: str = MISSING
    value: float | None = None
    line: float | None = None
    """What ``value`` was held against."""
    metric: str = ""
    why: str = ""
    """Who and what moved it, as known when the warning began."""

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def compared(value: float, limit: float, clear: float, side: str) -> Look:
    """Hold a number against its lines; NaN is no data.  Equal to the limit is not beyond it."""
    if math.isnan(value):
        return "nodata"
    if side == "below":
        return "breach" if value < limit else "between" if value < clear else "clear"
    return "breach" if value > limit else "between" if value > clear else "clear"
