"""Calls, phone hours, appointments set, speed to lead."""

from math import nan

from tests.oracles.marketing import CONTACTED, LEADS
from tests.oracles.oracle import Divide, Facts, Oracle, Select, local

CALLS = Facts("crm.call c JOIN crm.branch b ON b.id = c.branch_id", local("c.started_at"), {"branch": "b.id", "agent": "c.agent_id"})
DIALS = CALLS.only("c.direction = 'outbound'")
TALKED = "c.disposition IN ('conversation', 'set', 'not_interested', 'callback')"
SET_CALLS = CALLS.only("c.disposition = 'set'")
HOURS = Select(Facts("crm.phone_shift h JOIN crm.branch b ON b.id = h.branch_id", local("h.started_at"), {"branch": "b.id", "agent": "h.agent_id"}),
               "extract(epoch FROM sum(h.ended_at - h.started_at)) / 3600")
_BY_LEAD = {name: expression for name, expression in LEADS.by.items() if name != "canvasser"}
_ATTEMPTED = Facts(LEADS.tables, LEADS.day, _BY_LEAD, f"{LEADS.where} AND l.first_attempt_at IS NOT NULL")


def _within(minutes: int) -> Divide:
    return Divide(Select(LEADS.only(f"l.first_attempt_at - l.created_at <= interval '{minutes} minutes'")), Select(LEADS))


ORACLES: dict[str, Oracle] = {
    "dials": Select(DIALS),
    "answered_calls": Select(DIALS.only(TALKED)),
    "call_contact_rate": Divide(Select(DIALS.only(TALKED)), Select(DIALS)),
    "phone_hours": HOURS,
    "dials_per_hour": Divide(Select(DIALS), HOURS),
    "appointments_set": Select(Facts("crm.appointment a JOIN crm.branch b ON b.id = a.branch_id JOIN crm.lead l ON l.id = a.lead_id", local("a.set_at"),
                                     {"branch": "b.id", "agent": "a.setter_id"}, "l.disregard IS NULL")),
    "sets_per_hour": Divide(Select(SET_CALLS), HOURS),
    "call_set_rate": Divide(Select(SET_CALLS), Select(CALLS.only(TALKED))),
    "talk_hours": Select(CALLS, "sum(c.seconds) / 3600.0"),
    "attempts_per_contact": Divide(Select(DIALS), Select(CONTACTED)),
    "speed_to_lead": Select(_ATTEMPTED, "percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM l.first_attempt_at - l.created_at)::float8) / 60", nan),
    "within_5_minutes_rate": _within(5),
    "within_15_minutes_rate": _within(15),
}
