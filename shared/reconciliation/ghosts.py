"""Ghost appointments: what the calendar, the contracts and the jobs say of each other that cannot be true."""

from typing import Final

from shared.reconciliation.rule import NET, WHO, Rule

_LABEL = "h.name || ', ' || a.external_id"
_SALE = "SELECT sum(s.amount) FROM crm.sale s WHERE s.branch_id = a.branch_id AND s.appointment_id = a.id AND " + NET
_WORTH = f"coalesce(({_SALE}), a.quoted_amount, 0)"
_FACTS = "'result', a.result, 'scheduled', a.scheduled_on, 'rep', e.name"
_REP = "LEFT JOIN crm.employee e ON e.id = a.rep_id"
_GHOSTS, _SOLD_OR_QUOTED = "ghosts", "The contract that stands, or else what was quoted."

_NO_JOB = f"""
SELECT a.id AS entity_id, NULL::bigint AS other_id, a.external_id AS key, '' AS variant, a.branch_id, a.rep_id, a.resulted_on AS day, a.resulted_on + :job_days + 1 AS since,
       coalesce(sum(s.amount) FILTER (WHERE {NET} AND j.id IS NULL), a.quoted_amount, 0) AS amount, min({_LABEL}) AS label,
       jsonb_build_object('result', a.result, 'scheduled', a.scheduled_on, 'sold', a.resulted_on, 'rep', min(e.name),
           'why', CASE WHEN count(s.id) = 0 THEN 'there is no contract and no job' ELSE 'there is a contract and no job' END,
           'sales', coalesce(string_agg(s.external_id, ', ' ORDER BY s.id) FILTER (WHERE {NET} AND j.id IS NULL), '')) AS detail
FROM crm.appointment a {WHO} {_REP}
LEFT JOIN crm.sale s ON s.branch_id = a.branch_id AND s.appointment_id = a.id
LEFT JOIN crm.job j ON j.branch_id = s.branch_id AND j.sale_id = s.id
WHERE a.result = 'Sold' AND a.resulted_on < CAST(:today AS date) - CAST(:job_days AS integer) AND true /* touched: appointments a.id */
GROUP BY a.id HAVING count(s.id) = 0 OR count(s.id) FILTER (WHERE {NET} AND j.id IS NULL) > 0"""

_UNRESULTED = f"""
SELECT a.id, NULL::bigint, a.external_id, '', a.branch_id, a.rep_id, a.scheduled_on, a.scheduled_on + 1, {_WORTH}, {_LABEL},
       jsonb_build_object('scheduled', a.scheduled_on, 'rep', e.name, 'why', 'it was issued and has no result')
FROM crm.appointment a {WHO} {_REP}
WHERE a.issued_at IS NOT NULL AND a.result IS NULL AND a.scheduled_on < CAST(:today AS date) AND true /* touched: appointments a.id */"""

_ORPHAN_JOB = """
SELECT j.id, NULL::bigint, j.external_id, '', j.branch_id, NULL::integer, coalesce(j.completed_on, j.started_on, j.promised_on, CAST(:today AS date)),
       coalesce(j.started_on, j.completed_on, j.promised_on, CAST(:today AS date)), abs(coalesce(j.actual_margin, j.estimated_margin, 0)), j.external_id,
       jsonb_build_object('status', j.status, 'crew', j.crew, 'started', j.started_on, 'completed', j.completed_on, 'sale', s.external_id,
           'why', CASE WHEN s.id IS NULL THEN 'it has no sale' ELSE 'its sale has no appointment' END)
FROM crm.job j LEFT JOIN crm.sale s ON s.branch_id = j.branch_id AND s.id = j.sale_id
WHERE s.appointment_id IS NULL AND true /* touched: jobs j.id */"""

_BAD_LEAD = f"""
SELECT a.id, NULL::bigint, a.external_id, '', a.branch_id, a.rep_id, a.scheduled_on, a.set_on, {_WORTH}, {_LABEL},
       jsonb_build_object({_FACTS}, 'lead', l.external_id, 'why', 'its lead is flagged ' || l.disregard)
FROM crm.appointment a {WHO} {_REP}
WHERE l.disregard IS NOT NULL AND true /* touched: appointments a.id */"""

_TOO_EARLY = f"""
SELECT a.id, NULL::bigint, a.external_id, '', a.branch_id, a.rep_id, a.scheduled_on, a.resulted_on, {_WORTH}, {_LABEL},
       jsonb_build_object({_FACTS}, 'why', concat_ws(' and ', CASE WHEN a.resulted_at < a.scheduled_at THEN 'it was resulted before its time' END, CASE WHEN a.rep_id IS NULL THEN 'nobody ran it' END))
FROM crm.appointment a {WHO} {_REP}
WHERE a.result IN ('Sold', 'Demoed-Not-Sold', 'Follow-Up') AND (a.resulted_at < a.scheduled_at OR a.rep_id IS NULL) AND true /* touched: appointments a.id */"""

# Of a pair the one that was not sold is at fault, or else the later entered one; its name is that of the pair. Each touched end is looked up by itself: an OR over both would read all pairs.
_AT_FAULT = "(coalesce(a.result = 'Sold', false)::int, -a.id) < (coalesce(b.result = 'Sold', false)::int, -b.id)"
_OTHER = "'other', b.external_id, 'other_scheduled', b.scheduled_on, 'other_result', b.result"
_DOUBLE = f"""
SELECT a.id, b.id, least(a.external_id, b.external_id), 'double-booked with ' || greatest(a.external_id, b.external_id), a.branch_id, a.rep_id, a.scheduled_on, greatest(a.set_on, b.set_on), least({_WORTH}, {_WORTH.replace("a.", "b.")}), {_LABEL},
       jsonb_build_object({_FACTS}, {_OTHER}, 'why', 'its representative has another appointment at that time')
FROM crm.appointment b JOIN crm.appointment a ON a.branch_id = b.branch_id AND a.rep_id = b.rep_id AND a.scheduled_on BETWEEN b.scheduled_on - 1 AND b.scheduled_on + 1
     AND abs(extract(epoch FROM a.scheduled_at - b.scheduled_at)) < CAST(:overlap_minutes AS integer) * 60
{WHO} {_REP}
WHERE {_AT_FAULT} AND a.issued_at IS NOT NULL AND b.issued_at IS NOT NULL"""
_HOUSEHOLD = f"""
SELECT a.id, b.id, least(a.external_id, b.external_id), 'same household as ' || greatest(a.external_id, b.external_id), a.branch_id, a.rep_id, a.scheduled_on, greatest(a.set_on, b.set_on), least({_WORTH}, {_WORTH.replace("a.", "b.")}), {_LABEL},
       jsonb_build_object({_FACTS}, {_OTHER}, 'why', 'its household has another new appointment within ' || CAST(:household_days AS integer) || ' days')
FROM crm.appointment b JOIN crm.lead m ON m.branch_id = b.branch_id AND m.id = b.lead_id
JOIN crm.lead l ON l.branch_id = m.branch_id AND l.prospect_id = m.prospect_id JOIN crm.prospect h ON h.branch_id = l.branch_id AND h.id = l.prospect_id
JOIN crm.appointment a ON a.branch_id = l.branch_id AND a.lead_id = l.id {_REP}
WHERE {_AT_FAULT} AND a.kind = 'new' AND b.kind = 'new' AND abs(a.scheduled_on - b.scheduled_on) <= CAST(:household_days AS integer)"""
_COLLISIONS = "\nUNION\n".join(f"{pair} AND true /* touched: appointments {end}.id */" for pair in (_DOUBLE, _HOUSEHOLD) for end in ("a", "b"))

_VANISHED = """
SELECT p.entity_id, NULL::bigint, p.payload ->> 'external_id', '', (p.payload ->> 'branch_id')::smallint, a.rep_id, (p.payload ->> 'sold_on')::date, p.day + 1,
       (p.payload ->> 'amount')::numeric, concat_ws(', ', h.name, p.payload ->> 'external_id'),
       jsonb_build_object('last_seen', p.day, 'sold', p.payload ->> 'sold_on', 'status', p.payload ->> 'status', 'appointment', a.external_id, 'appointment_result', a.result,
           'why', 'the snapshot of ' || p.day || ' has this sale and the tables have it no more')
FROM (SELECT DISTINCT ON (n.entity_id) n.* FROM crm.snapshot n WHERE n.entity = 'sale' AND true /* touched: sales n.entity_id */ ORDER BY n.entity_id, n.day DESC) p
LEFT JOIN crm.appointment a ON a.branch_id = (p.payload ->> 'branch_id')::smallint AND a.id = (p.payload ->> 'appointment_id')::bigint
LEFT JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id LEFT JOIN crm.prospect h ON h.branch_id = l.branch_id AND h.id = l.prospect_id
WHERE NOT EXISTS (SELECT FROM crm.sale s WHERE s.id = p.entity_id) AND NOT EXISTS (SELECT FROM crm.sale s WHERE s.external_id = p.payload ->> 'external_id')"""

_WRONG_REP = f"""
SELECT a.id, NULL::bigint, a.external_id, '', a.branch_id, a.rep_id, a.scheduled_on, greatest(a.set_on, coalesce(e.active_to + 1, a.set_on)), {_WORTH}, {_LABEL},
       jsonb_build_object({_FACTS}, 'rep_branch', r.name, 'active_from', e.active_from, 'active_to', e.active_to,
           'why', concat_ws(' and ', CASE WHEN e.branch_id <> a.branch_id THEN 'its representative belongs to ' || r.name END,
               CASE WHEN a.scheduled_on NOT BETWEEN e.active_from AND coalesce(e.active_to, 'infinity') THEN 'its representative was not employed that day' END))
FROM crm.appointment a {WHO} JOIN crm.employee e ON e.id = a.rep_id JOIN crm.branch r ON r.id = e.branch_id
WHERE a.issued_at IS NOT NULL AND (e.branch_id <> a.branch_id OR a.scheduled_on NOT BETWEEN e.active_from AND coalesce(e.active_to, 'infinity'))
  AND true /* touched: appointments a.id */"""

GHOSTS: Final[tuple[Rule, ...]] = (
    Rule("G1", "Sold, but no job", "An appointment resulted Sold has no job some days later: the contract stands without one, or there is no contract at all.", "ghost", "high", "appointment",
         _NO_JOB, "The contract without a job, or else what was quoted.", "Open the job, or correct the appointment's result; a contract that was called off has to be cancelled.", _GHOSTS),
    Rule("G2", "Issued, but no result", "An appointment that was issued lies in the past and has no result.", "ghost", "medium", "appointment",
         _UNRESULTED, _SOLD_OR_QUOTED, "Ask the representative and enter the result.", _GHOSTS),
    Rule("G3", "Job without a sale", "A job belongs to no sale, or to a sale without an appointment.", "ghost", "high", "job",
         _ORPHAN_JOB, "The job's gross margin, as far as it is known.", "Link the job to its contract, or the contract to its appointment; cancel a job that nobody ordered.", _GHOSTS),
    Rule("G4", "Appointment of a bad lead", "The appointment's lead is flagged test, duplicate or invalid.", "ghost", "low", "appointment",
         _BAD_LEAD, _SOLD_OR_QUOTED, "Take the flag off the lead, or move the appointment to the lead that is right.", _GHOSTS),
    Rule("G5", "Demoed before its time, or by nobody", "A demo or sale was resulted before the appointment began, or has no representative.", "ghost", "medium", "appointment",
         _TOO_EARLY, _SOLD_OR_QUOTED, "Correct the time or name the representative who ran it.", _GHOSTS),
    Rule("G6", "Double-booked, or the same household twice", "A representative was issued two appointments at one time, or one household has two new appointments within some days.", "ghost", "low", "appointment",
         _COLLISIONS, "The smaller of the two contracts or quotes.", "Move one appointment or give it to somebody else; merge leads of one household.", _GHOSTS),
    Rule("G7", "Sale that has vanished", "A sale that a snapshot holds is no longer there: undoing a Sold result deletes the sale in common systems.", "ghost", "high", "sale",
         _VANISHED, "The sale as it was last seen.", "Enter the sale again, or cancel it properly so that its history stays; accept the case if it was entered by mistake.", _GHOSTS),
    Rule("G8", "Issued to the wrong representative", "An appointment was issued to somebody of another branch, or not employed on that day.", "ghost", "medium", "appointment",
         _WRONG_REP, _SOLD_OR_QUOTED, "Issue it to the representative who ran it, or correct branch and dates of the employee.", _GHOSTS),
)
