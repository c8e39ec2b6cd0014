"""Doors, field hours and what canvassed leads bring."""

from tests.oracles.marketing import SALES_OF_LEADS
from tests.oracles.oracle import Add, Divide, Facts, Oracle, Select, local

_BY = {"branch": "b.id", "canvasser": "h.rep_id", "territory": "h.territory"}
DOORS = Facts("crm.knock k JOIN crm.branch b ON b.id = k.branch_id JOIN crm.canvass_shift h ON h.id = k.shift_id", local("k.knocked_at"), _BY)
LEADS = DOORS.only("k.outcome IN ('lead', 'set')")
HOURS = Select(Facts("crm.canvass_shift h JOIN crm.branch b ON b.id = h.branch_id", local("h.started_at"), _BY), "extract(epoch FROM sum(h.ended_at - h.started_at)) / 3600")

ORACLES: dict[str, Oracle] = {
    "doors": Select(DOORS),
    "field_hours": HOURS,
    "doors_per_hour": Divide(Select(DOORS), HOURS),
    "door_contact_rate": Divide(Select(DOORS.only("k.outcome NOT IN ('no_answer', 'not_home')")), Select(DOORS)),
    "door_leads": Select(LEADS),
    "leads_per_hour": Divide(Select(LEADS), HOURS),
    "leads_per_100_doors": Divide(Add(((100.0, Select(LEADS)),)), Select(DOORS)),
    "door_set_rate": Divide(Select(DOORS.only("k.outcome = 'set'")), Select(LEADS)),
    "net_amount_per_field_hour": Divide(Select(SALES_OF_LEADS.only("l.canvasser_id IS NOT NULL"), "sum(s.gross - s.discount)"), HOURS),
}
