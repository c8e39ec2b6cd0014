"""What is open at the end of a day, and what became of quotes."""

from tests.oracles.oracle import Divide, Facts, Open, Oracle, Select, local, union

_LEAD = "JOIN crm.branch b ON b.id = a.branch_id JOIN crm.lead l ON l.id = a.lead_id AND l.disregard IS NULL"
_SET, _DUE, _RESULTED, _SOLD, _CANCELLED = (local(moment) for moment in ("a.set_at", "a.scheduled_at", "a.resulted_at", "s.sold_at", "s.cancelled_at"))


def _by(stage: str, rep: str, since: str) -> dict[str, str]:
    return {"branch": "b.id", "rep": rep, "stage": stage, "since": since}


APPOINTMENTS = Facts(f"crm.appointment a {_LEAD}", "", _by("'appointment'", "a.rep_id", _SET), f"{_SET} <= :day AND {_DUE} >= :day AND (a.resulted_at IS NULL OR {_RESULTED} > :day)")

# The household bought or was quoted anew, whatever came first, or 90 days passed.
_ENDS = (f"crm.appointment a {_LEAD} CROSS JOIN LATERAL (SELECT {_RESULTED} AS made) q"
         f" CROSS JOIN LATERAL (SELECT min({_SOLD}) AS bought FROM crm.sale s JOIN crm.appointment x ON x.id = s.appointment_id WHERE x.lead_id = a.lead_id AND {_SOLD} >= q.made) s"
         f" CROSS JOIN LATERAL (SELECT min({local('n.resulted_at')}) AS anew FROM crm.appointment n WHERE n.lead_id = a.lead_id AND n.result IN ('Demoed-Not-Sold', 'Follow-Up')"
         " AND (n.resulted_at > a.resulted_at OR (n.resulted_at = a.resulted_at AND n.id > a.id))) n"
         " CROSS JOIN LATERAL (SELECT least(s.bought, n.anew, q.made + 90) AS ended) e")
_QUOTED = "a.result IN ('Demoed-Not-Sold', 'Follow-Up')"
QUOTES = Facts(_ENDS, "", _by("'quote'", "a.rep_id", "q.made"), f"{_QUOTED} AND q.made <= :day AND e.ended > :day")

_JOB = "LEFT JOIN crm.appointment a ON a.id = s.appointment_id"
_GONE = f"(s.cancelled_at IS NOT NULL AND {_CANCELLED} <= :day)"
_JOB_BEGUN = "(j.started_on <= :day) IS TRUE"
_JOB_ENDED = "(coalesce(j.completed_on, j.cancelled_on) <= :day) IS TRUE"
CONTRACTS = Facts(f"crm.sale s JOIN crm.branch b ON b.id = s.branch_id LEFT JOIN crm.job j ON j.sale_id = s.id {_JOB}", "", _by("'backlog'", "a.rep_id", _SOLD),
                  f"{_SOLD} <= :day AND NOT {_GONE} AND NOT {_JOB_BEGUN} AND NOT {_JOB_ENDED}")
JOBS = Facts(f"crm.job j JOIN crm.branch b ON b.id = j.branch_id LEFT JOIN crm.sale s ON s.id = j.sale_id {_JOB}", "",
             _by(f"CASE WHEN s.id IS NULL OR {_GONE} THEN 'orphan' ELSE 'job' END", "a.rep_id", f"coalesce({_SOLD}, j.started_on)"), f"{_JOB_BEGUN} AND NOT {_JOB_ENDED}")
SOLD_JOBS = JOBS.only(f"s.id IS NOT NULL AND NOT {_GONE}")
_DOLLARS = "sum(s.gross - s.discount)"
QUOTED_DOLLARS, WAITING_DOLLARS, RUNNING_DOLLARS = Open(QUOTES, "sum(a.quoted_amount)"), Open(CONTRACTS, _DOLLARS), Open(SOLD_JOBS, _DOLLARS)

_MADE = Facts(_ENDS, "q.made", {"branch": "b.id", "rep": "a.rep_id"}, _QUOTED)
_WON = _MADE.only("e.ended = s.bought")


def _still_open_after(days: int) -> Facts:
    return _MADE.only(f"e.ended - q.made > {days}")


ORACLES: dict[str, Oracle] = {
    "open_items": union(Open(APPOINTMENTS), Open(QUOTES), Open(CONTRACTS), Open(JOBS)),
    "open_amount": union(QUOTED_DOLLARS, WAITING_DOLLARS, RUNNING_DOLLARS),
    "open_appointments": Open(APPOINTMENTS),
    "open_quotes": Open(QUOTES),
    "open_quotes_amount": QUOTED_DOLLARS,
    "backlog_jobs": union(Open(CONTRACTS), Open(SOLD_JOBS)),
    "backlog_amount": union(WAITING_DOLLARS, RUNNING_DOLLARS),
    "jobs_in_progress": Open(JOBS),
    "quote_close_rate": Divide(Select(_WON), Select(_MADE)),
    "quote_close_rate_31_60": Divide(Select(_WON.only("e.ended - q.made > 30")), Select(_still_open_after(30))),
    "quote_close_rate_61_90": Divide(Select(_WON.only("e.ended - q.made > 60")), Select(_still_open_after(60))),
}
