"""Jobs, payments and service tickets that follow from sales."""

import numpy as np

from jobs.demo.appointments import Book
from jobs.demo.arrays import DAY, HOUR, NONE, Array, Generator, Rows, into_hours, join, keep, pick
from jobs.demo.market import FIRM, METHODS, PRODUCTS
from jobs.demo.staff import Crew

SLIPS = 0.20
"""Part of the jobs that start later than planned."""
TROUBLE = 0.15
"""Service tickets per completed job."""
GO_BACK = 0.055


def _working(book: Book, numbers: Array) -> Array:
    """Move each day number forward to a day that is no Sunday and no quiet holiday."""
    for _ in range(4):
        place = np.clip(numbers - book.calendar.offset, 0, len(book.calendar.dates) - 1)
        poor = (book.calendar.weekday[place] == 6) | (book.calendar.quiet[place] < 0.5)
        numbers = np.where(poor, numbers + 1, numbers)
    return numbers


def plan_jobs(rng: Generator, book: Book, sales: Rows, crews: int, now: int) -> Rows:
    """Return one job per sale, in the sales' order, as they stand today; days are day numbers, margins cents.

    ``exists`` says whether the file is open already: that happens the day after the sale.
    """
    size, day = len(sales["sold"]), sales["sold"] // DAY
    usual = np.array([product.lead_days for product in PRODUCTS])[sales["product"]]
    busy = book.calendar.season[np.clip(day - book.calendar.offset, 0, len(book.calendar.season) - 1)]
    wait = np.maximum(usual * (0.55 + 0.45 * busy) * rng.gamma(9.0, 1 / 9.0, size), 6).astype(np.int64)
    work = 1 + rng.poisson(np.array([product.work_days for product in PRODUCTS])[sales["product"]] - 0.6).astype(np.int64)
    asked = np.maximum(day + wait, sales["ends"] + 16)
    first = _working(book, asked)
    # Crews are few: what is put off over a Sunday or holiday is begun on one of the three days that follow.
    planned = _working(book, np.where(first == asked, asked, first + rng.integers(0, 3, size)))
    promised = _working(book, planned + work + rng.integers(1, 8, size))
    slips = np.where(rng.random(size) < SLIPS, rng.integers(2, 15, size), 0)
    start = _working(book, planned + slips)
    finish = _working(book, start + work - 1 + np.where(rng.random(size) < 0.1, rng.integers(1, 6, size), 0))
    ended = np.where(sales["ended"] == NONE, NONE, sales["ended"] // DAY)
    cancelled, firm = ended != NONE, sales["status"] == FIRM
    # Crews begin in the morning and hand over in the afternoon.
    begun = firm & (start * DAY + 8 * HOUR <= now)
    done = begun & (finish * DAY + 15 * HOUR <= now)
    share = np.array([product.margin for product in PRODUCTS])[sales["product"]] + rng.normal(0, 0.035, size)
    estimate = np.round(sales["amount"] * np.clip(share, 0.15, 0.65)).astype(np.int64)
    back = rng.random(size) < GO_BACK
    actual = np.round(estimate * np.clip(rng.normal(0.985, 0.06, size) - 0.07 * back, 0.5, 1.3)).astype(np.int64)
    return {
        "crew": rng.integers(1, crews + 1, size), "planned_start": planned, "promised": promised, "status": np.select([cancelled, done, begun], [3, 2, 1], 0),
        "started": np.where(begun, start, NONE), "completed": np.where(done, finish, NONE), "cancelled": ended, "estimate": estimate, "actual": actual,
        "back": back & done, "exists": day < now // DAY,
    }


def payments(rng: Generator, sales: Rows, jobs: Rows, changes: Rows, now: int) -> Rows:
    """Return deposits, balances at completion, and refunds of cancelled sales (``sale``: position); cents.

    A completed job is paid in full within weeks; nothing is left over.
    """
    size = len(sales["sold"])
    deposit = np.round(sales["amount"] * np.where(sales["financed"], 0.10, 0.33) / 5000).astype(np.int64) * 5000
    pays = (rng.random(size) < 0.93) & (deposit > 0)
    everyone = np.arange(size)
    first = {"sale": everyone, "at": sales["sold"] + 600, "cents": deposit, "method": pick(rng, (0.46, 0.44, 0.08, 0.0, 0.02), size)}
    back = {"sale": everyone, "at": np.where(sales["ended"] == NONE, 0, sales["ended"] // DAY + 2 + rng.integers(0, 7, size)) * DAY + 11 * HOUR + rng.integers(0, 4 * HOUR, size),
            "cents": -deposit, "method": np.full(size, METHODS.index("check"))}
    total = sales["amount"].copy()
    np.add.at(total, changes["sale"], changes["cents"])
    late = np.where(rng.random(size) < 0.12, rng.integers(6, 40, size), rng.integers(0, 6, size))
    paid = (np.where(jobs["completed"] == NONE, 0, jobs["completed"]) + late) * DAY + np.where(late > 0, rng.integers(10 * HOUR, 18 * HOUR, size), rng.integers(16 * HOUR, 19 * HOUR, size))
    how = np.where(sales["financed"], METHODS.index("financing"), pick(rng, (0.12, 0.63, 0.25), size))
    rest = {"sale": everyone, "at": paid, "cents": total - np.where(pays, deposit, 0), "method": how}
    rows = join([
        keep(first, pays),
        keep(back, pays & (sales["ended"] != NONE)),
        keep(rest, (jobs["completed"] != NONE) & (rest["cents"] != 0)),
    ])
    rows = keep(rows, rows["at"] <= now)
    return keep(rows, np.argsort(rows["at"], kind="stable"))


def tickets(rng: Generator, book: Book, jobs: Rows, technicians: Crew, now: int) -> Rows:
    """Return service tickets (``job``: position of the sale's job, -1: none; ``technician``: position)."""
    done = np.flatnonzero(jobs["completed"] != NONE)
    troubled = done[rng.random(len(done)) < TROUBLE]
    troubled = np.concatenate([troubled, troubled[rng.random(len(troubled)) < 0.12]])
    others = rng.poisson(len(troubled) * 0.14)
    first = book.calendar.offset
    last = now // DAY
    day = np.concatenate([jobs["completed"][troubled] + 1 + rng.exponential(38.0, len(troubled)).astype(np.int64), rng.integers(first, last + 1, others)])
    size = len(day)
    opened = day * DAY + rng.integers(8 * HOUR, 18 * HOUR, size)
    response = into_hours(rng, opened + (rng.lognormal(np.log(2.6), 0.9, size) * HOUR).astype(np.int64), 8 * HOUR, 20 * HOUR)
    visit = rng.random(size) < 0.76
    visits = np.where(visit, np.minimum(rng.geometric(0.74, size), 4), 0)
    took = np.where(visit, rng.gamma(2.0, 2.1, size) + visits * 1.6, rng.gamma(1.6, 0.7, size)) * DAY
    resolved = np.maximum(opened + took.astype(np.int64), response + 1800)
    resolved = resolved // DAY * DAY + np.clip(resolved % DAY, 8 * HOUR, 19 * HOUR)
    resolved = np.maximum(resolved, response + 60)
    open_still = resolved > now
    score = np.clip(np.round(rng.normal(4.55 - 0.24 * np.maximum(visits - 1, 0) - took / DAY * 0.035, 0.75)), 1, 5).astype(np.int64)
    rated = ~open_still & (rng.random(size) < 0.46)
    recommends = np.clip(np.round(score * 2 - 0.4 + rng.normal(0, 1.0, size)), 0, 10).astype(np.int64)
    place = np.clip(day - first, 0, len(book.calendar.dates) - 1)
    rows = {
        "job": np.concatenate([troubled, np.full(others, -1)]), "technician": technicians.someone(rng, place), "opened": opened,
        "response": np.where(response > now, NONE, response), "visit": visit, "visits": np.where(open_still, np.minimum(visits, 1), visits),
        "resolved": np.where(open_still, NONE, resolved), "reopened": ~open_still & (rng.random(size) < 0.035),
        "csat": np.where(rated, score, NONE), "nps": np.where(rated & (rng.random(size) < 0.7), recommends, NONE),
    }
    rows = keep(rows, rows["opened"] <= now)
    return keep(rows, np.argsort(rows["opened"], kind="stable"))
