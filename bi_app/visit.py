"""One look at a page: who is looking, at what, on which day.  Handed to every function that draws."""

from dataclasses import dataclass
from datetime import date

from bi_app.filters import Filters
from shared.metrics.period import Period
from shared.metrics.scope import Scope
from shared.people.pace import DEFAULT_PACE
from shared.people.person import Person
from shared.warehouse.branches import Branch


@dataclass(frozen=True)
class Visit:
    """What a page needs to know about the request that it answers."""

    path: str
    person: Person
    scope: Scope
    filters: Filters
    today: date
    period: Period
    branches: tuple[Branch, ...]
    """The branches that the person may see, by name."""
    company: str
    theme: str
    form_token: str
    """What a posted form must carry."""
    pace: str = DEFAULT_PACE
    """How often the person wants new numbers on this page."""
    placed: frozenset[str] = frozenset()
    """Names of heavy components that the browser shows already."""

    can_be_sent: bool = False
    """Whether what is shown can be sent on a schedule."""

    @property
    def chosen(self) -> tuple[Branch, ...]:
        """The branches that the numbers are about."""
        wanted = self.filters.branch_set
        return tuple(branch for branch in self.branches if wanted is None or branch.id in wanted)

    @property
    def branch_words(self) -> str:
        """The chosen branches in words."""
        names = [branch.name for branch in self.chosen]
        if not names:
            return "No branch"
        if len(names) == 1:
            return names[0]
        if len(names) == len(self.branches):
            return "All branches" if self.scope.is_company else f"Your {len(names)} branches"
        return ", ".join(names) if len(names) <= 2 else f"{names[0]} and {len(names) - 1} more"
