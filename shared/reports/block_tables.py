"""The tables behind blocks: what a screen shows of them is cut, the totals are over all rows."""

from shared.metrics.headline import Headline
from shared.metrics.metric import Metric, Unit
from shared.reports.block_numbers import Numbers, Row, field_label, known
from shared.reports.document import Amount, Cell, Column, Table


def rows_table(numbers: Numbers) -> Table:
    """Return a column per field and metric, with what each is compared with beside it, and a last row over everything."""
    columns = [Column(field_label(name)) for name in numbers.fields]
    compared = any(row.before for row in numbers.rows)
    for declared in numbers.metrics:
        columns += _columns(declared, compared=compared)
    rows = tuple((*row.labels, *_values(numbers.metrics, row.values, row.before, compared=compared)) for row in numbers.rows)
    if not numbers.fields:
        return Table(tuple(columns), (tuple(_values(numbers.metrics, numbers.totals, numbers.before_totals, compared=compared)),))
    name = "Total" if numbers.all_rows <= len({row.keys[0] for row in numbers.rows}) else f"Total of all {numbers.all_rows:,}"
    totals = (name, *("" for _ in numbers.fields[1:]), *_values(numbers.metrics, numbers.totals, numbers.before_totals, compared=compared))
    return Table(tuple(columns), rows, totals)


def _columns(declared: Metric, *, compared: bool) -> list[Column]:
    own = Column(declared.label, declared.unit, declared.meaning)
    change = Column("Change", Unit.PERCENT, f"Change of {declared.label} against the days it is compared with; of a share the difference in points.")
    return [own, Column("Before", declared.unit, f"{declared.label} over the days it is compared with."), change] if compared else [own]


def _values(metrics: tuple[Metric, ...], values: tuple[float, ...], before: tuple[float, ...], *, compared: bool) -> list[Cell]:
    found: list[Cell] = []
    for place, declared in enumerate(metrics):
        value = known(values[place]) if values else None
        found.append(value)
        if compared:
            earlier = known(before[place]) if before else None
            found += [earlier, _change(declared, value, earlier)]
    return found


def _change(declared: Metric, value: float | None, before: float | None) -> float | None:
    if value is None or before is None:
        return None
    if declared.unit in {Unit.PERCENT, Unit.POINTS}:
        return (value - before) / (100 if declared.unit is Unit.POINTS else 1)
    return (value - before) / abs(before) if before else None


def pivot(numbers: Numbers, _height: int = 0) -> Table:
    """Return a row per key of the first field and a column per key of the second; the totals are asked for, not added up, so that rates are right."""
    firsts, columns, by = numbers.grid()
    declared = numbers.metrics[0]
    by_row, by_column = numbers.edge(0), numbers.edge(1)
    heads = (Column(field_label(numbers.fields[0])), *(Column(column.labels[1], declared.unit) for column in columns), Column("Total", declared.unit))
    rows = tuple((first.labels[0], *(_first(by.get((first.keys[0], column.keys[1]))) for column in columns), _first(by_row.get(first.keys[0]))) for first in firsts)
    name = "Total" if numbers.all_rows <= len(firsts) else f"Total of all {numbers.all_rows:,}"
    return Table(heads, rows, (name, *(_first(by_column.get(column.keys[1])) for column in columns), known(numbers.totals[0])))


def _first(row: Row | None) -> float | None:
    return known(row.values[0]) if row else None


def ranking(numbers: Numbers, _height: int = 0) -> Table:
    """Return the rows with their places and how they moved."""
    moved = any(row.before for row in numbers.rows)
    columns = (Column("Place", Unit.COUNT), *([Column("Moved", None, "Places gained (+) or lost (-) against the days it is compared with.")] if moved else []), Column(field_label(numbers.fields[0])),
               *(Column(declared.label, declared.unit, declared.meaning) for declared in numbers.metrics))
    rows = tuple((place, *([_moved(row.movement)] if moved else []), row.labels[0], *map(known, row.values)) for place, row in enumerate(numbers.rows, 1))
    return Table(columns, rows, ("", *([""] if moved else []), f"All {numbers.all_rows:,}", *map(known, numbers.totals)))


def _moved(movement: int | None) -> str:
    return "new" if movement is None else f"{movement:+d}" if movement else "same"


def headlines_table(numbers: Numbers) -> Table:
    """Return a row per headline with value, what it is compared with and target, each in the unit of its row."""
    columns = (Column("Metric"), Column("Value"), Column("Compared with"), Column("Target"))

    def amount(value: float, each: Headline) -> Amount:
        return Amount(known(value), each.metric.unit)

    return Table(columns, tuple((each.metric.label, amount(each.value, each), amount(each.previous, each), amount(each.goal.value, each) if each.goal else None) for each in numbers.headlines))


def one_number(numbers: Numbers, _height: int = 0) -> Table:
    """Return one headline as a table of one row, in its unit."""
    headline = numbers.headlines[0]
    unit = headline.metric.unit
    return Table((Column(headline.metric.label, unit, headline.metric.meaning), Column("Before", unit), Column("Target", unit)),
                 ((known(headline.value), known(headline.previous), known(headline.goal.value) if headline.goal else None),))
