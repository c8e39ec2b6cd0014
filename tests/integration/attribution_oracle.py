"""Attribution the slow way: plain rows in plain Python, one conversion at a time, with exact fractions; nothing of the product's is used."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from sqlalchemy import Connection, text

FLAGGED = {"test", "duplicate", "invalid"}


@dataclass(frozen=True)
class Sold:
    """One conversion."""

    branch: int
    prospect: int | None
    at: datetime
    cents: int


@dataclass(frozen=True)
class Touched:
    """One touch."""

    id: int
    branch: int
    prospect: int
    source: int
    at: datetime
    on: date


Path = list[tuple[int, Fraction]]
"""(source, age in days), oldest first."""


class Company:
    """Every row, in memory."""

    def __init__(self, connection: Connection) -> None:
        """Read the tables whole."""
        def rows(what: str) -> list[dict[str, object]]:
            return [dict(row) for row in connection.execute(text(what)).mappings()]

        self.sources = {row["id"]: row for row in rows("SELECT * FROM crm.lead_source")}
        self.touches = [Touched(row["id"], row["branch_id"], row["prospect_id"], row["source_id"], row["touched_at"], row["touched_on"]) for row in rows("SELECT * FROM crm.touch")]  # type: ignore[arg-type]
        self.leads = {row["id"]: row for row in rows("SELECT * FROM crm.lead")}
        self.visits = {row["id"]: row for row in rows("SELECT * FROM crm.appointment")}
        self.sales = rows("SELECT *, (amount * 100)::bigint AS cents FROM crm.sale")
        self.of: dict[int, list[Touched]] = {}
        for touch in sorted(self.touches, key=lambda touch: (touch.at, touch.id)):
            self.of.setdefault(touch.prospect, []).append(touch)

    def conversions(self, kind: str, first: date = date.min, last: date = date.max) -> list[Sold]:
        """Every conversion of these days."""
        found = []
        if kind in {"net_sale", "gross_sale"}:
            for sale in self.sales:
                visit = self.visits.get(sale["appointment_id"])
                lead = self.leads[visit["lead_id"]] if visit else None
                if first <= sale["sold_on"] <= last and (kind == "gross_sale" or sale["status"] not in {"cancelled", "credit_rejected"}):  # type: ignore[operator]
                    found.append(Sold(sale["branch_id"], lead["prospect_id"] if lead else None, sale["sold_at"], sale["cents"]))  # type: ignore[arg-type]
            return found
        for visit in self.visits.values():
            lead = self.leads[visit["lead_id"]]
            counts = visit["issued_at"] is not None if kind == "issued" else visit["result"] in {"Sold", "Demoed-Not-Sold", "Follow-Up"}
            if counts and lead["disregard"] is None and first <= visit["scheduled_on"] <= last:  # type: ignore[operator]
                found.append(Sold(visit["branch_id"], lead["prospect_id"], visit["issued_at" if kind == "issued" else "scheduled_at"], 0))  # type: ignore[arg-type]
        return found

    def path(self, sold: Sold, lookback: int | None) -> Path:
        """What touched the prospect before."""
        return [(touch.source, _days(sold.at - touch.at)) for touch in self.of.get(sold.prospect or 0, [])
                if touch.at <= sold.at and (lookback is None or sold.at - touch.at <= timedelta(days=lookback))]

    def lost(self, kind: str, first: date, last: date, lookback: int | None, branches: set[int]) -> list[list[int]]:
        """Sources of every journey that did not convert."""
        newest: dict[int, datetime] = {}
        for sold in self.conversions(kind):
            if sold.prospect is not None and sold.branch in branches:
                newest[sold.prospect] = max(sold.at, newest.get(sold.prospect, sold.at))
        flags: dict[object, set[object]] = {}
        for lead in self.leads.values():
            flags.setdefault(lead["prospect_id"], set()).add(lead["disregard"])
        found = []
        for prospect, touches in self.of.items():
            ours = [touch for touch in touches if touch.branch in branches and touch.on <= last]
            if not ours or ours[-1].on < first or (prospect in flags and flags[prospect] <= FLAGGED):
                continue
            end = ours[-1].at
            begins = None if lookback is None else end - timedelta(days=lookback)
            if prospect in newest and (begins is None or newest[prospect] >= begins):
                continue
            found.append([touch.source for touch in ours if begins is None or touch.at >= begins])
        return found


def _days(span: timedelta) -> Fraction:
    return Fraction(span // timedelta(microseconds=1), 86_400_000_000)


def _first(path: Path, _paid: set[int]) -> list[float]:
    return [1.0] + [0.0] * (len(path) - 1)


def _last(path: Path, _paid: set[int]) -> list[float]:
    return [0.0] * (len(path) - 1) + [1.0]


def _last_paid(path: Path, paid: set[int]) -> list[float]:
    places = [place for place, (source, _) in enumerate(path) if source in paid] or [len(path) - 1]
    return [float(place == places[-1]) for place in range(len(path))]


def _linear(path: Path, _paid: set[int]) -> list[float]:
    return [1 / len(path)] * len(path)


def _decay(path: Path, _paid: set[int]) -> list[float]:
    weights = [2 ** (-float(days) / 7) for _, days in path]
    return [weight / sum(weights) for weight in weights]


def _position(path: Path, _paid: set[int]) -> list[float]:
    if len(path) < 3:
        return _linear(path, _paid)
    return [0.4] + [0.2 / (len(path) - 2)] * (len(path) - 2) + [0.4]


RULES: dict[str, Callable[[Path, set[int]], list[float]]] = {
    "first_touch": _first, "last_touch": _last, "last_paid_touch": _last_paid, "linear": _linear, "time_decay": _decay, "position_based": _position,
}


def credit(paths: list[tuple[Path, float]], model: str, key_of: dict[int, str], paid: set[int]) -> dict[str | None, float]:
    """Credited amount by key; None is of what nothing touched."""
    found: dict[str | None, float] = {}
    for path, amount in paths:
        if not path:
            found[None] = found.get(None, 0.0) + amount
        elif model == "shapley":
            keys = {key_of[source] for source, _ in path}
            for key in keys:
                found[key] = found.get(key, 0.0) + amount / len(keys)
        else:
            for (source, _), share in zip(path, RULES[model](path, paid), strict=True):
                found[key_of[source]] = found.get(key_of[source], 0.0) + amount * share
    return found


def removal_effects(won: list[list[str]], lost: list[list[str]]) -> dict[str, float]:
    """Of a chain of order 1, by counting transitions and iterating until nothing changes."""
    moves: dict[str, dict[str, int]] = {}
    for journeys, end in ((won, "sold"), (lost, "lost")):
        for path in journeys:
            for one, other in zip(["begin", *path], [*path, end], strict=True) if path else ():
                moves.setdefault(one, {})[other] = moves.setdefault(one, {}).get(other, 0) + 1

    def sold(without: str | None) -> float:
        chance = dict.fromkeys(moves, 0.0) | {"sold": 1.0, "lost": 0.0}
        for _ in range(3000):
            for one, others in moves.items():
                chance[one] = 0.0 if one == without else sum(count * chance[other] for other, count in others.items()) / sum(others.values())
        return chance["begin"]

    every = sold(None)
    return {key: 1 - sold(key) / every for key in {key for path in (*won, *lost) for key in path}}
