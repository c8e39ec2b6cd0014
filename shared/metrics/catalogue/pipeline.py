"""Open pipeline and backlog: levels, as of the end of the period (never later than today)."""

from shared.metrics.metric import Basis, Better, Level, Measure, Metric, Ratio, Sum, Unit, total

_AS_OF = "open at the end of the last day"


def _open(what: str, *stages: str) -> Level:
    inflow, outflow = Measure("pipeline", f"in_{what}"), Measure("pipeline", f"out_{what}")
    return Level(inflow.only(stage=stages), outflow.only(stage=stages)) if stages else Level(inflow, outflow)


def _quote(column: str) -> Measure:
    return Measure("quote_outcomes", column)


_QUOTED, _ENDED_30, _ENDED_60 = _quote("quoted_count"), _quote("ended_to_30_count"), _quote("ended_to_60_count")
_WON_30, _WON_60, _WON_90 = _quote("won_to_30_count"), _quote("won_to_60_count"), _quote("won_to_90_count")
_QUOTE_DAY = "the day the quote was made"

METRICS: tuple[Metric, ...] = (
    Metric("open_items", "Open pipeline items", "Appointments set and not resulted, open quotes, contracts not started and jobs in progress: split by stage.",
           _open("count"), Unit.COUNT, Better.NEITHER, _AS_OF, Basis.LEVEL, source="28"),
    Metric("open_amount", "Open pipeline $", "Dollars in open quotes, contracts not started and jobs in progress: split by stage. An appointment has no dollars yet.",
           _open("amount"), Unit.MONEY, Better.NEITHER, _AS_OF, Basis.LEVEL, source="28"),
    Metric("open_appointments", "Open appointments", "Appointments set that are neither resulted nor overdue.", _open("count", "appointment"), Unit.COUNT, Better.UP, _AS_OF, Basis.LEVEL, source="28"),
    Metric("open_quotes", "Open quotes", "Demos not sold whose household has neither bought nor been quoted anew, up to 90 days old.", _open("count", "quote"), Unit.COUNT, Better.UP, _AS_OF, Basis.LEVEL, source="28"),
    Metric("open_quotes_amount", "Open quotes $", "What those households were offered.", _open("amount", "quote"), Unit.MONEY, Better.UP, _AS_OF, Basis.LEVEL, source="28"),
    Metric("backlog_jobs", "Backlog", "Contracts sold, not cancelled, and not complete: waiting to start or in progress.", _open("count", "backlog", "job"),
           Unit.COUNT, Better.NEITHER, _AS_OF, Basis.LEVEL, "production", source="29"),
    Metric("backlog_amount", "Backlog $", "Dollars of contracts sold, not cancelled, and not complete.", _open("amount", "backlog", "job"),
           Unit.MONEY, Better.NEITHER, _AS_OF, Basis.LEVEL, "production", source="29"),
    Metric("jobs_in_progress", "Jobs in progress", "Jobs started and neither complete nor cancelled, whatever became of their contract.", _open("count", "job", "orphan"), Unit.COUNT, Better.NEITHER, _AS_OF, Basis.LEVEL, "production", source="31"),
    Metric("quote_close_rate", "Quotes that sell", "Share of quotes that ended in a sale within 90 days: what an open quote of up to 30 days is worth. Ask for days at least 90 ago.",
           Ratio(total(_WON_30, _WON_60, _WON_90), total(_QUOTED)), Unit.PERCENT, Better.UP, _QUOTE_DAY, Basis.COHORT, minimum_sample=20, source="28"),
    Metric("quote_close_rate_31_60", "Quotes that sell after 30 days", "Share of quotes still open after 30 days that ended in a sale. Ask for days at least 90 ago.",
           Ratio(total(_WON_60, _WON_90), Sum(((1.0, _QUOTED), (-1.0, _ENDED_30)))), Unit.PERCENT, Better.UP, _QUOTE_DAY, Basis.COHORT, minimum_sample=20, source="28"),
    Metric("quote_close_rate_61_90", "Quotes that sell after 60 days", "Share of quotes still open after 60 days that ended in a sale. Ask for days at least 90 ago.",
           Ratio(total(_WON_90), Sum(((1.0, _QUOTED), (-1.0, _ENDED_30), (-1.0, _ENDED_60)))), Unit.PERCENT, Better.UP, _QUOTE_DAY, Basis.COHORT, minimum_sample=20, source="28"),
)
