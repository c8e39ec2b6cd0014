"""The leaderboard as rows of plain values: one definition for the table, the grid and live messages."""

import math
from collections.abc import Sequence

from shared.metrics.format import write
from shared.metrics.leaderboard import Place
from shared.metrics.metric import Unit


def rows(places: Sequence[Place]) -> list[dict[str, object]]:
    """Return one row per place, in order, numbers (None: missing) beside their texts: a grid sorts by the numbers."""
    best = max((place.fair_value for place in places), default=0.0)
    return [_row(place, best) for place in places]


def _row(place: Place, best: float) -> dict[str, object]:
    values = place.values
    return {
        "rank": place.rank, "movement": place.movement, "name": place.name, "initials": "".join(word[0] for word in place.name.split()[:2]).upper(), "branch": place.branch, "small": place.is_small,
        "nsli": place.fair_value, "nsli_text": write(place.fair_value, Unit.MONEY), "own_text": write(values["nsli"], Unit.MONEY), "part": max(0.0, place.fair_value / best) if best > 0 else 0.0,
        "net": _number(values["net_sales_amount"]), "net_text": write(values["net_sales_amount"], Unit.MONEY), "close": _number(values["net_close_rate"]), "close_text": write(values["net_close_rate"], Unit.PERCENT),
        "issued": _number(values["issued"]), "issued_text": write(values["issued"], Unit.COUNT),
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
