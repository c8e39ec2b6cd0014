"""How leads of a source follow the money spent on it, learnt from weeks in which its budget moved.

Model, for each source: expected leads of a branch in a week = level and trend of the branch x season x f(x), where x is the money that works in the week as a part of
what is usual for the branch, its trend and the season, and f(x) = x (1 + h) / (x + h): diminishing returns that saturate (Michaelis and Menten's curve, in media models known as
Hill's with slope 1).  Branches share the curve and keep their own levels.  h is fitted on its logarithm, which is the logit of the elasticity at usual spend, h / (1 + h).  Money
of earlier weeks may carry over: of what worked a week ago, ``carry`` still works (Broadbent's adstock).  Counts are Poisson with extra scatter; errors allow
for weeks of a branch that are alike within a quarter (sandwich over blocks of 13 weeks).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LEAST_WEEKS, LEAST_LEADS = 26, 100
LEAST_SWING = 0.05
"""Deviation of the money around what is usual below which nothing can be learnt."""
WIDEST = 0.75
"""Standard error of log h from which the data say nothing: an elasticity between 0.28 and 0.72 at 80 %."""
_PRIOR = 1.5
"""Before any data log h is 0 give or take so much: any elasticity from 0.1 to 0.9 is likely."""
_CARRIES = (0.3, 0.6, 0.15, 0.45, 0.75)
_FLOOR = 0.03
"""Part of the usual money that is taken to work at least, while carry-overs are compared: a week without money would otherwise forbid a single lead."""
_CONVINCING = 4.0
"""How much the deviance must fall, in units of the scatter, for a carry-over to be believed."""
_BLOCK = 13
_RECENT = 52


@dataclass(frozen=True)
class Weeks:
    """Whole weeks of one source."""

    first: date
    """The first week's Monday."""
    leads: Floats
    """[branch, week]; NaN: the branch did not have the source yet, or was not open."""
    spend: Floats
    """[branch, week] dollars that can be moved; NaN as for leads."""
    weight: Floats
    """[branch, week] working weight of the week, positive: the season and holidays that the calendar knows of."""


@dataclass(frozen=True)
class Curve:
    """What was learnt about one source."""

    half: float
    """h: at so many times the usual money, half of the leads come that money could ever bring."""
    spread: float
    """Standard error of log h."""
    carry: float
    """Part of what worked a week ago that still works."""
    swing: float
    """Deviation of the money around what is usual: 0.3 is 30 %."""
    weeks: int
    """Weeks of branches that it was learnt from."""
    level: tuple[float, ...] = field(repr=False)
    """Money at work in each week of a branch in the last year, as a part of what is usual ..."""
    usual: tuple[float, ...] = field(repr=False)
    """... and the leads that usual money would have brought there."""

    @property
    def elasticity(self) -> float:
        """Per cent more leads for one per cent more money, at the money of the last year."""
        return float(self.slopes(np.array([1.0]), np.array([math.log(self.half)]))[0, 0])

    def relative(self, changes: Floats, logs: Floats) -> Floats:
        """Return leads as a part of the last year's, [draw of log h, change], where the money of every week is ``changes`` times what it was (0 or more)."""
        halves, weights, money = np.exp(logs)[:, None, None], np.array(self.usual), np.array(self.level)
        after = (money * changes[:, None]) * (1 + halves) / (money * changes[:, None] + halves)
        now = money * (1 + halves) / (money + halves)
        found: Floats = (after @ weights) / (now @ weights)
        return found

    def slopes(self, changes: Floats, logs: Floats) -> Floats:
        """Return the derivative of ``relative`` by the change, [draw, change]; at 1 it is the elasticity."""
        halves, weights, money = np.exp(logs)[:, None, None], np.array(self.usual), np.array(self.level)
        rise = money * halves * (1 + halves) / (money * changes[:, None] + halves) ** 2
        now = money * (1 + halves) / (money + halves)
        found: Floats = (rise @ weights) / (now @ weights)
        return found


@dataclass(frozen=True)
class Untold:
    """Why nothing can be learnt."""

    words: str


def fit_response(weeks: Weeks) -> Curve | Untold:
    """Return the curve of a source, or why it cannot be told from these data."""
    there = ~np.isnan(weeks.leads) & ~np.isnan(weeks.spend)
    branches = [row for row in range(len(there)) if there[row].sum() >= LEAST_WEEKS and np.nansum(weeks.spend[row]) > 0]
    if not branches:
        return Untold(f"No branch has spent on it for {LEAST_WEEKS} weeks yet.")
    leads, spend, weight, there = weeks.leads[branches], weeks.spend[branches], weeks.weight[branches], there[branches]
    if np.nansum(leads) < LEAST_LEADS:
        return Untold(f"{np.nansum(leads):.0f} leads are too few; {LEAST_LEADS} are needed.")
    row, week = np.nonzero(there)
    design = _design(row, week, weeks.first, weight)
    usual = _poisson(design, spend[row, week])
    money = np.full(there.shape, np.nan)
    money[row, week] = spend[row, week] / np.maximum(usual, 1e-9)
    swing = float(np.std(money[row, week]))
    if swing < LEAST_SWING:
        return Untold(f"The money moved by only {swing:.0%} around what is usual.")
    fit = _best(design, row, week, leads[row, week], money)
    if fit is None or fit.spread > WIDEST:
        return Untold(f"The money moved by {swing:.0%} around what is usual, too little beside the chance in the leads.")
    recent = week >= there.shape[1] - _RECENT
    return Curve(math.exp(fit.log), fit.spread, fit.carry, swing, len(row), tuple(fit.money[recent].tolist()), tuple(fit.usual[recent].tolist()))


@dataclass(frozen=True)
class _Fit:
    log: float
    spread: float
    carry: float
    deviance: float
    scatter: float
    money: Floats
    usual: Floats


def _best(design: Floats, row: npt.NDArray[np.int64], week: npt.NDArray[np.int64], leads: Floats, money: Floats) -> _Fit | None:
    """Choose the carry-over by the deviance of all weeks; without one, weeks without money tell nothing and are left out."""

    def tried(carry: float, floor: float) -> _Fit | None:
        return _fitted(design, row, week, leads, np.maximum(carried(money, carry)[row, week], floor), carry)

    without = tried(0.0, _FLOOR)
    if without is None:
        return None
    best, least, others = without, _CONVINCING, list[_Fit]()
    for number, carry in enumerate(_CARRIES):
        found = tried(carry, _FLOOR)
        if found is None:
            continue
        others.append(found)
        gain = (without.deviance - found.deviance) / found.scatter
        if gain > least:
            best, least = found, gain
        elif number == 1 and best is without:
            break  # neither a short nor a long memory helps
    if best.carry == 0:
        return tried(0.0, 0.0)
    return replace(best, spread=math.hypot(best.spread, _doubt(best, others)))


def _doubt(best: _Fit, others: Sequence[_Fit]) -> float:
    """How far log h would lie elsewhere with another carry-over: root of the mean square over all, each as likely as its deviance says."""
    likely = np.exp([(best.deviance - each.deviance) / (2 * best.scatter) for each in others])
    off = np.array([each.log - best.log for each in others])
    return math.sqrt(float(likely @ off**2 / likely.sum()))


def carried(money: Floats, carry: float) -> Floats:
    """Return the money that works in each week, [branch, week]: ``carry`` of what worked a week ago and, of each day's money since, what has not died away.

    The weeks before the first are taken to have been like the first four; NaN (not open yet) works nothing on.
    """
    if carry == 0:
        return money
    daily = carry ** (1 / 7)
    kept = daily * (1 - carry) / (1 - daily) / 7  # what was there on Monday still works so much on average over the week
    found = np.full(money.shape, np.nan)
    for branch, amounts in enumerate(money):
        open_ = np.flatnonzero(~np.isnan(amounts))
        works = float(np.mean(amounts[open_[:4]])) if len(open_) else 0.0
        for week in open_:
            found[branch, week] = kept * works + (1 - kept) * amounts[week]
            works = carry * works + (1 - carry) * float(amounts[week])
    return found


def _design(row: npt.NDArray[np.int64], week: npt.NDArray[np.int64], first: date, weight: Floats) -> Floats:
    """Level and trend of each branch, three harmonics of the year where there is a year of weeks, and the calendar's weight."""
    middle, span = (week.max() + week.min()) / 2, week.max() - week.min() + 1
    columns: list[Floats] = []
    for branch in range(int(row.max()) + 1):
        here = (row == branch).astype(float)
        columns += [here, here * (week - middle) / 52]
    if span >= 52:
        days = np.array([(first + timedelta(days=7 * int(n) + 3)).timetuple().tm_yday for n in range(int(week.max()) + 1)])[week] * (2 * math.pi / 365.25)
        columns += [wave(n * days) for n in (1, 2, 3) for wave in (np.sin, np.cos)]
    logs = np.log(np.maximum(weight[row, week], 1e-6))
    if np.ptp(logs) > 1e-9:
        columns.append(logs - logs.mean())
    return np.stack(columns, axis=1)


def _poisson(design: Floats, values: Floats) -> Floats:
    """Return what a log-linear Poisson regression expects (iteratively reweighted least squares)."""
    expected = values + 0.3 * values.mean() + 1e-9
    logs = np.log(expected)
    for _ in range(30):
        root = np.sqrt(expected)
        beta = np.linalg.lstsq(design * root[:, None], (logs + (values - expected) / expected) * root, rcond=None)[0]
        before, logs = logs, np.clip(design @ beta, -30, 30)
        expected = np.exp(logs)
        if np.abs(logs - before).max() < 1e-7:
            break
    found: Floats = expected
    return found


def _fitted(design: Floats, row: npt.NDArray[np.int64], week: npt.NDArray[np.int64], leads: Floats, money: Floats, carry: float) -> _Fit | None:
    """Fit levels and log h together by Fisher scoring; None where it does not settle."""
    works = money > 1e-6
    x, y, base = money[works], leads[works], design[works]
    size = base.shape[1]
    root = np.sqrt(x)  # weeks with hardly any money say little about levels
    beta = np.linalg.lstsq(base * root[:, None], (np.log(y + 0.5) - np.log(2 * x / (x + 1))) * root, rcond=None)[0]
    log, scatter, freedom = 0.0, 1.0, max(len(y) - size - 1, 1)
    for _ in range(60):
        half = math.exp(log)
        expected = np.exp(np.clip(base @ beta + np.log(x) + math.log1p(half) - np.log(x + half), -30, 30))
        slopes = np.column_stack([base, half / (1 + half) - half / (x + half)])
        scatter = max(1.0, float(np.sum((y - expected) ** 2 / expected)) / freedom)
        pull = np.zeros(size + 1)
        pull[-1] = scatter / _PRIOR**2
        steps = slopes.T @ (y - expected) - pull * np.append(beta, log)
        information = (slopes * expected[:, None]).T @ slopes + np.diag(pull + 1e-9)
        step = np.linalg.solve(information, steps)
        step *= min(1.0, 1.5 / max(float(np.abs(slopes @ step).max()), 1e-12))  # no week may change by more than a factor of 4.5 at once
        beta, log = beta + step[:-1], log + float(step[-1])
        if np.abs(step).max() < 1e-6:
            break
    else:
        return None
    inverse = np.linalg.inv(information)
    spread = max(math.sqrt(scatter * inverse[-1, -1]), _sandwich(inverse, slopes * (y - expected)[:, None], row[works] * 1000 + week[works] // _BLOCK))
    deviance = 2 * float(np.sum(np.where(y > 0, y * np.log(np.maximum(y, 1e-9) / expected), 0.0) - (y - expected)))
    return _Fit(log, spread, carry, deviance, scatter, money, np.exp(np.clip(design @ beta, -30, 30)))


def _sandwich(inverse: Floats, scores: Floats, blocks: npt.NDArray[np.int64]) -> float:
    """Standard error of the last parameter where rows of a block are alike (Liang and Zeger)."""
    names, place = np.unique(blocks, return_inverse=True)
    if len(names) < 8:
        return 0.0
    sums = np.zeros((len(names), scores.shape[1]))
    np.add.at(sums, place, scores)
    return math.sqrt(float((inverse @ (sums.T @ sums) @ inverse)[-1, -1]) * len(names) / (len(names) - 1))


def draws_of(curve: Curve, standard: Sequence[float] | Floats) -> Floats:
    """Return draws of log h for standard normal draws."""
    found: Floats = math.log(curve.half) + curve.spread * np.asarray(standard, dtype=float)
    return found
