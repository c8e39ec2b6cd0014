"""Reads a question from the parameters of an address; collects everything that is wrong with it instead of stopping at the first."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from werkzeug.datastructures import MultiDict

from shared.metrics.dimension import BY_DIMENSION, dimension, dimensions_of
from shared.metrics.errors import QuestionError, nearest
from shared.metrics.period import PRESETS, Period, custom, period
from shared.metrics.question import GRAINS, MOST_SPLITS, Grain, Question
from shared.metrics.registry import metric, metrics

SINGLE = ("period", "start", "end", "grain")
LISTS = ("metrics", "split", "branch")
WHERE = "where."
MOST_METRICS = 60
MOST_VALUES = 500
MOST_BUCKETS = (4000, 1200, 400, 120)
"""Most buckets that an answer may have without a split, and with one, two and three."""
_DAYS = {"all": 10_000, "day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}
_NUMBER = re.compile(r"-?[0-9]{1,9}")


@dataclass(frozen=True)
class Wrong:
    """One parameter that cannot be used."""

    parameter: str
    message: str


class WrongParametersError(ValueError):
    """A request that cannot be answered; names every parameter that is wrong."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        """Say all of it in one sentence, too."""
        super().__init__("; ".join(f"{one.parameter}: {one.message}" for one in wrong))
        self.wrong = tuple(wrong)


@dataclass
class _Reader:
    """The parameters, and what was found wrong so far."""

    given: MultiDict[str, str]
    branches: Mapping[int, str]
    today: date
    fiscal_start_month: int
    wrong: list[Wrong] = field(default_factory=list)

    def reject(self, parameter: str, message: str) -> None:
        self.wrong.append(Wrong(parameter, message))

    def one(self, name: str, default: str = "") -> str:
        values = self.given.getlist(name)
        if len(values) > 1:
            self.reject(name, f"give {name} once, not {len(values)} times")
        return values[0].strip() if values else default

    def many(self, name: str) -> list[str]:
        """Values separated by commas or given several times; each once, in order."""
        parts = [part.strip() for value in self.given.getlist(name) for part in value.split(",")]
        found = list(dict.fromkeys(part for part in parts if part))
        if name in self.given and not found:
            self.reject(name, "is empty")
        return found


def read_question(given: MultiDict[str, str], branches: Mapping[int, str], today: date, fiscal_start_month: int) -> Question:
    """Return the question that ``given`` asks; ``branches`` are the names of all branches by id.

    Raises WrongParametersError naming every parameter that is wrong, with the nearest valid name.
    """
    reader = _Reader(given, branches, today, fiscal_start_month)
    _refuse_unknown(reader)
    names = _metrics(reader)
    span = _period(reader)
    grain = _grain(reader)
    split = _split(reader, names)
    where = _where(reader, names)
    chosen = _branches(reader)
    if span is not None and grain is not None:
        _refuse_too_fine(reader, span, grain, len(split))
    if reader.wrong or span is None or grain is None:
        raise WrongParametersError(reader.wrong)
    try:
        return Question(tuple(names), span, grain, tuple(split), where, chosen)
    except QuestionError as error:
        raise WrongParametersError([Wrong(error.parameter, str(error))]) from error


def _refuse_unknown(reader: _Reader) -> None:
    known = (*LISTS, *SINGLE, *(f"{WHERE}{name}" for name in BY_DIMENSION))
    for name in reader.given:
        if name not in known:
            reader.reject(name[:80], f"there is no such parameter{nearest(name[:80], known)}")


def _metrics(reader: _Reader) -> list[str]:
    found = []
    asked = reader.many("metrics")
    if "metrics" not in reader.given:
        reader.reject("metrics", "name at least one metric; GET /api/v1/metrics lists them")
    if len(asked) > MOST_METRICS:
        reader.reject("metrics", f"ask for at most {MOST_METRICS} metrics at once, not {len(asked)}")
        return []
    for name in asked:
        try:
            found.append(metric(name[:80]).name)
        except QuestionError as error:
            reader.reject("metrics", str(error))
    return found


def _period(reader: _Reader) -> Period | None:
    start, end = reader.one("start"), reader.one("end")
    preset = reader.one("period", "custom" if start or end else "mtd")
    if preset != "custom":
        if start or end:
            reader.reject("period", f"{preset!r} has its own days; leave out start and end, or ask for period=custom")
        try:
            return period(preset[:80], reader.today, reader.fiscal_start_month)
        except QuestionError:
            reader.reject("period", f"no period is called {preset[:80]!r}{nearest(preset[:80], [*PRESETS, 'custom'])}")
            return None
    missing = [name for name, value in (("start", start), ("end", end)) if not value]
    for name in missing:
        reader.reject(name, "a custom period needs start and end, two days such as 2026-11-22")
    if missing:
        return None
    days = [_day(reader, "start", start), _day(reader, "end", end)]
    if None in days:
        return None
    try:
        return custom(start, end)
    except QuestionError as error:
        reader.reject(error.parameter, str(error))
        return None


def _day(reader: _Reader, name: str, text: str) -> str | None:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            date.fromisoformat(text)
            return text
    except ValueError:
        pass  # said below, in the same words as for what does not look like a day
    reader.reject(name, f"must be a day such as 2026-11-22, not {text[:40]!r}")
    return None


def _grain(reader: _Reader) -> Grain | None:
    text = reader.one("grain", "all")
    for grain in GRAINS:
        if text == grain:
            return grain  # type: ignore[return-value]  # GRAINS are the values of Grain
    reader.reject("grain", f"no grain is called {text[:80]!r}{nearest(text[:80], GRAINS)}")
    return None


def _split(reader: _Reader, names: Sequence[str]) -> list[str]:
    asked = reader.many("split")
    if len(asked) > MOST_SPLITS:
        reader.reject("split", f"split by at most {MOST_SPLITS} dimensions, not {len(asked)}")
        return []
    return [name for name in asked if _fits(reader, "split", name, names)]


def _fits(reader: _Reader, parameter: str, name: str, names: Sequence[str]) -> bool:
    """Say whether every asked metric can be split or filtered by the dimension called ``name``."""
    try:
        by = dimension(name[:80])
    except QuestionError as error:
        reader.reject(parameter, str(error))
        return False
    for each in names:
        allowed = dimensions_of(metric(each))
        if by not in allowed:
            reader.reject(parameter, f"{each} cannot be split or filtered by {name}; it can be by {', '.join(other.name for other in allowed) or 'nothing'}")
            return False
    return True


def _where(reader: _Reader, names: Sequence[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = []
    for parameter in reader.given:
        name = parameter.removeprefix(WHERE)
        if not parameter.startswith(WHERE) or name not in BY_DIMENSION or name == "branch" or not _fits(reader, parameter, name, names):
            continue
        values = _keys(reader, parameter, is_number=BY_DIMENSION[name].is_number)
        if values:
            found.append((name, values))
    return tuple(found)


def _keys(reader: _Reader, parameter: str, *, is_number: bool) -> tuple[str, ...]:
    """Keys of a dimension: whole numbers may be separated by commas, texts may hold a comma and are given one by one."""
    values = reader.many(parameter) if is_number else list(dict.fromkeys(reader.given.getlist(parameter)))
    if len(values) > MOST_VALUES:
        reader.reject(parameter, f"give at most {MOST_VALUES} values, not {len(values)}")
        return ()
    bad = [value for value in values if (not _NUMBER.fullmatch(value) if is_number else "\x00" in value or len(value) > 200)]
    if bad:
        reader.reject(parameter, f"must be {'a whole number' if is_number else 'a text of at most 200 characters'}, not {bad[0][:40]!r}")
        return ()
    return tuple(values)


def _branches(reader: _Reader) -> frozenset[int] | None:
    """Branches by id or by name; ``where.branch`` is the same thing, so that a branch which may not be seen is refused and not just missing."""
    asked = [(name, value) for name in ("branch", f"{WHERE}branch") for value in reader.many(name)]
    by_name = {name.casefold(): number for number, name in reader.branches.items()}
    found: set[int] = set()
    for parameter, value in asked:
        number = int(value) if _NUMBER.fullmatch(value) else by_name.get(value.casefold(), 0)
        if number in reader.branches:
            found.add(number)
        else:
            reader.reject(parameter, f"no branch is called {value[:80]!r}{nearest(value[:80], reader.branches.values())}")
    return frozenset(found) if asked else None


def _refuse_too_fine(reader: _Reader, span: Period, grain: Grain, splits: int) -> None:
    buckets, most = span.days // _DAYS[grain] + 1, MOST_BUCKETS[splits]
    if buckets > most:
        reader.reject("grain", f"{span.days} days by {grain}, split {splits} times, is too much for one answer; ask for fewer days or a coarser grain")


def everything_askable() -> dict[str, list[str]]:
    """Return the closed lists that parameters take their values from."""
    return {"metrics": list(metrics()), "period": [*PRESETS, "custom"], "grain": list(GRAINS), "split": list(BY_DIMENSION)}
