"""How far off is it usually?  The error from earlier origins by distance, beside the seasonal naive, and how often bands held."""

import math
from collections.abc import Sequence

from cmo_app.forecast.choices import basis_of
from cmo_app.page import Card
from cmo_app.shell.parts import empty, key, keys
from cmo_app.visit import Visit
from shared.charts.ahead import errors
from shared.forecast.outlook import Outlook
from shared.forecast.run import RecordLine
from shared.metrics.metric import Unit
from shared.reports.document import Block, Column, Table

KEY, TITLE = "record", "How far off is it usually?"


def card(visit: Visit, outlook: Outlook) -> Card:
    """Return the card: of the company, of the one branch that is looked at, or of each branch where several are."""
    basis = basis_of(visit)
    shown = [branch for branch in outlook.branches(visit.branch_set) if branch in outlook.run.branches]
    whole = visit.scope.is_company and visit.branch_set is None
    lines = [line for line in outlook.run.record[basis] if line.branch == (None if whole else shown[0] if len(shown) == 1 else 0)]
    if not whole and len(shown) > 1:
        return _several(visit, outlook, basis, shown)
    if not lines:
        return Card(Block(KEY, TITLE), body=empty("There is no record yet: some weeks of numbers after the first forecasts are needed."))
    weeks = [line for line in lines if line.grain == "week"]
    figure = errors([line.horizon.removeprefix("week ") for line in weeks], [line.share for line in weeks], [line.share * _inverse(line.ratio) for line in weeks])
    return Card(Block(KEY, TITLE, says(lines), figure, _table(lines), _note(outlook)), keys=keys(key("Forecast", "c1"), key("Seasonal naive", "fg-3", "dash")))


def _inverse(ratio: float) -> float:
    return 1 / ratio if ratio > 0 else math.nan


def _table(lines: Sequence[RecordLine]) -> Table:
    columns = (Column("Ahead"), Column("Error", Unit.PERCENT, "mean absolute error as a share of what came"), Column("To seasonal naive", Unit.NUMBER, "below 1: better than taking the same days of last year"),
               Column("80% band held", Unit.PERCENT), Column("95% band held", Unit.PERCENT), Column("Origins", Unit.COUNT))
    return Table(columns, tuple((line.horizon, line.share, line.ratio, line.coverage[80], line.coverage[95], line.origins) for line in lines))


def _note(outlook: Outlook) -> str:
    return f"From up to 40 earlier origins on {outlook.run.weeks} weeks of history. Seasonal naive: the same days 364 days before, or the last week again where a year is not known. Each band is judged by one made from the other origins. {outlook.run.words}"


def says(lines: Sequence[RecordLine]) -> str:
    """Return the answer in a sentence."""
    found = {line.horizon: line for line in lines}
    parts = [f"{found[name].share:.0%} {words}" for name, words in (("week 1", "for a week"), ("month 1", "for four weeks"), ("13 weeks", "for thirteen")) if name in found and not math.isnan(found[name].share)]
    weeks = [line for line in lines if line.grain == "week"]
    told = f"Off by {', '.join(parts)} on average." if parts else "Nothing came that it could be held against."
    ratios = [line.ratio for line in weeks if not math.isnan(line.ratio)]
    held = [line.coverage[80] for line in weeks if line.coverage[80] is not None]
    better = f" Its weekly error is {sum(ratios) / len(ratios):.2f} of the seasonal naive's" if ratios else ""
    band = f"{' and its' if better else ' Its'} 80% band held {sum(held) / len(held):.0%} of the weeks" if held else ""
    return f"{told}{better}{band}." if better or band else told


def _several(visit: Visit, outlook: Outlook, basis: str, shown: Sequence[int]) -> Card:
    """A few branches: their sum has no record of its own, each branch has."""
    names = {branch.id: branch.name for branch in visit.branches}
    lines = [line for line in outlook.run.record[basis] if line.branch in shown and line.horizon in {"week 1", "month 1", "13 weeks"}]
    rows = tuple((names[line.branch or 0], line.horizon, line.share, line.ratio, line.coverage[80], line.coverage[95]) for line in lines)
    columns = (Column("Branch"), Column("Ahead"), Column("Error", Unit.PERCENT), Column("To seasonal naive", Unit.NUMBER), Column("80% band held", Unit.PERCENT), Column("95% band held", Unit.PERCENT))
    return Card(Block(KEY, TITLE, "The record is kept for the company and for each branch.", table=Table(columns, rows), note=_note(outlook)))
