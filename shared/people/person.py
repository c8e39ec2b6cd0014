"""A person who may sign in, as the rest of the platform sees one."""

from dataclasses import dataclass
from datetime import datetime

from shared.people.roles import ROLES, Role, SiteName

_SCORECARD_OF = {"sales": "/scorecards/branch", **{name: f"/scorecards/{name}" for name in ("production", "service", "telemarketing", "canvass", "technology")}}
"""Department -> its scorecard; marketing's numbers stand on the executive page and on the CMO site."""


@dataclass(frozen=True)
class Person:
    """One account; holds no secret and may be kept in memory."""

    id: int
    email: str
    name: str
    role: str
    all_branches: bool
    branches: frozenset[int] = frozenset()
    """Branch ids on the account; without meaning where ``all_branches`` is true."""
    department: str | None = None
    must_change_password: bool = False
    has_password: bool = True
    is_active: bool = True
    version: int = 1
    created_at: datetime | None = None
    last_sign_in_at: datetime | None = None

    @property
    def rules(self) -> Role:
        """Return what this person's role may do."""
        return ROLES[self.role]

    @property
    def initials(self) -> str:
        """Return one or two capitals for an avatar."""
        words = self.name.split()
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()

    @property
    def first_page(self) -> str:
        """Return the page of the BI site that this person lands on after signing in: a head of a department and a branch manager on their scorecard."""
        if self.role == "branch_manager":
            return "/scorecards/branch"
        return _SCORECARD_OF.get(self.department or "", "/") if self.role == "department_head" else "/"

    def may_enter(self, site: SiteName) -> bool:
        """Say whether this person may use ``site`` at all."""
        return self.is_active and site in self.rules.sites

    def may_open(self, path: str) -> bool:
        """Say whether this person may open the page at ``path`` of a site that is open to them."""
        return self.rules.may_open(path)
