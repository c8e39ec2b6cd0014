"""Sales: contracts, cancellations within and after the rescission days, credit rejects, change orders, splits to the cent."""

import numpy as np

from jobs.demo.appointments import Book
from jobs.demo.arrays import DAY, HOUR, NONE, Array, Generator, Rows, join, keep, running_count
from jobs.demo.market import (
    CANVASS,
    CREDIT_REJECTED,
    FIRM,
    IN_RESCISSION,
    OUTBOUND,
    PENDING,
    PRICE_GROWTH,
    PRODUCTS,
    SALE_CANCELLED,
    SELF_GENERATED,
    SOLD,
    SPLIT_ROLES,
)
from jobs.demo.staff import Staff

RESCINDED, CALLED_OFF_LATE = 0.066, 0.034
FINANCED = 0.47
CREDIT_FAILS = 0.042
CHANGES = 0.08
SETTER, CLOSER, CANVASSER, MANAGER = range(len(SPLIT_ROLES))


def sell(rng: Generator, book: Book, appointments: Rows, days: int) -> Rows:
    """Return one sale per sold appointment (``appointment``: position), its whole life drawn; amounts in whole cents."""
    at = np.flatnonzero(appointments["result"] == SOLD)
    product = appointments["product"][at]
    sold = appointments["resulted"][at]
    place = sold // DAY - book.calendar.offset
    price = np.array([item.price for item in PRODUCTS])[product]
    spread = np.array([item.spread for item in PRODUCTS])[product]
    years = (place - days) / 365.25
    gross = np.round(price * (1 + PRICE_GROWTH) ** years * np.exp(rng.normal(-spread**2 / 2, spread)) / 25.0) * 25.0
    gross = np.maximum(gross, 1_500.0)
    part = np.clip(rng.normal(0.105, 0.05, len(at)), 0.0, 0.3)
    gross_cents = (gross * 100).astype(np.int64)
    discount = np.round(gross * part).astype(np.int64) * 100
    financed = rng.random(len(at)) < FINANCED
    ends = book.calendar.rescission_end[place]
    rows = {"appointment": at, "product": product, "sold": sold, "gross": gross_cents, "discount": discount, "amount": gross_cents - discount, "financed": financed, "ends": ends}
    _fate(rng, book, rows)
    return rows


def _fate(rng: Generator, book: Book, rows: Rows) -> None:
    """Draw which sales end, how, and when."""
    size, day = len(rows["sold"]), rows["sold"] // DAY
    chance = rng.random(size)
    rejected = rows["financed"] & (chance < CREDIT_FAILS)
    chance = rng.random(size)
    rescinded = ~rejected & (chance < RESCINDED)
    late = ~rejected & ~rescinded & (chance < RESCINDED + CALLED_OFF_LATE)
    within = day + 1 + (rng.random(size) * (rows["ends"] - day)).astype(np.int64)
    ended = np.select([rejected, rescinded, late], [day + rng.integers(1, 6, size), within, rows["ends"] + 1 + rng.integers(0, 12, size)], NONE)
    _extra_cancels(rng, book, rows, ended, late)
    rows["ended"] = np.where(ended == NONE, NONE, ended * DAY + rng.integers(9 * HOUR, 19 * HOUR, size))
    rows["rejected"] = rejected


def _extra_cancels(rng: Generator, book: Book, rows: Rows, ended: Array, late: Array) -> None:
    """Call off some sales of the weeks before each planted day; changes ``ended`` in place."""
    day = rows["sold"] // DAY
    for place in np.flatnonzero(book.demand.cancels):
        when = book.calendar.offset + int(place)
        recent = np.flatnonzero((day < when - 1) & (day >= when - 14) & (ended == NONE) & ~late)
        ended[rng.permutation(recent)[: int(book.demand.cancels[place])]] = when


def status_now(rng: Generator, rows: Rows, today: int) -> None:
    """Set ``status`` at the end of today, ``standing`` (what it would be had nobody called it off) and hide ends of later days."""
    ended = (rows["ended"] != NONE) & (rows["ended"] // DAY <= today)
    soft = rows["ends"] >= today
    waits = rows["financed"] & (rows["sold"] // DAY >= today - 6)
    waits &= rng.random(len(waits)) < 0.6
    rows["standing"] = np.select([soft & ~waits, soft | waits], [IN_RESCISSION, PENDING], FIRM)
    rows["status"] = np.select([ended & rows["rejected"], ended], [CREDIT_REJECTED, SALE_CANCELLED], rows["standing"])
    rows["ended"] = np.where(ended, rows["ended"], NONE)


def change_orders(rng: Generator, sales: Rows, jobs: Rows, today: int) -> Rows:
    """Return change orders between sale and start, until yesterday (``sale``: position); cents."""
    live = np.isin(sales["status"], (FIRM,)) & (rng.random(len(sales["sold"])) < CHANGES)
    sale = np.flatnonzero(live)
    start = jobs["planned_start"][sale] * DAY
    room = np.maximum(start - sales["sold"][sale] - DAY, DAY)
    at = sales["sold"][sale] + (room * rng.uniform(0.2, 0.95, len(sale))).astype(np.int64)
    at = at // DAY * DAY + rng.integers(9 * HOUR, 17 * HOUR, len(sale))
    at = np.maximum(at, sales["sold"][sale] + HOUR)
    cents = (np.round(rng.lognormal(np.log(780), 0.6, len(sale)) / 5) * 500).astype(np.int64)
    cents = np.where(rng.random(len(sale)) < 0.26, -np.minimum(cents, sales["amount"][sale] // 8), cents)
    rows = {"sale": sale, "at": at, "cents": cents}
    return keep(rows, (at // DAY < today) & (cents != 0))


def commissionable(sales: Rows, changes: Rows) -> Array:
    """Return cents that splits are computed on: what was signed for, with change orders."""
    base: Array = sales["amount"].astype(np.int64).copy()
    np.add.at(base, changes["sale"], changes["cents"])
    return base


def splits(rng: Generator, staff: Staff, appointments: Rows, leads: Rows, sales: Rows, jobs: Rows, changes: Rows) -> Rows:
    """Return who is paid how much for each sale: percents sum to 100, cents to the commissionable amount.

    Those of cancelled and rejected sales are taken back later.  ``employee`` is an id.
    """
    live = np.arange(len(sales["sold"]))
    appointment = sales["appointment"][live]
    source, day = leads["source"][appointments["lead"][appointment]], sales["sold"][live] // DAY
    place = day - staff.offset
    setters, doors = staff["agent"], staff["canvasser"]
    # Who has left by the day of the sale is replaced by a colleague: credit goes to people employed.
    first = appointments["setter"][appointment]
    setter = np.where((first >= 0) & setters.employed(first, day), first, setters.someone(rng, place))
    canvasser = leads["canvasser"][appointments["lead"][appointment]]
    canvasser = np.where((canvasser >= 0) & doors.employed(canvasser, day), canvasser, doors.someone(rng, place))
    from_door, own = source == CANVASS, source == SELF_GENERATED
    override = (rng.random(len(live)) < 0.18) | (source == OUTBOUND)
    boss = staff["manager"].able[place, 0]
    override &= staff["manager"].employed(boss, day) & ~own
    parts = [
        _part(live, CLOSER, staff["rep"].ids[appointments["rep"][appointment]], 100.0 - np.where(from_door, 12.5, np.where(own, 0.0, 10.0)) - np.where(override, 5.0, 0.0)),
        _part(live, SETTER, setters.ids[setter], np.where(~from_door & ~own, 10.0, 0.0)),
        _part(live, CANVASSER, doors.ids[canvasser], np.where(from_door, 12.5, 0.0)),
        _part(live, MANAGER, staff["manager"].ids[boss], np.where(override, 5.0, 0.0)),
    ]
    rows = join(parts)
    rows = keep(rows, rows["percent"] > 0)
    rows = keep(rows, np.argsort(rows["sale"], kind="stable"))
    rows["cents"] = allocate(commissionable(sales, changes)[rows["sale"]], rows["percent"], rows["sale"])
    _pay(rng, rows, sales, jobs, changes)
    return rows


def _part(sale: Array, role: int, employee: Array, percent: Array) -> Rows:
    return {"sale": sale, "role": np.full(len(sale), role), "employee": employee, "percent": percent}


def allocate(base: Array, percent: Array, group: Array) -> Array:
    """Share each group's cents by percent; what rounding down leaves goes to the group's first rows, a cent each.

    ``group`` is sorted; ``base`` repeats the group's total.
    """
    exact = base * percent / 100.0
    cents = np.floor(exact + 1e-9).astype(np.int64)
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]]) if len(group) else np.zeros(0, dtype=np.int64)
    left = base[starts] - np.add.reduceat(cents, starts) if len(group) else base
    sizes = np.diff(np.r_[starts, len(group)])
    return cents + (running_count(group) < np.repeat(left, sizes))


def _pay(rng: Generator, rows: Rows, sales: Rows, jobs: Rows, changes: Rows) -> None:
    """Set ``edited`` (entered after the sale, again with each change order) and ``locked`` (the Friday after completion)."""
    edited = sales["sold"] + rng.integers(300, 5400, len(sales["sold"]))
    np.maximum.at(edited, changes["sale"], changes["at"] + 1200)
    friday = jobs["completed"] + 1 + (4 - (jobs["completed"] + 1 + 3) % 7) % 7
    locked = np.where(jobs["completed"] == NONE, NONE, np.maximum(friday * DAY + 18 * HOUR, edited + DAY))
    rows["edited"], rows["locked"] = edited[rows["sale"]], locked[rows["sale"]]
