"""Reports that the people of the demo company have built, so that its library shows what can be done; made once, and then theirs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from shared.reports.report import Limits, OnlyIf, Place, Report, ReportBlock

if TYPE_CHECKING:
    from shared.warehouse.engines import Engines


@dataclass(frozen=True)
class DemoReport:
    """One report, whose it is, and who else may read it."""

    owner: str
    """The e-mail address of a demo person."""
    folder: str
    report: Report
    readers: tuple[str, ...] = ()
    """Roles that may read it."""
    editors: tuple[str, ...] = ()
    """Roles that may change it."""
    favourite_of: tuple[str, ...] = ()
    """E-mail addresses."""


_ADA, _PRIYA, _TOM, _LENA = "ada@northline.example", "priya@northline.example", "tom@northline.example", "lena@northline.example"
_YEAR, _QUARTER, _MONTH = Limits("last_365_days"), Limits("last_90_days"), Limits("last_28_days")


def _tiles(*names: str) -> tuple[ReportBlock, ...]:
    return tuple(ReportBlock(f"tile{number}", "kpi", Place(number * 3, 0, 3, 3), metrics=(name,)) for number, name in enumerate(names))


DEMO_REPORTS: Final[tuple[DemoReport, ...]] = (
    DemoReport(_ADA, "Leadership", Report(
        "Monday review", "Where the month stands, which branches carry it, and what was cancelled. We go through it every Monday at nine.", Limits("mtd", "previous"), (
            *_tiles("net_sales_amount", "leads", "net_close_rate", "cancel_rate"),
            ReportBlock("money", "area", Place(0, 3, 7, 5), "Net sales $ by week and channel", metrics=("net_sales_amount",), split="week", series="channel", limits=_QUARTER),
            ReportBlock("goals", "bullet", Place(7, 3, 5, 5), "The month against its targets", metrics=("net_sales_amount", "leads", "installed_amount", "collected_amount")),
            ReportBlock("where", "map", Place(0, 8, 6, 6), metrics=("net_sales_amount",), split="branch"),
            ReportBlock("who", "leaderboard", Place(6, 8, 6, 6), "Who sold most", metrics=("net_sales_amount", "net_sales", "net_close_rate"), split="rep", top=10),
            ReportBlock("months", "waterfall", Place(0, 14, 7, 5), "How the year added up", metrics=("net_sales_amount",), split="month", limits=_YEAR),
            ReportBlock("lost", "pie", Place(7, 14, 5, 5), "Cancelled $ by product", metrics=("cancelled_amount",), split="product"),
        )), readers=("branch_manager", "department_head"), editors=("analyst",), favourite_of=(_ADA, _PRIYA)),
    DemoReport(_LENA, "Marketing", Report(
        "Lead sources: cost and return", "What a source costs and what comes back. Leads of the last weeks have not all been visited yet, so their return still grows.", Limits("last_90_days", "previous"), (
            *_tiles("leads", "marketing_spend", "cost_per_lead", "roas"),
            ReportBlock("weeks", "stacked", Place(0, 3, 7, 5), "Leads by week and channel", metrics=("leads",), split="week", series="channel"),
            ReportBlock("mix", "pie", Place(7, 3, 5, 5), "Where the money goes", metrics=("marketing_spend",), split="channel"),
            ReportBlock("pays", "scatter", Place(0, 8, 6, 6), "Cost of a lead against what it brings", metrics=("cost_per_lead", "net_amount_per_lead", "leads"), split="source", only_if=OnlyIf("leads", ">=", 25)),
            ReportBlock("sources", "table", Place(6, 8, 6, 6), "Sources with 25 leads or more", metrics=("leads", "cost_per_lead", "roas"), split="source", only_if=OnlyIf("leads", ">=", 25)),
            ReportBlock("path", "funnel", Place(0, 14, 6, 5), "From lead to net sale", metrics=("leads", "contacted_leads", "set_leads", "issued_leads", "demo_leads", "net_sold_leads")),
            ReportBlock("speed", "combo", Place(6, 14, 6, 5), "Leads, and how many are called within 5 minutes", metrics=("leads", "within_5_minutes_rate"), split="week"),
        )), readers=("leadership", "department_head"), favourite_of=(_LENA,)),
    DemoReport(_TOM, "Production", Report(
        "Jobs, backlog and punctuality", "From the signed contract to the finished job.", Limits("last_90_days", "previous"), (
            *_tiles("installed_amount", "jobs_completed", "on_time_rate", "cycle_days"),
            ReportBlock("months", "combo", Place(0, 3, 7, 5), "Jobs completed, and how many on time", metrics=("jobs_completed", "on_time_rate"), split="month", limits=_YEAR),
            ReportBlock("gauge", "gauge", Place(7, 3, 5, 5), "Installed this month", metrics=("installed_amount",), limits=Limits("mtd")),
            ReportBlock("heat", "heat", Place(0, 8, 6, 5), "Jobs completed by branch and month", metrics=("jobs_completed",), split="branch", series="month", limits=_YEAR),
            ReportBlock("backlog", "line", Place(6, 8, 6, 5), "Backlog $ by week", metrics=("backlog_amount",), split="week", series="branch", limits=_QUARTER),
            ReportBlock("crews", "leaderboard", Place(0, 13, 6, 6), "Crews", metrics=("jobs_completed", "on_time_rate", "rework_rate"), split="crew", top=12),
            ReportBlock("late", "table", Place(6, 13, 6, 6), "Products that come late", metrics=("jobs_completed", "on_time_rate", "cycle_days"), split="product", sort="on_time_rate.up"),
        )), readers=("leadership", "branch_manager"), editors=("analyst",)),
    DemoReport(_PRIYA, "Branches", Report(
        "Our sales floor", "For the meeting on the sales floor. Every branch that opens it sees its own people.", Limits("last_28_days", "previous"), (
            ReportBlock("words", "text", Place(0, 0, 12, 2), "How to read this", "Sit rate first: nobody sells in a house that nobody opens.\nThen close rate and average sale. A click on a name shows only that person on the whole page."),
            ReportBlock("week", "line", Place(0, 2, 7, 5), "Appointments issued and demos by day", metrics=("issued", "demos"), split="day"),
            ReportBlock("path", "funnel", Place(7, 2, 5, 5), "From appointment to sale", metrics=("scheduled", "issued", "demos", "net_sales")),
            ReportBlock("people", "leaderboard", Place(0, 7, 7, 6), "Representatives", metrics=("net_sales_amount", "net_close_rate", "sit_rate"), split="rep"),
            ReportBlock("fit", "scatter", Place(7, 7, 5, 6), "Close rate and average sale", metrics=("net_close_rate", "net_average_sale", "issued"), split="rep", only_if=OnlyIf("issued", ">=", 5)),
            ReportBlock("cross", "pivot", Place(0, 13, 8, 6), "Net sales $ by representative and week", metrics=("net_sales_amount",), split="rep", series="week"),
            ReportBlock("open", "bar", Place(8, 13, 4, 6), "Open quotes $", metrics=("open_quotes_amount",), split="rep", top=10),
        )), readers=("branch_manager", "leadership", "analyst"), favourite_of=(_PRIYA,)),
    DemoReport(_LENA, "Marketing", Report(
        "Telephones: speed and sets", "Who dials, who answers, and what an hour on the telephone brings.", Limits("last_28_days", "previous"), (
            *_tiles("dials", "call_contact_rate", "sets_per_hour", "within_5_minutes_rate"),
            ReportBlock("days", "combo", Place(0, 3, 7, 5), "Dials, and how many become an appointment", metrics=("dials", "call_set_rate"), split="day"),
            ReportBlock("agents", "leaderboard", Place(7, 3, 5, 10), "Agents", metrics=("appointments_set", "sets_per_hour"), split="agent", only_if=OnlyIf("phone_hours", ">=", 10)),
            ReportBlock("hours", "bar", Place(0, 8, 7, 5), "Appointments set by branch", metrics=("appointments_set",), split="branch"),
        )), readers=("branch_manager",)),
    DemoReport(_ADA, "", Report(
        "Cancellations", "What we lose after the signature, since when, and where.", Limits("last_90_days", "year"), (
            *_tiles("cancelled_amount", "cancel_rate", "rescission_rate", "credit_reject_rate"),
            ReportBlock("weeks", "line", Place(0, 3, 8, 5), "Cancel rate by week", metrics=("cancel_rate",), split="week"),
            ReportBlock("mix", "pie", Place(8, 3, 4, 5), "Cancelled $ by product", metrics=("cancelled_amount",), split="product"),
            ReportBlock("where", "heat", Place(0, 8, 7, 5), "Cancel rate by branch and month", metrics=("cancel_rate",), split="branch", series="month", limits=_YEAR),
            ReportBlock("reps", "table", Place(7, 8, 5, 5), "Representatives with 10 sales or more", metrics=("gross_sales", "cancel_rate"), split="rep", only_if=OnlyIf("gross_sales", ">=", 10), sort="cancel_rate.down"),
        )), favourite_of=(_ADA,)),
)


def ensure_demo_reports(engines: "Engines") -> int:
    """Fill the library of a demo company with its reports and return how many were made: none where the library has ever held one, so that nothing comes back that somebody deleted or changed.

    The people must be there already (``create_demo_people``).
    """
    from shared.people.accounts import credentials_of
    from shared.reports.report_text import written
    from shared.warehouse.report_seeding import Seed, seed_library

    def number(email: str) -> int:
        found = credentials_of(engines, email)
        if found is None:
            raise LookupError(f"no demo person has the address {email}")
        return found[0].id

    seeds = [Seed(number(each.owner), each.folder, each.report.title, each.report.description, written(each.report), each.readers, each.editors, tuple(map(number, each.favourite_of))) for each in DEMO_REPORTS]
    return seed_library(engines, seeds)
