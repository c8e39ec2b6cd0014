"""What pages draw from, handed in by ``create_app``; tests hand in others of the same shape."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from shared.forecast.reading import Forecasts
from shared.marketing.learnt import LearntResponses
from shared.metrics.ask import PageAsk, UnavailableError
from shared.metrics.attribution import AttributionAnswer
from shared.metrics.attribution_question import AttributionQuestion
from shared.metrics.headline import Headlines
from shared.metrics.reference import Reference
from shared.metrics.remembered import Remembered
from shared.metrics.scope import Scope
from shared.people.last_seen import LastSeen
from shared.settings import Settings
from shared.warehouse.engines import Engines


def _nobody(_question: AttributionQuestion, _scope: Scope) -> AttributionAnswer:
    raise UnavailableError("Attribution is not set up on this site.")


@dataclass(frozen=True)
class Sources:
    """The doors to numbers."""

    settings: Settings
    ask: PageAsk
    headlines: Headlines
    reference: Reference
    remembered: Remembered = field(default_factory=Remembered)
    """Findings that take long to work out."""
    last_seen: LastSeen | None = None
    """What each reader of the overview saw last; None: nobody keeps it (in tests)."""
    engines: Engines | None = None
    """For the doors of the warehouse that are read beside metrics; None: there is no database (in tests)."""
    responses: LearntResponses | None = None
    """How leads follow money, as it was learnt; None: nothing is learnt (in tests)."""
    forecasts: Forecasts | None = None
    """The stored forecasts; None: nobody keeps any (in tests)."""
    attribution: Callable[[AttributionQuestion, Scope], AttributionAnswer] = _nobody
    """See ``shared.metrics.attribution.AskAttribution``."""

    def at_once(self) -> "Sources":
        """The same for one page: its numbers stand on one look at how fresh the views are."""
        ask = self.ask.at_once()
        return replace(self, ask=ask, headlines=self.headlines.on(ask))
