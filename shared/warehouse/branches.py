"""The branches of the company."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Branch:
    """One branch."""

    id: int
    name: str
    time_zone: str
    latitude: float | None
    longitude: float | None
    territory: Mapping[str, object] | None
    """GeoJSON geometry; None: not drawn yet."""
    opened_on: date
    closed_on: date | None


def load_branches(connection: Connection) -> tuple[Branch, ...]:
    """Every branch, by name."""
    rows = connection.execute(text("SELECT id, name, time_zone, latitude::float8 AS latitude, longitude::float8 AS longitude, territory, opened_on, closed_on"
                                   " FROM crm.branch ORDER BY name"))
    return tuple(Branch(**row) for row in rows.mappings())
