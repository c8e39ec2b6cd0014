"""Which days changed since one last looked, by the dirty marks.

Between two refreshes of a view its marks only grow in number, so a day changed where it has more marks than before, whatever order the
transactions committed in.  A refresh takes marks away and raises ``refresh_id`` in the same transaction: marks may then have come and gone
unseen, and the whole view counts as changed.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from sqlalchemy import Connection, text

from shared.warehouse.catalogue import BY_NAME
from shared.warehouse.engines import Engines

_MOST_GROUPS: Final = 3000
"""A view with more dirty days than this is told apart no further."""
_MARKS = text("""
SELECT s.view, s.refresh_id, s.recent_refreshed_at, m.branch_id, m.day, m.marks, m.newest
FROM mart.view_state s LEFT JOIN (
    SELECT view, CASE WHEN days <= :most THEN branch_id END AS branch_id, CASE WHEN days <= :most THEN day END AS day, sum(marks)::bigint AS marks,
           extract(epoch FROM max(newest))::float8 AS newest
    FROM (SELECT view, branch_id, day, count(*) AS marks, max(marked_at) AS newest, count(*) OVER (PARTITION BY view) AS days
          FROM mart.dirty_day GROUP BY view, branch_id, day) d
    GROUP BY 1, 2, 3
) m ON m.view = s.view""")
_Group = tuple[int | None, date | None]


@dataclass(frozen=True)
class Change:
    """What changed in one view."""

    is_whole: bool = False
    """True: any day of any branch may have changed."""
    days: frozenset[tuple[int, date]] = frozenset()
    """(branch, day) that may have changed."""
    newest: float | None = None
    """Epoch second of the newest mark; None: not known."""

    def touches(self, branches: frozenset[int] | None, first: date | None, last: date) -> bool:
        """Whether a number over these days (both included; first None: since ever) of these branches (None: all) may have changed."""
        return self.is_whole or any((branches is None or branch in branches) and day <= last and (first is None or day >= first) for branch, day in self.days)

    def with_earlier(self, earlier: "Change") -> "Change":
        """Both together."""
        marks = [mark for mark in (self.newest, earlier.newest) if mark is not None]
        return Change(self.is_whole or earlier.is_whole, self.days | earlier.days, max(marks, default=None))

    def touches_branch(self, branches: frozenset[int] | None) -> bool:
        """Whether any number of these branches (None: all) may have changed."""
        return self.is_whole or branches is None or any(branch in branches for branch, _ in self.days)


@dataclass
class _State:
    version: object
    marks: dict[_Group, int] = field(default_factory=dict)


class Looker:
    """Looks at the marks on the primary and remembers what it saw; for one thread."""

    def __init__(self, engines: Engines) -> None:
        """Nothing was seen yet: the first look finds everything changed."""
        self._engines = engines
        self._seen: dict[str, _State] = {}

    def forget(self) -> None:
        """Find everything changed at the next look."""
        self._seen = {}

    def look(self) -> dict[str, Change]:
        """Return what changed since the last look, by view.  Raises PrimaryIsDownError; then the last look stays the last."""
        with self._engines.primary_reader() as connection:
            seen, newest = _marks(connection)
        found = {}
        for view, state in seen.items():
            before = self._seen.get(view)
            grown = {group for group, marks in state.marks.items() if before is None or before.marks.get(group) != marks}
            if before is None or before.version != state.version or any(branch is None or (branch == 0 and BY_NAME[view].has_branch) for branch, _ in grown):
                found[view] = Change(is_whole=True, newest=max((newest[view, group] for group in grown), default=None) if before else None)
            elif grown:
                found[view] = Change(days=frozenset(grown), newest=max(newest[view, group] for group in grown))  # type: ignore[arg-type]
        self._seen = seen
        return found


def _marks(connection: Connection) -> tuple[dict[str, _State], dict[tuple[str, _Group], float]]:
    seen: dict[str, _State] = {}
    newest = {}
    for row in connection.execute(_MARKS, {"most": _MOST_GROUPS}):
        if row.view not in BY_NAME:
            continue  # of another release
        state = seen.setdefault(row.view, _State((row.refresh_id, row.recent_refreshed_at)))
        if row.marks is not None:
            state.marks[row.branch_id, row.day] = row.marks
            newest[row.view, (row.branch_id, row.day)] = row.newest
    return seen, newest
