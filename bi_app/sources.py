"""What pages draw from, handed in by ``create_app``; tests hand in others of the same shape."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from bi_app.behind import Behind
from shared.forecast.reading import Forecasts
from shared.metrics.ask import Answer, PageAsk
from shared.metrics.glass_box import GlassBoxes
from shared.metrics.headline import Headlines
from shared.metrics.question import Question
from shared.metrics.reference import Reference
from shared.metrics.remembered import Remembered
from shared.metrics.scope import Scope
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
        return self._over(self.ask.at_once())

    def heard(self, degraded: list[str]) -> "Sources":
        """As ``at_once``; whatever an answer says is wrong with it is added to ``degraded``, whichever card it is for."""
        return self._over(_Heard(self.ask.at_once(), degraded))

    def _over(self, ask: PageAsk) -> "Sources":
        return replace(self, ask=ask, headlines=self.headlines.on(ask))


class _Heard:
    """A door to numbers that notes which answers are not as they stand now."""

    def __init__(self, ask: PageAsk, degraded: list[str]) -> None:
        self._ask, self._degraded = ask, degraded

    @property
    def today(self) -> date:
        return self._ask.today

    def __call__(self, question: Question, scope: Scope) -> Answer:
        return self.many([question], scope)[0]

    def many(self, questions: Sequence[Question], scope: Scope) -> list[Answer]:
        found = self._ask.many(questions, scope)
        self._degraded += [answer.degraded for answer in found if answer.degraded]
        return found

    def at_once(self) -> "_Heard":
        return self
