"""Plants ghosts and bad splits into a branch's world and remembers each; everything that is not planted keeps every rule.

A fault sits on a sale or an appointment that carries no other one.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jobs.demo.arrays import DAY, HOUR, NONE, Array, Generator, Rows, join
from jobs.demo.market import CANVASS, FIRM, FOLLOW_UP, KINDS, NOT_DEMOED, NOT_SOLD, SALE_CANCELLED, SOLD
from jobs.demo.sales import CANVASSER, CLOSER, SETTER, allocate, commissionable

World = dict[str, Rows]


@dataclass
class Planting:
    """What is planted in one branch; ``truth`` names entities by position until ids are known."""

    rng: Generator
    world: World
    today: int
    now: int
    reach: int
    """Days back in which faults are planted."""
    count: int
    """How many of each kind."""
    strangers: Array
    """Ids of other branches' reps."""
    leavers: Array
    """Ids of own reps and agents, with ..."""
    left: Array
    """... the last day each was employed (day number; NONE: still is)."""
    truth: list[dict[str, Any]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    """Positions of sales that yesterday's snapshot still has."""
    _sales: Array = field(init=False)
    _visits: Array = field(init=False)

    def __post_init__(self) -> None:
        """Find what may carry a fault: settled sales without tickets, and lone, unsold visits that were run."""
        sales, visits, jobs = self.world["sales"], self.world["appointments"], self.world["jobs"]
        day = sales["sold"] // DAY
        ticketed = np.zeros(len(jobs["sale"]), dtype=bool)
        ticketed[self.world["tickets"]["job"][self.world["tickets"]["job"] >= 0]] = True
        changed = np.isin(np.arange(len(day)), self.world["changes"]["sale"])
        settled = (sales["status"] == FIRM) & (day >= self.today - self.reach) & (day <= self.today - 18) & ~ticketed & ~changed & (sales["discount"] > 0)
        self._sales = self.rng.permutation(np.flatnonzero(settled))
        per_lead = np.bincount(visits["lead"], minlength=len(self.world["leads"]["created"]))
        ran = np.isin(visits["result"], (NOT_SOLD, FOLLOW_UP, NOT_DEMOED)) & (visits["issued"] != NONE) & (visits["kind"] == KINDS.index("new"))
        when = visits["scheduled"] // DAY
        self._visits = self.rng.permutation(np.flatnonzero(ran & (per_lead[visits["lead"]] == 1) & (when >= self.today - self.reach) & (when <= self.today - 4)))

    def take_sales(self, fits: Array | None = None) -> list[int]:
        """Take ``count`` settled sales that nobody else gets (of those where ``fits`` holds)."""
        good = self._sales if fits is None else self._sales[fits[self._sales]]
        taken = good[: self.count]
        self._sales = self._sales[~np.isin(self._sales, taken)]
        return [int(place) for place in taken]

    def take_visits(self, fits: Array | None = None) -> list[int]:
        """Take ``count`` visits that nobody else gets (of those where ``fits`` holds)."""
        good = self._visits if fits is None else self._visits[fits[self._visits]]
        taken = good[: self.count]
        self._visits = self._visits[~np.isin(self._visits, taken)]
        return [int(place) for place in taken]

    def note(self, rule: str, entity: str, place: int, day: int, **detail: object) -> None:
        """Remember one planted fault."""
        self.truth.append({"kind": "ghost" if rule[0] == "G" else "split", "rule": rule, "entity": entity, "place": place, "day": day, "detail": detail})


def plant(planting: Planting) -> None:
    """Plant every kind of ghost and bad split."""
    for kind in (_no_job, _vanished, _unresulted, _job_alone, _bad_lead, _too_early, _double_booked, _same_household, _wrong_rep):
        kind(planting)
    for kind in (_no_canvasser, _edited_late, _outside_range, _wrong_percents, _wrong_dollars, _twice, _not_employed, _no_split, _not_taken_back, _on_gross):
        kind(planting)


def _no_job(p: Planting) -> None:
    for sale in p.take_sales():
        p.world["jobs"]["alive"][p.world["jobs"]["sale"] == sale] = False
        p.note("G1", "appointment", int(p.world["sales"]["appointment"][sale]), int(p.world["sales"]["sold"][sale] // DAY), sale_place=sale)


def _vanished(p: Planting) -> None:
    """Somebody undid a Sold result: sale, job, splits and payments are gone; yesterday's snapshot still has the sale."""
    visits = p.world["appointments"]
    for sale in p.take_sales():
        for name in ("jobs", "splits", "payments", "changes"):
            p.world[name]["alive"][p.world[name]["sale"] == sale] = False
        p.world["sales"]["alive"][sale] = False
        visit = int(p.world["sales"]["appointment"][sale])
        visits["result"][visit], visits["quoted"][visit] = FOLLOW_UP, p.world["sales"]["amount"][sale]
        p.gone.append(sale)
        p.note("G7", "sale", sale, int(p.world["sales"]["sold"][sale] // DAY), appointment_place=visit)


def _unresulted(p: Planting) -> None:
    visits = p.world["appointments"]
    for visit in p.take_visits():
        visits["result"][visit], visits["resulted"][visit], visits["quoted"][visit] = -1, NONE, NONE
        p.note("G2", "appointment", visit, int(visits["scheduled"][visit] // DAY))


def _job_alone(p: Planting) -> None:
    jobs = p.world["jobs"]
    models = p.rng.permutation(np.flatnonzero((jobs["completed"] != NONE) & (jobs["completed"] >= p.today - p.reach) & jobs["alive"]))[: p.count]
    extra = {name: column[models].copy() for name, column in jobs.items()}
    extra["sale"] = np.full(len(models), -1)
    first = len(jobs["sale"])
    p.world["jobs"] = join([jobs, extra])
    for n, model in enumerate(models):
        p.note("G3", "job", first + n, int(jobs["started"][model]))


def _bad_lead(p: Planting) -> None:
    visits, leads = p.world["appointments"], p.world["leads"]
    for visit in p.take_visits():
        leads["disregard"][visits["lead"][visit]] = 1
        p.note("G4", "appointment", visit, int(visits["scheduled"][visit] // DAY), why="duplicate lead")


def _too_early(p: Planting) -> None:
    """Half of them resulted before the visit, half demoed by nobody."""
    visits = p.world["appointments"]
    demoed = np.isin(visits["result"], (NOT_SOLD, FOLLOW_UP))
    for n, visit in enumerate(p.take_visits(demoed)):
        if (n + p.today) % 2:
            visits["rep_id"][visit] = 0
            why = "no rep"
        else:
            visits["resulted"][visit] = visits["scheduled"][visit] - HOUR
            why = "before its time"
        p.note("G5", "appointment", visit, int(visits["scheduled"][visit] // DAY), why=why)


def _double_booked(p: Planting) -> None:
    """Move a visit onto the hour and the rep of another one of the same day."""
    visits = p.world["appointments"]
    day = visits["scheduled"] // DAY
    candidates = np.flatnonzero((visits["rep_id"] > 0) & (visits["result"] == SOLD))
    _, once = np.unique(day[candidates], return_index=True)
    candidates, partners = candidates[once], set[int]()
    for visit in p.take_visits(np.isin(day, day[candidates]) & (visits["scheduled"] - visits["set"] > DAY)):
        other = int(candidates[day[candidates] == day[visit]][0])
        if other in partners:
            continue
        partners.add(other)
        shift = int(visits["scheduled"][other] - visits["scheduled"][visit])
        visits["rep_id"][visit] = visits["rep_id"][other]
        visits["scheduled"][visit] += shift
        visits["resulted"][visit] += shift
        visits["issued"][visit] = min(int(visits["issued"][visit]), int(visits["scheduled"][visit]) - 1800)
        if visits["confirmed"][visit] != NONE:
            visits["confirmed"][visit] = min(int(visits["confirmed"][visit]), int(visits["scheduled"][visit]) - 1800)
        p.note("G6", "appointment", visit, int(day[visit]), why="double-booked", other_place=other)


def _same_household(p: Planting) -> None:
    """Let two leads with visits within a few days be of one household."""
    visits, leads = p.world["appointments"], p.world["leads"]
    for visit in p.take_visits():
        near = [int(other) for other in p._visits if abs(int(visits["scheduled"][other]) - int(visits["scheduled"][visit])) <= 5 * DAY]  # noqa: SLF001 - its own module
        if not near:
            continue
        p._visits = p._visits[p._visits != near[0]]  # noqa: SLF001
        leads["household"][leads["household"] == leads["household"][visits["lead"][visit]]] = leads["household"][visits["lead"][near[0]]]
        p.note("G6", "appointment", visit, int(visits["scheduled"][visit] // DAY), why="same household", other_place=near[0])


def _wrong_rep(p: Planting) -> None:
    visits = p.world["appointments"]
    for n, visit in enumerate(p.take_visits()):
        day = int(visits["scheduled"][visit] // DAY)
        left = p.leavers[(p.left != NONE) & (p.left < day - 30)]
        stranger = bool((n + p.today) % 2) or not len(left)
        visits["rep_id"][visit] = int((p.strangers if stranger else left)[p.rng.integers(len(p.strangers if stranger else left))])
        p.note("G8", "appointment", visit, day, why="another branch's" if stranger else "inactive")


def _rows_of(p: Planting, sale: int, role: int | None = None) -> Array:
    splits = p.world["splits"]
    mine = splits["sale"] == sale
    return np.flatnonzero(mine if role is None else mine & (splits["role"] == role))


def _sold(p: Planting, sale: int) -> int:
    return int(p.world["sales"]["sold"][sale] // DAY)


def _wrong_percents(p: Planting) -> None:
    for n, sale in enumerate(p.take_sales(_several(p))):
        by = (5.0, -2.5, 0.01, -10.0)[n % 4]
        p.world["splits"]["percent"][_rows_of(p, sale, CLOSER)[0]] += by
        p.note("S1", "sale", sale, _sold(p, sale), percents=100 + by)


def _wrong_dollars(p: Planting) -> None:
    for n, sale in enumerate(p.take_sales()):
        by = (12_345, -1, 50_000, -7_550)[n % 4]
        p.world["splits"]["cents"][_rows_of(p, sale, CLOSER)[0]] += by
        p.note("S2", "sale", sale, _sold(p, sale), off_by=by / 100)


def _several(p: Planting) -> Array:
    """Say which sales have a setter beside the closer."""
    found = np.zeros(len(p.world["sales"]["sold"]), dtype=bool)
    found[p.world["splits"]["sale"][p.world["splits"]["role"] == SETTER]] = True
    return found


def _outside_range(p: Planting) -> None:
    for sale in p.take_sales(_several(p)):
        percent = p.world["splits"]["percent"]
        percent[_rows_of(p, sale, CLOSER)[0]] += 20.0
        percent[_rows_of(p, sale, SETTER)[0]] -= 20.0
        p.note("S3", "sale", sale, _sold(p, sale))


def _twice(p: Planting) -> None:
    for sale in p.take_sales():
        splits, row = p.world["splits"], int(_rows_of(p, sale, CLOSER)[0])
        half = int(splits["cents"][row]) // 2
        extra = {name: column[[row]].copy() for name, column in splits.items()}
        extra["cents"][0], extra["percent"][0] = half, splits["percent"][row] / 2
        splits["cents"][row] -= half
        splits["percent"][row] /= 2
        p.world["splits"] = join([splits, extra])
        p.note("S4", "sale", sale, _sold(p, sale))


def _not_employed(p: Planting) -> None:
    for n, sale in enumerate(p.take_sales()):
        left = p.leavers[(p.left != NONE) & (p.left < _sold(p, sale) - 5)]
        stranger = bool((n + p.today) % 2) or not len(left)
        pool = p.strangers if stranger else left
        p.world["splits"]["employee"][_rows_of(p, sale, CLOSER)[0]] = int(pool[p.rng.integers(len(pool))])
        p.note("S5", "sale", sale, _sold(p, sale), why="another branch's" if stranger else "inactive")


def _no_split(p: Planting) -> None:
    for sale in p.take_sales():
        p.world["splits"]["alive"][_rows_of(p, sale)] = False
        p.note("S6", "sale", sale, _sold(p, sale))


def _not_taken_back(p: Planting) -> None:
    sales, visits = p.world["sales"], p.world["appointments"]
    day = sales["sold"] // DAY
    called_off = (sales["status"] == SALE_CANCELLED) & (day >= p.today - p.reach) & (day <= p.today - 18)
    for sale in p.rng.permutation(np.flatnonzero(called_off))[: p.count]:
        amount = int(sales["amount"][sale])
        extra = {"sale": np.array([sale]), "role": np.array([CLOSER]), "employee": visits["rep_id"][[sales["appointment"][sale]]], "percent": np.array([100.0]),
                 "cents": np.array([amount]), "edited": np.array([min(int(sales["sold"][sale]) + HOUR, p.now)]), "locked": np.array([NONE]), "alive": np.array([True])}
        p.world["splits"] = join([p.world["splits"], extra])
        p.note("S7", "sale", int(sale), _sold(p, int(sale)))


def _edited_late(p: Planting) -> None:
    splits = p.world["splits"]
    locked = np.zeros(len(p.world["sales"]["sold"]), dtype=bool)
    locked[splits["sale"][(splits["locked"] != NONE) & (splits["locked"] < p.now - 3 * DAY)]] = True
    for sale in p.take_sales(locked):
        row = _rows_of(p, sale, CLOSER)[0]
        splits["edited"][row] = splits["locked"][row] + 2 * DAY - 7 * HOUR
        p.note("S8", "sale", sale, _sold(p, sale))


def _no_canvasser(p: Planting) -> None:
    sales, splits = p.world["sales"], p.world["splits"]
    source = p.world["leads"]["source"][p.world["appointments"]["lead"][sales["appointment"]]]
    for sale in p.take_sales(source == CANVASS):
        closer, canvasser = _rows_of(p, sale, CLOSER)[0], _rows_of(p, sale, CANVASSER)[0]
        splits["percent"][closer] += splits["percent"][canvasser]
        splits["cents"][closer] += splits["cents"][canvasser]
        splits["alive"][canvasser] = False
        p.note("S9", "sale", sale, _sold(p, sale))


def _on_gross(p: Planting) -> None:
    sales, splits = p.world["sales"], p.world["splits"]
    for sale in p.take_sales():
        rows = _rows_of(p, sale)
        splits["cents"][rows] = allocate(np.full(len(rows), sales["gross"][sale]), splits["percent"][rows], splits["sale"][rows])
        p.note("S10", "sale", sale, _sold(p, sale), off_by=float(sales["gross"][sale] - commissionable(sales, p.world["changes"])[sale]) / 100)
