"""Leads: when they come, who answers them how fast, the calls that follow and the touches that went before."""

import numpy as np

from jobs.demo.arrays import DAY, HOUR, NONE, Array, Generator, Rows, into_hours, join, keep, pick
from jobs.demo.calendar import Calendar
from jobs.demo.demand import Demand
from jobs.demo.doors import LEAD, SET
from jobs.demo.market import CANVASS, DISPOSITIONS, DISREGARD_RATES, OUTBOUND, SELF_GENERATED, SOURCES, TOUCH_KINDS
from jobs.demo.staff import Crew

HOURS = (0, 0, 0, 1, 1, 2, 4, 10, 24, 38, 42, 40, 38, 35, 34, 34, 34, 36, 40, 44, 40, 28, 14, 6)
"""When leads come, by hour."""
OPEN, CLOSE = 8 * HOUR + 1800, 20 * HOUR + 900
"""The telephones' hours."""
MOST_ATTEMPTS = 6
RETURNING = 0.06
LATER = 0.12
TOUCHED_BEFORE = 0.26
_RATE = {name: np.array([getattr(source, name) for source in SOURCES]) for name in ("contact", "set", "instant")}
_TOUCH = np.array([TOUCH_KINDS.index(source.touch) for source in SOURCES])
_PREVIOUS_TOUCH = np.array([source.share if source.paid or source.medium == "organic" else 0.0 for source in SOURCES])


def raise_leads(rng: Generator, calendar: Calendar, demand: Demand, knocks: Rows, now: int) -> Rows:
    """Return the leads until ``now`` in order of time, with ``knock`` (position; -1: none), ``set`` chances drawn and no people yet."""
    days = len(demand.traffic)
    counts = rng.poisson(demand.leads)
    day = np.repeat(np.arange(days), counts.sum(axis=1))
    source = np.repeat(np.tile(np.arange(len(SOURCES)), days), counts.ravel())
    second = pick(rng, HOURS, len(day)) * HOUR + rng.integers(0, HOUR, len(day))
    called = _RATE["instant"][source].astype(bool)
    second = np.where(called & ((second < OPEN) | (second > CLOSE)), OPEN + rng.integers(0, CLOSE - OPEN, len(day)), second)
    won = np.flatnonzero(knocks["outcome"] >= LEAD)
    rows = join([
        {"created": (calendar.offset + day) * DAY + second, "source": source, "knock": np.full(len(day), -1)},
        {"created": knocks["at"][won], "source": np.full(len(won), CANVASS), "knock": won},
    ])
    rows = keep(rows, rows["created"] <= now)
    rows = keep(rows, np.argsort(rows["created"], kind="stable"))
    rows["disregard"] = np.where(rows["knock"] >= 0, -1, pick(rng, (*DISREGARD_RATES, 1 - sum(DISREGARD_RATES)), len(rows["source"])))
    rows["disregard"] = np.where(rows["disregard"] == len(DISREGARD_RATES), -1, rows["disregard"])
    rows["household"] = _households(rng, rows)
    return rows


def _households(rng: Generator, rows: Rows) -> Array:
    """Number the households: a few leads are from one that asked before, 90 days ago or more, and never more than twice."""
    size = len(rows["created"])
    again = np.flatnonzero((rng.random(size) < RETURNING) & (rows["knock"] < 0) & (rows["disregard"] < 0))
    reach = np.searchsorted(rows["created"], rows["created"][again] - 90 * DAY)
    again, reach = again[reach > 0], reach[reach > 0]
    earlier = (rng.random(len(again)) * reach).astype(np.int64)
    # An earlier lead must be a first one, and asked for once.
    first = ~np.isin(earlier, again)
    _, once = np.unique(earlier[first], return_index=True)
    again, earlier = again[first][once], earlier[first][once]
    new = np.ones(size, dtype=bool)
    new[again] = False
    number = np.cumsum(new) - 1
    number[again] = number[earlier]
    return number


def work_leads(rng: Generator, calendar: Calendar, rows: Rows, knocks: Rows, agents: Crew, now: int) -> Rows:
    """Add attempts, contact and appointment setting to the leads and return the calls (``lead``, ``agent``: positions).

    Adds ``first_attempt``, ``contacted``, ``set`` (local moments, NONE where not, or not yet) and ``setter`` (position; -1: no agent).
    """
    size, source = len(rows["created"]), rows["source"]
    instant = _RATE["instant"][source].astype(bool) & (rng.random(size) < _RATE["contact"][source])
    answers = ~instant & (rng.random(size) < _RATE["contact"][source]) & (rows["disregard"] < 0) & ~_RATE["instant"][source].astype(bool)
    waits = np.where(source == OUTBOUND, 0.5, rng.lognormal(np.log(7.0), 1.25, size)) * 60
    first = np.where(instant, rows["created"], into_hours(rng, rows["created"] + 20 + waits.astype(np.int64), OPEN, CLOSE))
    tries = np.where(answers, np.minimum(1 + rng.geometric(0.55, size) - 1, MOST_ATTEMPTS), np.minimum(2 + rng.poisson(1.9, size), MOST_ATTEMPTS))
    tries = np.where(instant, 1, np.where(rows["disregard"] >= 0, 1, tries))
    times = np.full((size, MOST_ATTEMPTS), NONE)
    times[:, 0] = first
    for n in range(1, MOST_ATTEMPTS):
        gap = rng.lognormal(np.log(5.5 * HOUR), 0.9, size).astype(np.int64) + 1800
        times[:, n] = into_hours(rng, times[:, n - 1] + gap, OPEN, CLOSE)
    last = times[np.arange(size), tries - 1]
    contacted = np.where(instant | answers, last, NONE)
    wants = (contacted != NONE) & (rows["disregard"] < 0) & (rng.random(size) < _RATE["set"][source])
    from_knock = rows["knock"] >= 0
    at_door = from_knock & (knocks["outcome"][rows["knock"]] == SET)
    wants |= at_door
    # Most appointments are made in the first conversation; some, and all from doors that only showed interest, on a later call.
    later = wants & ~at_door & (from_knock | (rng.random(size) < LATER))
    called_back = into_hours(rng, np.where(wants, last, 0) + DAY + rng.integers(0, 4 * DAY, size), OPEN, CLOSE)
    set_at = np.where(wants, np.where(later, called_back, last + rng.integers(120, 480, size)), NONE)
    day = np.clip(np.where(set_at == NONE, last, set_at) // DAY - calendar.offset, 0, len(calendar.dates) - 1)
    setter = np.where((source != SELF_GENERATED) & ~at_door, agents.someone(rng, day, 0.5), -1)
    calls = _calls(rng, calendar, rows, {"times": times, "tries": tries, "contacted": contacted, "wants": wants, "later": later, "set": set_at, "setter": setter}, agents)
    rows.update(first_attempt=np.where(first > now, NONE, first), contacted=np.where(contacted > now, NONE, contacted), set=np.where(set_at > now, NONE, set_at), setter=setter)
    return keep(calls, calls["at"] + calls["seconds"] <= now)


def _calls(rng: Generator, calendar: Calendar, rows: Rows, work: Rows, agents: Crew) -> Rows:
    """One call per attempt by telephone, and one more where the appointment was made later."""
    by_phone = (rows["source"] != SELF_GENERATED) & (rows["knock"] < 0)
    lead = np.repeat(np.arange(len(by_phone)), np.where(by_phone, work["tries"], 0))
    nth = np.arange(len(lead)) - np.searchsorted(lead, lead)
    at = work["times"][lead, nth]
    reached = (work["contacted"][lead] == at) & (nth == work["tries"][lead] - 1)
    made = reached & work["wants"][lead] & ~work["later"][lead]
    names = {name: DISPOSITIONS.index(name) for name in DISPOSITIONS}
    talked = np.where(made, names["set"], np.where(reached & work["later"][lead], names["callback"], pick(rng, (0.55, 0.0, 0.33, 0.12), len(lead))))
    wrong = rows["disregard"][lead] >= 0
    missed = np.where(wrong, names["wrong_number"], 4 + pick(rng, (0.55, 0.36, 0.09), len(lead)))
    again = np.flatnonzero(work["later"] & (work["setter"] >= 0))
    instant = _RATE["instant"][rows["source"]].astype(bool)
    calls = join([
        {"lead": lead, "at": at, "disposition": np.where(reached, talked, missed), "inbound": instant[lead] & (nth == 0) & reached, "agent": work["setter"][lead]},
        {"lead": again, "at": work["set"][again] - 240, "disposition": np.full(len(again), names["set"]), "inbound": np.zeros(len(again), dtype=bool), "agent": work["setter"][again]},
    ])
    is_set = calls["disposition"] == names["set"]
    day = np.clip(calls["at"] // DAY - calendar.offset, 0, len(calendar.dates) - 1)
    calls["agent"] = np.where(is_set, calls["agent"], agents.someone(rng, day, 0.5))
    talk = calls["disposition"] <= names["callback"]
    calls["seconds"] = np.where(talk, rng.lognormal(np.log(190), 0.6, len(is_set)), rng.uniform(8, 45, len(is_set))).astype(np.int64) % 7200
    return keep(calls, np.argsort(calls["at"], kind="stable"))


def touches(rng: Generator, calendar: Calendar, rows: Rows) -> Rows:
    """Return what brought each household: one touch as its lead is created, and for some earlier ones from other sources."""
    size = len(rows["created"])
    earlier = np.flatnonzero((rng.random(size) < TOUCHED_BEFORE) & (rows["created"] > (calendar.offset + 62) * DAY))
    earlier = np.sort(np.concatenate([earlier, earlier[rng.random(len(earlier)) < TOUCHED_BEFORE]]))
    source = pick(rng, _PREVIOUS_TOUCH, len(earlier))
    back = np.minimum(rng.exponential(13.0, len(earlier)) + 0.2, 60)
    moment = ((rows["created"][earlier] - back * DAY) // DAY).astype(np.int64) * DAY + rng.integers(7 * HOUR, 22 * HOUR, len(earlier))
    moment = np.minimum(moment, rows["created"][earlier] - 300)
    night = moment % DAY < 3 * HOUR
    both = join([
        {"lead": np.arange(size), "at": rows["created"], "source": rows["source"]},
        {"lead": earlier, "at": np.where(night, moment - 4 * HOUR, moment), "source": source},
    ])
    both["kind"] = _TOUCH[both["source"]]
    return keep(both, np.argsort(both["at"], kind="stable"))
