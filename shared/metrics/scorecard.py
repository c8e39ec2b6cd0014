"""The scorecards of the departments: one declaration each, drawn by one page.  Nothing here is a number; every name is checked when this is imported."""

from dataclasses import dataclass

from shared.metrics.dimension import dimension, dimensions_of
from shared.metrics.registry import metric
from shared.warehouse.exceptions import EXCEPTIONS


@dataclass(frozen=True)
class Ranking:
    """Who is ranked by what; the first metric ranks unless the reader chooses another."""

    title: str
    dimension: str
    metrics: tuple[str, ...]


@dataclass(frozen=True)
class Breakdown:
    """A list of bars: one metric by one dimension, with another beside it."""

    title: str
    metric: str
    dimension: str
    beside: str


@dataclass(frozen=True)
class Scorecard:
    """What stands on one department's page.  Raises UnknownMetricError, UnknownDimensionError or ValueError for what does not exist."""

    department: str
    title: str
    icon: str
    headlines: tuple[str, ...]
    """Large tiles, four to a row."""
    more: tuple[str, ...]
    """Small tiles below them."""
    trend: tuple[str, ...]
    """Metrics that the trend shows, the first unless the reader chooses another."""
    side_by_side: tuple[str, ...]
    """Columns of the table of branches, each on one scale; none for a department that has no branches."""
    ranking: Ranking
    breakdowns: tuple[Breakdown, ...]
    exceptions: tuple[str, ...]
    """Keys of ``shared.warehouse.exceptions.EXCEPTIONS``: lists of the worst things to act on."""
    parts: tuple[str, ...] = ()
    """Further cards that only this department has: ageing, resolution, knocks, signs."""

    def __post_init__(self) -> None:
        """Check every name."""
        for name in (*self.headlines, *self.more, *self.trend, *self.side_by_side):
            metric(name)
        for name in self.side_by_side:
            _check(name, "branch")
        for name in self.ranking.metrics:
            _check(name, self.ranking.dimension)
        for each in self.breakdowns:
            _check(each.metric, each.dimension)
            _check(each.beside, each.dimension)
        for key in self.exceptions:
            if key not in EXCEPTIONS:
                raise ValueError(f"no list of exceptions is called {key!r}")

    @property
    def path(self) -> str:
        """Its address."""
        return f"/scorecards/{self.department}"


def _check(name: str, by: str) -> None:
    if dimension(by) not in dimensions_of(metric(name)):
        raise ValueError(f"{name} cannot be split by {by}")


SCORECARDS: dict[str, Scorecard] = {each.department: each for each in (
    Scorecard(
        "branch", "Branch", "branch", ("net_sales_amount", "net_sales", "nsli", "net_close_rate"),
        ("contact_rate", "set_rate", "confirmation_rate", "issue_rate", "sit_rate", "no_show_rate", "gross_close_rate", "lead_close_rate", "reset_rate", "rehash_rate", "rehash_close_rate",
         "cancel_rate", "net_average_sale", "unresulted_rate", "ghosts", "ghosts_amount", "split_errors", "match_rate"),
        ("net_sales_amount", "nsli", "net_close_rate", "sit_rate", "issue_rate", "set_rate", "cancel_rate"),
        ("net_sales_amount", "set_rate", "issue_rate", "sit_rate", "net_close_rate", "nsli", "cancel_rate"),
        Ranking("Representatives", "rep", ("nsli", "sit_rate", "net_close_rate", "issued", "net_sales_amount")),
        (Breakdown("Revenue by channel", "net_sales_amount", "channel", "net_sales"), Breakdown("Revenue by product", "net_sales_amount", "product", "net_average_sale"),
         Breakdown("Leads by source", "leads", "source", "set_rate")),
        ("unresulted", "cancelled"),
    ),
    Scorecard(
        "production", "Production", "production", ("installed_amount", "jobs_in_progress", "on_time_rate", "cycle_days"),
        ("jobs_started", "jobs_completed", "backlog_jobs", "backlog_amount", "sale_to_start_days", "sale_to_start_days_p90", "rework_rate", "margin_variance"),
        ("installed_amount", "jobs_completed", "jobs_in_progress", "on_time_rate", "sale_to_start_days", "cycle_days", "rework_rate"),
        ("installed_amount", "jobs_in_progress", "jobs_completed", "on_time_rate", "sale_to_start_days", "cycle_days", "rework_rate"),
        Ranking("Crews", "crew", ("on_time_rate", "jobs_completed", "installed_amount", "rework_rate", "margin_variance")),
        (Breakdown("Installed by product", "installed_amount", "product", "jobs_completed"), Breakdown("Days from sale to start by product", "sale_to_start_days", "product", "cycle_days")),
        ("oldest_jobs", "late_jobs"), ("ageing",),
    ),
    Scorecard(
        "service", "Service", "service", ("open_tickets", "tickets_opened", "csat", "first_time_fix_rate"),
        ("tickets_closed", "tickets_net_flow", "resolution_hours", "resolution_hours_p90", "first_response_hours", "nps", "csat_response_rate", "reopen_rate"),
        ("tickets_opened", "open_tickets", "resolution_hours", "csat", "nps", "first_time_fix_rate"),
        ("tickets_opened", "open_tickets", "resolution_hours", "first_response_hours", "first_time_fix_rate", "csat", "nps"),
        Ranking("Technicians", "technician", ("first_time_fix_rate", "csat", "nps", "tickets_closed", "reopen_rate", "resolution_hours")),
        (Breakdown("Tickets opened by branch", "tickets_opened", "branch", "csat"), Breakdown("Tickets opened by product", "tickets_opened", "product", "first_time_fix_rate"), Breakdown("Open tickets by technician", "open_tickets", "technician", "resolution_hours")),
        ("oldest_tickets", "sla_breaches"), ("resolution",),
    ),
    Scorecard(
        "telemarketing", "Telemarketing", "phone", ("dials", "appointments_set", "call_set_rate", "speed_to_lead"),
        ("answered_calls", "call_contact_rate", "contact_rate", "set_rate", "within_5_minutes_rate", "within_15_minutes_rate", "attempts_per_contact", "dials_per_hour", "sets_per_hour", "talk_hours"),
        ("appointments_set", "dials", "call_contact_rate", "call_set_rate", "speed_to_lead", "set_rate"),
        ("dials", "appointments_set", "call_contact_rate", "call_set_rate", "speed_to_lead", "within_5_minutes_rate"),
        Ranking("Agents", "agent", ("call_set_rate", "dials", "call_contact_rate", "appointments_set", "sets_per_hour")),
        (Breakdown("Speed to lead by channel", "speed_to_lead", "channel", "leads"), Breakdown("Leads reached by channel", "contacted_leads", "channel", "contact_rate"),
         Breakdown("Leads set by source", "set_leads", "source", "set_rate")),
        ("slow_leads", "untouched_leads"),
    ),
    Scorecard(
        "canvass", "Canvass", "canvass", ("doors", "door_leads", "door_set_rate", "net_amount_per_field_hour"),
        ("field_hours", "doors_per_hour", "door_contact_rate", "leads_per_hour", "leads_per_100_doors"),
        ("doors", "door_leads", "leads_per_100_doors", "door_contact_rate", "door_set_rate"),
        ("doors", "door_leads", "leads_per_100_doors", "door_contact_rate", "door_set_rate", "net_amount_per_field_hour"),
        Ranking("Canvassers", "canvasser", ("leads_per_100_doors", "doors", "door_leads", "door_set_rate", "leads_per_hour", "net_amount_per_field_hour")),
        (Breakdown("Leads at the door by territory", "door_leads", "territory", "leads_per_100_doors"), Breakdown("Doors by territory", "doors", "territory", "doors_per_hour")),
        ("dry_canvassers", "dry_shifts"), ("knocks",),
    ),
    Scorecard(
        "technology", "Technology", "technology", ("availability", "apdex", "latency_p95", "error_rate"),
        ("requests", "latency_p50", "latency_p99", "slowest_request"),
        ("latency_p95", "availability", "apdex", "error_rate", "requests"), (),
        Ranking("Routes", "route", ("latency_p95", "latency_p50", "error_rate", "apdex", "requests")),
        (Breakdown("Requests by service", "requests", "service", "error_rate"), Breakdown("Slowest answers by route", "slowest_request", "route", "requests")),
        ("failed_requests", "slow_requests"), ("signs",),
    ),
)}
"""Department -> its scorecard, in the order of the navigation."""
