"""The simulator's moves as they stand in the address: ``4:-20000,2:20000`` takes 20,000 dollars a month from source 4 and gives them to source 2."""

from collections.abc import Mapping

from shared.analysis.budget import Budget, Line
from shared.metrics.format import write
from shared.metrics.metric import Unit

NAME = "move"
WIDEST = 0.5
"""A source may be moved by this part of its money: further from what was ever tried, curves are guesses."""
BOUNDS = (0.7, 1.3)
"""What the best use of the same money may do with each source."""


def read(text: str, budget: Budget) -> dict[str, float]:
    """Return key -> dollars more a month; what is no source that can be moved or no number is left out, and what is too far is brought back."""
    lines = {line.key: line for line in budget.told}
    found: dict[str, float] = {}
    for part in text.split(","):
        key, _, amount = part.partition(":")
        if key in lines and _is_whole(amount):
            farthest = reach(lines[key])
            found[key] = max(-farthest, min(farthest, int(amount)))
    return {key: amount for key, amount in found.items() if amount}


def _is_whole(text: str) -> bool:
    digits = text.removeprefix("-").removeprefix("+")
    return digits.isascii() and digits.isdigit() and len(digits) < 10


def reach(line: Line) -> int:
    """Dollars a month by which a source may be moved."""
    return int(line.spend * WIDEST)


def write_moves(moves: Mapping[str, float]) -> str:
    """Return moves as they stand in an address."""
    return ",".join(f"{key}:{amount:.0f}" for key, amount in moves.items() if round(amount))


def factors(moves: Mapping[str, float], budget: Budget) -> dict[str, float]:
    """Return key -> times the present money."""
    return {line.key: 1 + moves[line.key] / line.spend for line in budget.told if line.key in moves}


def best(budget: Budget) -> dict[str, float]:
    """Return the moves to the best use of the same total, in whole dollars that add up to nothing."""
    lines = {line.key: line for line in budget.told}
    found = {key: float(round(lines[key].spend * (factor - 1))) for key, factor in budget.best(*BOUNDS).items()}
    if found:
        largest = max(found, key=lambda key: lines[key].spend)
        found[largest] -= sum(found.values())
    return {key: amount for key, amount in found.items() if amount}


def example(budget: Budget) -> dict[str, float]:
    """Return a round sum from the source where the last dollar brings least to the one where the next brings most; empty with fewer than two."""
    ranked = budget.next_dollar()
    if len(ranked) < 2:
        return {}
    to, source = ranked[0].line, ranked[-1].line
    amount = _round(min(0.3 * source.spend, 0.3 * to.spend))
    return {source.key: -amount, to.key: amount} if amount else {}


def _round(amount: float) -> float:
    """Down to one or two leading digits: 1, 2, 5 or 10 times a power of ten."""
    power = 10.0 ** max(0, len(str(int(max(amount, 1)))) - 1)
    return next((step * power for step in (5.0, 2.0, 1.0) if step * power <= amount), 0.0)


def words(moves: Mapping[str, float], budget: Budget) -> str:
    """Return the moves as an instruction: *Move $20,000 a month from Angi to Google Local Services*."""
    names = {line.key: line.name for line in budget.lines}
    less = {key: -amount for key, amount in moves.items() if amount < 0}
    more = {key: amount for key, amount in moves.items() if amount > 0}
    taken, given = sum(less.values()), sum(more.values())
    if len(less) == 1 and len(more) == 1 and abs(taken - given) <= 0.01 * given:
        return f"Move {write(given, Unit.MONEY)} a month from {names[next(iter(less))]} to {names[next(iter(more))]}"
    if abs(taken - given) <= 0.01 * max(taken, given):
        return f"Move {write(given, Unit.MONEY)} a month from {listed(less, names)} to {listed(more, names)}"
    parts = [f"{write(amount, Unit.MONEY)} more on {names[key]}" for key, amount in more.items()] + [f"{write(amount, Unit.MONEY)} less on {names[key]}" for key, amount in less.items()]
    return f"Spend {', '.join(parts[:3])}{f' and {len(parts) - 3} more changes' if len(parts) > 3 else ''} a month"


def listed(moves: Mapping[str, float], names: Mapping[str, str]) -> str:
    """Return the sources of some moves, the largest first, at most three by name."""
    ordered = [names[key] for key in sorted(moves, key=lambda key: -moves[key])]
    if len(ordered) > 3:
        return f"{', '.join(ordered[:2])} and {len(ordered) - 2} others"
    return " and ".join([", ".join(ordered[:-1]), ordered[-1]]) if len(ordered) > 1 else ordered[0]
