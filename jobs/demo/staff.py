"""People who come and go: each seat of a branch is held by one person after another."""

from dataclasses import dataclass, field

import numpy as np

from jobs.demo.arrays import NONE, Array, Generator, Rows, join
from jobs.demo.calendar import Calendar
from jobs.demo.names import people

SEATS = {"rep": 9, "agent": 4, "canvasser": 3, "manager": 1, "installer": 4, "technician": 2}
"""Seats of a branch of size 1."""
TENURE = {"rep": 620.0, "agent": 520.0, "canvasser": 330.0, "manager": 2400.0, "installer": 1500.0, "technician": 1300.0}
"""Average days in a seat."""
ROLES = {"rep": "{rep}", "agent": "{agent,setter}", "canvasser": "{canvasser}", "manager": "{manager,rep}", "installer": "{installer}", "technician": "{technician}"}
KNOWN_BEFORE, KNOWN_AFTER = 5, 2
"""A rep is given appointments only when also employed this many days before and after, so that issuing and running fall into the employment."""


@dataclass
class Crew:
    """All who hold one role in a branch, and who can work on which day."""

    ids: Array
    skill: Array
    since: Array
    until: Array
    """Last day employed; NONE: still there."""
    able: Array = field(init=False)
    """[day, place] -> position in ``ids``, those able to work first."""
    count: Array = field(init=False)
    """[day] -> how many are able to work."""

    def fill(self, first: int, days: int, margin: tuple[int, int] = (0, 0)) -> None:
        """Work out ``able`` and ``count`` for ``days`` days from day number ``first``."""
        numbers = np.arange(first, first + days)[:, None]
        end = np.where(self.until == NONE, 2**40, self.until)[None, :]
        present = (self.since[None, :] + margin[0] <= numbers) & (end - margin[1] >= numbers)
        self.able = np.argsort(~present, axis=1, kind="stable")
        self.count = present.sum(axis=1)

    def someone(self, rng: Generator, days: Array, share: float = 1.0) -> Array:
        """Return for each day (index) the position of somebody who can work; ``share`` of them have duty."""
        on_duty = np.maximum(np.ceil(self.count[days] * share), 1)
        place = (rng.random(len(days)) * on_duty).astype(np.int64)
        found: Array = self.able[days, (place + days) % np.maximum(self.count[days], 1)]
        return found

    def employed(self, positions: Array, numbers: Array) -> Array:
        """Say for each person whether they are employed on that day number."""
        until = self.until[positions]
        found: Array = (self.since[positions] <= numbers) & ((until == NONE) | (until >= numbers))
        return found


class Staff:
    """The people of one branch."""

    def __init__(self, rng: Generator, calendar: Calendar, today: int, size: float, first_id: int) -> None:
        """Hire and replace until ``today``; ids follow each other from ``first_id``."""
        self.offset = calendar.offset
        self.crews: dict[str, Crew] = {}
        parts: list[Rows] = []
        for role in SEATS:
            part = _careers(rng, role, _seats(role, size), calendar.offset, today)
            part["id"] = np.arange(first_id, first_id + len(part["since"]))
            first_id += len(part["id"])
            crew = Crew(part["id"], _skill(rng, len(part["id"])), part["since"], part["until"])
            crew.fill(calendar.offset, len(calendar.dates), (KNOWN_BEFORE, KNOWN_AFTER) if role == "rep" else (0, 0))
            self.crews[role] = crew
            parts.append({"id": part["id"], "name": people(rng, len(part["id"])), "roles": np.full(len(part["id"]), ROLES[role], dtype=object),
                          "active_from": part["since"], "active_to": part["until"]})
        self.rows = join(parts)

    def __getitem__(self, role: str) -> Crew:
        """Return the people of one role."""
        return self.crews[role]

    @property
    def next_id(self) -> int:
        """First id that is free after this branch."""
        return int(self.rows["id"][-1]) + 1


def _seats(role: str, size: float) -> int:
    """At least three (five reps; one manager): somebody must be there on the day another leaves."""
    return 1 if role == "manager" else max(5 if role == "rep" else 3, round(SEATS[role] * size))


def _skill(rng: Generator, size: int) -> Array:
    return np.clip(rng.normal(1.0, 0.14, size), 0.66, 1.36)


def _careers(rng: Generator, role: str, seats: int, first: int, today: int) -> Rows:
    """Return since and until of everybody who held one of the seats; the first two seats are refilled at once."""
    since: list[int] = []
    until: list[int] = []
    for seat in range(seats):
        start = first - int(rng.integers(20, 900))
        while True:
            end = max(start, first) + int(40 + rng.gamma(2.0, TENURE[role] / 2.0))
            since.append(start)
            if end >= today - 10:
                until.append(NONE)
                break
            until.append(end)
            start = end + 1 + (0 if seat < 2 else int(rng.integers(0, 24)))
            if start > today - 10:
                break
    return {"since": np.array(since, dtype=np.int64), "until": np.array(until, dtype=np.int64)}
