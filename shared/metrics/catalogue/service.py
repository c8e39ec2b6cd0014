"""Service: tickets, resolution, satisfaction."""

from shared.metrics.metric import Basis, Better, Level, Measure, Metric, Quantile, Ratio, Sum, Unit, ratio, total

_OPENED, _RESOLVED = "the day the ticket was opened", "the day the ticket was resolved"
_NOT_YET = 2_147_483_647


def _ticket(column: str) -> Measure:
    return Measure("service", column)


def _hours(span: str, q: float) -> Quantile:
    return Quantile(q, Measure("ticket_durations", "seconds").only(span=span), Measure("ticket_durations", "ticket_count").only(span=span), 1 / 3600, _NOT_YET)


METRICS: tuple[Metric, ...] = (
    Metric("tickets_opened", "Tickets opened", "Service tickets opened.", total(_ticket("opened_count")), Unit.COUNT, Better.DOWN, _OPENED, department="service", source="38"),
    Metric("tickets_closed", "Tickets closed", "Service tickets resolved.", total(_ticket("closed_count")), Unit.COUNT, Better.UP, _RESOLVED, department="service", source="38"),
    Metric("tickets_net_flow", "Ticket net flow", "Tickets opened less tickets resolved.", Sum(((1.0, _ticket("opened_count")), (-1.0, _ticket("closed_count")))), Unit.COUNT, Better.DOWN,
           "opened: its day; resolved: its day", department="service", source="38"),
    Metric("open_tickets", "Open tickets", "Tickets opened and not resolved.", Level(_ticket("opened_count"), _ticket("closed_count")), Unit.COUNT, Better.DOWN, "open at the end of the last day",
           Basis.LEVEL, "service", source="38"),
    Metric("resolution_hours", "Resolution time", "Median hours from opening to resolving; tickets still open count as longer than any other.", _hours("resolution", 0.5), Unit.HOURS, Better.DOWN, _OPENED,
           Basis.COHORT, "service", 10, source="39"),
    Metric("resolution_hours_p90", "Resolution time, p90", "Nine of ten tickets are resolved within this many hours; missing while more than one in ten is open.", _hours("resolution", 0.9), Unit.HOURS,
           Better.DOWN, _OPENED, Basis.COHORT, "service", 10, source="39"),
    Metric("first_response_hours", "First response time", "Median hours from opening to the first response; unanswered tickets count as longer than any other.", _hours("first_response", 0.5), Unit.HOURS,
           Better.DOWN, _OPENED, Basis.COHORT, "service", 10, source="40"),
    Metric("first_time_fix_rate", "First-time fix", "Share of resolved tickets needing a visit that took one visit and had no other ticket for the same job within 30 days.",
           ratio(_ticket("first_fix_count"), _ticket("visit_count")), Unit.PERCENT, Better.UP, _RESOLVED, department="service", minimum_sample=10, source="41"),
    Metric("csat", "CSAT", "Share of ratings that are 4 or 5.", ratio(_ticket("satisfied_count"), _ticket("rating_count")), Unit.PERCENT, Better.UP, _RESOLVED, department="service", minimum_sample=10, source="42"),
    Metric("csat_response_rate", "CSAT response rate", "Share of resolved tickets that were rated.", ratio(_ticket("rating_count"), _ticket("closed_count")), Unit.PERCENT, Better.UP, _RESOLVED,
           department="service", minimum_sample=10, source="42"),
    Metric("nps", "NPS", "Percent of 9 and 10 less percent of 0 to 6.", Ratio(Sum(((100.0, _ticket("promoter_count")), (-100.0, _ticket("detractor_count")))), total(_ticket("nps_count"))), Unit.POINTS,
           Better.UP, _RESOLVED, department="service", minimum_sample=10, source="42"),
    Metric("reopen_rate", "Reopen rate", "Share of resolved tickets that had been reopened.", ratio(_ticket("reopened_count"), _ticket("closed_count")), Unit.PERCENT, Better.DOWN, _RESOLVED,
           department="service", minimum_sample=10, source="43"),
    Metric("tickets_per_100_installs", "Tickets per 100 installs", "Tickets opened in the period per hundred jobs completed in it; ask for 90 days.",
           Ratio(Sum(((100.0, _ticket("opened_count")),)), total(Measure("production", "completed_count"))), Unit.NUMBER, Better.DOWN, "tickets: the day opened; jobs: the day completed",
           department="service", minimum_sample=20, source="43"),
)
