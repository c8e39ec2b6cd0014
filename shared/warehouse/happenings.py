"""What has just happened and is yet to be told: written by triggers in the same transaction, gone once it was told.

Whoever tells reads, tells, and then takes away; after a death in between it is told again under the same id, which the hearer knows already.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text

from shared.warehouse.engines import Engines

MOST: Final = 500
"""Lines that are read at once."""
_UNTOLD = text("""
SELECT h.id, h.at, h.kind, h.branch_id, coalesce(b.name, '') AS branch, coalesce(v.title, e.name, nullif(j.crew, ''), '') AS who, h.count, h.amount::float8 AS amount
FROM app.happening h
LEFT JOIN crm.branch b ON b.id = h.branch_id
LEFT JOIN app.alert_event v ON h.kind = 'alert' AND v.id = h.entity_id
LEFT JOIN crm.sale s ON h.kind IN ('sold', 'rescinded') AND s.branch_id = h.branch_id AND s.id = h.entity_id
LEFT JOIN crm.appointment a ON a.branch_id = h.branch_id AND a.id = CASE WHEN h.kind = 'set' THEN h.entity_id ELSE s.appointment_id END
LEFT JOIN crm.job j ON h.kind = 'installed' AND j.branch_id = h.branch_id AND j.id = h.entity_id
LEFT JOIN crm.employee e ON e.id = CASE WHEN h.kind = 'set' THEN a.setter_id ELSE a.rep_id END
ORDER BY h.id LIMIT :most""")


@dataclass(frozen=True)
class Happening:
    """One line."""

    id: int
    at: datetime
    """When it was entered."""
    kind: str
    """sold, set, installed, ticket, rescinded, or alert: a warning has moved on."""
    branch_id: int
    branch: str
    who: str
    """Representative, setter or crew, or the title of a warning; empty: nobody is named, or the warning is the company's."""
    count: int
    """How many; more than 1: one line for all that a large statement wrote."""
    amount: float | None
    """Dollars; None: no money in it."""


def untold(engines: Engines) -> list[Happening]:
    """Return the oldest lines that were not told yet, in the order in which they were entered."""
    with engines.primary_reader() as connection:
        return [Happening(**row) for row in connection.execute(_UNTOLD, {"most": MOST}).mappings()]


def take_away(engines: Engines, told: Sequence[Happening]) -> None:
    """Remove lines that were told."""
    with engines.writer() as connection:
        connection.execute(text("DELETE FROM app.happening WHERE id = ANY(:ids)"), {"ids": [one.id for one in told]})
