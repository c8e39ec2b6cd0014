"""The canvass: shifts, doors knocked, and the leads that come from them."""

import numpy as np

from jobs.demo.arrays import DAY, HOUR, Array, Generator, Rows, keep
from jobs.demo.calendar import Calendar
from jobs.demo.demand import Demand
from jobs.demo.market import CANVASS, DOORS_A_DAY, OUTCOMES, SOURCES
from jobs.demo.staff import Crew

CHANCES = (0.47, 0.19, 0.12, 0.125, 0.035, 0.026, 0.034)
"""Of the outcomes, in their order."""
WEEK = (0.9, 1.0, 1.05, 1.05, 0.95, 1.35, 0.25)
LEAD, SET = OUTCOMES.index("lead"), OUTCOMES.index("set")


def _expected_doors(calendar: Calendar, traffic: Array, crew: Crew) -> Array:
    days = len(traffic)
    present = crew.count[:days]
    return np.asarray(traffic * np.array(WEEK)[calendar.weekday[:days]] * DOORS_A_DAY * SOURCES[CANVASS].response.of(present / present.mean()))


def expected_leads(calendar: Calendar, traffic: Array, crew: Crew) -> Array:
    """[day] how many leads doors are expected to bring at this ``traffic``."""
    return _expected_doors(calendar, traffic, crew) * sum(CHANCES[LEAD:]) / sum(CHANCES)


def shifts_and_knocks(rng: Generator, calendar: Calendar, demand: Demand, crew: Crew, towns: list[list[object]], now: int) -> tuple[Rows, Rows]:
    """Return the shifts (``person``: position in the crew) and knocks (``shift``: position of the shift) until ``now``, a local moment.

    A shift still running has not ended: it is listed once it has.  Doors of a running shift are therefore left out too.
    """
    days = len(demand.traffic)
    doors = rng.poisson(_expected_doors(calendar, demand.traffic, crew))
    # About 45 doors a shift, but never more shifts in a day than there are canvassers.
    count = np.minimum(np.maximum(np.round(doors / 45.0).astype(int), (doors > 0).astype(int)), np.maximum(crew.count[:days], 1))
    day = np.repeat(np.arange(days), count)
    place = np.arange(len(day)) - np.repeat(np.cumsum(count) - count, count)
    person = crew.able[day, (place + day) % np.maximum(crew.count[day], 1)]
    share = np.maximum((doors[day] * crew.skill[person] / count[day]).astype(int), 3)
    saturday = calendar.weekday[day] >= 5
    begin = (calendar.offset + day) * DAY + np.where(saturday, 10 * HOUR, 14 * HOUR) + rng.integers(0, 5400, len(day))
    seconds = np.clip(share * rng.uniform(215, 330, len(day)), 2400, 5.5 * HOUR).astype(np.int64)
    shifts = {"person": person, "started": begin, "ended": begin + seconds, "town": rng.integers(len(towns), size=len(day)), "doors": share}
    shifts = keep(shifts, shifts["ended"] <= now)
    return shifts, _knocks(rng, shifts, towns)


def _knocks(rng: Generator, shifts: Rows, towns: list[list[object]]) -> Rows:
    shift = np.repeat(np.arange(len(shifts["doors"])), shifts["doors"])
    place = np.arange(len(shift)) - np.repeat(np.cumsum(shifts["doors"]) - shifts["doors"], shifts["doors"])
    length = shifts["ended"] - shifts["started"]
    at = shifts["started"][shift] + ((place + rng.random(len(shift)) * 0.8) * (length[shift] - 60) / shifts["doors"][shift]).astype(np.int64)
    centres: Array = np.array([[float(str(town[2])), float(str(town[3]))] for town in towns])
    home = centres[shifts["town"]] + rng.normal(0, 0.016, (len(shifts["town"]), 2))
    outcome = np.searchsorted(np.cumsum(CHANCES), rng.random(len(shift)) * sum(CHANCES), side="right")
    # Doors follow each other along a street: a slow walk from where the shift began.
    step = np.stack([np.sin(place / 9.0 + shift), np.cos(place / 7.0 + shift)], axis=1) * 0.0016 + rng.normal(0, 0.0005, (len(shift), 2))
    return {"shift": shift, "at": at, "outcome": outcome, "latitude": np.round(home[shift, 0] + step[:, 0], 6), "longitude": np.round(home[shift, 1] + step[:, 1], 6)}
