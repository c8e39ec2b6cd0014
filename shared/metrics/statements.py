"""Turns a question into SQL: one statement per view for sums, one per quantile, greatest value or level."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, text

from shared.metrics.conditions import Parameters, filters, limits
from shared.metrics.dimension import BY_DIMENSION, Dimension
from shared.metrics.metric import Level, Maximum, Measure, Metric, Quantile, Ratio, Sum
from shared.metrics.question import Question

_PARAMETER = re.compile(r"(?<!:):([A-Za-z_]\w*)")


@dataclass(frozen=True)
class Statement:
    """One SELECT: columns ``bucket`` (unless the grain is all), ``k0, l0`` (key and label) per split, then one per entry of ``columns``."""

    sql: str
    parameters: Parameters
    columns: tuple[object, ...]
    """What each value column holds: a Measure, or a Metric for a quantile or greatest value."""
    is_level: bool = False
    """Values are flows by bucket; the row without a bucket is what was open before the period."""

    @property
    def last_day(self) -> date:
        """The last day that it reads."""
        end = self.parameters["end"]
        if not isinstance(end, date):
            raise TypeError(f"end is no day: {end!r}")
        return end

    def shown(self) -> str:
        """The statement with its values written in: can be pasted into psql."""
        # One pass: a value may hold what looks like a parameter. Not after a colon: that is a cast.
        return _PARAMETER.sub(lambda found: _literal(self.parameters[found[1]]) if found[1] in self.parameters else found[0], self.sql)


def statements(question: Question, today: date) -> Iterator[Statement]:
    """Every statement that the answer to ``question`` alone needs; ``today`` decides what the clock alone decides."""
    for declared in question.declared:
        if isinstance(declared.formula, Level):
            yield level_statement(question, (declared.formula.inflow, declared.formula.outflow), today)
        elif isinstance(declared.formula, Quantile | Maximum):
            yield ordered_statement(question, declared, today)
    for view, measures in sums_of(question).items():
        yield sums_statement(question, view, measures, today)


def sums_of(question: Question) -> dict[str, list[Measure]]:
    """View -> measures of it that the question's sums and ratios add up."""
    found: dict[str, dict[Measure, None]] = {}
    for declared in question.declared:
        if isinstance(declared.formula, Sum | Ratio):
            for measure in declared.measures():
                found.setdefault(measure.view, {})[measure] = None
    return {view: list(measures) for view, measures in found.items()}


class Builder:
    """Collects the parts of one SELECT over a view and its parameters."""

    def __init__(self, question: Question, view: str, today: date) -> None:
        """Begin with what the question says: keys, joins and conditions, but no days yet."""
        self.question, self.view, self.today = question, view, today
        self.parameters: Parameters = {}
        self.joins: list[str] = []
        self.keys: list[str] = []
        if question.grain != "all":
            self.keys.append(("v.day" if question.grain == "day" else f"date_trunc('{question.grain}', v.day)::date") + " AS bucket")
        for number, name in enumerate(question.split):
            self._split(number, BY_DIMENSION[name])
        self.conditions = self._conditions()

    def _split(self, number: int, by: Dimension) -> None:
        if not by.table:
            self.keys += [f"v.{by.column}::text AS k{number}", f"coalesce(nullif(v.{by.column}::text, ''), '{by.none}') AS l{number}"]
            return
        self.joins.append(f"LEFT JOIN crm.{by.table} d{number} ON d{number}.id = v.{by.column}")
        key = f"v.{by.column}::text" if by.is_number else f"coalesce(d{number}.{by.key}, '')"
        self.keys += [f"{key} AS k{number}", f"coalesce(nullif(d{number}.{by.text}, ''), '{by.none}') AS l{number}"]

    def _conditions(self) -> list[str]:
        found = filters(self.question, self.parameters)
        if self.question.branches is not None:
            found.append("v.branch_id = ANY(CAST(:branches AS smallint[]))")
            self.parameters["branches"] = sorted(self.question.branches)
        return found

    def span(self) -> list[str]:
        """The condition of the question's days."""
        self.parameters |= {"start": self.question.period.start, "end": self.question.period.end}
        return ["v.day BETWEEN :start AND :end"]

    def value(self, measure: Measure) -> str:
        """``sum(column)`` over the rows the measure is about."""
        return f"{self.exact_value(measure)}::float8"

    def exact_value(self, measure: Measure) -> str:
        """The same as the whole number or numeric that it is, for who adds it up further."""
        about = self.limits(measure)
        only = f" FILTER (WHERE {' AND '.join(about)})" if about else ""
        return f"coalesce(sum(v.{measure.column}){only}, 0)"

    def limits(self, measure: Measure) -> list[str]:
        """Conditions of the rows that the measure is about."""
        return limits(measure, self.parameters, self.today)

    def group(self) -> str:
        """GROUP BY the key columns; nothing without any."""
        return f"\nGROUP BY {', '.join(str(number) for number in range(1, len(self.keys) + 1))}" if self.keys else ""

    def select(self, values: Iterable[str], conditions: list[str], relation: str = "") -> str:
        """The SELECT of ``values`` under ``conditions``, from another relation than the view if named."""
        columns = ",\n       ".join([*self.keys, *values])
        where = " AND ".join([*conditions, *self.conditions])
        return "\n".join([f"SELECT {columns}", f"FROM mart.{relation or self.view} v", *self.joins, f"WHERE {where}"]) + self.group()


def sums_statement(question: Question, view: str, measures: Sequence[Measure], today: date) -> Statement:
    """The sums of ``measures`` over a view."""
    builder = Builder(question, view, today)
    values = [f"{builder.value(measure)} AS c{number}" for number, measure in enumerate(measures)]
    return Statement(builder.select(values, builder.span()), builder.parameters, tuple(measures))


def level_statement(question: Question, measures: Sequence[Measure], today: date) -> Statement:
    """The flows (of one view) that make up levels."""
    view = measures[0].view
    builder = Builder(question, view, today)
    end = min(question.period.end, today)
    builder.parameters |= {"end": end, "start": min(question.period.start, end + timedelta(days=1))}
    if question.grain != "all":
        builder.keys[0] = f"CASE WHEN v.day >= :start THEN {builder.keys[0].removesuffix(' AS bucket')} END AS bucket"
    values = [f"{builder.value(measure)} AS c{number}" for number, measure in enumerate(measures)]
    # History before the recent window is folded into one opening row per key, so this costs the same however long the history is.
    return Statement(builder.select(values, ["v.day <= :end"], f"{view}_balance"), builder.parameters, tuple(measures), is_level=True)


def whole_history(statement: Statement) -> Statement:
    """The same level read from the whole history: for periods that begin before the recent window."""
    return Statement(statement.sql.replace("_balance v", " v"), statement.parameters, statement.columns, statement.is_level)


def ordered_statement(question: Question, declared: Metric, today: date) -> Statement:
    """The quantile or greatest value that ``declared`` is."""
    if isinstance(declared.formula, Quantile):
        return _quantile(question, declared, declared.formula, today)
    if isinstance(declared.formula, Maximum):
        return _maximum(question, declared, declared.formula, today)
    raise TypeError(f"{declared.name} is no quantile and no greatest value")


def _quantile(question: Question, declared: Metric, quantile: Quantile, today: date) -> Statement:
    builder = Builder(question, quantile.value.view, today)
    about = builder.limits(quantile.value) + builder.limits(quantile.weight)
    inner = builder.select([f"v.{quantile.value.column} AS value", f"sum(v.{quantile.weight.column}) AS n"], builder.span() + sorted(set(about)))
    keys = ", ".join(_key_names(question))
    inner += f", {len(builder.keys) + 1}" if keys else f"\nGROUP BY v.{quantile.value.column}"
    over = f"PARTITION BY {keys}" if keys else ""
    lead = f"{keys}, " if keys else ""
    grouped = f"\nGROUP BY {keys}" if keys else ""
    builder.parameters["q"] = quantile.q
    # As percentile_cont over the single rows: position q x (n - 1), interpolated between the two neighbours.
    sql = f"""WITH histogram AS (
{inner}
), ranked AS (
SELECT {lead}value, sum(n) OVER ({over} ORDER BY value) AS upto, sum(n) OVER ({over}) AS rows, CAST(:q AS float8) * (sum(n) OVER ({over}) - 1) AS position
FROM histogram
), neighbours AS (
SELECT {lead}coalesce(max(rows), 0)::float8 AS c1, min(value) FILTER (WHERE upto > floor(position)) AS low, min(value) FILTER (WHERE upto > ceil(position)) AS high, max(position - floor(position)) AS share
FROM ranked{grouped}
)
SELECT {lead}{_beyond(quantile)} AS c0, c1 FROM neighbours"""
    return Statement(sql, builder.parameters, (declared, quantile.weight))


def _beyond(quantile: Quantile) -> str:
    value = "low + (high - low) * share"
    if quantile.beyond is not None:
        # The upper neighbour counts only where the position reaches towards it.
        value = f"CASE WHEN low >= {quantile.beyond} OR (high >= {quantile.beyond} AND share > 0) THEN NULL ELSE {value} END"
    return f"({value}) * {quantile.scale!r}"


def _maximum(question: Question, declared: Metric, maximum: Maximum, today: date) -> Statement:
    builder = Builder(question, maximum.value.view, today)
    about = builder.limits(maximum.value)
    values = [f"max(v.{maximum.value.column}) * {maximum.scale!r} AS c0", f"coalesce(sum(v.{maximum.weight.column}), 0)::float8 AS c1"]
    return Statement(builder.select(values, builder.span() + about), builder.parameters, (declared, maximum.weight))


def _key_names(question: Question) -> list[str]:
    names = ["bucket"] if question.grain != "all" else []
    for number in range(len(question.split)):
        names += [f"k{number}", f"l{number}"]
    return names


def run(connection: Connection, statement: Statement) -> list[tuple[object, ...]]:
    """Execute ``statement`` and return its rows."""
    return [tuple(row) for row in connection.execute(text(statement.sql), statement.parameters)]


def _literal(value: object) -> str:
    if isinstance(value, list):
        inside = ", ".join(_literal(each) for each in value)
        return f"ARRAY[{inside}]" if value else "'{}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, (int, float)):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"
