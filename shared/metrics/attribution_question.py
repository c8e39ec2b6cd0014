"""What may be asked of attribution: hashable, and valid from the moment it is built."""

import hashlib
from dataclasses import dataclass
from typing import Literal, get_args

import orjson

from shared.metrics.attribution_answer import EDITION
from shared.metrics.errors import QuestionError
from shared.metrics.period import Period
from shared.warehouse.journeys import Conversion

Level = Literal["channel", "source", "campaign"]
LOOKBACKS: tuple[int | None, ...] = (7, 30, 60, 90, 180, None)
"""Days before a conversion in which touches count; None: all."""
HALF_LIVES = (1, 3, 7, 14, 30)
CONVERSIONS: dict[str, str] = {"net_sale": "Net sales", "gross_sale": "Gross sales", "issued": "Issued appointments", "demo": "Demos"}
LEVELS: dict[str, str] = {"channel": "Channel", "source": "Source", "campaign": "Campaign"}


@dataclass(frozen=True)
class AttributionQuestion:
    """What is asked.  Raises QuestionError naming the wrong part."""

    period: Period
    """Days of the conversions."""
    conversion: Conversion = "net_sale"
    lookback: int | None = 90
    half_life: float = 7
    """Days, of time decay."""
    level: Level = "channel"
    order: int = 1
    """Touches that the Markov chain remembers."""
    branches: frozenset[int] | None = None
    """Only these branches; None: all that the asker may see."""

    def __post_init__(self) -> None:
        """Check every part."""
        if self.conversion not in get_args(Conversion):
            raise QuestionError("conversion", f"a conversion is one of {', '.join(CONVERSIONS)}, not {self.conversion!r}")
        if self.lookback not in LOOKBACKS:
            raise QuestionError("lookback", f"the lookback is one of 7, 30, 60, 90, 180 days or all, not {self.lookback!r}")
        if not 0.1 <= self.half_life <= 365:
            raise QuestionError("half_life", f"the half-life lies between 0.1 and 365 days, not {self.half_life!r}")
        if self.level not in LEVELS:
            raise QuestionError("level", f"credit is given to a {', '.join(LEVELS)}, not {self.level!r}")
        if self.order not in {1, 2, 3}:
            raise QuestionError("order", f"a Markov chain remembers 1, 2 or 3 touches, not {self.order!r}")

    def fingerprint(self) -> str:
        """The same for equal questions in every process."""
        parts = [EDITION, self.period.start.isoformat(), self.period.end.isoformat(), self.conversion, self.lookback, float(self.half_life), self.level, self.order,
                 None if self.branches is None else sorted(self.branches)]
        return f"attribution:{hashlib.blake2b(orjson.dumps(parts), digest_size=16).hexdigest()}"
