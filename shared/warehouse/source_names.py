"""Lead sources by id, and what they were called before: a trigger remembers each name, channel and campaign that was changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, text

Kind = Literal["name", "channel", "campaign"]


@dataclass(frozen=True)
class Source:
    """One lead source as it is now."""

    id: int
    name: str
    channel: str
    campaign: str
    """Empty: of no campaign."""
    is_paid: bool


@dataclass(frozen=True)
class FormerName:
    """What a source was called, newest first where there are several."""

    source_id: int
    kind: Kind
    former: str
    until: datetime
    """When it was given its next name."""


def load_sources(connection: Connection) -> tuple[Source, ...]:
    """Every lead source, by id."""
    return tuple(Source(**row) for row in connection.execute(text("SELECT id, name, channel, campaign, is_paid FROM crm.lead_source ORDER BY id")).mappings())


def former_names(connection: Connection, since: datetime | None = None) -> tuple[FormerName, ...]:
    """Every name that was given up, of the sources that there are, newest first; ``since``: only later ones.

    A name that its source bears again, or that was only a change of spaces or capitals, is not in it.
    """
    rows = connection.execute(text(
        "SELECT n.source_id, n.kind, n.former, n.until FROM app.source_name n JOIN crm.lead_source s ON s.id = n.source_id"
        " WHERE (CAST(:since AS timestamptz) IS NULL OR n.until >= :since)"
        " AND lower(btrim(n.former)) <> lower(btrim(CASE n.kind WHEN 'name' THEN s.name WHEN 'channel' THEN s.channel ELSE s.campaign END))"
        " ORDER BY n.until DESC, n.id DESC"), {"since": since})
    return tuple(FormerName(**row) for row in rows.mappings())
