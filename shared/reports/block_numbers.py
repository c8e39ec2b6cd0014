"""The numbers of one block of a report, as its drawing and its table need them: rows with keys, labels and values, and what they come to."""

import math
from dataclasses import dataclass
from urllib.parse import quote

from shared.metrics.dimension import BY_DIMENSION
from shared.metrics.headline import Headline
from shared.metrics.metric import Metric

TIMES: dict[str, str] = {"day": "Day", "week": "Week", "month": "Month", "quarter": "Quarter", "year": "Year"}
"""Fields that split by time, with their labels; they are grains of a question."""
OTHERS = "All others"


def field_label(name: str) -> str:
    """Return what a field that splits is called: a span of time or a dimension."""
    return TIMES[name] if name in TIMES else BY_DIMENSION[name].label


@dataclass(frozen=True)
class Row:
    """One row: a key and a label per field, a value per metric (NaN: missing)."""

    keys: tuple[str, ...]
    """Keys of dimensions as text; the first day of a span of time in ISO form."""
    labels: tuple[str, ...]
    values: tuple[float, ...]
    before: tuple[float, ...] = ()
    """The same over the days it is compared with; empty: not compared."""
    span: str = ""
    """Its days as ``2026-11-01..2026-11-30``, cut to the period."""
    of: int | None = None
    """Of a total over all keys of the other field: the place of the field that it has a key of."""
    movement: int | None = None
    """Places gained (+) or lost (-) against the comparison; None: not ranked then, or not compared."""


@dataclass(frozen=True)
class Numbers:
    """What a block shows.  ``fields`` are the split and the series, as far as there are any."""

    metrics: tuple[Metric, ...]
    fields: tuple[str, ...]
    rows: tuple[Row, ...]
    totals: tuple[float, ...]
    """Each metric over all rows, also those that are left out."""
    before_totals: tuple[float, ...] = ()
    headlines: tuple[Headline, ...] = ()
    """One per metric, for kinds that show single numbers."""
    all_rows: int = 0
    """How many keys of the split there are before conditions and limits."""
    span: str = ""
    """The block's days as ``2026-11-01..2026-11-30``."""
    before_words: str = ""
    """What it is compared with, in words; empty: with nothing."""
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Conditions of the block, for the way to its rows."""
    edges: tuple[tuple[Row, ...], tuple[Row, ...]] = ((), ())
    """Of a pivot: totals by key of the first field and of the second, asked for and not added up."""

    @property
    def labels(self) -> list[str]:
        """The labels of the first field, in the order of the rows, each once."""
        return list(dict.fromkeys(row.labels[0] for row in self.rows))

    def code(self, row: Row | None, metric: int = 0) -> str:
        """Return what opens the glass box of one number: metric, days and conditions (``bi_app`` reads it); empty for what is summed up."""
        if row is not None and OTHERS in row.labels:
            return ""
        held = dict(self.where)
        if row is not None:
            fields = self.fields if row.of is None else self.fields[row.of : row.of + 1]
            held |= {name: (key,) for name, key in zip(fields, row.keys, strict=False) if name not in TIMES}
        conditions = "".join(f"@{name}={','.join(quote(key, safe='') for key in keys)}" for name, keys in held.items())
        return f"{self.metrics[metric].name}@{(row.span if row is not None else '') or self.span}{conditions}"

    def choice(self, row: Row, place: int = 0) -> str:
        """Return the filter that a click on one of the row's keys means, such as ``source=3``; empty: none (a span of time, what is summed up)."""
        name = self.fields[place] if place < len(self.fields) else ""
        return "" if not name or name in TIMES or row.labels[place] == OTHERS else f"{name}={quote(row.keys[place], safe='')}"

    def edge(self, place: int) -> dict[str, Row]:
        """Return the totals by key of one field."""
        return {row.keys[0]: row for row in self.edges[place]}

    def grid(self) -> tuple[list[Row], list[Row], dict[tuple[str, str], Row]]:
        """Return a row for each key of the first field and of the second, in order, and the rows by both keys."""
        first: dict[str, Row] = {}
        second: dict[str, Row] = {}
        for row in self.rows:
            first.setdefault(row.keys[0], row)
            second.setdefault(row.keys[1], row)
        columns = list(second.values())
        if self.fields[1] in TIMES:
            columns.sort(key=lambda row: row.keys[1])
        return list(first.values()), columns, {(row.keys[0], row.keys[1]): row for row in self.rows}


def known(value: float) -> float | None:
    """Return a number that JSON can hold: missing is None."""
    return None if math.isnan(value) or math.isinf(value) else value
