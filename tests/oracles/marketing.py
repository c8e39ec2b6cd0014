"""Leads, their cohorts and what they cost."""

from tests.oracles.oracle import Add, Divide, Facts, Oracle, Select, local
from tests.oracles.sales import SOURCE, STANDING

LEADS = Facts("crm.lead l JOIN crm.branch b ON b.id = l.branch_id JOIN crm.lead_source o ON o.id = l.source_id", local("l.created_at"),
              {"branch": "b.id", "canvasser": "l.canvasser_id", **SOURCE}, "l.disregard IS NULL")
_VISIT = "EXISTS (SELECT 1 FROM crm.appointment a WHERE a.lead_id = l.id AND {})"
_SALE = "EXISTS (SELECT 1 FROM crm.sale s JOIN crm.appointment a ON a.id = s.appointment_id WHERE a.lead_id = l.id AND {})"
_PAID = "(SELECT coalesce(sum(y.amount), 0) FROM crm.payment y WHERE y.sale_id = s.id)"
_DONE = "EXISTS (SELECT 1 FROM crm.job j WHERE j.sale_id = s.id AND j.status = 'complete')"

CONTACTED = LEADS.only("l.contacted_at IS NOT NULL")
SET = LEADS.only(_VISIT.format("true"))
CONFIRMED = LEADS.only(_VISIT.format("a.confirmed_at IS NOT NULL"))
ISSUED = LEADS.only(_VISIT.format("a.issued_at IS NOT NULL"))
DEMOED = LEADS.only(_VISIT.format("a.result IN ('Sold', 'Demoed-Not-Sold', 'Follow-Up')"))
SOLD = LEADS.only(_SALE.format("true"))
NET_SOLD = LEADS.only(_SALE.format(STANDING))
SALES_OF_LEADS = Facts(f"{LEADS.tables} JOIN crm.appointment a ON a.lead_id = l.id JOIN crm.sale s ON s.appointment_id = a.id", LEADS.day, LEADS.by, f"l.disregard IS NULL AND {STANDING}")
NET_DOLLARS = Select(SALES_OF_LEADS, "sum(s.gross - s.discount)")

# A cost of n days: after k of them, k/n of it has been spent, in whole cents.
SPEND = Facts(
    "crm.marketing_spend m JOIN crm.branch b ON b.id = m.branch_id JOIN crm.lead_source o ON o.id = m.source_id"
    " CROSS JOIN LATERAL generate_series(m.spent_on::timestamp, m.spent_to::timestamp, interval '1 day') WITH ORDINALITY d (day, k)"
    " CROSS JOIN LATERAL (SELECT extract(day FROM m.spent_to::timestamp - m.spent_on::timestamp) + 1 AS n) c",
    "d.day::date", {"branch": "b.id", "source": "m.source_id", "channel": "o.channel", "medium": "o.medium", "campaign": "o.campaign", "spend_kind": "m.kind"})
_SPENT = "sum(round(m.amount * d.k / c.n, 2) - round(m.amount * (d.k - 1) / c.n, 2))"
TOUCHES = Facts("crm.touch l JOIN crm.branch b ON b.id = l.branch_id JOIN crm.lead_source o ON o.id = l.source_id", local("l.touched_at"), {"branch": "b.id", "kind": "l.kind", **SOURCE})
COST, MEDIA = Select(SPEND, _SPENT), Select(SPEND.only("m.kind = 'media'"), _SPENT)


def _age(moment: str) -> str:
    """How old the lead was: to the day for two weeks, to the week for half a year, to four weeks for a year."""
    days = f"greatest({local(moment)} - {local('l.created_at')}, 0)"
    return (f"(SELECT CASE WHEN n <= 13 THEN n WHEN n <= 181 THEN (n + 1 + 6) / 7 * 7 - 1 WHEN n <= 363 THEN (n + 1 + 27) / 28 * 28 - 1 ELSE 9999 END FROM (SELECT {days} AS n) n)")


_OF_LEADS = f"{LEADS.tables} JOIN crm.appointment a ON a.lead_id = l.id JOIN crm.sale s ON s.appointment_id = a.id"
SIGNED = Facts(_OF_LEADS, LEADS.day, {"branch": "b.id", **SOURCE, "age": _age("s.sold_at")}, "l.disregard IS NULL")
CALLED_OFF = Facts(_OF_LEADS, LEADS.day, {"branch": "b.id", **SOURCE, "age": _age("s.cancelled_at")}, "l.disregard IS NULL AND s.cancelled_at IS NOT NULL")
_DOLLARS = "sum(s.gross - s.discount)"

# Who won a household: its first lead that counts. Its first contract that stands makes it a customer; all later ones are repeats.
_OTHER_SALES = ("(SELECT h.prospect_id, h.branch_id, x.id, x.gross - x.discount AS amount, row_number() OVER (PARTITION BY h.prospect_id ORDER BY x.sold_at, x.id) AS nth"
                " FROM crm.lead h JOIN crm.appointment v ON v.lead_id = h.id JOIN crm.sale x ON x.appointment_id = v.id"
                " WHERE h.disregard IS NULL AND x.status NOT IN ('cancelled', 'credit_rejected'))")
_FIRST = "(SELECT DISTINCT ON (prospect_id) * FROM crm.lead WHERE disregard IS NULL ORDER BY prospect_id, created_at, id)"
HOUSEHOLD_SALES = Facts(f"{_FIRST} l JOIN crm.branch b ON b.id = l.branch_id JOIN crm.lead_source o ON o.id = l.source_id JOIN {_OTHER_SALES} x ON x.prospect_id = l.prospect_id",
                        LEADS.day, {"branch": "b.id", **SOURCE})
CUSTOMERS, VALUE = Select(HOUSEHOLD_SALES.only("x.nth = 1")), Select(HOUSEHOLD_SALES, "sum(x.amount)")

ORACLES: dict[str, Oracle] = {
    "leads": Select(LEADS),
    "touches": Select(TOUCHES),
    "contacted_leads": Select(CONTACTED),
    "set_leads": Select(SET),
    "confirmed_leads": Select(CONFIRMED),
    "issued_leads": Select(ISSUED),
    "demo_leads": Select(DEMOED),
    "sold_leads": Select(SOLD),
    "net_sold_leads": Select(NET_SOLD),
    "installed_leads": Select(LEADS.only(_SALE.format(_DONE))),
    "collected_leads": Select(LEADS.only(_SALE.format(f"{STANDING} AND {_PAID} >= s.gross - s.discount"))),
    "contact_rate": Divide(Select(CONTACTED), Select(LEADS)),
    "set_rate": Divide(Select(SET), Select(LEADS)),
    "lead_issue_rate": Divide(Select(ISSUED), Select(LEADS)),
    "lead_demo_rate": Divide(Select(DEMOED), Select(LEADS)),
    "lead_close_rate": Divide(Select(NET_SOLD), Select(LEADS)),
    "net_amount_per_lead": Divide(NET_DOLLARS, Select(LEADS)),
    "lead_net_amount": NET_DOLLARS,
    "marketing_spend": COST,
    "cost_per_lead": Divide(COST, Select(LEADS)),
    "media_cost_per_lead": Divide(MEDIA, Select(LEADS)),
    "cost_per_set": Divide(COST, Select(SET)),
    "cost_per_issued": Divide(COST, Select(ISSUED)),
    "cost_per_demo": Divide(COST, Select(DEMOED)),
    "cost_per_sale": Divide(COST, Select(SOLD)),
    "cac": Divide(COST, Select(SALES_OF_LEADS)),
    "marketing_cost_share": Divide(COST, NET_DOLLARS),
    "roas": Divide(NET_DOLLARS, COST),
    "romi": Divide(Add(((0.45, NET_DOLLARS), (-1.0, COST))), COST),
    "media_spend": MEDIA,
    "new_customers": CUSTOMERS,
    "ltv": Divide(Add(((0.45, VALUE),)), CUSTOMERS),
    "ltv_to_cac": Divide(Add(((0.45, VALUE),)), COST),
    "repeat_share": Divide(Select(HOUSEHOLD_SALES.only("x.nth > 1"), "sum(x.amount)"), VALUE),
    "net_sales_by_age": Add(((1.0, Select(SIGNED)), (-1.0, Select(CALLED_OFF)))),
    "net_amount_by_age": Add(((1.0, Select(SIGNED, _DOLLARS)), (-1.0, Select(CALLED_OFF, _DOLLARS)))),
    "gross_sales_by_age": Select(SIGNED),
}
