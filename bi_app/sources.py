"""What pages draw from, handed in by ``create_app``; tests hand in others of the same shape."""

from dataclasses import dataclass, field, replace

from bi_app.behind import Behind
from shared.forecast.reading import Forecasts
from shared.metrics.ask import PageAsk
from shared.metrics.glass_box import GlassBoxes
from shared.metrics.headline import Headlines
from shared.metrics.reference import Reference
from shared.metrics.remembered import Remembered
from shared.settings import Settings
from shared.warehouse.annotations import Annotations


@dataclass(frozen=True)
class Sources:
    """The doors to numbers."""

    settings: Settings
    ask: PageAsk
    headlines: Headlines
    reference: Reference
    glass: GlassBoxes
    annotations: Annotations | None = None
    """What happened, in people's words; None: nobody keeps any (in tests)."""
    remembered: Remembered = field(default_factory=Remembered)
    """Findings that take long to work out."""
    behind: Behind | None = None
    """What scorecards read beside metrics; None: nothing (in tests)."""

    forecasts: Forecasts | None = None
    """The stored forecasts; None: nobody keeps any (in tests)."""

    def at_once(self) -> "Sources":
        """The same for one page: its numbers stand on one look at how fresh the views are."""
        ask = self.ask.at_once()
        return replace(self, ask=ask, headlines=self.headlines.on(ask))
