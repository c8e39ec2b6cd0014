"""Where do sales come from?  Net sales by channel, beside the days before."""

from cmo_app.page import Card
from cmo_app.shell.parts import empty, key, keys
from cmo_app.shell.reading import compared
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.charts.bars import ranked
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.metrics.question import Question
from shared.reports.document import Block, Column, Table

KEY, TITLE, METRIC = "channels", "Where do sales come from?", "net_sales_amount"
_SHOWN = 8


def card(visit: Visit, sources: Sources) -> Card:
    """Return the card."""
    before = compared(visit, sources)
    now, then = sources.ask.many([Question((METRIC,), span, split=("channel",), branches=visit.branch_set) for span in (visit.period, before.period)], visit.scope)
    values = {str(row["channel"]): (str(row["channel_label"]), float(row[METRIC])) for row in now.frame.to_dict("records")}
    earlier = {str(row["channel"]): (str(row["channel_label"]), float(row[METRIC])) for row in then.frame.to_dict("records")}
    lines = sorted(((label, values.get(name, ("", 0.0))[1], earlier.get(name, ("", 0.0))[1]) for name, (label, _) in {**earlier, **values}.items()), key=lambda line: -line[1])
    lines = [line for line in lines if line[1] or line[2]]
    total = sum(value for _, value, _ in lines)
    if not total:
        return Card(Block(KEY, TITLE), 4, body=empty("Nothing was sold in these days yet."))
    table = Table((Column("Channel"), Column("Net sales $", Unit.MONEY), Column("Share", Unit.PERCENT), Column("Before", Unit.MONEY), Column("Change", Unit.MONEY)),
                  tuple((label, value, value / total, old, value - old) for label, value, old in lines), ("All", total, 1.0, sum(old for *_, old in lines), total - sum(old for *_, old in lines)))
    drawn = _drawn(lines)
    figure = ranked([label for label, *_ in drawn], [value for _, value, _ in drawn], Unit.MONEY, before=[old for *_, old in drawn])
    return Card(Block(KEY, TITLE, _says(lines, total), figure, table, f"By the channel of the lead behind each sale. Compared with {before.words}."), 4, keys(key("Now", "c1", "dot"), key("Before", "fg-3")))


def _drawn(lines: list[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    """The largest channels, and all others together."""
    if len(lines) <= _SHOWN:
        return lines
    rest = lines[_SHOWN - 1 :]
    return [*lines[: _SHOWN - 1], (f"{len(rest)} others", sum(value for _, value, _ in rest), sum(old for *_, old in rest))]


def _says(lines: list[tuple[str, float, float]], total: float) -> str:
    first = lines[0]
    change = sorted(((value - old, label) for label, value, old in lines))
    (worst, loser), (best, winner) = change[0], change[-1]
    moved = [f"{winner} gained most (+{write(best, Unit.MONEY)})"] * (best > 0) + [f"{loser} lost most (-{write(-worst, Unit.MONEY)})"] * (worst < 0)
    return f"{first[0]} brings {write(first[1], Unit.MONEY)}, {first[1] / total:.0%} of net sales.{' ' + ', '.join(moved) + '.' if moved else ''}"
