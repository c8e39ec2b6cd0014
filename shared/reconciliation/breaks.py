"""Types of breaks, and which of them each row that does not agree is."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from shared.reconciliation.evaluating import FOUND
from shared.reconciliation.rule import Severity
from shared.reconciliation.sides import run
from shared.reconciliation.source import Source


@dataclass(frozen=True)
class BreakType:
    """One type of break."""

    name: str
    title: str
    meaning: str
    severity: Severity
    risk: str
    fix: str
    family: str = "break"
    headline: str = "open_breaks"


BREAKS: Final[tuple[BreakType, ...]] = (
    BreakType("missing_in_crm", "Missing in the CRM", "A record of theirs for which we have no row.", "high", "The record's amount.", "Enter what is missing, match it to a row by hand, or have the record corrected."),
    BreakType("missing_outside", "Missing outside", "A row of ours, within the period that they have reported on, of which they know nothing.", "high", "Our amount.",
              "Ask for the record; cancel the row if it never happened."),
    BreakType("amount_differs", "Amount differs", "Both sides know it and disagree on the amount by more than the tolerance.", "high", "The difference.", "Correct the side that is wrong, or write the difference off."),
    BreakType("date_differs", "Date differs", "Both sides agree on the amount, and their dates are further apart than the tolerance.", "low", "The amount where the dates lie in different months, otherwise nothing.",
              "Correct the date, or accept it as a matter of timing."),
    BreakType("duplicate", "Duplicate", "A record that repeats another one.", "high", "The record's amount.", "Have the record taken back, or find what the second one is for."),
    BreakType("status_differs", "Status differs", "Both sides agree on amount and date, and disagree on whether it stands.", "medium", "The amount.", "Bring the status up to date on the side that is behind."),
)
BREAK_NAMES: Final = tuple(each.name for each in BREAKS)

# A group of several rows agrees by how it was found; of a single pair the gravest difference counts.
_STATE = """
CREATE TEMPORARY TABLE recon_state AS
WITH records AS MATERIALIZED (SELECT DISTINCT o_id FROM recon_p WHERE level = 4), rows AS MATERIALIZED (SELECT k_id, count(*) AS records FROM recon_p WHERE k_id IN (SELECT k_id FROM recon_p WHERE level = 4) GROUP BY k_id),
sizes AS (
    SELECT p.*, g.o_id IS NOT NULL OR r.k_id IS NOT NULL AS is_group, coalesce(r.records, 1) AS of_ours FROM recon_p p LEFT JOIN records g ON g.o_id = p.o_id LEFT JOIN rows r ON r.k_id = p.k_id
)
SELECT s.o_id, s.k_id, s.level, s.score, s.reason, s.is_group, CASE WHEN s.of_ours > 1 THEN 'k' || s.k_id ELSE 'o' || s.o_id END AS pair,
       CASE WHEN s.is_group THEN 'matched'
            WHEN o.cents IS NULL OR abs(o.cents - k.cents) > greatest({cents}, (abs(k.cents) * {percent}::numeric / 100)::bigint) THEN 'amount_differs'
            WHEN o.day IS NULL OR o.day - k.day NOT BETWEEN -{before} AND {after} THEN 'date_differs'
            WHEN w.meaning <> k.status THEN 'status_differs'
            ELSE 'matched' END AS state
FROM sizes s JOIN recon_o o ON o.id = s.o_id JOIN recon_k k ON k.id = s.k_id LEFT JOIN recon_word w ON w.word = o.status"""
_WORDS = "CREATE TEMPORARY TABLE recon_word AS SELECT * FROM unnest(CAST(:words AS text[]), CAST(:meanings AS text[])) w (word, meaning)"
# The period that others have reported on: as their batches say, or else the months of which they know at least a third of our rows.
_COVER = """
CREATE TEMPORARY TABLE recon_cover AS
WITH declared AS (
    SELECT b.batch, b.period_from, b.period_to FROM crm.recon_batch b WHERE b.source = :source AND b.period_from IS NOT NULL
), loose AS MATERIALIZED (
    SELECT DISTINCT p.k_id FROM recon_o o JOIN recon_p p ON p.o_id = o.id LEFT JOIN declared d ON d.batch = o.batch WHERE d.batch IS NULL
), every AS (
    SELECT k.day, k.branch_id, l.k_id IS NOT NULL AS is_known FROM recon_k k LEFT JOIN loose l ON l.k_id = k.id WHERE k.day IS NOT NULL AND k.cents <> 0 AND EXISTS (SELECT FROM loose)
), heard AS (
    SELECT branch_id FROM every WHERE day BETWEEN (SELECT min(day) FROM every WHERE is_known) AND (SELECT max(day) FROM every WHERE is_known) GROUP BY 1 HAVING count(*) FILTER (WHERE is_known) * 20 >= count(*)
), known AS (
    SELECT e.day, e.is_known FROM every e WHERE EXISTS (SELECT FROM heard h WHERE h.branch_id = e.branch_id)
), months AS (
    SELECT date_trunc('month', day)::date AS month, min(day) FILTER (WHERE is_known) AS first, max(day) FILTER (WHERE is_known) AS last
    FROM known GROUP BY 1 HAVING count(*) FILTER (WHERE is_known) >= greatest(1, count(*) / 3.0)
), span AS (
    SELECT CASE WHEN m.first - m.month <= 3 THEN m.month ELSE m.first END AS first_day,
           CASE WHEN (m.month + interval '1 month')::date - 1 - m.last <= 3 THEN (m.month + interval '1 month')::date - 1 ELSE m.last END AS last_day, m.month,
           lag(m.month) OVER w = (m.month - interval '1 month')::date AS follows, lead(m.month) OVER w = (m.month + interval '1 month')::date AS goes_on
    FROM months m WINDOW w AS (ORDER BY m.month)
)
SELECT period_from AS first_day, period_to AS last_day, true AS is_declared FROM declared
UNION ALL
SELECT CASE WHEN follows THEN month ELSE first_day END, CASE WHEN goes_on THEN (month + interval '1 month')::date - 1 ELSE last_day END, false FROM span"""
# A ledger of one branch's account says nothing of the others: a branch of which it knows next to nothing, while it knows another, is none that it reports on.
_UNHEARD = """
CREATE TEMPORARY TABLE recon_unheard AS
WITH heard AS (
    SELECT k.branch_id, count(*) AS rows, count(*) FILTER (WHERE EXISTS (SELECT FROM recon_p p WHERE p.k_id = k.id)) AS known FROM recon_k k
    WHERE k.cents <> 0 AND k.branch_id IS NOT NULL AND EXISTS (SELECT FROM recon_cover c WHERE k.day BETWEEN c.first_day AND c.last_day) GROUP BY 1
)
SELECT h.branch_id FROM heard h WHERE h.rows >= 5 AND h.known * 20 < h.rows AND EXISTS (SELECT FROM heard x WHERE x.known * 3 >= x.rows)"""
_CONTENT = "coalesce(o.ref, o.content)"
_INSERT = f"INSERT INTO {FOUND} (fingerprint, rule, source, entity, entity_id, other_id, branch_id, rep_id, day, since, amount, label, detail) "
_WHO = """LEFT JOIN crm.sale s ON s.id = k.sale_id LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id
LEFT JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id LEFT JOIN crm.prospect h ON h.branch_id = l.branch_id AND h.id = l.prospect_id"""
_DAYS_APART = "extract(year FROM o.day) <> extract(year FROM k.day) OR extract(month FROM o.day) <> extract(month FROM k.day)"
_DIFFERENT = _INSERT + f"""
SELECT concat_ws(':', :source, t.state, k.ref), t.state, :source, 'external_record', o.id, k.id, k.branch_id, a.rep_id, coalesce(k.day, o.day, CAST(:today AS date)), least(o.received_on, CAST(:today AS date)),
       CASE t.state WHEN 'amount_differs' THEN abs(coalesce(o.cents, 0) - k.cents) WHEN 'date_differs' THEN CASE WHEN o.day IS NULL OR {_DAYS_APART} THEN abs(k.cents) ELSE 0 END ELSE abs(k.cents) END / 100.0,
       concat_ws(', ', h.name, k.ref),
       jsonb_strip_nulls(jsonb_build_object('reference', o.ref, 'our_reference', k.ref, 'their_amount', round(o.cents / 100.0, 2), 'our_amount', round(k.cents / 100.0, 2), 'their_date', o.day, 'our_date', k.day,
           'their_status', o.status, 'our_status', k.status, 'level', t.level, 'score', round(t.score::numeric, 3), 'match', t.reason,
           'why', CASE t.state WHEN 'amount_differs' THEN CASE WHEN o.cents IS NULL THEN 'their amount cannot be read' ELSE 'they say ' || round(o.cents / 100.0, 2) || ' and we say ' || round(k.cents / 100.0, 2) END
                WHEN 'date_differs' THEN CASE WHEN o.day IS NULL THEN 'their date cannot be read' ELSE 'they say ' || o.day || ' and we say ' || k.day END
                ELSE 'they say ' || o.status || ' and we say ' || k.status END))
FROM recon_state t JOIN recon_o o ON o.id = t.o_id JOIN recon_k k ON k.id = t.k_id {_WHO} WHERE t.state <> 'matched'"""
_UNMATCHED = f"""
CREATE TEMPORARY TABLE recon_left AS
WITH left_over AS (
    SELECT o.*, d.of_id FROM recon_o o LEFT JOIN recon_dup d ON d.o_id = o.id WHERE NOT EXISTS (SELECT FROM recon_p p WHERE p.o_id = o.id)
)
SELECT o.id, {_CONTENT} AS content, coalesce(o.of_id, twin.id) AS of_id, CASE WHEN coalesce(o.of_id, twin.id) IS NULL THEN 'missing_in_crm' ELSE 'duplicate' END AS state,
       row_number() OVER (PARTITION BY {_CONTENT} ORDER BY o.id) AS nth
FROM left_over o LEFT JOIN LATERAL (
    SELECT x.id FROM recon_o x WHERE (o.ref IS NOT NULL AND x.ref = o.ref AND (x.cents = o.cents OR o.cents IS NULL) AND EXISTS (SELECT FROM recon_p p WHERE p.o_id = x.id) OR o.ref IS NULL AND x.content = o.content AND
        (x.id < o.id OR EXISTS (SELECT FROM recon_p p WHERE p.o_id = x.id))) AND x.id <> o.id ORDER BY x.id LIMIT 1) twin ON true"""
_ALONE = _INSERT + """
SELECT concat_ws(':', :source, u.state, u.content, nullif(u.nth, 1)), u.state, :source, 'external_record', o.id, NULL, coalesce(o.branch_id, m.branch_id), NULL, coalesce(o.day, CAST(:today AS date)),
       least(o.received_on, CAST(:today AS date)), abs(coalesce(o.cents, 0)) / 100.0, concat_ws(', ', coalesce(nullif(r.payload ->> 'name', ''), left(r.payload ->> 'memo', 80)), o.ref),
       jsonb_strip_nulls(jsonb_build_object('reference', o.ref, 'their_amount', round(o.cents / 100.0, 2), 'their_date', o.day, 'their_status', o.status, 'repeats', f.key,
           'why', CASE WHEN u.state = 'duplicate' THEN 'it repeats another record' WHEN o.cents IS NULL THEN 'its amount cannot be read' WHEN o.day IS NULL THEN 'its date cannot be read'
               WHEN EXISTS (SELECT FROM recon_o x WHERE x.ref = o.ref AND x.id <> o.id AND x.cents = -o.cents) THEN 'it takes back another record of theirs, and we have no row for that'
               WHEN EXISTS (SELECT FROM recon_k x WHERE x.ref = o.ref) THEN 'it names a row of ours that another record is matched to, and is not a copy of that' ELSE 'we have no row for it' END))
FROM recon_left u JOIN recon_o o ON o.id = u.id JOIN crm.external_record r ON r.id = o.id LEFT JOIN crm.external_record f ON f.id = u.of_id
LEFT JOIN recon_p p ON p.o_id = u.of_id AND u.state = 'duplicate' AND NOT EXISTS (SELECT FROM recon_p q WHERE q.o_id = p.o_id AND q.k_id < p.k_id) LEFT JOIN recon_k m ON m.id = p.k_id"""
_MISSING = _INSERT + f"""
SELECT concat_ws(':', :source, 'missing_outside', coalesce(k.ref, k.id::text)), 'missing_outside', :source, CAST(:entity AS text), k.id, NULL, k.branch_id, a.rep_id, k.day,
       least(greatest(k.day, (SELECT min(r.received_on) FROM recon_received r WHERE r.received_on > k.day)), CAST(:today AS date)), abs(k.cents) / 100.0, concat_ws(', ', h.name, k.ref),
       jsonb_strip_nulls(jsonb_build_object('our_reference', k.ref, 'our_amount', round(k.cents / 100.0, 2), 'our_date', k.day, 'our_status', k.status, 'why', 'they have no record of it'))
FROM recon_k k {_WHO} WHERE {{missing}}"""
COVERED: Final = """k.cents <> 0 AND EXISTS (SELECT FROM recon_cover c WHERE k.day BETWEEN c.first_day AND c.last_day)
    AND NOT EXISTS (SELECT FROM recon_unheard u WHERE u.branch_id = k.branch_id)"""
"""Rows of ours on which others have reported."""
MISSING: Final = f"{COVERED} AND NOT EXISTS (SELECT FROM recon_p p WHERE p.k_id = k.id)"
"""Rows of ours that others should know and do not."""


def classify(connection: Connection, source: Source, today: object) -> list[str]:
    """Fill ``recon_state``, ``recon_cover`` and ``recon_left`` from what was matched, and ``FOUND`` with every break; return words of status that nobody knows, which say nothing."""
    for table in ("recon_word", "recon_left", "recon_received"):
        run(connection, f"DROP TABLE IF EXISTS pg_temp.{table}")
    meanings = {word: source.meaning(word) for word in connection.execute(text("SELECT DISTINCT status FROM recon_o WHERE status IS NOT NULL")).scalars()}
    known = {word: meaning for word, meaning in meanings.items() if meaning is not None}
    connection.execute(text(_WORDS), {"words": list(known), "meanings": list(known.values())})
    run(connection, _STATE.format(cents=int(source.amount_tolerance * 100), percent=source.percent_tolerance, before=source.days_before, after=source.days_after))
    connection.execute(text(_COVER), {"source": source.name})
    for statement in ("CREATE INDEX ON recon_p (o_id)", "CREATE INDEX ON recon_p (k_id)", "CREATE INDEX ON recon_o (ref)", "CREATE INDEX ON recon_o (content) WHERE content IS NOT NULL", "ANALYZE recon_p", _UNHEARD, "ANALYZE recon_state", _UNMATCHED,
                      "CREATE TEMPORARY TABLE recon_received AS SELECT DISTINCT received_on FROM recon_o"):
        run(connection, statement)
    values = {"source": source.name, "today": today}
    connection.execute(text(_DIFFERENT), values)
    connection.execute(text(_ALONE), values)
    connection.execute(text(_MISSING.format(missing=MISSING)), {**values, "entity": source.ours.entity})
    return sorted(word for word, meaning in meanings.items() if meaning is None)
