"""The documents that every company has from the first day: headlines of chosen metrics, and the same metrics by branch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shared.delivery.problems import GoneError
from shared.delivery.sources import Choice, Source
from shared.metrics.ask import Ask
from shared.metrics.headline import Headline, Headlines, Wanted
from shared.metrics.period import PRESETS, Period, period
from shared.metrics.question import Question
from shared.metrics.registry import metric
from shared.metrics.scope import Scope
from shared.people.person import Person
from shared.reports.document import Block, Cell, Column, Document, Table
from shared.reports.headline_block import headline_block
from shared.settings import Settings

SOURCE: Final = "brief"


@dataclass(frozen=True)
class Brief:
    """Headlines of ``metrics`` over a preset."""

    key: str
    label: str
    period: str
    metrics: tuple[str, ...]


_CORE: Final = ("net_sales_amount", "net_sales", "leads", "issued", "demos", "net_close_rate", "net_average_sale")
BRIEFS: Final = {
    brief.key: brief for brief in (
        Brief("morning", "Morning numbers", "yesterday", _CORE),
        Brief("executive-weekly", "Executive weekly", "last_week", _CORE),
        Brief("month-so-far", "Month so far", "mtd", _CORE),
        Brief("month-closed", "Month closed", "last_month", _CORE),
    )
}


class Briefs:
    """Draws briefs through ``ask`` in the reader's scope."""

    def __init__(self, ask: Ask, headlines: Headlines, settings: Settings) -> None:
        """Hand in what it needs."""
        self._ask, self._headlines, self._settings = ask, headlines, settings

    @property
    def source(self) -> Source:
        """What the registry of sources holds."""
        choices = tuple(Choice(f"{SOURCE}:{brief.key}", brief.label, f"Headlines and branches, {PRESETS[brief.period][0].lower()}") for brief in BRIEFS.values())
        return Source("Briefs", lambda _: choices, lambda key, _: next((each for each in choices if each.subject == f"{SOURCE}:{key}"), None), self.draw)

    def draw(self, key: str, _: Person, scope: Scope) -> Document:
        """Return the brief called ``key`` with the numbers of ``scope``.  Raises GoneError, and what ``ask`` raises."""
        brief = BRIEFS.get(key)
        if brief is None:
            raise GoneError(f"There is no brief called {key[:60]!r} any more.")
        span = period(brief.period, self._ask.today, self._settings.fiscal_year_start_month)
        headlines = self._headlines([Wanted(name, span) for name in brief.metrics], scope)
        by_branch = self._ask(Question(brief.metrics, span, split=("branch",)), scope)
        names = [str(name) for name in by_branch.frame.get("branch_label", [])]
        whose = self._settings.company_name if scope.is_company else names[0] if len(names) == 1 else f"{len(names)} branches"
        return Document(
            brief.label, f"{span.words}, {whose}, compared with {headlines[0].comparison.words}", min(by_branch.as_of, *(each.as_of for each in headlines)),
            [headline_block(headlines), _branches(headlines, by_branch.frame, span)], filters=(("Period", span.words), ("Branches", ", ".join(names) or whose)),
            definitions={metric(name).label: f"{metric(name).meaning} Counts on {metric(name).date}. {metric(name).formula}" for name in brief.metrics}, company=self._settings.company_name,
        )


def _branches(headlines: Sequence[Headline], frame: pd.DataFrame, span: Period) -> Block:
    """Metrics by branch, with the headlines as totals: a share of everything is no sum of shares."""
    declared = [each.metric for each in headlines]
    columns = (Column("Branch"), *(Column(each.label, each.unit, each.meaning) for each in declared))
    rows = tuple((str(row["branch_label"]), *(_cell(row[each.name]) for each in declared)) for row in frame.to_dict("records"))
    best = max(rows, key=lambda row: float(row[1] or 0.0), default=None)  # type: ignore[arg-type]
    says = f"{best[0]} leads in {declared[0].label.lower()}." if best is not None and len(rows) > 1 else ""
    totals = ("All", *(_cell(each.value) for each in headlines)) if len(rows) > 1 else ()
    return Block("branches", "Branches", says, None, Table(columns, rows, totals), f"Days from {span.start} to {span.end}, both included.")


def _cell(value: float) -> Cell:
    return None if np.isnan(value) else float(value)
