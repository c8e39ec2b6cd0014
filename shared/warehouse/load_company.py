"""Import declarations of what a company is: branches, people, products, sources, calendar, targets, spend."""

from shared.warehouse.load_fields import Entity, Field, Kind, choice, day, flag, key, money, named, number, text, whole

ROLES = ("rep", "setter", "canvasser", "agent", "manager", "installer", "technician")
STATE = Field("state_code", Kind.STATE, "state_code", ("state", "st", "province"))
BRANCH = named("branch", "branch", "office", "location", "market", "store", required=True)


def _name(*synonyms: str) -> Field:
    return text("name", *synonyms, required=True, most=200)


def place() -> tuple[Field, Field]:
    """Return the two fields of a place on the map."""
    return number("latitude", 3, 6, "lat"), number("longitude", 3, 6, "lon", "lng", "long")


COMPANY: tuple[Entity, ...] = (
    Entity("branch", "offices that sell and install", (
        key("branch", "branch_code", "code", required=False),
        _name("branch", "branch_name", "office", "office_name"),
        Field("time_zone", Kind.ZONE, "time_zone", ("timezone", "tz", "zone"), required=True),
        STATE, *place(),
        Field("territory", Kind.SHAPE, "territory", ("geojson", "geometry", "shape")),
        whole("fiscal_start_month", 1, 12, "fiscal_month", "fiscal_year_start_month", default="1"),
        day("opened_on", "opened", "open_date", "opened_date", default="date '2000-01-01'"),
        day("closed_on", "closed", "close_date", "closed_date"),
    ), keys=(("external_id",), ("name",))),
    Entity("employee", "reps, setters, canvassers, agents, managers, installers and technicians", (
        key("employee", "rep_id", "user_id", "staff_id", "badge"),
        BRANCH,
        _name("employee", "employee_name", "full_name", "rep_name", "user_name"),
        Field("roles", Kind.LIST, "roles", ("role", "position", "job_title", "title"), required=True, choices=ROLES),
        day("active_from", "hired_on", "hire_date", "start_date", "started_on", "start", required=True),
        day("active_to", "terminated_on", "termination_date", "end_date", "ended_on", "end"),
    )),
    Entity("product", "what is sold: windows, roofs, baths", (
        key("product", "sku", "code", "product_code", required=False),
        _name("product", "product_name", "category", "product_line"),
    ), keys=(("external_id",), ("name",))),
    Entity("lead_source", "where leads come from", (
        key("lead_source", "source_id", "code", "source_code", required=False),
        _name("source", "source_name", "lead_source", "lead_source_name"),
        text("channel", "channel_name", "source_type", "group", "source_group", required=True, most=200),
        text("medium", "utm_medium", default="''", most=200),
        text("campaign", "utm_campaign", "campaign_name", default="''", most=200),
        flag("is_paid", "paid", default="true"),
    ), keys=(("external_id",), ("name",))),
    Entity("calendar_day", "which days count, how much, and to which fiscal period they belong", (
        BRANCH,
        day("day", "date", "calendar_date", required=True),
        flag("is_business_day", "business_day", "working_day", "is_working_day", "workday", required=True),
        text("holiday", "holiday_name", most=200),
        number("weight", 2, 4, "day_weight", "share", required=True),
        whole("fiscal_year", 1990, 2200, "fy", required=True),
        whole("fiscal_quarter", 1, 4, "fq", "quarter", required=True),
        whole("fiscal_month", 1, 12, "fm", "period", required=True),
    ), keys=(("branch", "day"),)),
    Entity("target", "monthly goals per KPI, of a branch or of the company (no branch)", (
        key("target", "goal_id", required=False),
        text("kpi", "metric", "measure", "goal", required=True, most=200),
        named("branch", "branch", "office", "location", "market"),
        day("month", "period", "date", "target_month", required=True),
        number("value", 12, 4, "target", "amount", "goal_value", "target_value", required=True),
    ), keys=(("external_id",), ("kpi", "branch", "month"))),
    Entity("marketing_spend", "what marketing cost, spread evenly over the days it pays for", (
        key("marketing_spend", "spend_id", "invoice_id", "invoice_number"),
        BRANCH,
        named("source", "lead_source", "lead_source", "lead_source_id", "lead_source_name", required=True),
        day("spent_on", "date", "spend_date", "start_date", "from", "first_day", required=True),
        day("spent_to", "end_date", "to", "last_day", default="s.spent_on"),
        money("amount", "cost", "spend", "spend_amount", "total", required=True),
        choice("kind", "media canvass_payroll telemarketing_payroll tools", "type", "spend_type", "cost_type"),
    )),
)
