"""What a schedule says.  Everything that a person sends goes through ``definition_from``, which refuses in words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from shared.delivery.problems import ScheduleError
from shared.delivery.template import MESSAGE, TITLE, checked
from shared.delivery.timing import Closed, Timing, timing_from
from shared.metrics.errors import QuestionError
from shared.metrics.format import write
from shared.metrics.period import PRESETS, period
from shared.metrics.question import Question
from shared.metrics.registry import metric

FORMATS: Final = {"inline": "In the mail itself", "xlsx": "Excel workbook", "csv": "CSV files", "pdf": "PDF"}
"""What a mail carries; the summary in the mail itself goes with each."""
MISSED: Final = {"once": "Send once for all that were missed", "skip": "Leave out what was missed"}
"""What to do about times at which the platform was away."""
OPERATORS: Final = {">": "is above", ">=": "is at least", "<": "is below", "<=": "is at most"}
LONGEST_NAME, LONGEST_SUBJECT, MOST_CONDITIONS, MOST_RECIPIENTS = 120, 1000, 3, 100


@dataclass(frozen=True)
class Condition:
    """``only if <metric> <op> <value>``; the value is in the metric's own unit (0.25 is 25 %), over the period as of the day it is sent."""

    metric: str
    period: str
    op: str
    value: float

    @property
    def words(self) -> str:
        """The condition in words."""
        declared = metric(self.metric)
        return f"{declared.label}, {PRESETS[self.period][0].lower()}, {OPERATORS[self.op]} {write(self.value, declared.unit)}"

    def holds(self, value: float) -> bool:
        """Say whether ``value`` meets it."""
        return {">": value > self.value, ">=": value >= self.value, "<": value < self.value, "<=": value <= self.value}[self.op]


@dataclass(frozen=True)
class Definition:
    """A schedule without its name, owner and recipients."""

    subject: str
    """``<source>:<key>`` of what is sent."""
    timing: str
    """Cron expression or words."""
    zone: str
    closed: Closed = "send"
    missed: str = "once"
    format: str = "inline"
    title: str = TITLE
    message: str = MESSAGE
    only_if: tuple[Condition, ...] = ()
    """All of them must hold, in each reader's own numbers."""
    not_empty: bool = False
    """Only if there is any number other than zero."""

    @property
    def rhythm(self) -> Timing:
        """When it is due."""
        return timing_from(self.timing, self.zone, self.closed)

    def document(self) -> dict[str, Any]:
        """What is kept of it."""
        return asdict(self)


def name_from(given: object) -> str:
    """Return a schedule's name.  Raises ScheduleError."""
    if not isinstance(given, str) or not 1 <= len(" ".join(given.split())) <= LONGEST_NAME or not given.isprintable():
        raise ScheduleError("name", f"Give the schedule a name of up to {LONGEST_NAME} characters.")
    return " ".join(given.split())


def definition_from(given: Mapping[str, Any]) -> Definition:
    """Return what ``given`` describes.  Raises ScheduleError for the first thing that is wrong."""
    if unknown := sorted(set(given) - set(Definition.__dataclass_fields__)):
        raise ScheduleError(unknown[0], f"A schedule has no {unknown[0][:40]!r}.")
    subject = given.get("subject")
    if not isinstance(subject, str) or not 3 <= len(subject) <= LONGEST_SUBJECT or ":" not in subject:
        raise ScheduleError("subject", "Choose what is sent.")
    rhythm = timing_from(given.get("timing"), given.get("zone"), given.get("closed", "send"))
    not_empty = given.get("not_empty", False)
    if not isinstance(not_empty, bool):
        raise ScheduleError("not_empty", "not_empty is true or false.")
    return Definition(
        subject, " ".join(str(given["timing"]).split()), rhythm.zone.key, rhythm.closed, _choice(given, "missed", MISSED, "once"), _choice(given, "format", FORMATS, "inline"),
        " ".join(checked(given.get("title", TITLE), "title", 150).split()), checked(given.get("message", MESSAGE), "message", 2000), _conditions(given.get("only_if", [])), not_empty,
    )


def _conditions(given: object) -> tuple[Condition, ...]:
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) > MOST_CONDITIONS or not all(isinstance(each, Mapping) for each in given):
        raise ScheduleError("only_if", f"Give up to {MOST_CONDITIONS} conditions.")
    return tuple(_condition(each) for each in given)


def _condition(given: Mapping[str, Any]) -> Condition:
    name, span, op, value = (given.get(part) for part in ("metric", "period", "op", "value"))
    if op not in OPERATORS:
        raise ScheduleError("only_if", f"Compare by one of {', '.join(OPERATORS)}.")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > 1e12:
        raise ScheduleError("only_if", "Compare with a number.")
    try:
        Question((str(name),), period(str(span), date(2026, 1, 15)))
    except QuestionError as error:
        raise ScheduleError("only_if", f"{str(error)[0].upper()}{str(error)[1:]}.") from error
    return Condition(str(name), str(span), op, float(value))


def _choice(given: Mapping[str, Any], name: str, choices: Mapping[str, str], default: str) -> str:
    value = given.get(name, default)
    if not isinstance(value, str) or value not in choices:
        raise ScheduleError(name, f"Choose one of {', '.join(choices)} for {name}.")
    return value
