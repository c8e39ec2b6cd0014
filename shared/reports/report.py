"""A report as its author defined it: blocks with their place, fields and limits.  Holds no numbers; valid from the moment it is built."""

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, TypeAlias, cast, get_args

from shared.metrics.comparison import Against
from shared.metrics.dimension import dimension, dimensions_of
from shared.metrics.errors import QuestionError, nearest
from shared.metrics.metric import Metric
from shared.metrics.period import Period, custom, period
from shared.metrics.question import Grain
from shared.metrics.registry import metric
from shared.reports.block_numbers import TIMES
from shared.reports.chart_kinds import CHART_KINDS, ChartKind, lacks, refusals

COLUMNS: Final = 12
MOST_BLOCKS: Final = 30
LOWEST: Final = 200
"""Rows of the canvas."""
TALLEST: Final = 20
LONGEST_TITLE, LONGEST_TEXT = 120, 4000
MOST_KEYS, MOST_CONDITIONS, LONGEST_KEY = 50, 8, 200
MOST_TOP: Final = 1000
LARGEST: Final = 1e15
Compare: TypeAlias = Literal["", "none", "previous", "year", "year_weekdays"]
COMPARES: Final[dict[str, str]] = {"none": "Nothing", "previous": "The days before", "year": "Same dates last year", "year_weekdays": "Same weekdays last year"}
Sign = Literal[">", ">=", "<", "<="]
SIGNS: tuple[str, ...] = get_args(Sign)
SIGN_WORDS: Final[dict[Sign, str]] = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}
_ID: Final = re.compile(r"[a-z0-9]{1,16}")
_UNSEEN: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\ufe0f\ufe0e")
"""Letters, marks and symbols that are drawn as nothing."""
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


class ReportError(ValueError):
    """A definition that is refused; ``part`` says where, the message is a sentence for its author."""

    def __init__(self, part: str, message: str) -> None:
        """Keep where it is wrong beside the sentence."""
        super().__init__(message)
        self.part = part


@dataclass(frozen=True)
class Place:
    """Where a block stands: columns from 0 to 11, rows from 0; ``w`` columns wide, ``h`` rows high."""

    x: int
    y: int
    w: int
    h: int

    def __post_init__(self) -> None:
        """Refuse what is off the canvas."""
        if not (self.x >= 0 and self.w >= 1 and self.x + self.w <= COLUMNS and self.y >= 0 and 1 <= self.h <= TALLEST and self.y + self.h <= LOWEST):
            raise ReportError("place", f"A block must lie within {COLUMNS} columns and {LOWEST} rows and be {TALLEST} rows high at most.")

    def lies_on(self, other: "Place") -> bool:
        """Say whether two blocks would cover each other."""
        return self.x < other.x + other.w and other.x < self.x + self.w and self.y < other.y + other.h and other.y < self.y + self.h


@dataclass(frozen=True)
class Limits:
    """What numbers are limited to, for a whole report or one block; empty: not limited (a block: as the report)."""

    period: str = ""
    """A preset, or two days with .. between."""
    compare: Compare = ""
    branches: tuple[int, ...] = ()
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(dimension, keys as text)."""

    def __post_init__(self) -> None:
        """Check every part against what exists."""
        if self.period:
            span_of(self.period, date(2026, 1, 15), 1)
        if self.compare and self.compare not in COMPARES:
            raise ReportError("compare", f"A report is compared with nothing, previous, year or year_weekdays, not {self.compare[:40]!r}.")
        if len(self.branches) > MOST_KEYS * 4 or len(set(self.branches)) < len(self.branches) or not all(0 < branch < 32_768 for branch in self.branches):
            raise ReportError("branches", "Branches are different numbers from 1 to 32,767.")
        if len(self.where) > MOST_CONDITIONS or len({name for name, _ in self.where}) < len(self.where):
            raise ReportError("where", f"Filter by {MOST_CONDITIONS} different dimensions at most.")
        for name, keys in self.where:
            _check_condition(name, keys)


@dataclass(frozen=True)
class OnlyIf:
    """Only rows in which a metric is beyond a value."""

    metric: str
    sign: Sign
    value: float

    def __post_init__(self) -> None:
        """Refuse what cannot be compared."""
        _known("only_if", self.metric, metric)
        if self.sign not in SIGNS:
            raise ReportError("only_if", f"Compare by one of {', '.join(SIGNS)}.")
        if not math.isfinite(self.value) or abs(self.value) > LARGEST:
            raise ReportError("only_if", "The value to compare with must be a number of ordinary size.")

    def holds(self, value: float) -> bool:
        """Say whether a row with ``value`` stays; one without a value does not."""
        if math.isnan(value):
            return False
        return {">": value > self.value, ">=": value >= self.value, "<": value < self.value, "<=": value <= self.value}[self.sign]


@dataclass(frozen=True)
class ReportBlock:
    """One block.  May be unfinished (``lacks``), but never holds what does not fit its kind."""

    id: str
    kind: str
    place: Place
    title: str = ""
    """Empty: made of its fields."""
    text: str = ""
    """Of a text block; shown as it is written, never interpreted."""
    metrics: tuple[str, ...] = ()
    split: str = ""
    """A dimension or a span of time."""
    series: str = ""
    top: int = 0
    """Keys of the split that are shown, by ``sort``; 0: as many as the kind shows."""
    only_if: OnlyIf | None = None
    sort: str = ""
    """``metric.down``, ``metric.up``, ``name.up`` or ``name.down``; empty: the first metric falling, time rising."""
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        """Check every part against what exists and against the kind."""
        if not _ID.fullmatch(self.id):
            raise ReportError("id", "A block is named by up to 16 lower case letters and digits.")
        if self.kind not in CHART_KINDS:
            raise ReportError("kind", f"No kind of block is called {self.kind[:40]!r}{nearest(self.kind[:40], CHART_KINDS)}.")
        check_text("title", self.title, LONGEST_TITLE)
        check_text("text", self.text, LONGEST_TEXT)
        if self.text and self.kind != "text":
            raise ReportError("text", "Only a text block holds text.")
        for name in self.metrics:
            _known("metrics", name, metric)
        for part, name in (("split", self.split), ("series", self.series)):
            if name and name not in TIMES:
                _known(part, name, dimension)
        if words := refusals(self.chart, self.metrics, self.split, self.series):
            raise ReportError("metrics", words)
        if not 0 <= self.top <= MOST_TOP:
            raise ReportError("top", f"Show at most {MOST_TOP:,} rows.")
        self._check_sort()
        self._check_reach()

    def _check_sort(self) -> None:
        name, _, way = self.sort.rpartition(".")
        if self.sort and (way not in {"up", "down"} or (name != "name" and name not in self.metrics)):
            raise ReportError("sort", f"Sort by name or by a metric of the block, up or down, not {self.sort[:60]!r}.")

    def _check_reach(self) -> None:
        """Conditions must be about what the block's metrics know."""
        asked = [metric(name) for name in self.metrics]
        for name, _ in self.limits.where:
            _check_known_by(asked, name)
        if self.only_if is not None:
            if not self.split and self.kind != "table":
                raise ReportError("only_if", "A condition on rows needs a split.")
            for name in (self.split, self.series):
                if name and name not in TIMES:
                    _check_known_by([metric(self.only_if.metric)], name)

    @property
    def chart(self) -> ChartKind:
        """Its kind."""
        return CHART_KINDS[self.kind]

    @property
    def declared(self) -> tuple[Metric, ...]:
        """Its metrics."""
        return tuple(metric(name) for name in self.metrics)

    @property
    def lacks(self) -> str:
        """What it still needs before it can be drawn, in words; empty: nothing."""
        return lacks(self.chart, self.metrics, self.split, self.series) or ("Write a text." if self.kind == "text" and not self.text.strip() else "")

    @property
    def grain(self) -> Grain:
        """The span of time that it is split by; ``all``: none."""
        return cast("Grain", next((name for name in (self.split, self.series) if name in TIMES), "all"))

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions that it is split by."""
        return tuple(name for name in (self.split, self.series) if name and name not in TIMES)


@dataclass(frozen=True)
class Report:
    """A whole report."""

    title: str
    description: str = ""
    limits: Limits = field(default_factory=Limits)
    blocks: tuple[ReportBlock, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a nameless report, too many blocks, two of one name and blocks that cover each other."""
        if not is_seen(self.title):
            raise ReportError("title", "A report needs a title.")
        check_text("title", self.title, LONGEST_TITLE)
        check_text("description", self.description, LONGEST_TEXT)
        if len(self.blocks) > MOST_BLOCKS:
            raise ReportError("blocks", f"A report holds {MOST_BLOCKS} blocks at most.")
        if len({block.id for block in self.blocks}) < len(self.blocks):
            raise ReportError("blocks", "Two blocks have the same name.")
        for number, block in enumerate(self.blocks):
            for other in self.blocks[:number]:
                if block.place.lies_on(other.place):
                    raise ReportError("blocks", f"Blocks {other.id} and {block.id} lie on each other.")

    def block(self, name: str) -> ReportBlock | None:
        """Return the block called ``name``; None where there is none."""
        return next((block for block in self.blocks if block.id == name), None)


def span_of(text: str, today: date, fiscal_start_month: int) -> Period:
    """Return the days that a preset, or two days with .. between, mean on ``today``.  Raises ReportError."""
    try:
        if ".." in text:
            start, _, end = text.partition("..")
            return custom(start, end)
        return period(text, today, fiscal_start_month)
    except QuestionError as error:
        raise ReportError("period", sentence(error)) from error


def against_of(compare: str) -> Against | None:
    """Return what numbers are compared with; None: with nothing."""
    return None if compare == "none" else compare or "previous"  # type: ignore[return-value]  # the rest are Against


def check_text(part: str, text: str, longest: int) -> None:
    """Refuse a text that is too long or holds characters that no text should.  Raises ReportError."""
    if len(text) > longest:
        raise ReportError(part, f"The {part} has {len(text):,} characters; {longest:,} are allowed.")
    if _CONTROLS.search(text) or not _is_whole(text):
        raise ReportError(part, f"The {part} holds characters that cannot be shown.")


def is_seen(text: str) -> bool:
    """Say whether a text shows anything: one of spaces and of characters without a width is none to click on."""
    return any(unicodedata.category(each)[0] not in "ZC" and each not in _UNSEEN for each in text)


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def sentence(error: Exception) -> str:
    """Return what is wrong as a sentence."""
    words = str(error).strip()[:300]
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith(('.', '?')) else '.'}"


def _known(part: str, name: str, find: Callable[[str], object]) -> None:
    try:
        find(name[:80])
    except QuestionError as error:
        raise ReportError(part, sentence(error)) from error


def _check_condition(name: str, keys: tuple[str, ...]) -> None:
    _known("where", name, dimension)
    if name == "branch":
        raise ReportError("where", "Branches are limited by their own filter.")
    if not 0 < len(keys) <= MOST_KEYS or len(set(keys)) < len(keys):
        raise ReportError("where", f"Give 1 to {MOST_KEYS} different values of {name}.")
    for key in keys:
        check_text("where", key, LONGEST_KEY)
        if dimension(name).is_number and not re.fullmatch("[0-9]{1,9}", key):
            raise ReportError("where", f"Values of {name} are whole numbers, not {key[:40]!r}.")


def _check_known_by(asked: list[Metric], name: str) -> None:
    for declared in asked:
        if dimension(name) not in dimensions_of(declared):
            raise ReportError("where", f"{declared.label} is not known by {dimension(name).label.lower()}.")
