"""One look at a page: who is looking, at what, on which day.  Handed to every function that draws."""

from dataclasses import dataclass
from datetime import date

from shared.metrics.period import Period
from shared.metrics.scope import Scope
from shared.people.pace import DEFAULT_PACE
from shared.people.person import Person
from shared.warehouse.branches import Branch
from shared.web.address import Address


@dataclass(frozen=True)
class Visit:
    """What a page needs to know about the request that it answers."""

    path: str
    person: Person
    scope: Scope
    chosen: Address
    today: date
    period: Period
    branches: tuple[Branch, ...]
    """The branches that the person may see, by name."""
    company: str
    zone: str
    """Time zone of the head office."""
    theme: str
    form_token: str
    """What a posted form must carry."""
    pace: str = DEFAULT_PACE
    """How often the person wants new numbers on this page."""
    placed: frozenset[str] = frozenset()
    """Names of heavy components that the browser shows already."""

    @property
    def branch_set(self) -> frozenset[int] | None:
        """The chosen branches for a question; None: all that the person may see."""
        return self.chosen.branch_set

    @property
    def shown(self) -> tuple[Branch, ...]:
        """The branches that the numbers are about."""
        wanted = self.branch_set
        return tuple(branch for branch in self.branches if wanted is None or branch.id in wanted)

    @property
    def branch_words(self) -> str:
        """The chosen branches in words."""
        names = [branch.name for branch in self.shown]
        if not names:
            return "No branch"
        if len(names) == len(self.branches):
            return "All branches" if self.scope.is_company else f"Your {len(names)} branches"
        return ", ".join(names) if len(names) <= 2 else f"{names[0]} and {len(names) - 1} more"

    def filters_in_words(self) -> list[tuple[str, str]]:
        """Everything that was chosen, for a file."""
        return [("Period", self.period.words), ("Branches", self.branch_words), *((name.replace("_", " ").capitalize(), value) for name, value in self.chosen.own)]
