"""Whose branches an asker may see."""

from dataclasses import dataclass

from shared.metrics.errors import OutOfScopeError


@dataclass(frozen=True)
class Scope:
    """The branches that somebody may see.

    ``branches`` None: every branch, and what belongs to no branch (Technology).  An empty set: nothing at all.
    """

    branches: frozenset[int] | None

    @property
    def is_company(self) -> bool:
        """True where every branch, and what belongs to none, may be seen."""
        return self.branches is None

    def allows(self, branch: int) -> bool:
        """Say whether ``branch`` may be seen."""
        return self.branches is None or branch in self.branches

    def narrowed(self, wanted: frozenset[int] | None) -> frozenset[int] | None:
        """The branches to query for ``wanted`` (None: all that may be seen); None: no limit.

        Raises OutOfScopeError when a wanted branch may not be seen: a refusal, never a silently smaller number.
        """
        if wanted is None or self.branches is None:
            return self.branches if wanted is None else wanted
        outside = sorted(wanted - self.branches)
        if outside:
            raise OutOfScopeError(f"branch {', '.join(map(str, outside))} is not one of yours")
        return wanted


COMPANY = Scope(None)
"""Sees everything; for jobs that compute once for all viewers."""
