"""Lists of the worst things to act on, by department: what is late, stuck or lost, worst first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import Connection, text

Kind = Literal["text", "money", "day", "days", "hours", "minutes", "count", "milliseconds"]
RESPONSE_HOURS, RESOLUTION_HOURS = 24, 240
"""What service promises: a first word within a day, a ticket resolved within ten days."""
MOST = 8


@dataclass(frozen=True)
class Exceptions:
    """One list.  Its statement returns ``entity``, ``entity_id``, ``branch``, ``total`` (how many there are in all) and one column per entry of ``columns``."""

    title: str
    meaning: str
    """What is in it and in which order, in words."""
    columns: tuple[tuple[str, str, Kind], ...]
    """(column, heading, how it is written)."""
    sql: str
    metric: str
    """Whose glass box shows the rows behind: a metric, or metric@period."""
    none: str
    """What is said when nothing is wrong."""
    has_branch: bool = True


_WHERE = "(CAST(:branches AS int[]) IS NULL OR {0}.branch_id = ANY(:branches))"
_HOUSEHOLD = "LEFT JOIN crm.prospect p ON p.branch_id = l.branch_id AND p.id = l.prospect_id"
_JOB = "FROM crm.job j LEFT JOIN crm.sale s ON s.branch_id = j.branch_id AND s.id = j.sale_id LEFT JOIN crm.product d ON d.id = j.product_id JOIN crm.branch b ON b.id = j.branch_id"
_TICKET = "FROM crm.ticket t LEFT JOIN crm.employee e ON e.id = t.technician_id JOIN crm.branch b ON b.id = t.branch_id"

EXCEPTIONS: dict[str, Exceptions] = {
    "unresulted": Exceptions(
        "Appointments without a result", "Issued, due before today, and nobody has said what became of them; largest offer first, then the oldest",
        (("label", "Household", "text"), ("rep", "Representative", "text"), ("due", "Due", "day"), ("days", "Overdue", "days")),
        "SELECT 'appointment' AS entity, a.id AS entity_id, b.name AS branch, coalesce(p.name, a.external_id) AS label, coalesce(e.name, 'Unassigned') AS rep, a.scheduled_on AS due,"
        " :today - a.scheduled_on AS days, count(*) OVER () AS total FROM crm.appointment a JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id AND l.disregard IS NULL"
        f" {_HOUSEHOLD} LEFT JOIN crm.employee e ON e.id = a.rep_id JOIN crm.branch b ON b.id = a.branch_id"
        f" WHERE a.issued_at IS NOT NULL AND a.result IS NULL AND a.scheduled_on BETWEEN CAST(:today AS date) - 365 AND CAST(:today AS date) - 1 AND {_WHERE.format('a')}"
        " ORDER BY coalesce(a.quoted_amount, 0) DESC, a.scheduled_on, a.id LIMIT :most", "unresulted_rate@last_365_days", "Every appointment that was due has a result."),
    "cancelled": Exceptions(
        "Largest cancellations", "Contracts cancelled in the period, largest first",
        (("label", "Contract", "text"), ("rep", "Representative", "text"), ("cancelled", "Cancelled", "day"), ("amount", "Lost", "money")),
        "SELECT 'sale' AS entity, s.id AS entity_id, b.name AS branch, s.external_id AS label, coalesce(e.name, 'Unassigned') AS rep, s.cancelled_on AS cancelled, s.amount::float8 AS amount,"
        " count(*) OVER () AS total FROM crm.sale s LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id LEFT JOIN crm.employee e ON e.id = a.rep_id"
        f" JOIN crm.branch b ON b.id = s.branch_id WHERE s.status = 'cancelled' AND s.cancelled_on BETWEEN :start AND :end AND {_WHERE.format('s')} ORDER BY s.amount DESC, s.id LIMIT :most",
        "cancelled_amount", "No contract was cancelled in these days."),
    "oldest_jobs": Exceptions(
        "Oldest jobs in progress", "Started and neither complete nor cancelled; the longest under way first",
        (("label", "Job", "text"), ("crew", "Crew", "text"), ("product", "Product", "text"), ("started", "Started", "day"), ("days", "Under way", "days"), ("amount", "Contract", "money")),
        "SELECT 'job' AS entity, j.id AS entity_id, b.name AS branch, j.external_id AS label, coalesce(nullif(j.crew, ''), 'No crew') AS crew, coalesce(d.name, '') AS product, j.started_on AS started,"
        f" :today - j.started_on AS days, coalesce(s.amount, 0)::float8 AS amount, count(*) OVER () AS total {_JOB}"
        f" WHERE j.status = 'in_progress' AND j.started_on <= :today AND {_WHERE.format('j')} ORDER BY j.started_on, j.id LIMIT :most", "jobs_in_progress", "No job is in progress."),
    "late_jobs": Exceptions(
        "Past the promised day", "Promised for a day before today and not complete; the latest first",
        (("label", "Job", "text"), ("status", "Status", "text"), ("promised", "Promised", "day"), ("days", "Late", "days"), ("amount", "Contract", "money")),
        "SELECT 'job' AS entity, j.id AS entity_id, b.name AS branch, j.external_id AS label, replace(j.status, '_', ' ') AS status, j.promised_on AS promised, :today - j.promised_on AS days,"
        f" coalesce(s.amount, 0)::float8 AS amount, count(*) OVER () AS total {_JOB}"
        f" WHERE j.status IN ('scheduled', 'in_progress') AND j.promised_on < :today AND {_WHERE.format('j')} ORDER BY j.promised_on, j.id LIMIT :most", "on_time_rate", "No open job is past its promised day."),
    "oldest_tickets": Exceptions(
        "Oldest open tickets", "Opened and not resolved; the oldest first",
        (("label", "Ticket", "text"), ("technician", "Technician", "text"), ("opened", "Opened", "day"), ("hours", "Open for", "hours"), ("visits", "Visits", "count")),
        "SELECT 'ticket' AS entity, t.id AS entity_id, b.name AS branch, t.external_id AS label, coalesce(e.name, 'Unassigned') AS technician, t.opened_on AS opened,"
        f" (extract(epoch FROM now() - t.opened_at) / 3600)::float8 AS hours, t.visits, count(*) OVER () AS total {_TICKET}"
        f" WHERE t.resolved_at IS NULL AND t.opened_on <= :today AND {_WHERE.format('t')} ORDER BY t.opened_at, t.id LIMIT :most", "open_tickets", "No ticket is open."),
    "sla_breaches": Exceptions(
        "Promises broken", f"Of the period's tickets: no first response within {RESPONSE_HOURS} h, or not resolved within {RESOLUTION_HOURS // 24} days; the longest first",
        (("label", "Ticket", "text"), ("broken", "Promise", "text"), ("technician", "Technician", "text"), ("opened", "Opened", "day"), ("hours", "Took", "hours")),
        "SELECT 'ticket' AS entity, t.id AS entity_id, b.name AS branch, t.external_id AS label, v.broken, coalesce(e.name, 'Unassigned') AS technician, t.opened_on AS opened, v.hours,"
        f" count(*) OVER () AS total {_TICKET} CROSS JOIN LATERAL (VALUES"
        f" ('first response', (extract(epoch FROM coalesce(t.first_response_at, now()) - t.opened_at) / 3600)::float8, {RESPONSE_HOURS}),"
        f" ('resolution', (extract(epoch FROM coalesce(t.resolved_at, now()) - t.opened_at) / 3600)::float8, {RESOLUTION_HOURS})) v (broken, hours, allowed)"
        f" WHERE t.opened_on BETWEEN :start AND :end AND v.hours > v.allowed AND {_WHERE.format('t')} ORDER BY v.hours / v.allowed DESC, t.id LIMIT :most", "resolution_hours", "Every promise of these days was kept."),
    "slow_leads": Exceptions(
        "Slowest first attempts", "Leads of the period by the time until somebody first called; the slowest first",
        (("label", "Lead", "text"), ("source", "Source", "text"), ("created", "Created", "day"), ("minutes", "Waited", "minutes")),
        "SELECT 'lead' AS entity, l.id AS entity_id, b.name AS branch, coalesce(p.name, l.external_id) AS label, coalesce(c.name, 'Unattributed') AS source, l.created_on AS created,"
        " (extract(epoch FROM l.first_attempt_at - l.created_at) / 60)::float8 AS minutes, count(*) OVER () AS total FROM crm.lead l"
        f" {_HOUSEHOLD} LEFT JOIN crm.lead_source c ON c.id = l.source_id JOIN crm.branch b ON b.id = l.branch_id"
        f" WHERE l.disregard IS NULL AND l.first_attempt_at > l.created_at + interval '15 minutes' AND l.created_on BETWEEN :start AND :end AND {_WHERE.format('l')}"
        " ORDER BY minutes DESC, l.id LIMIT :most", "speed_to_lead", "Every lead of these days was called within 15 minutes."),
    "untouched_leads": Exceptions(
        "Leads nobody has called", "Created in the last 30 days and never attempted; the longest waiting first",
        (("label", "Lead", "text"), ("source", "Source", "text"), ("created", "Created", "day"), ("minutes", "Waits", "minutes")),
        "SELECT 'lead' AS entity, l.id AS entity_id, b.name AS branch, coalesce(p.name, l.external_id) AS label, coalesce(c.name, 'Unattributed') AS source, l.created_on AS created,"
        " (extract(epoch FROM now() - l.created_at) / 60)::float8 AS minutes, count(*) OVER () AS total FROM crm.lead l"
        f" {_HOUSEHOLD} LEFT JOIN crm.lead_source c ON c.id = l.source_id JOIN crm.branch b ON b.id = l.branch_id"
        f" WHERE l.disregard IS NULL AND l.first_attempt_at IS NULL AND l.created_on BETWEEN CAST(:today AS date) - 30 AND :today AND {_WHERE.format('l')} ORDER BY l.created_at, l.id LIMIT :most",
        "contact_rate@last_28_days", "Every lead of the last 30 days was attempted."),
    "dry_canvassers": Exceptions(
        "Doors since the last lead", "Canvassers who are out in the period, by doors knocked since their last lead; the longest drought first",
        (("label", "Canvasser", "text"), ("last_lead", "Last lead", "day"), ("doors", "Doors since", "count")),
        "SELECT 'employee' AS entity, h.rep_id AS entity_id, min(b.name) AS branch, min(e.name) AS label, max(g.last_on) AS last_lead, count(*) AS doors, count(*) OVER () AS total"
        " FROM crm.canvass_shift h JOIN crm.knock k ON k.branch_id = h.branch_id AND k.shift_id = h.id JOIN crm.employee e ON e.id = h.rep_id JOIN crm.branch b ON b.id = h.branch_id"
        " LEFT JOIN (SELECT h.rep_id, max(k.knocked_at) AS last_at, max(k.knocked_on) AS last_on FROM crm.canvass_shift h JOIN crm.knock k ON k.branch_id = h.branch_id AND k.shift_id = h.id"
        "  WHERE k.outcome IN ('lead', 'set') AND k.knocked_on <= :end AND h.started_on <= :end GROUP BY h.rep_id) g ON g.rep_id = h.rep_id"
        f" WHERE k.knocked_on BETWEEN :start AND :end AND k.knocked_at > coalesce(g.last_at, '-infinity') AND {_WHERE.format('h')}"
        " GROUP BY h.rep_id ORDER BY doors DESC, h.rep_id LIMIT :most", "leads_per_100_doors", "Every canvasser's last door became a lead."),
    "dry_shifts": Exceptions(
        "Shifts without a lead", "Shifts of the period with no lead at all; most doors first",
        (("label", "Canvasser", "text"), ("territory", "Territory", "text"), ("day", "Day", "day"), ("doors", "Doors", "count")),
        "SELECT 'canvass_shift' AS entity, h.id AS entity_id, b.name AS branch, e.name AS label, h.territory, h.started_on AS day, count(*) AS doors, count(*) OVER () AS total"
        " FROM crm.canvass_shift h JOIN crm.knock k ON k.branch_id = h.branch_id AND k.shift_id = h.id JOIN crm.employee e ON e.id = h.rep_id JOIN crm.branch b ON b.id = h.branch_id"
        f" WHERE h.started_on BETWEEN :start AND :end AND {_WHERE.format('h')}"
        " GROUP BY h.id, b.name, e.name HAVING count(*) FILTER (WHERE k.outcome IN ('lead', 'set')) = 0 ORDER BY doors DESC, h.id LIMIT :most", "doors", "Every shift of these days brought a lead."),
    "failed_requests": Exceptions(
        "Latest server errors", "Requests of the period answered with a server error (5xx); the newest first",
        (("label", "Route", "text"), ("service", "Service", "text"), ("day", "Day", "day"), ("status", "Status", "text"), ("milliseconds", "Took", "milliseconds")),
        "SELECT 'request_log' AS entity, r.id AS entity_id, '' AS branch, r.route AS label, r.service, r.requested_on AS day, r.status::text AS status, r.milliseconds, count(*) OVER () AS total"
        " FROM crm.request_log r WHERE r.status >= 500 AND r.requested_on BETWEEN :start AND :end ORDER BY r.requested_at DESC, r.id DESC LIMIT :most", "error_rate", "No request of these days failed.", has_branch=False),
    "slow_requests": Exceptions(
        "Slowest requests", "Requests of the period that took longer than two seconds; the slowest first",
        (("label", "Route", "text"), ("service", "Service", "text"), ("day", "Day", "day"), ("milliseconds", "Took", "milliseconds")),
        "SELECT 'request_log' AS entity, r.id AS entity_id, '' AS branch, r.route AS label, r.service, r.requested_on AS day, r.milliseconds, count(*) OVER () AS total"
        " FROM crm.request_log r WHERE r.milliseconds > 2000 AND r.requested_on BETWEEN :start AND :end ORDER BY r.milliseconds DESC, r.id DESC LIMIT :most", "latency_p99", "No request took longer than two seconds.", has_branch=False),
}


@dataclass(frozen=True)
class Found:
    """The worst of one list."""

    rows: tuple[dict[str, object], ...]
    total: int
    """How many there are in all."""


def worst(connection: Connection, key: str, branches: Collection[int] | None, start: date, end: date, today: date, most: int = MOST) -> Found:
    """Return the first ``most`` of the list called ``key`` (KeyError); ``branches`` None: every branch.  The caller has checked who may see them.

    Days are branch-local, ``start`` and ``end`` included; lists of what is open look at ``today`` instead.
    """
    declared = EXCEPTIONS[key]
    values: dict[str, object] = {"today": today, "start": start, "end": end, "most": most, "branches": None if branches is None else sorted(branches)}
    rows = connection.execute(text(declared.sql), {name: value for name, value in values.items() if f":{name}" in declared.sql}).mappings().all()
    return Found(tuple(dict(row) for row in rows), int(rows[0]["total"]) if rows else 0)
