"""Tickets."""

from math import nan

from tests.oracles.oracle import Add, Divide, Facts, Open, Oracle, Select, local
from tests.oracles.production import COMPLETED

_TABLES, _BY = "crm.ticket t JOIN crm.branch b ON b.id = t.branch_id", {"branch": "b.id", "technician": "t.technician_id", "product": "(SELECT j.product_id FROM crm.job j WHERE j.id = t.job_id)"}
OPENED = Facts(_TABLES, local("t.opened_at"), _BY)
CLOSED = Facts(_TABLES, local("t.resolved_at"), _BY, "t.resolved_at IS NOT NULL")
_OPEN = Facts(_TABLES, "", _BY, f"{local('t.opened_at')} <= :day AND (t.resolved_at IS NULL OR {local('t.resolved_at')} > :day)")
_VISITED = CLOSED.only("t.needs_visit")
_REPEAT = ("EXISTS (SELECT 1 FROM crm.ticket r WHERE r.job_id = t.job_id AND r.id <> t.id AND r.opened_at > t.resolved_at"
           f" AND {local('r.opened_at')} - {local('t.resolved_at')} <= 30)")
_NEVER = "1e300"


def _hours(until: str, q: float) -> Select:
    """What has not happened counts as later than anything that has; a quantile that falls there is missing."""
    hours = f"percentile_cont({q}) WITHIN GROUP (ORDER BY coalesce(extract(epoch FROM t.{until} - t.opened_at)::float8 / 3600, {_NEVER}))"
    return Select(OPENED, f"CASE WHEN {hours} < 1e9 THEN {hours} END", nan)


ORACLES: dict[str, Oracle] = {
    "tickets_opened": Select(OPENED),
    "tickets_closed": Select(CLOSED),
    "tickets_net_flow": Add(((1.0, Select(OPENED)), (-1.0, Select(CLOSED)))),
    "open_tickets": Open(_OPEN),
    "resolution_hours": _hours("resolved_at", 0.5),
    "resolution_hours_p90": _hours("resolved_at", 0.9),
    "first_response_hours": _hours("first_response_at", 0.5),
    "first_time_fix_rate": Divide(Select(_VISITED.only(f"t.visits = 1 AND NOT {_REPEAT}")), Select(_VISITED)),
    "csat": Divide(Select(CLOSED.only("t.csat IN (4, 5)")), Select(CLOSED.only("t.csat IS NOT NULL"))),
    "csat_response_rate": Divide(Select(CLOSED.only("t.csat IS NOT NULL")), Select(CLOSED)),
    "nps": Divide(Select(CLOSED, "100.0 * (count(*) FILTER (WHERE t.nps IN (9, 10)) - count(*) FILTER (WHERE t.nps BETWEEN 0 AND 6))"), Select(CLOSED.only("t.nps IS NOT NULL"))),
    "reopen_rate": Divide(Select(CLOSED.only("t.reopened")), Select(CLOSED)),
    "tickets_per_100_installs": Divide(Add(((100.0, Select(OPENED)),)), Select(COMPLETED)),
}
