"""SQL for the rows behind a number: the very statement that its view is made from, so the rows add up to the number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from shared.metrics.conditions import Parameters, filters, limits
from shared.metrics.metric import Formula, Level, Maximum, Measure, Quantile, Ratio, Sum
from shared.metrics.question import Question
from shared.warehouse.catalogue import View
from shared.warehouse.parts import rows_between

FIRST_DAY = date(1990, 1, 1)
MOST_ROWS = 200
"""Rows of one page at most."""


@dataclass(frozen=True)
class Page:
    """One page of the rows behind one part of a formula."""

    part: str
    """Which part, as it stands in the formula."""
    rows: tuple[dict[str, object], ...]
    """day, branch, entity, entity_id, label, value."""
    total_rows: int
    total: float
    """Sum of ``value`` over all rows, not only this page's."""


def parts_of(formula: Formula) -> tuple[tuple[str, Measure, Measure | None], ...]:
    """(name of the part, measure, what is taken off it) for each part of a formula whose rows can be listed."""
    match formula:
        case Sum(terms):
            return tuple((str(measure), measure, None) for _, measure in terms)
        case Ratio(numerator, denominator):
            above = tuple((f"above the line: {measure}", measure, None) for _, measure in numerator.terms)
            return above + tuple((f"below the line: {measure}", measure, None) for _, measure in denominator.terms)
        case Level(inflow, outflow):
            return (("what is open", inflow, outflow),)
        case Quantile(value=value) | Maximum(value=value):
            return ((f"values: {value}", value, None),)


@dataclass(frozen=True)
class Counted:
    """All rows behind one part of a formula, before they are read."""

    rows: int
    total: float
    """Sum of their values."""
    longest: int
    """Characters of the longest label."""


def counted(connection: Connection, question: Question, part: int, today: date, branches: Sequence[int]) -> Counted:
    """Count the rows behind part number ``part`` of the question's only metric."""
    listed, parameters = _listed(question, *parts_of(question.declared[0].formula)[part][1:], today)
    row = connection.execute(text(f"SELECT count(*) AS rows, coalesce(sum(x.value), 0) AS total, coalesce(max(length(x.label)), 0) AS longest\nFROM (\n{listed}\n) x"), {**parameters, "branches": list(branches)}).one()
    return Counted(int(row.rows), float(row.total), int(row.longest))


def every_row(question: Question, part: int, today: date, branches: Sequence[int]) -> tuple[str, Parameters]:
    """Return the statement that lists all rows behind one part, newest first: day, branch, label, entity, entity_id, value; for a reader that does not hold them."""
    listed, parameters = _listed(question, *parts_of(question.declared[0].formula)[part][1:], today)
    return (f"SELECT x.day, coalesce(b.name, 'Company') AS branch, coalesce(x.label, x.entity || ' ' || x.entity_id) AS label, x.entity, x.entity_id::text AS entity_id, x.value\n"
            f"FROM (\n{listed}\n) x\nLEFT JOIN crm.branch b ON b.id = x.branch_id\nORDER BY x.day DESC, x.entity, x.entity_id DESC"), {**parameters, "branches": list(branches)}


def page(connection: Connection, question: Question, part: int, offset: int, limit: int, today: date, branches: Sequence[int]) -> Page:
    """Return one page of the rows behind part number ``part`` of the question's only metric, newest first."""
    name, measure, less = parts_of(question.declared[0].formula)[part]
    sql, parameters = _statement(question, measure, less, today)
    rows = connection.execute(text(sql), {**parameters, "branches": list(branches), "limit": min(limit, MOST_ROWS), "offset": offset}).mappings().all()
    found = tuple({key: row[key] for key in ("day", "branch", "entity", "entity_id", "label", "value")} for row in rows)
    if rows:
        return Page(name, found, int(rows[0]["total_rows"]), float(rows[0]["total"]))
    return Page(name, (), 0, 0.0)


def _statement(question: Question, measure: Measure, less: Measure | None, today: date) -> tuple[str, Parameters]:
    listed, parameters = _listed(question, measure, less, today)
    return (f"SELECT x.day, coalesce(b.name, 'Company') AS branch, x.entity, x.entity_id, x.label, x.value, count(*) OVER () AS total_rows, sum(x.value) OVER () AS total\n"
            f"FROM (\n{listed}\n) x\nLEFT JOIN crm.branch b ON b.id = x.branch_id\nORDER BY x.day DESC, x.entity, x.entity_id DESC\nLIMIT :limit OFFSET :offset"), parameters


def _listed(question: Question, measure: Measure, less: Measure | None, today: date) -> tuple[str, Parameters]:
    """The rows that count: day, branch_id, entity, entity_id, label, value; ``branches`` is left to be given."""
    view = measure.source
    parameters: Parameters = {"start": question.period.start, "end": question.period.end}
    value = f"v.{measure.column}" if less is None else f"v.{measure.column} - v.{less.column}"
    conditions = ["v.day IS NOT NULL", *limits(measure, parameters, today), *filters(question, parameters)]
    if less is None:
        picked = f"v.day, v.branch_id, v.entity, v.entity_id, v.label, ({value})::float8 AS value"
        listed = f"SELECT {picked}\nFROM ({_keyed(view)}) v\nWHERE {' AND '.join(conditions)} AND ({value}) <> 0"
    else:
        parameters |= {"start": FIRST_DAY, "end": min(question.period.end, today)}
        listed = (f"SELECT min(v.day) AS day, v.branch_id, v.entity, v.entity_id, min(v.label) AS label, sum({value})::float8 AS value\n"
                  f"FROM ({_keyed(view)}) v\nWHERE {' AND '.join(conditions)}\nGROUP BY v.branch_id, v.entity, v.entity_id HAVING sum({value}) <> 0")
    return listed, parameters


def _keyed(view: View) -> str:
    """The rows with their keys as the view has them (never NULL)."""
    keys = "".join(f", coalesce(r.{key}, {none}) AS {key}" for key, none in view.keys.items())
    measures = "".join(f", r.{measure}" for measure in view.measures)
    return f"SELECT r.day, r.branch_id, r.entity, r.entity_id, r.label{keys}{measures} FROM (\n{rows_between(view)}\n) r"
