"""Why a number changed: parts of a sum, or rate and mix of a ratio, that add up to the whole change; sentences are made of the numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

VALUE = "value"
"""Key of a row's number beside its dimensions."""
_DRILL = 0.8
"""A smaller segment tells the story when it departs at least this much as far as the larger one that it lies in."""
Path = tuple[tuple[str, str], ...]
_Cells = dict[tuple[str, ...], tuple[float, float]]


@dataclass(frozen=True)
class Part:
    """A segment's part of a change; parts do not overlap, and the last one of a list (path empty) is all the rest."""

    path: Path
    """(dimension, key) from the widest to the narrowest."""
    before: float
    after: float
    share: float
    """Of the whole change: 0.6 is 60 %; below 0 where the segment moved the other way; NaN where the whole did not change."""
    words: str


def contributions(rows_before: Sequence[Mapping[str, Any]], rows_after: Sequence[Mapping[str, Any]], dimensions: Sequence[str], most: int = 6) -> list[Part]:
    """Split the change of a sum into at most ``most`` parts and a remainder; their changes add up to the whole change and their shares to 1.

    Rows map each of ``dimensions`` to a key and ``"value"`` to a number (NaN counts as nothing; equal keys add up).  Found greedily: the segment that departs
    most from moving in step with the whole, drilled down as long as a smaller segment carries at least 80 % of that; then the same among what is left.
    The part that departs most comes first.  Deterministic: ties go to the earlier dimension, then to the lesser key.
    """
    if not dimensions:
        raise ValueError("name at least one dimension to look into")
    cells = _cells(rows_before, rows_after, dimensions)
    before, after = _sum(cells)
    change = after - before
    pace = change / before if before else 0.0
    parts: list[Part] = []
    left = dict(cells)
    while left and len(parts) < most:
        path = _drill(left, dimensions, pace)
        if not path:
            break
        inside = _inside(left, path, dimensions)
        was, now = _sum(inside)
        if was == now:
            break
        parts.append(_part(path, was, now, change, is_whole=len(inside) == len(_inside(cells, path, dimensions))))
        left = {key: cell for key, cell in left.items() if key not in inside}
    was, now = _sum(left)
    share = (1.0 - math.fsum(part.share for part in parts) if left else 0.0) if change else math.nan
    return [*parts, Part((), was, now, share, _told("Everything else", was, now, share, change))]


def _cells(rows_before: Sequence[Mapping[str, Any]], rows_after: Sequence[Mapping[str, Any]], dimensions: Sequence[str]) -> _Cells:
    sums: dict[tuple[str, ...], list[list[float]]] = {}
    for side, rows in enumerate((rows_before, rows_after)):
        for row in rows:
            value = float(row[VALUE])
            if not math.isnan(value):
                sums.setdefault(tuple(str(row[name]) for name in dimensions), [[], []])[side].append(value)
    return {key: (math.fsum(sums[key][0]), math.fsum(sums[key][1])) for key in sorted(sums)}


def _sum(cells: _Cells) -> tuple[float, float]:
    return math.fsum(was for was, _ in cells.values()), math.fsum(now for _, now in cells.values())


def _inside(cells: _Cells, path: Path, dimensions: Sequence[str]) -> _Cells:
    wanted = [(dimensions.index(name), key) for name, key in path]
    return {key: cell for key, cell in cells.items() if all(key[place] == value for place, value in wanted)}


def _drill(cells: _Cells, dimensions: Sequence[str], pace: float) -> Path:
    """Return the segment to tell of next."""
    path: Path = ()
    inside, reached = cells, 0.0
    while len(path) < len(dimensions):
        best: tuple[float, int, str] | None = None
        taken = {name for name, _ in path}
        for place, name in enumerate(dimensions):
            if name in taken:
                continue
            for key, departure in _departures(inside, place, pace).items():
                if best is None or departure > best[0] * (1 + 1e-12):
                    best = (departure, place, key)
        if best is None or (path and best[0] < _DRILL * reached) or (path and len(inside) == 1):
            break
        path = (*path, (dimensions[best[1]], best[2]))
        inside, reached = _inside(inside, path[-1:], dimensions), max(best[0], reached)
    return path


def _departures(cells: _Cells, place: int, pace: float) -> dict[str, float]:
    """How far each key's change is from moving in step with the whole; where nothing departs, how much it changed."""
    sums: dict[str, tuple[float, float]] = {}
    for key, (was, now) in cells.items():
        old = sums.get(key[place], (0.0, 0.0))
        sums[key[place]] = old[0] + was, old[1] + now
    departures = {key: abs(now - was - pace * was) for key, (was, now) in sums.items()}
    size = math.fsum(abs(was) + abs(now) for was, now in sums.values())
    if max(departures.values(), default=0.0) <= 1e-9 * size:
        return {key: abs(now - was) for key, (was, now) in sums.items()}
    return departures


def _part(path: Path, was: float, now: float, change: float, *, is_whole: bool) -> Part:
    share = (now - was) / change if change else math.nan
    name = " · ".join(key for _, key in path) + ("" if is_whole else " (apart from what is named above)")
    return Part(path, was, now, share, _told(name, was, now, share, change))


def _told(name: str, was: float, now: float, share: float, change: float) -> str:
    verb = "rose" if now > was else "fell"
    moved = f"{name} {verb} by {abs(now - was):,.6g}, from {was:,.6g} to {now:,.6g}" if now != was else f"{name} stayed at {now:,.6g}"
    if math.isnan(share) or now == was:
        return f"{moved}."
    if share < 0:
        return f"{moved}: against the change, by {-share:.1%} of it."
    return f"{moved}: {share:.1%} of the {'rise' if change > 0 else 'fall'}."


@dataclass(frozen=True)
class Effect:
    """What one segment did to a ratio."""

    segment: str
    before: float
    """Its own ratio; NaN where it had no cases."""
    after: float
    rate: float
    """Its own ratio changed: this much of the whole ratio's change."""
    mix: float
    """It became a larger or smaller part of all cases: this much of the whole ratio's change."""
    words: str


@dataclass(frozen=True)
class MixAndRate:
    """A ratio's change, taken apart: ``rate`` + ``mix`` = ``after`` - ``before``, and both are the sums over ``effects``."""

    before: float
    after: float
    rate: float
    mix: float
    effects: tuple[Effect, ...]
    """Most effect first."""
    words: str


def mix_and_rate(before: Mapping[str, tuple[float, float]], after: Mapping[str, tuple[float, float]]) -> MixAndRate | None:
    """Take a ratio's change apart by segment (-> numerator, denominator); None where either period has no denominator.

    By midpoints: rate = mean weight x change of the segment's ratio; mix = change of weight x (mean ratio of the segment less mean ratio of all).  A segment
    without cases in one period has no rate effect: all that it does is mix.
    """
    weight = [math.fsum(side[key][1] for key in sorted(side)) for side in (before, after)]
    if weight[0] <= 0 or weight[1] <= 0:
        return None
    whole = [math.fsum(side[key][0] for key in sorted(side)) / weight[n] for n, side in enumerate((before, after))]
    middle, effects = (whole[0] + whole[1]) / 2, []
    for key in sorted({*before, *after}):
        (n0, d0), (n1, d1) = before.get(key, (0.0, 0.0)), after.get(key, (0.0, 0.0))
        r0, r1 = n0 / d0 if d0 else math.nan, n1 / d1 if d1 else math.nan
        w0, w1 = d0 / weight[0], d1 / weight[1]
        own = [rate for rate in (r0, r1) if not math.isnan(rate)]
        if not own:
            continue
        rate = (w0 + w1) / 2 * (r1 - r0) if len(own) == 2 else 0.0
        mix = (w1 - w0) * (math.fsum(own) / len(own) - middle)
        effects.append(Effect(key, r0, r1, rate, mix, _effect_words(key, (r0, r1), (w0, w1), rate, mix)))
    effects.sort(key=lambda each: (-abs(each.rate + each.mix), each.segment))
    rate, mix = math.fsum(each.rate for each in effects), math.fsum(each.mix for each in effects)
    words = (f"The ratio went from {whole[0]:.1%} to {whole[1]:.1%} ({_points(whole[1] - whole[0])}): {_points(rate)} because segments' own ratios changed, "
             f"{_points(mix)} because the mix of segments did.")
    return MixAndRate(whole[0], whole[1], rate, mix, tuple(effects), words)


def _points(part: float) -> str:
    return f"{part * 100:+.2f} points"


def _effect_words(name: str, ratios: tuple[float, float], weights: tuple[float, float], rate: float, mix: float) -> str:
    if math.isnan(ratios[0]) or math.isnan(ratios[1]):
        return f"{name} {'is new' if math.isnan(ratios[0]) else 'is gone'}: {_points(mix)} by the mix."
    return f"{name}: ratio {ratios[0]:.1%} to {ratios[1]:.1%} ({_points(rate)}), {weights[0]:.1%} to {weights[1]:.1%} of all cases ({_points(mix)})."
