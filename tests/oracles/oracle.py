"""What an oracle is: SELECTs over the operational tables, written from the KPI dictionary as an outsider would write them, never over ``mart``."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from math import isnan, nan

from sqlalchemy import Connection, text

Key = tuple[object, ...]
Found = dict[Key, float]
NUMBERED = {"branch", "rep", "agent", "canvasser", "technician", "source", "product"}
"""Dimensions whose key is a whole number: 0 stands for none, an empty text elsewhere."""


def local(moment: str) -> str:
    """The business day of a moment: the calendar day in the time zone of branch ``b``."""
    return f"({moment} AT TIME ZONE b.time_zone)::date"


@dataclass(frozen=True)
class Facts:
    """Rows of the base tables."""

    tables: str
    day: str
    """The business day on which a row counts."""
    by: Mapping[str, str]
    """Dimension -> expression to split by."""
    where: str = "true"
    branch: str = "b.id"
    """Empty: of the company."""

    def only(self, where: str) -> "Facts":
        """Fewer of them."""
        return replace(self, where=f"{self.where} AND {where}")


@dataclass(frozen=True)
class Asked:
    """What an oracle is asked: both bounds included."""

    start: date
    end: date
    today: date
    branches: frozenset[int] | None = None
    split: tuple[str, ...] = ()
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    grain: str = "all"


@dataclass(frozen=True)
class Select:
    """One aggregate over facts: ``SELECT value FROM facts WHERE day BETWEEN start AND end``; ``missing`` where there are no rows."""

    facts: Facts
    value: str = "count(*)"
    missing: float = 0.0

    def __call__(self, connection: Connection, asked: Asked) -> Found:
        """Value by (bucket, split keys)."""
        return _run(connection, self, asked, f"{self.facts.day} BETWEEN :start AND :end")

    @property
    def dimensions(self) -> set[str]:
        """What it can be split by."""
        return set(self.facts.by)


@dataclass(frozen=True)
class Add:
    """A weighted sum of SELECTs."""

    terms: tuple[tuple[float, Select], ...]
    missing: float = field(default=0.0, init=False)

    def __call__(self, connection: Connection, asked: Asked) -> Found:
        """Value by key."""
        found: Found = {}
        for weight, select in self.terms:
            for key, value in select(connection, asked).items():
                found[key] = found.get(key, 0.0) + weight * value
        return found

    @property
    def dimensions(self) -> set[str]:
        """What all of it can be split by."""
        return set.intersection(*(select.dimensions for _, select in self.terms))


@dataclass(frozen=True)
class Divide:
    """One sum over another; missing where the lower one is zero."""

    above: Select | Add
    below: Select | Add
    missing: float = field(default=nan, init=False)

    def __call__(self, connection: Connection, asked: Asked) -> Found:
        """Value by key."""
        above, below = self.above(connection, asked), self.below(connection, asked)
        return {key: above.get(key, 0.0) / value for key, value in below.items() if value}

    @property
    def dimensions(self) -> set[str]:
        """What both can be split by."""
        return self.above.dimensions & self.below.dimensions


@dataclass(frozen=True)
class Open:
    """What is open at the end of a day ``:day``; with a grain, at the end of each bucket, never later than today."""

    facts: Facts
    """``day`` is unused: ``where`` says what is open at the end of ``:day``."""
    value: str = "count(*)"
    missing: float = field(default=0.0, init=False)

    def __call__(self, connection: Connection, asked: Asked) -> Found:
        """Value by key."""
        if asked.grain == "all":
            return self._at(connection, asked, min(asked.end, asked.today))
        found: Found = {}
        for first, last in buckets(asked):
            at = self._at(connection, asked, min(last, asked.end, asked.today)) if first <= asked.today else {}
            found |= {(first, *key): value for key, value in at.items()}
        return found

    def _at(self, connection: Connection, asked: Asked, day: date) -> Found:
        select = Select(self.facts, self.value)
        return _run(connection, select, replace(asked, grain="all", end=day), "true", day=day)

    @property
    def dimensions(self) -> set[str]:
        """What it can be split by."""
        return set(self.facts.by)




def union(*parts: Open) -> "Union":
    """What is open in any of several stages."""
    return Union(parts)


@dataclass(frozen=True)
class Union:
    """Several things that are open, added."""

    parts: tuple[Open, ...]
    missing: float = field(default=0.0, init=False)

    def __call__(self, connection: Connection, asked: Asked) -> Found:
        """Value by key."""
        found: Found = {}
        for part in self.parts:
            for key, value in part(connection, asked).items():
                found[key] = found.get(key, 0.0) + value
        return found

    @property
    def dimensions(self) -> set[str]:
        """What all of it can be split by."""
        return set.intersection(*(part.dimensions for part in self.parts))


Oracle = Select | Add | Divide | Open | Union


def buckets(asked: Asked) -> list[tuple[date, date]]:
    """First and last day of each bucket that the span touches."""
    found = []
    day = asked.start
    while day <= asked.end:
        first = _first(day, asked.grain)
        following = _first(first + timedelta(days={"day": 1, "week": 7, "month": 32, "quarter": 93, "year": 367}[asked.grain]), asked.grain)
        found.append((first, following - timedelta(days=1)))
        day = following
    return found


def _first(day: date, grain: str) -> date:
    match grain:
        case "day":
            return day
        case "week":
            return date.fromisocalendar(*day.isocalendar()[:2], 1)
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year, 1, 1)


def _run(connection: Connection, select: Select, asked: Asked, span: str, **more: object) -> Found:
    facts = select.facts
    keys = [_key(name, facts.by[name]) for name in asked.split]
    if asked.grain != "all":
        keys.insert(0, f"date_trunc('{asked.grain}', ({facts.day})::timestamp)::date")
    conditions = [span, facts.where]
    values: dict[str, object] = {"start": asked.start, "end": asked.end, "today": asked.today, **more}
    if asked.branches is not None:
        conditions.append(f"{facts.branch} = ANY(CAST(:branches AS int[]))")
        values["branches"] = sorted(asked.branches)
    for number, (name, wanted) in enumerate(asked.where):
        conditions.append(f"{_key(name, facts.by[name])} = ANY(:where{number})")
        values[f"where{number}"] = list(wanted)
    group = f" GROUP BY {', '.join(str(number) for number in range(1, len(keys) + 1))}" if keys else ""
    sql = f"SELECT {', '.join([*keys, f'({select.value})::float8'])} FROM {facts.tables} WHERE {' AND '.join(f'({condition})' for condition in conditions)}{group}"
    found = {tuple(row[:-1]): nan if row[-1] is None else float(row[-1]) for row in connection.execute(text(sql), values)}
    return {key: select.missing if isnan(value) else value for key, value in found.items()}


def _key(name: str, expression: str) -> str:
    return f"coalesce(({expression})::text, '{0 if name in NUMBERED else ''}')"
