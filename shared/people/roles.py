"""The closed list of roles: which site each may open, which pages, and whether it sees every branch."""

from dataclasses import dataclass
from typing import Literal

SiteName = Literal["bi", "cmo"]
"""The two services that people sign in to."""

DEPARTMENTS = ("sales", "marketing", "production", "service", "telemarketing", "canvass", "technology")
"""What a department head can be the head of."""

BranchRule = Literal["all", "listed", "either"]
"""``all``: every branch, always. ``listed``: only the branches on the account. ``either``: decided for each account."""


@dataclass(frozen=True)
class Role:
    """One role."""

    key: str
    label: str
    meaning: str
    sites: frozenset[SiteName]
    branches: BranchRule
    closed: tuple[str, ...] = ()
    """Page paths (and everything under them) that this role may not open."""
    manages_people: bool = False

    def may_open(self, path: str) -> bool:
        """Say whether a person of this role may open the page at ``path`` (``/reconciliation``); unknown paths are open."""
        return not any(path == closed or path.startswith(f"{closed}/") for closed in self.closed)


_BI: frozenset[SiteName] = frozenset({"bi"})
_CMO: frozenset[SiteName] = frozenset({"cmo"})
_BOTH = _BI | _CMO
_ADMIN_ONLY = ("/admin",)

ROLES: dict[str, Role] = {
    role.key: role
    for role in (
        Role("leadership", "Leadership", "Both sites, every branch and every page.", _BOTH, "all", _ADMIN_ONLY),
        Role("branch_manager", "Branch manager", "The BI site, only the branches on the account.", _BI, "listed", _ADMIN_ONLY),
        Role("department_head", "Department head", "The BI site, one department first; every branch or chosen ones.", _BI, "either",
             (*_ADMIN_ONLY, "/reconciliation")),
        Role("analyst", "Analyst", "The BI site; every branch or chosen ones.", _BI, "either", _ADMIN_ONLY),
        Role("cmo", "CMO", "The CMO site, every branch.", _CMO, "all", _ADMIN_ONLY),
        Role("admin", "Administrator", "Both sites, every branch, and the accounts of people.", _BOTH, "all", (), manages_people=True),
    )
}
