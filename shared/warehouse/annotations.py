"""What happened on some days, in people's words, and what they say of an anomaly."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from sqlalchemy import Connection, text

from shared.warehouse.engines import Engines

AnnotationKind = Literal["storm", "price", "promotion", "other"]
KINDS: tuple[str, ...] = get_args(AnnotationKind)
Verdict = Literal["expected", "not_expected"]
VERDICTS: tuple[str, ...] = get_args(Verdict)
LONGEST_TEXT = 200
LONGEST_DAYS = 366


@dataclass(frozen=True)
class Annotation:
    """One event; both days are included, ``branch`` None: every branch."""

    id: int
    first: date
    last: date
    branch: int | None
    kind: str
    text: str
    who: str
    """Name of who wrote it; empty: an account that is gone."""
    who_id: int | None
    at: datetime


@dataclass(frozen=True)
class Feedback:
    """What somebody said of one day of a metric; ``branch`` None: of all branches together."""

    metric: str
    branch: int | None
    day: date
    verdict: str
    note: str
    who: str
    at: datetime


_ANNOTATION = """SELECT a.id, a.first_day AS first, a.last_day AS last, a.branch_id AS branch, a.kind, a.text, coalesce(p.name, '') AS who, a.written_by AS who_id, a.written_at AS at
FROM app.annotation a LEFT JOIN app.person p ON p.id = a.written_by"""
_BETWEEN = text(_ANNOTATION + " WHERE a.first_day <= :last AND a.last_day >= :first AND (a.branch_id IS NULL OR CAST(:branches AS int[]) IS NULL OR a.branch_id = ANY(CAST(:branches AS int[])))"
                " ORDER BY a.first_day, a.id")
_ONE = text(_ANNOTATION + " WHERE a.id = :id")
_ADD = text("INSERT INTO app.annotation (first_day, last_day, branch_id, kind, text, written_by) VALUES (:first, :last, :branch, :kind, :text, :who) RETURNING id")
_REMOVE = text("DELETE FROM app.annotation WHERE id = :id")
_FEEDBACK = text("SELECT f.metric, f.branch_id AS branch, f.day, f.verdict, f.note, coalesce(p.name, '') AS who, f.said_at AS at"
                 " FROM app.anomaly_feedback f LEFT JOIN app.person p ON p.id = f.said_by"
                 " WHERE f.metric = :metric AND (f.branch_id IS NULL OR f.branch_id = ANY(CAST(:branches AS int[]))) ORDER BY f.day, f.branch_id NULLS FIRST")
_SAY = text("INSERT INTO app.anomaly_feedback (metric, branch_id, day, verdict, note, said_by) VALUES (:metric, :branch, :day, :verdict, :note, :who)"
            " ON CONFLICT (metric, branch_id, day) DO UPDATE SET verdict = excluded.verdict, note = excluded.note, said_by = excluded.said_by, said_at = clock_timestamp()")
_UNSAY = text("DELETE FROM app.anomaly_feedback WHERE metric = :metric AND branch_id IS NOT DISTINCT FROM :branch AND day = :day")


def annotations_between(connection: Connection, first: date, last: date, branches: Collection[int] | None) -> tuple[Annotation, ...]:
    """Return what happened from ``first`` to ``last`` in every branch alike or in one of ``branches`` (None: in any), by day."""
    rows = connection.execute(_BETWEEN, {"first": first, "last": last, "branches": None if branches is None else sorted(branches)})
    return tuple(Annotation(**row) for row in rows.mappings())


def annotation(connection: Connection, number: int) -> Annotation | None:
    """Return one annotation; None where there is none."""
    row = connection.execute(_ONE, {"id": number}).mappings().one_or_none()
    return Annotation(**row) if row else None


def add_annotation(connection: Connection, *, first: date, last: date, branch: int | None, kind: str, words: str, who: int) -> int:
    """Write an annotation and return its number; kind, days and words must have been checked."""
    return int(connection.execute(_ADD, {"first": first, "last": last, "branch": branch, "kind": kind, "text": words, "who": who}).scalar_one())


def remove_annotation(connection: Connection, number: int) -> None:
    """Remove an annotation; nothing happens where there is none."""
    connection.execute(_REMOVE, {"id": number})


def feedback_of(connection: Connection, metric: str, branches: Collection[int]) -> tuple[Feedback, ...]:
    """Return what was said of ``metric`` for all branches together and for each of ``branches``."""
    rows = connection.execute(_FEEDBACK, {"metric": metric, "branches": sorted(branches)})
    return tuple(Feedback(**row) for row in rows.mappings())


def say(connection: Connection, *, metric: str, branches: Collection[int | None], day: date, verdict: str | None, note: str, who: int) -> None:
    """Remember the verdict on a day of ``metric`` in each of ``branches`` (None among them: all together); ``verdict`` None takes it back."""
    for branch in sorted(branches, key=lambda each: each or 0):
        values = {"metric": metric, "branch": branch, "day": day}
        if verdict is None:
            connection.execute(_UNSAY, values)
        else:
            connection.execute(_SAY, {**values, "verdict": verdict, "note": note, "who": who})


class Annotations:
    """The door to both for pages: what was just written is there at once."""

    def __init__(self, engines: Engines) -> None:
        """Hand in the connections; nothing is read yet."""
        self._engines = engines

    def between(self, first: date, last: date, branches: Collection[int] | None) -> tuple[Annotation, ...]:
        """See ``annotations_between``."""
        with self._engines.primary_reader() as connection:
            return annotations_between(connection, first, last, branches)

    def feedback(self, metric: str, branches: Collection[int]) -> tuple[Feedback, ...]:
        """See ``feedback_of``."""
        with self._engines.primary_reader() as connection:
            return feedback_of(connection, metric, branches)
