"""A question: which metrics, over which days, by what. Hashable, and valid from the moment it is built."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

from shared.metrics.dimension import Dimension, dimension, dimensions_of
from shared.metrics.errors import QuestionError, UnknownDimensionError, nearest
from shared.metrics.metric import Metric
from shared.metrics.period import Period
from shared.metrics.registry import metric

Grain = Literal["all", "day", "week", "month", "quarter", "year"]
GRAINS: tuple[str, ...] = get_args(Grain)
MOST_SPLITS = 4
_LAST_BRANCH = 32_767
_WHOLE = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Question:
    """What is asked.  Raises QuestionError naming the wrong part."""

    metrics: tuple[str, ...]
    period: Period
    grain: Grain = "all"
    split: tuple[str, ...] = ()
    """Names of dimensions."""
    where: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())
    """(dimension, keys as text): only rows with these."""
    branches: frozenset[int] | None = None
    """Only these branches; None: all that the asker may see."""

    def __post_init__(self) -> None:
        """Check every part against what exists."""
        if not self.metrics:
            raise QuestionError("metrics", "name at least one metric")
        if len(set(self.metrics)) < len(self.metrics):
            raise QuestionError("metrics", "a metric is named twice")
        for name in self.metrics:
            metric(name)  # raises UnknownMetricError
        if self.grain not in GRAINS:
            raise QuestionError("grain", f"no grain is called {self.grain!r}{nearest(self.grain, GRAINS)}")
        if len(self.split) > MOST_SPLITS or len(set(self.split)) < len(self.split):
            raise QuestionError("split", f"split by at most {MOST_SPLITS} different dimensions")
        if self.branches is not None and not all(0 < branch <= _LAST_BRANCH for branch in self.branches):
            raise QuestionError("branch", f"branches are numbered from 1 to {_LAST_BRANCH}")
        for name in self.split:
            self._check(dimension(name), "split")
        self._check_where()

    def _check_where(self) -> None:
        for name, keys in self.where:
            each = dimension(name)
            self._check(each, "where")
            if any("\0" in key for key in keys):
                raise QuestionError(f"where.{name}", "a key holds a character that no text in the database has")
            if each.is_number and not all(_WHOLE.fullmatch(key) for key in keys):
                raise QuestionError(f"where.{name}", f"keys of {name} are whole numbers, not {', '.join(keys)}")

    def _check(self, each: Dimension, part: str) -> None:
        for declared in self.declared:
            allowed = dimensions_of(declared)
            if each not in allowed:
                possible = ", ".join(other.name for other in allowed) or "nothing"
                raise UnknownDimensionError(part, f"{declared.name} cannot be split or filtered by {each.name}; it can be by {possible}")

    @property
    def declared(self) -> tuple[Metric, ...]:
        """The metrics asked for; raises UnknownMetricError."""
        return tuple(metric(name) for name in self.metrics)

    @property
    def views(self) -> tuple[str, ...]:
        """Every view that it reads, sorted."""
        return tuple(sorted({view for each in self.declared for view in each.views}))

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that identify a row of the answer."""
        return (("bucket",) if self.grain != "all" else ()) + self.split

    def fingerprint(self, today: date) -> str:
        """The same for equal questions on the same day, in every process."""
        parts = [sorted(self.metrics), self.period.start.isoformat(), self.period.end.isoformat(), self.grain, list(self.split),
                 sorted((name, sorted(keys)) for name, keys in self.where),
                 None if self.branches is None else sorted(self.branches), today.isoformat(), [str(each.formula) for each in self.declared]]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
