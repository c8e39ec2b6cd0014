"""Sales, appointments and collected money."""

from math import nan

from tests.oracles.oracle import Divide, Facts, Oracle, Select, local

SOURCE = {"source": "l.source_id", "channel": "o.channel", "medium": "o.medium", "campaign": "o.campaign"}
CONTRACTS = Facts(
    "crm.sale s JOIN crm.branch b ON b.id = s.branch_id LEFT JOIN crm.appointment a ON a.id = s.appointment_id"
    " LEFT JOIN crm.lead l ON l.id = a.lead_id LEFT JOIN crm.lead_source o ON o.id = l.source_id",
    local("s.sold_at"), {"branch": "b.id", "rep": "a.rep_id", "product": "s.product_id", **SOURCE})
CANCELLED, REJECTED, STANDING = "s.status = 'cancelled'", "s.status = 'credit_rejected'", "s.status NOT IN ('cancelled', 'credit_rejected')"
DOLLARS = "sum(s.gross - s.discount)"

_VISIT = {"branch": "b.id", "rep": "a.rep_id", "kind": "a.kind", **SOURCE}
_LEAD_OF_VISIT = "JOIN crm.branch b ON b.id = a.branch_id JOIN crm.lead l ON l.id = a.lead_id JOIN crm.lead_source o ON o.id = l.source_id"
VISITS = Facts(f"crm.appointment a {_LEAD_OF_VISIT}", local("a.scheduled_at"), _VISIT, "l.disregard IS NULL")
SOLD_AT_VISITS = Facts(f"crm.appointment a {_LEAD_OF_VISIT} JOIN crm.sale s ON s.appointment_id = a.id", local("a.scheduled_at"), _VISIT, "l.disregard IS NULL")
ISSUED = VISITS.only("a.issued_at IS NOT NULL")
DEMOS = VISITS.only("a.result IN ('Sold', 'Demoed-Not-Sold', 'Follow-Up')")
_PAST = f"{local('a.scheduled_at')} < :today"
_CYCLE = CONTRACTS.only("l.id IS NOT NULL")


def _cycle(q: float) -> Select:
    return Select(_CYCLE, f"percentile_cont({q}) WITHIN GROUP (ORDER BY {local('s.sold_at')} - {local('l.created_at')})", nan)


ORACLES: dict[str, Oracle] = {
    "gross_sales": Select(CONTRACTS),
    "gross_sales_amount": Select(CONTRACTS, DOLLARS),
    "net_sales": Select(CONTRACTS.only(STANDING)),
    "net_sales_amount": Select(CONTRACTS.only(STANDING), DOLLARS),
    "cancelled_sales": Select(CONTRACTS.only(CANCELLED)),
    "cancelled_amount": Select(CONTRACTS.only(CANCELLED), DOLLARS),
    "credit_rejected_amount": Select(CONTRACTS.only(REJECTED), DOLLARS),
    "firm_amount": Select(CONTRACTS.only(f"{STANDING} AND :today > s.rescission_ends_on"), DOLLARS),
    "soft_amount": Select(CONTRACTS.only(f"{STANDING} AND :today <= s.rescission_ends_on"), DOLLARS),
    "gross_average_sale": Divide(Select(CONTRACTS, DOLLARS), Select(CONTRACTS)),
    "net_average_sale": Divide(Select(CONTRACTS.only(STANDING), DOLLARS), Select(CONTRACTS.only(STANDING))),
    "cancel_rate": Divide(Select(CONTRACTS.only(CANCELLED)), Select(CONTRACTS)),
    "cancel_rate_amount": Divide(Select(CONTRACTS.only(CANCELLED), DOLLARS), Select(CONTRACTS, DOLLARS)),
    "rescission_rate": Divide(Select(CONTRACTS.only(f"{CANCELLED} AND {local('s.cancelled_at')} <= s.rescission_ends_on")), Select(CONTRACTS)),
    "credit_reject_rate": Divide(Select(CONTRACTS.only(REJECTED)), Select(CONTRACTS.only("s.financed"))),
    "sales_cycle": _cycle(0.5),
    "sales_cycle_p90": _cycle(0.9),
    "scheduled": Select(VISITS),
    "issued": Select(ISSUED),
    "demos": Select(DEMOS),
    "confirmation_rate": Divide(Select(VISITS.only("a.confirmed_at IS NOT NULL")), Select(VISITS)),
    "issue_rate": Divide(Select(ISSUED), Select(VISITS)),
    "sit_rate": Divide(Select(DEMOS), Select(ISSUED)),
    "no_show_rate": Divide(Select(VISITS.only("a.result = 'No-Show'")), Select(ISSUED)),
    "gross_close_rate": Divide(Select(SOLD_AT_VISITS), Select(DEMOS)),
    "net_close_rate": Divide(Select(SOLD_AT_VISITS.only(STANDING)), Select(DEMOS)),
    "nsli": Divide(Select(SOLD_AT_VISITS.only(STANDING), DOLLARS), Select(ISSUED)),
    "reset_rate": Divide(Select(VISITS.only("a.kind = 'reset'")), Select(VISITS.only("a.result IN ('No-Show', 'Cancelled')"))),
    "rehash_rate": Divide(Select(VISITS.only("a.kind = 'rehash'")), Select(VISITS.only("a.result = 'Demoed-Not-Sold'"))),
    "rehash_close_rate": Divide(Select(SOLD_AT_VISITS.only("a.kind = 'rehash'")), Select(VISITS.only("a.kind = 'rehash'"))),
    "unresulted_rate": Divide(Select(ISSUED.only(f"a.result IS NULL AND {_PAST}")), Select(ISSUED.only(_PAST))),
    "collected_amount": Select(Facts("crm.payment y JOIN crm.branch b ON b.id = y.branch_id", local("y.paid_at"), {"branch": "b.id", "method": "y.method"}), "sum(y.amount)"),
}
