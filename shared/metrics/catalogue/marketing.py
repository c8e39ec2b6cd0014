"""Leads, the cohort funnel and what marketing costs. Ratios are cohorts by the day the lead was created."""

from shared.metrics.metric import Basis, Better, Measure, Metric, Ratio, Sum, Unit, ratio, total

_CREATED = "the day the lead was created"
CONTRIBUTION_MARGIN = 0.45
"""Share of net sales left after materials, installation and commissions: the trade's rule of thumb, until the company states its own."""


def _lead(column: str) -> Measure:
    return Measure("lead_funnel", column)


LEADS, SPEND, NET_AMOUNT = _lead("lead_count"), Measure("marketing", "spend_amount"), _lead("net_amount")
_CUSTOMERS, _VALUE, _REPEATED = (Measure("customer_value", column) for column in ("customer_count", "net_amount", "repeat_amount"))
_FIRST = "the day of the household's first lead"
_MEDIA = SPEND.only(spend_kind="media")


def _share(name: str, label: str, meaning: str, numerator: str, denominator: str, source: str) -> Metric:
    return Metric(name, label, meaning, ratio(_lead(numerator), _lead(denominator)), Unit.PERCENT, Better.UP, _CREATED, Basis.COHORT, "marketing", 20, source=source)


def _count(name: str, label: str, meaning: str, column: str, source: str) -> Metric:
    return Metric(name, label, meaning, total(_lead(column)), Unit.COUNT, Better.UP, _CREATED, Basis.COHORT, "marketing", source=source)


def _cost(name: str, label: str, meaning: str, column: str, source: str = "48", spend: Measure = SPEND) -> Metric:
    return Metric(name, label, meaning, ratio(spend, _lead(column)), Unit.MONEY, Better.DOWN, _CREATED, Basis.COHORT, "marketing", 20, source=source)


METRICS: tuple[Metric, ...] = (
    Metric("leads", "Leads", "Leads created; test, duplicate and invalid ones are left out.", total(LEADS), Unit.COUNT, Better.UP, _CREATED, department="marketing", source="1, L"),
    _count("contacted_leads", "Contacted", "Leads of the period that were reached by now.", "contacted_count", "C"),
    _count("set_leads", "Set", "Leads of the period with at least one appointment by now.", "set_count", "S"),
    _count("confirmed_leads", "Confirmed", "Leads of the period with a confirmed appointment by now.", "confirmed_count", "K"),
    _count("issued_leads", "Issued", "Leads of the period with an appointment given to a representative by now.", "issued_count", "I"),
    _count("demo_leads", "Demos", "Leads of the period that had a demo by now.", "demo_count", "D"),
    _count("sold_leads", "Gross sales", "Leads of the period that signed a contract by now.", "gross_count", "G"),
    _count("net_sold_leads", "Net sales", "Leads of the period with a contract that still stands.", "net_count", "N"),
    _count("installed_leads", "Installed", "Leads of the period whose job is complete.", "installed_count", "funnel"),
    _count("collected_leads", "Collected", "Leads of the period that have paid their contract in full.", "collected_count", "funnel"),
    _share("contact_rate", "Lead contact rate", "Share of leads that were reached by now.", "contacted_count", "lead_count", "2"),
    _share("set_rate", "Set rate", "Share of leads with at least one appointment by now.", "set_count", "lead_count", "5"),
    _share("lead_issue_rate", "Lead to issued", "Share of leads with an appointment given to a representative by now.", "issued_count", "lead_count", "funnel"),
    _share("lead_demo_rate", "Lead to demo", "Share of leads that had a demo by now.", "demo_count", "lead_count", "funnel"),
    _share("lead_close_rate", "Lead to net sale", "Share of leads with a contract that still stands.", "net_count", "lead_count", "funnel"),
    Metric("net_amount_per_lead", "Net sales $ per lead", "Net sales $ of the period's leads divided by leads.", ratio(NET_AMOUNT, LEADS), Unit.MONEY, Better.UP, _CREATED, Basis.COHORT, "marketing", 20, source="funnel"),
    Metric("lead_net_amount", "Net sales $ of leads", "Net sales $ that the period's leads have brought by now.", total(NET_AMOUNT), Unit.MONEY, Better.UP, _CREATED, Basis.COHORT, "marketing", source="52"),
    Metric("touches", "Touches", "Marketing contacts of prospects: inquiries, doors, calls and events; whatever came of them.", total(Measure("touches", "touch_count")), Unit.COUNT, Better.UP,
           "the day of the touch", department="marketing", source="Touch"),
    Metric("marketing_spend", "Marketing spend", "Media, canvass and telemarketing payroll and tools; monthly costs are spread by day.", total(SPEND), Unit.MONEY, Better.NEITHER, "the day the cost pays for",
           department="marketing", source="48"),
    _cost("cost_per_lead", "Cost per lead", "Marketing spend divided by leads.", "lead_count"),
    _cost("media_cost_per_lead", "Media cost per lead", "Media spend alone divided by leads.", "lead_count", spend=_MEDIA),
    _cost("cost_per_set", "Cost per set", "Marketing spend divided by leads with an appointment.", "set_count"),
    _cost("cost_per_issued", "Cost per issued", "Marketing spend divided by leads given to a representative.", "issued_count"),
    _cost("cost_per_demo", "Cost per demo", "Marketing spend divided by leads that had a demo.", "demo_count"),
    _cost("cost_per_sale", "Cost per sale", "Marketing spend divided by leads that signed.", "gross_count"),
    _cost("cac", "CAC, fully loaded", "Media, canvass and telemarketing payroll and tools divided by net sales of the period's leads.", "net_sale_count", "49"),
    Metric("marketing_cost_share", "Marketing cost %", "Marketing spend divided by net sales $ of the period's leads.", ratio(SPEND, NET_AMOUNT), Unit.PERCENT, Better.DOWN, _CREATED, Basis.COHORT,
           "marketing", 20, LEADS, source="50"),
    Metric("roas", "ROAS", "Net sales $ of the period's leads per dollar of marketing.", ratio(NET_AMOUNT, SPEND), Unit.NUMBER, Better.UP, _CREATED, Basis.COHORT, "marketing", 20, LEADS, source="50"),
    Metric("romi", "ROMI", f"(Net sales $ of the period's leads x {CONTRIBUTION_MARGIN:.0%} contribution margin - spend) / spend.",
           Ratio(Sum(((CONTRIBUTION_MARGIN, NET_AMOUNT), (-1.0, SPEND))), total(SPEND)), Unit.PERCENT, Better.UP, _CREATED, Basis.COHORT, "marketing", 20, LEADS, source="50"),
    Metric("media_spend", "Media spend", "What is paid to media and partners, without payrolls and tools.", total(_MEDIA), Unit.MONEY, Better.NEITHER, "the day the cost pays for",
           department="marketing", source="48"),
    Metric("new_customers", "New customers", "Households whose first standing contract came by now, by the day of their first lead.", total(_CUSTOMERS), Unit.COUNT, Better.UP, _FIRST,
           Basis.COHORT, "marketing", source="52"),
    Metric("ltv", "LTV", f"Net sales $ of a household so far, its repeat sales included, x {CONTRIBUTION_MARGIN:.0%} contribution margin, per new customer. Nothing is added for sales to come.",
           Ratio(Sum(((CONTRIBUTION_MARGIN, _VALUE),)), total(_CUSTOMERS)), Unit.MONEY, Better.UP, _FIRST, Basis.COHORT, "marketing", 20, source="52"),
    Metric("ltv_to_cac", "LTV:CAC", "Contribution of the new customers so far per dollar of marketing, payrolls and tools included: LTV divided by what a new customer cost.",
           Ratio(Sum(((CONTRIBUTION_MARGIN, _VALUE),)), total(SPEND)), Unit.NUMBER, Better.UP, _FIRST, Basis.COHORT, "marketing", 20, _CUSTOMERS, source="52"),
    Metric("repeat_share", "Repeat share", "Part of the customers' net sales $ that came from contracts after their first.", ratio(_REPEATED, _VALUE), Unit.PERCENT, Better.UP, _FIRST,
           Basis.COHORT, "marketing", 20, _CUSTOMERS, source="52"),
    Metric("net_sales_by_age", "Net sales by age of lead", "Sales less those called off, by how old the lead was when each happened.", total(Measure("lead_development", "net_count")), Unit.COUNT,
           Better.UP, _CREATED, Basis.COHORT, "marketing", source="51"),
    Metric("net_amount_by_age", "Net sales $ by age of lead", "Sales $ less those called off, by how old the lead was when each happened.", total(Measure("lead_development", "net_amount")),
           Unit.MONEY, Better.UP, _CREATED, Basis.COHORT, "marketing", source="51"),
    Metric("gross_sales_by_age", "Gross sales by age of lead", "Contracts signed, by how old the lead was.", total(Measure("lead_development", "gross_count")), Unit.COUNT,
           Better.UP, _CREATED, Basis.COHORT, "marketing", source="51"),
)
