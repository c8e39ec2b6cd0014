"""Appointments: scheduled, confirmed, issued to a rep who is free, resulted; resets of those that failed, rehashes of those not sold."""

from dataclasses import dataclass

import numpy as np

from jobs.demo.arrays import DAY, HOUR, NONE, Array, Generator, Rows, join, keep, pick, pick_rowwise, running_count
from jobs.demo.calendar import Calendar
from jobs.demo.demand import Demand
from jobs.demo.market import CANCELLED, FOLLOW_UP, KINDS, NO_SHOW, NOT_DEMOED, NOT_SOLD, PRODUCTS, RESET, RESULTS, SIT, SLOT_WEIGHTS, SLOTS, SOLD, SOURCES
from jobs.demo.odd_days import odd_sales, odd_visits
from jobs.demo.staff import Crew

FALLS_OUT = 0.155
"""Called off before a rep is given it."""
CLOSE = 0.366
NOT_SAT = (0.37, 0.33, 0.22, 0.08)
"""Not-Demoed, No-Show, Cancelled, Reset, of those issued and not sat."""
FOLLOWED = 0.16
"""Part of the demos not sold that asked for a follow-up."""
AGAIN = {CANCELLED: 0.26, NO_SHOW: 0.34, RESET: 0.62, NOT_DEMOED: 0.12}
REHASHED, REHASH_CLOSE = 0.13, 0.62
LEAD_TIME = (0.05, 0.17, 0.20, 0.17, 0.13, 0.10, 0.08, 0.06, 0.04)
"""Days from setting to the appointment."""
CONFIRMED = 0.86
MOVED, MOVED_SUNDAY = 0.8, 0.70
"""Part of the appointments that would fall on a quiet holiday or a Sunday and are put off."""
PUT_OFF = (0.25, 0.27, 0.27, 0.21)
"""By one to four days."""
_CLOSE_OF = np.array([source.close for source in SOURCES])


@dataclass
class Book:
    """The reps' diary of one branch: how many appointments each slot of each day already has."""

    calendar: Calendar
    demand: Demand
    reps: Crew
    used: Array
    """[day x slot]"""


@dataclass
class Odd:
    """Odd days to plant among the appointments."""

    rng: Generator
    """Its own, so that what is planted does not shuffle everything else."""
    count: int
    """At most so many."""


def book_of(calendar: Calendar, demand: Demand, reps: Crew) -> Book:
    """Return an empty diary."""
    return Book(calendar, demand, reps, np.zeros(len(calendar.dates) * len(SLOTS), dtype=np.int64))


def run_appointments(rng: Generator, book: Book, leads: Rows, odd: Odd) -> Rows:
    """Return every appointment that the leads lead to, its whole life drawn, also what is still to come, with odd days planted among them.

    ``lead`` and ``rep`` (-1: none) are positions; ``product`` is what was asked for; moments are local.
    """
    lead = np.flatnonzero(leads["set"] != NONE)
    asked = pick(rng, [product.share for product in PRODUCTS], len(leads["set"]))
    first = _scheduled(rng, book, {"lead": lead, "set": leads["set"][lead], "setter": leads["setter"][lead], "kind": np.zeros(len(lead), dtype=np.int64)})
    odd_visits(odd.rng, book.calendar, odd.count // 2, book.demand, _by_day(book, first, first["rep"] >= 0))
    _sit(rng, book, first)
    odd_sales(odd.rng, book.calendar, odd.count - odd.count // 2, book.demand, _by_day(book, first, first["sat"]))
    _result(rng, book, first, leads)
    second = _round(rng, book, _again(rng, book, first), leads)
    both = join([first, second])
    third = _round(rng, book, _rehash(rng, book, both), leads)
    rows = join([both, third])
    rows = keep(rows, np.argsort(rows["set"], kind="stable"))
    rows["product"] = asked[rows["lead"]]
    return rows


def _again(rng: Generator, book: Book, rows: Rows) -> Rows:
    """Return the resets: set again one to four days after the first one failed."""
    chance = np.zeros(len(RESULTS))
    chance[list(AGAIN)] = list(AGAIN.values())
    picked = keep(rows, rng.random(len(rows["lead"])) < chance[rows["result"]])
    return _renewed(rng, book, picked, KINDS.index("reset"), (1, 5))


def _rehash(rng: Generator, book: Book, rows: Rows) -> Rows:
    """Return the rehashes: demos not sold, visited anew after some weeks; of a lead's appointments only the last is."""
    latest = np.zeros(len(rows["lead"]), dtype=bool)
    backwards = np.argsort(rows["set"], kind="stable")[::-1]
    latest[backwards[running_count(rows["lead"][backwards]) == 0]] = True
    open_quote = np.isin(rows["result"], (NOT_SOLD, FOLLOW_UP)) & latest
    picked = keep(rows, open_quote & (rng.random(len(latest)) < np.where(rows["result"] == FOLLOW_UP, 0.3, REHASHED)))
    return _renewed(rng, book, picked, KINDS.index("rehash"), (8, 45))


def _renewed(rng: Generator, book: Book, rows: Rows, kind: int, wait: tuple[int, int]) -> Rows:
    day = rows["resulted"] // DAY + rng.integers(*wait, len(rows["lead"]))
    inside = day < book.calendar.offset + len(book.calendar.dates) - 40
    at = day * DAY + rng.integers(9 * HOUR, 19 * HOUR, len(day))
    return keep({"lead": rows["lead"], "set": at, "setter": rows["setter"], "kind": np.full(len(day), kind)}, inside)


def _round(rng: Generator, book: Book, rows: Rows, leads: Rows) -> Rows:
    """Schedule, issue and result one round of appointments."""
    rows = _scheduled(rng, book, rows)
    _sit(rng, book, rows)
    _result(rng, book, rows, leads)
    return rows


def _scheduled(rng: Generator, book: Book, rows: Rows) -> Rows:
    """Schedule and issue one round of appointments."""
    size = len(rows["lead"])
    slot = pick(rng, SLOT_WEIGHTS, size)
    day = _work_day(rng, book, rows["set"] // DAY + pick(rng, LEAD_TIME, size))
    day = np.where(day * DAY + np.array(SLOTS)[slot] < rows["set"] + 2 * HOUR, day + 1, day)
    rows["scheduled"] = day * DAY + np.array(SLOTS)[slot]
    falls_out = rng.random(size) < FALLS_OUT
    rep = _assign(book, _place(book, day) * len(SLOTS) + slot, ~falls_out)
    issued = rep >= 0
    ready = rows["set"] + 900 + (rng.random(size) * 1800).astype(np.int64)
    evening = (day - 1 - rng.integers(0, 2, size)) * DAY + rng.integers(16 * HOUR, 20 * HOUR, size)
    morning = day * DAY + rng.integers(7 * HOUR + 1800, 9 * HOUR + 1800, size)
    issue = np.maximum(np.where(rng.random(size) < 0.7, evening, morning), ready)
    rows["issued"] = np.where(issued, np.minimum(issue, rows["scheduled"] - 1800), NONE)
    asked = (day - 1) * DAY + rng.integers(10 * HOUR, 19 * HOUR, size)
    confirm = np.maximum(asked, rows["set"] + 1200)
    rows["confirmed"] = np.where((rng.random(size) < np.where(issued, CONFIRMED, 0.3)) & (confirm < rows["scheduled"] - 600), confirm, NONE)
    rows["rep"] = rep
    return rows


def _work_day(rng: Generator, book: Book, day: Array) -> Array:
    """Put appointments off that would fall on quiet holidays, all but a few, and on Sundays, all but about a third: to one of the working days that follow."""
    place = _place(book, day)
    quiet, sunday = book.calendar.quiet[place] < 0.5, book.calendar.weekday[place] == 6
    moves = (quiet | sunday) & (rng.random(len(day)) < np.where(quiet, MOVED, MOVED_SUNDAY))
    later = day + np.where(moves, 1 + pick(rng, PUT_OFF, len(day)), 0)
    for _ in range(3):
        place = _place(book, later)
        later = later + (moves & ((book.calendar.quiet[place] < 0.5) | (book.calendar.weekday[place] == 6)))
    return later


def _place(book: Book, day: Array) -> Array:
    """Return the index of each day number in the calendar."""
    return np.asarray(np.clip(day - book.calendar.offset, 0, len(book.calendar.dates) - 1))


def _assign(book: Book, key: Array, wanted: Array) -> Array:
    """Give each wanted appointment a rep who has nothing else at that hour; -1 where all are taken."""
    rep = np.full(len(key), -1)
    asked = np.flatnonzero(wanted)
    rank = book.used[key[asked]] + running_count(key[asked])
    day = key[asked] // len(SLOTS)
    free = rank < book.reps.count[day]
    turn = key[asked] * 7 + day * 3
    rep[asked[free]] = book.reps.able[day[free], (rank[free] + turn[free]) % book.reps.count[day[free]]]
    np.add.at(book.used, key[asked[free]], 1)
    return rep


def _by_day(book: Book, rows: Rows, mask: Array) -> Array:
    """[day] how many of the appointments that ``mask`` marks are on it."""
    days = len(book.demand.traffic)
    counts: Array = np.bincount(_place(book, rows["scheduled"][mask] // DAY), minlength=days)
    return counts[:days]


def _sit(rng: Generator, book: Book, rows: Rows) -> None:
    """Draw which of the appointments given to a rep are shown the products."""
    today = np.minimum(_place(book, rows["scheduled"] // DAY), len(book.demand.sit) - 1)
    skill = np.where(rows["rep"] >= 0, book.reps.skill[rows["rep"]], 1.0)
    rows["sat"] = (rows["rep"] >= 0) & (rng.random(len(today)) < SIT * book.demand.sit[today] * np.clip(0.94 + 0.06 * skill, 0, 1.05))


def _result(rng: Generator, book: Book, rows: Rows, leads: Rows) -> None:
    """Draw what became of one round of appointments."""
    size, rep, place, sat = len(rows["lead"]), rows["rep"], _place(book, rows["scheduled"] // DAY), rows["sat"]
    today = np.minimum(place, len(book.demand.close) - 1)
    skill = np.where(rep >= 0, book.reps.skill[rep], 1.0)
    tenure = np.where(rep >= 0, place + book.calendar.offset - book.reps.since[rep], 0)
    learned = 0.8 + 0.2 * np.minimum(tenure / 150.0, 1.0)
    close = CLOSE * skill * learned * _CLOSE_OF[leads["source"][rows["lead"]]] * book.demand.close[today]
    close = np.where(rows["kind"] == KINDS.index("rehash"), close * REHASH_CLOSE, close)
    sold = sat & (rng.random(size) < np.clip(close, 0, 0.96))
    missed = pick_rowwise(rng, np.tile(np.array(NOT_SAT), (size, 1))) + NOT_DEMOED
    unsold = np.where(rng.random(size) < FOLLOWED, FOLLOW_UP, NOT_SOLD)
    ran = np.where(sold, SOLD, np.where(sat, unsold, missed))
    called_off = np.where(rng.random(size) < 0.72, CANCELLED, RESET)
    rows["result"] = np.where(rep >= 0, ran, called_off)
    minutes = np.where(sat, rng.uniform(70, 185, size), rng.uniform(18, 75, size))
    after = rows["scheduled"] + (minutes * 60).astype(np.int64)
    before = rows["set"] + ((rows["scheduled"] - rows["set"]) * rng.uniform(0.15, 0.97, size)).astype(np.int64)
    night = before % DAY < 7 * HOUR
    before = np.where(night, np.maximum(before - 8 * HOUR, rows["set"] + 60), before)
    rows["resulted"] = np.where(rep >= 0, after, before)
    rows["quote_noise"] = np.where(sat, rng.lognormal(0.0, 0.38, size), np.nan)
