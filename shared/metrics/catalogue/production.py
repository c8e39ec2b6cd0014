"""Production: installed revenue, punctuality, rework, margin, durations."""

from shared.metrics.metric import Better, Measure, Metric, Quantile, Ratio, Sum, Unit, ratio, total

_STARTED, _COMPLETED, _PROMISED = "the day the job started", "the day the job was completed", "the day the job was promised for"


def _job(column: str) -> Measure:
    return Measure("production", column)


def _span(span: str, q: float) -> Quantile:
    return Quantile(q, Measure("job_durations", "days").only(span=span), Measure("job_durations", "job_count").only(span=span))


METRICS: tuple[Metric, ...] = (
    Metric("installed_amount", "Installed $", "Contract dollars of completed jobs.", total(_job("completed_amount")), Unit.MONEY, Better.UP, _COMPLETED, department="production", source="27"),
    Metric("jobs_started", "Jobs started", "Jobs started.", total(_job("started_count")), Unit.COUNT, Better.UP, _STARTED, department="production", source="31"),
    Metric("jobs_completed", "Jobs completed", "Jobs completed.", total(_job("completed_count")), Unit.COUNT, Better.UP, _COMPLETED, department="production", source="34"),
    Metric("on_time_rate", "On-time completion", "Share of the jobs promised for the period that were complete on or before that day; cancelled jobs are left out.",
           ratio(_job("on_time_count"), _job("due_count")), Unit.PERCENT, Better.UP, _PROMISED, department="production", minimum_sample=10, source="34"),
    Metric("rework_rate", "Rework rate", "Share of completed jobs that a crew had to return to.", ratio(_job("rework_count"), _job("completed_count")), Unit.PERCENT, Better.DOWN, _COMPLETED,
           department="production", minimum_sample=10, source="36"),
    Metric("margin_variance", "Margin variance", "Actual less estimated gross margin of completed jobs, as a share of their contract dollars.",
           Ratio(Sum(((1.0, _job("actual_margin_amount")), (-1.0, _job("estimated_margin_amount")))), total(_job("margin_base_amount"))), Unit.PERCENT, Better.UP, _COMPLETED,
           department="production", minimum_sample=10, sample=_job("completed_count"), source="37"),
    Metric("sale_to_start_days", "Days sale to start", "Median days from sale to start.", _span("sale_to_start", 0.5), Unit.DAYS, Better.DOWN, _STARTED, department="production", minimum_sample=5, source="32"),
    Metric("sale_to_start_days_p90", "Days sale to start, p90", "Nine of ten jobs start within this many days of the sale.", _span("sale_to_start", 0.9), Unit.DAYS, Better.DOWN, _STARTED,
           department="production", minimum_sample=10, source="32"),
    Metric("cycle_days", "Cycle time", "Median days from start to completion.", _span("start_to_complete", 0.5), Unit.DAYS, Better.DOWN, _COMPLETED, department="production", minimum_sample=5, source="35"),
)
