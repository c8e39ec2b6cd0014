"""Data quality: ghosts, split errors, breaks, and how much of others' ledgers matches."""

from shared.metrics.metric import Basis, Better, Level, Measure, Metric, Unit, ratio

_AS_OF, _DAY, _CLOSED = "open at the end of the last day", "the day of the record", "the day the case was closed"


def _open(what: str, family: str) -> Level:
    return Level(Measure("cases", f"in_{what}").only(family=family), Measure("cases", f"out_{what}").only(family=family))


def _row(column: str) -> Measure:
    return Measure("ledgers", column).only(side="outside")


METRICS: tuple[Metric, ...] = (
    Metric("ghosts", "Ghosts", "Open cases of ghost appointments (rules G1 to G8): appointments, sales and jobs that contradict each other.", _open("count", "ghost"), Unit.COUNT, Better.DOWN, _AS_OF, Basis.LEVEL, source="58"),
    Metric("ghosts_amount", "Ghosts $", "Dollars at risk in open ghost cases.", _open("amount", "ghost"), Unit.MONEY, Better.DOWN, _AS_OF, Basis.LEVEL, source="58"),
    Metric("split_errors", "Split errors", "Open cases of commission splits that break a rule (S1 to S10).", _open("count", "split"), Unit.COUNT, Better.DOWN, _AS_OF, Basis.LEVEL, source="58"),
    Metric("split_errors_amount", "Split errors $", "Dollars at risk in open split cases.", _open("amount", "split"), Unit.MONEY, Better.DOWN, _AS_OF, Basis.LEVEL, source="58"),
    Metric("open_breaks", "Open breaks", "Open cases of rows on which our books and others' ledgers do not agree.", _open("count", "break"), Unit.COUNT, Better.DOWN, _AS_OF, Basis.LEVEL, source="58"),
    Metric("open_breaks_amount", "Open breaks $", "Dollars at risk in open breaks.", _open("amount", "break"), Unit.MONEY, Better.DOWN, _AS_OF, Basis.LEVEL, source="58"),
    Metric("match_rate", "Match rate", "Share of others' records that match our books.", ratio(_row("matched_count"), _row("row_count")), Unit.PERCENT, Better.UP, _DAY, minimum_sample=20, source="58"),
    Metric("match_rate_amount", "Match rate $", "Share of the dollars of others' records that match our books; refunds count as what they move.", ratio(_row("matched_amount"), _row("row_amount")), Unit.PERCENT, Better.UP, _DAY,
           minimum_sample=20, sample=_row("row_count"), source="58"),
    Metric("break_age", "Mean break age", "Days from the first day of a break to its end, on average over breaks closed in the period; how old open ones are stands on the page of reconciliation.",
           ratio(Measure("cases", "closed_days").only(family="break"), Measure("cases", "out_count").only(family="break")), Unit.DAYS, Better.DOWN, _CLOSED, minimum_sample=5, source="58"),
)
