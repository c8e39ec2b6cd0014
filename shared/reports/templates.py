"""Reports to begin with."""

from dataclasses import dataclass
from typing import Final

from shared.reports.report import Limits, OnlyIf, Place, Report, ReportBlock


@dataclass(frozen=True)
class Template:
    """One beginning."""

    key: str
    icon: str
    meaning: str
    report: Report


def _tiles(*names: str) -> tuple[ReportBlock, ...]:
    return tuple(ReportBlock(f"tile{number}", "kpi", Place(number * 3, 0, 3, 3), metrics=(name,)) for number, name in enumerate(names))


TEMPLATES: Final[tuple[Template, ...]] = (
    Template("blank", "plus", "An empty canvas.", Report("New report")),
    Template("executive", "executive", "Last week in one page: money, funnel, branches.", Report(
        "Executive weekly", "What last week brought, against the week before and against target.", Limits("last_week", "previous"), (
            *_tiles("net_sales_amount", "leads", "net_close_rate", "cancel_rate"),
            ReportBlock("days", "line", Place(0, 3, 8, 5), metrics=("net_sales_amount",), split="day", limits=Limits("last_28_days")),
            ReportBlock("goals", "bullet", Place(8, 3, 4, 5), metrics=("net_sales_amount", "leads", "installed_amount", "collected_amount")),
            ReportBlock("branches", "table", Place(0, 8, 7, 5), metrics=("net_sales_amount", "leads", "net_close_rate", "nsli"), split="branch"),
            ReportBlock("funnel", "funnel", Place(7, 8, 5, 5), title="From appointment to sale", metrics=("scheduled", "issued", "demos", "net_sales")),
        ))),
    Template("marketing", "marketing", "What each source costs and brings.", Report(
        "Marketing", "Leads and cost by source and channel; cohorts of leads are followed to today.", Limits("last_90_days", "previous"), (
            *_tiles("leads", "marketing_spend", "cost_per_lead", "roas"),
            ReportBlock("weeks", "stacked", Place(0, 3, 7, 5), metrics=("leads",), split="week", series="channel"),
            ReportBlock("mix", "pie", Place(7, 3, 5, 5), metrics=("marketing_spend",), split="channel"),
            ReportBlock("pays", "scatter", Place(0, 8, 6, 6), title="Cost against what comes back", metrics=("cost_per_lead", "net_amount_per_lead", "leads"), split="source"),
            ReportBlock("sources", "table", Place(6, 8, 6, 6), metrics=("leads", "cost_per_lead", "roas"), split="source", only_if=OnlyIf("leads", ">=", 10)),
        ))),
    Template("production", "production", "Jobs, backlog, punctuality, margin.", Report(
        "Production", "From the sale to the finished job.", Limits("last_90_days", "previous"), (
            *_tiles("installed_amount", "jobs_in_progress", "on_time_rate", "cycle_days"),
            ReportBlock("months", "combo", Place(0, 3, 7, 5), metrics=("jobs_completed", "on_time_rate"), split="month", limits=Limits("last_365_days")),
            ReportBlock("gauge", "gauge", Place(7, 3, 5, 5), metrics=("installed_amount",), limits=Limits("mtd")),
            ReportBlock("heat", "heat", Place(0, 8, 6, 5), title="Jobs completed by branch and month", metrics=("jobs_completed",), split="branch", series="month", limits=Limits("last_365_days")),
            ReportBlock("crews", "leaderboard", Place(6, 8, 6, 5), title="Crews", metrics=("jobs_completed", "on_time_rate", "rework_rate"), split="crew"),
        ))),
)


def template(key: str) -> Template | None:
    """Return the template called ``key``; None where there is none."""
    return next((each for each in TEMPLATES if each.key == key), None)
