"""Takes out of a branch's world what happens later today.

A day is always lived to its end, so that its history is the same at every hour; then everything after the present moment is hidden.
"""

import numpy as np

from jobs.demo.arrays import DAY, HOUR, NONE, Array, hidden_after
from jobs.demo.market import JOB_STATUSES
from jobs.demo.planted import World

SCHEDULED, IN_PROGRESS = JOB_STATUSES.index("scheduled"), JOB_STATUSES.index("in_progress")
CREWS_BEGIN, CREWS_HAND_OVER = 8 * HOUR, 15 * HOUR


def cut(world: World, now: int) -> None:
    """Hide what is after ``now``, a local moment; rows that do not exist yet lose their ``alive``."""
    shifts, knocks, leads = world["shifts"], world["knocks"], world["leads"]
    shifts["alive"] &= shifts["ended"] <= now
    knocks["alive"] &= shifts["alive"][knocks["shift"]]
    leads["alive"] &= (leads["created"] <= now) & ((leads["knock"] < 0) | knocks["alive"][leads["knock"]])
    for moment in ("first_attempt", "contacted"):
        leads[moment] = hidden_after(leads[moment], now)
    world["phone_shifts"]["alive"] &= world["phone_shifts"]["ended"] <= now
    world["touches"]["alive"] &= leads["alive"][world["touches"]["lead"]]
    world["calls"]["alive"] &= (world["calls"]["at"] + world["calls"]["seconds"] <= now) & leads["alive"][world["calls"]["lead"]]
    _visits(world, now)
    _sales(world, now)
    for name in ("payments", "changes"):
        world[name]["alive"] &= world[name]["at"] <= now
    _tickets(world, now)


def _visits(world: World, now: int) -> None:
    visits = world["appointments"]
    visits["alive"] &= (visits["set"] <= now) & world["leads"]["alive"][visits["lead"]]
    unresulted, unissued = visits["resulted"] > now, visits["issued"] > now
    for moment in ("confirmed", "issued", "resulted"):
        visits[moment] = hidden_after(visits[moment], now)
    visits["result"] = np.where(unresulted, -1, visits["result"])
    visits["quoted"] = np.where(unresulted, NONE, visits["quoted"])
    visits["rep_id"] = np.where(unissued, 0, visits["rep_id"])


def _sales(world: World, now: int) -> None:
    sales, splits, jobs = world["sales"], world["splits"], world["jobs"]
    sales["alive"] &= sales["sold"] <= now
    stands: Array = sales["ended"] > now
    sales["ended"], sales["status"] = hidden_after(sales["ended"], now), np.where(stands, sales["standing"], sales["status"])
    splits["alive"] = (splits["alive"] | stands[splits["sale"]]) & sales["alive"][splits["sale"]]
    splits["edited"] = np.minimum(splits["edited"], now)
    splits["locked"] = hidden_after(splits["locked"], now)
    stands_still = (jobs["sale"] >= 0) & stands[jobs["sale"]]
    not_begun = (jobs["started"] != NONE) & (jobs["started"] * DAY + CREWS_BEGIN > now)
    not_done = (jobs["completed"] != NONE) & (jobs["completed"] * DAY + CREWS_HAND_OVER > now)
    jobs["cancelled"] = np.where(stands_still, NONE, jobs["cancelled"])
    jobs["started"], jobs["completed"] = np.where(not_begun, NONE, jobs["started"]), np.where(not_done, NONE, jobs["completed"])
    jobs["back"] &= jobs["completed"] != NONE
    jobs["status"] = np.select([stands_still | not_begun, not_done], [SCHEDULED, IN_PROGRESS], jobs["status"])


def _tickets(world: World, now: int) -> None:
    tickets = world["tickets"]
    tickets["alive"] &= tickets["opened"] <= now
    waiting = tickets["resolved"] > now
    tickets["response"], tickets["resolved"] = hidden_after(tickets["response"], now), hidden_after(tickets["resolved"], now)
    tickets["visits"] = np.where(waiting, np.minimum(tickets["visits"], 1), tickets["visits"])
    tickets["reopened"] &= ~waiting
    for score in ("csat", "nps"):
        tickets[score] = np.where(waiting, NONE, tickets[score])
