"""A company that exists only in memory: what pages are handed in unit tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pandas as pd

from bi_app.filters import Filters
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.metrics.answer import _buckets
from shared.metrics.ask import Answer
from shared.metrics.glass_box import GlassBoxes
from shared.metrics.headline import Headlines
from shared.metrics.metric import Quantile, Ratio
from shared.metrics.question import Question
from shared.metrics.scope import Scope
from shared.people.person import Person
from shared.settings import Settings, load_settings
from shared.warehouse.branches import Branch
from shared.warehouse.calendar import Calendar
from shared.warehouse.targets import Target

TODAY = date(2026, 11, 20)
MOMENT = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)
SQUARE = {"type": "Polygon", "coordinates": [[[-80, 40], [-79, 40], [-79, 41], [-80, 40]]]}
BRANCHES = tuple(Branch(number, name, "America/New_York", 40.0 + number, -80.0, SQUARE, date(2000, 1, 1), None) for number, name in ((1, "Columbus"), (2, "Pittsburgh")))
KEYS = {"branch": (("1", "Columbus"), ("2", "Pittsburgh")), "rep": (("7", "Dana Whitfield"), ("8", "Tom <b>Kessler")), "stage": (("quote", "quote"), ("job", "job")),
        "since": (("2026-11-01", "2026-11-01"), ("2026-07-01", "2026-07-01"))}
_TWO = (("1", "One"), ("2", "Two"))
"""Keys of any other dimension."""
_OTHER = (("1", "First"), ("2", "Second"))


@dataclass
class FakeAsk:
    """Answers every question with ``value`` (or what ``values`` says of a metric) in each row; raises for the metrics in ``broken``."""

    value: float = 1000.0
    rates: float | None = None
    """The value of ratios and quantiles; None: as any other."""
    values: dict[str, float] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()
    today: date = TODAY
    asked: list[Question] = field(default_factory=list)
    degraded: str = ""

    def __call__(self, question: Question, scope: Scope) -> Answer:
        """Answer one question."""
        if self.broken & set(question.metrics):
            raise RuntimeError(f"{question.metrics} cannot be read")
        self.asked.append(question)
        rows: list[dict[str, object]] = [{"bucket": bucket} for bucket in _buckets(question)] if question.grain != "all" else [{}]
        for name in question.split:
            rows = [{**row, name: key, f"{name}_label": label} for row in rows for key, label in KEYS.get(name, _OTHER)]
        for declared in question.declared:
            for row in rows:
                row[declared.name] = self.values.get(declared.name, self.rates if self.rates is not None and isinstance(declared.formula, Ratio | Quantile) else self.value)
                if isinstance(declared.formula, Ratio | Quantile):
                    row[f"{declared.name}__n"] = 500.0
        return Answer(question, pd.DataFrame(rows), MOMENT, self.degraded)

    def many(self, questions: Sequence[Question], scope: Scope) -> list[Answer]:
        """Answer several."""
        return [self(question, scope) for question in questions]

    def at_once(self) -> "FakeAsk":
        """Itself."""
        return self


@dataclass
class FakeReference:
    """Two branches, a plain calendar and the same target for every KPI asked for."""

    target: float | None = 2000.0

    def calendar(self) -> Calendar:
        """No holidays."""
        return Calendar()

    def branches(self) -> tuple[Branch, ...]:
        """Both branches."""
        return BRANCHES

    def targets(self, kpis: tuple[str, ...], first: date, last: date) -> tuple[Target, ...]:
        """One per KPI, branch and month; none at all without ``target``."""
        months = [date(year, month, 1) for year in range(first.year, last.year + 1) for month in range(1, 13)]
        return () if self.target is None else tuple(Target(kpi, branch, month, self.target) for kpi in kpis for branch in (None, 1, 2) for month in months)


def fake_settings() -> Settings:
    """Settings whose servers nobody connects to."""
    return load_settings(database_url="postgresql+psycopg2://x:x@127.0.0.1:1/x", redis_url="redis://127.0.0.1:1", secret_key="s" * 40)


def _clock() -> datetime:
    return MOMENT


def sources(ask: FakeAsk | None = None, reference: FakeReference | None = None) -> Sources:
    """Return what a page draws from."""
    door, known, settings = ask or FakeAsk(), reference or FakeReference(), fake_settings()
    headlines = Headlines(door, known, settings, _clock)  # type: ignore[arg-type]
    return Sources(settings, door, headlines, known, GlassBoxes(door, headlines, known, None))  # type: ignore[arg-type]


def visit(filters: Filters | None = None, scope: Scope | None = None, **person: object) -> Visit:
    """Return a visit of somebody who sees every branch, unless told otherwise."""
    chosen, seen = filters or Filters(), scope or Scope(None)
    who = Person(1, "ada@northline.test", "Ada Whitfield", **{"role": "leadership", "all_branches": True, **person})  # type: ignore[arg-type]
    return Visit("/", who, seen, chosen, TODAY, chosen.span(TODAY, 1), tuple(branch for branch in BRANCHES if seen.allows(branch.id)), "Northline Home", "light", "token")
