"""All rows behind one part of a number, as a question that another process can ask: plain values, limited already to what its asker may see."""

from dataclasses import dataclass
from datetime import date

from shared.metrics.metric import Metric, Quantile, Ratio, Sum, Unit
from shared.metrics.period import Period
from shared.metrics.question import Question
from shared.metrics.registry import metric
from shared.metrics.row_statements import parts_of


@dataclass(frozen=True)
class RowsBehind:
    """Which rows; ``GlassBoxes.behind`` makes it."""

    metric: str
    period: Period
    where: tuple[tuple[str, tuple[str, ...]], ...]
    branches: tuple[int, ...]
    """Every branch whose rows count; 0 alone for what belongs to none."""
    part: int
    """Number of the part of the formula."""
    today: date
    """The day that what is open is followed to."""

    @property
    def declared(self) -> Metric:
        """The metric.  Raises UnknownMetricError."""
        return metric(self.metric)

    @property
    def question(self) -> Question:
        """The metric over its days; branches are given to the statement apart.  Raises QuestionError."""
        return Question((self.metric,), self.period, where=self.where)

    @property
    def part_name(self) -> str:
        """Which part, as it stands in the formula."""
        return parts_of(self.declared.formula)[self.part][0]

    @property
    def unit(self) -> Unit | None:
        """The unit of the rows' values: the metric's own, or not known for the parts of a ratio and of a weighted sum."""
        match self.declared.formula:
            case Ratio():
                return None
            case Sum(terms):
                return self.declared.unit if all(abs(factor) == 1 for factor, _ in terms) else None
            case Quantile():
                return self.declared.unit
        return self.declared.unit
