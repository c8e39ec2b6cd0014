"""Sales and revenue."""

from shared.metrics.metric import Basis, Better, Measure, Metric, Quantile, Unit, ratio, total

_APPOINTMENT, _SOLD = "the day the appointment was due", "the day of sale"


def _sale(column: str) -> Measure:
    return Measure("sales", column)


def _visit(column: str) -> Measure:
    return Measure("sales_by_rep", column)


SCHEDULED, CONFIRMED, ISSUED, DEMOS = _visit("scheduled_count"), _visit("confirmed_count"), _visit("issued_count"), _visit("demo_count")
_NET_AMOUNT = _sale("net_amount")

METRICS: tuple[Metric, ...] = (
    Metric("gross_sales", "Gross sales", "Contracts signed, before cancellations and credit rejects.", total(_sale("gross_count")), Unit.COUNT, Better.UP, _SOLD, source="G"),
    Metric("gross_sales_amount", "Gross sales $", "What customers signed for: list price less discount, before cancellations and credit rejects.",
           total(_sale("gross_amount")), Unit.MONEY, Better.UP, _SOLD, source="$G, 27"),
    Metric("net_sales", "Net sales", "Contracts signed that are neither cancelled nor credit rejected by now.", total(_sale("net_count")), Unit.COUNT, Better.UP, _SOLD, source="N = G - X - R"),
    Metric("net_sales_amount", "Net sales $", "Booked revenue: what customers signed for, less what was cancelled or credit rejected by now. Change orders are not in it.",
           total(_NET_AMOUNT), Unit.MONEY, Better.UP, _SOLD, source="$N, 27"),
    Metric("cancelled_sales", "Cancelled sales", "Contracts of the period that were cancelled by now.", total(_sale("cancelled_count")), Unit.COUNT, Better.DOWN, _SOLD, Basis.COHORT, source="X"),
    Metric("cancelled_amount", "Cancelled $", "Dollars of the period's contracts that were cancelled by now.", total(_sale("cancelled_amount")), Unit.MONEY, Better.DOWN, _SOLD, Basis.COHORT, source="$X"),
    Metric("credit_rejected_amount", "Credit rejected $", "Dollars of the period's contracts whose credit was refused.", total(_sale("rejected_amount")), Unit.MONEY, Better.DOWN, _SOLD, Basis.COHORT, source="$R"),
    Metric("firm_amount", "Firm revenue", "Net sales $ whose rescission window has passed: the customer can no longer cancel freely.",
           total(Measure("sales", "net_amount", clock="reached", clock_column="firm_on")), Unit.MONEY, Better.UP, _SOLD, Basis.COHORT, source="26"),
    Metric("soft_amount", "Soft revenue", "Net sales $ still inside the rescission window (until midnight of the third business day).",
           total(Measure("sales", "net_amount", clock="pending", clock_column="firm_on")), Unit.MONEY, Better.NEITHER, _SOLD, Basis.COHORT, source="26"),
    Metric("gross_average_sale", "Gross average sale", "Gross sales $ divided by gross sales.", ratio(_sale("gross_amount"), _sale("gross_count")), Unit.MONEY, Better.UP, _SOLD, minimum_sample=5, source="17"),
    Metric("net_average_sale", "Net average sale", "Net sales $ divided by net sales.", ratio(_NET_AMOUNT, _sale("net_count")), Unit.MONEY, Better.UP, _SOLD, minimum_sample=5, source="17"),
    Metric("cancel_rate", "Cancel rate", "Share of the period's contracts that were cancelled by now.", ratio(_sale("cancelled_count"), _sale("gross_count")),
           Unit.PERCENT, Better.DOWN, _SOLD, Basis.COHORT, minimum_sample=20, source="18"),
    Metric("cancel_rate_amount", "Cancel rate $", "Share of the period's contract dollars that were cancelled by now.", ratio(_sale("cancelled_amount"), _sale("gross_amount")),
           Unit.PERCENT, Better.DOWN, _SOLD, Basis.COHORT, minimum_sample=20, sample=_sale("gross_count"), source="18"),
    Metric("rescission_rate", "Rescission rate", "Share of the period's contracts that were cancelled inside the rescission window.", ratio(_sale("rescinded_count"), _sale("gross_count")),
           Unit.PERCENT, Better.DOWN, _SOLD, Basis.COHORT, minimum_sample=20, source="19"),
    Metric("credit_reject_rate", "Credit reject rate", "Share of the period's financed contracts whose credit was refused.", ratio(_sale("rejected_count"), _sale("financed_count")),
           Unit.PERCENT, Better.DOWN, _SOLD, Basis.COHORT, minimum_sample=20, source="20"),
    Metric("sales_cycle", "Sales cycle", "Median days from creating the lead to the sale.", Quantile(0.5, Measure("sales_cycle", "days"), Measure("sales_cycle", "sale_count")),
           Unit.DAYS, Better.DOWN, _SOLD, minimum_sample=5, source="23"),
    Metric("sales_cycle_p90", "Sales cycle, p90", "Nine of ten sales come within this many days of creating the lead: how old a cohort of leads must be to be judged.",
           Quantile(0.9, Measure("sales_cycle", "days"), Measure("sales_cycle", "sale_count")), Unit.DAYS, Better.DOWN, _SOLD, minimum_sample=10, source="23"),
    Metric("scheduled", "Appointments due", "Appointments that were due, whatever became of them.", total(SCHEDULED), Unit.COUNT, Better.UP, _APPOINTMENT, source="S"),
    Metric("issued", "Appointments issued", "Appointments given to a representative to run.", total(ISSUED), Unit.COUNT, Better.UP, _APPOINTMENT, source="I"),
    Metric("demos", "Demos", "Appointments that ended Sold, Demoed-Not-Sold or Follow-Up.", total(DEMOS), Unit.COUNT, Better.UP, _APPOINTMENT, source="D"),
    Metric("confirmation_rate", "Confirmation rate", "Share of appointments due that were confirmed.", ratio(CONFIRMED, SCHEDULED), Unit.PERCENT, Better.UP, _APPOINTMENT, minimum_sample=20, source="8"),
    Metric("issue_rate", "Issue rate", "Share of appointments due that were given to a representative.", ratio(ISSUED, SCHEDULED), Unit.PERCENT, Better.UP, _APPOINTMENT, minimum_sample=20, source="11"),
    Metric("sit_rate", "Sit rate", "Demos divided by appointments issued.", ratio(DEMOS, ISSUED), Unit.PERCENT, Better.UP, _APPOINTMENT, minimum_sample=20, source="12"),
    Metric("no_show_rate", "No-show rate", "Appointments where nobody was home divided by appointments issued.", ratio(_visit("no_show_count"), ISSUED), Unit.PERCENT, Better.DOWN, _APPOINTMENT, minimum_sample=20, source="13"),
    Metric("gross_close_rate", "Gross close rate", "Contracts signed divided by demos.", ratio(_visit("gross_count"), DEMOS), Unit.PERCENT, Better.UP, _APPOINTMENT, minimum_sample=20, source="14"),
    Metric("net_close_rate", "Net close rate", "Contracts that still stand divided by demos.", ratio(_visit("net_count"), DEMOS), Unit.PERCENT, Better.UP, _APPOINTMENT, minimum_sample=20, source="15"),
    Metric("nsli", "NSLI", "Net sales $ per lead issued: sit rate x net close rate x net average sale.", ratio(_visit("net_amount"), ISSUED), Unit.MONEY, Better.UP, _APPOINTMENT, minimum_sample=20, source="16"),
    Metric("reset_rate", "Reset rate", "Reset appointments divided by no-shows and cancelled appointments.",
           ratio(_visit("reset_count"), total(_visit("no_show_count"), _visit("cancelled_count"))), Unit.PERCENT, Better.UP, _APPOINTMENT, minimum_sample=20, source="10"),
    Metric("rehash_rate", "Rehash rate", "Rehash appointments divided by demos that were not sold.", ratio(_visit("rehash_count"), _visit("not_sold_count")),
           Unit.PERCENT, Better.UP, _APPOINTMENT, minimum_sample=20, source="21"),
    Metric("rehash_close_rate", "Rehash close rate", "Contracts signed from rehash appointments divided by rehash appointments.",
           ratio(_visit("gross_count").only(kind="rehash"), _visit("rehash_count")), Unit.PERCENT, Better.UP, _APPOINTMENT, minimum_sample=20, source="21"),
    Metric("unresulted_rate", "Unresulted rate", "Share of issued appointments due before today that have no result: a guard on every rate of the period.",
           ratio(Measure("sales_by_rep", "unresulted_count", clock="past"), Measure("sales_by_rep", "issued_count", clock="past")),
           Unit.PERCENT, Better.DOWN, _APPOINTMENT, minimum_sample=20, source="22"),
    Metric("collected_amount", "Collected $", "Payments received less refunds.", total(Measure("collections", "collected_amount")), Unit.MONEY, Better.UP, "the day of payment", source="27"),
)
