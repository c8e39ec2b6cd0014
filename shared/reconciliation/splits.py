"""Split integrity: what must hold between a sale and the credits that are paid on it."""

from typing import Final

from shared.reconciliation.rule import BASE, NET, Rule

_SPLIT_ERRORS = "split_errors"
_FROM = """FROM crm.sale s JOIN crm.split p ON p.branch_id = s.branch_id AND p.sale_id = s.id JOIN crm.branch b ON b.id = s.branch_id
LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id"""
_EDITED = "(max(p.edited_at) AT TIME ZONE min(b.time_zone))::date"
_TOUCHED = "true /* touched: sales s.id */"


def _broken(amount: str, facts: str, having: str, where: str = "true", since: str = _EDITED) -> str:
    """Return the statement of a rule over the splits of each sale, of those where ``where`` holds."""
    return f"""
SELECT s.id AS entity_id, NULL::bigint AS other_id, s.external_id AS key, '' AS variant, s.branch_id, min(a.rep_id) AS rep_id, s.sold_on AS day, {since} AS since,
       {amount} AS amount, s.external_id AS label, jsonb_build_object('sold', s.sold_on, 'status', s.status, {facts}) AS detail
{_FROM}
WHERE {where} AND {_TOUCHED}
GROUP BY s.id HAVING {having}"""


_NO_SPLIT = f"""
SELECT s.id, NULL::bigint, s.external_id, '', s.branch_id, a.rep_id, s.sold_on, s.sold_on, {BASE}, s.external_id,
       jsonb_build_object('sold', s.sold_on, 'status', s.status, 'commissionable', {BASE}, 'why', 'nobody has a part of it')
FROM crm.sale s LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id
WHERE {NET} AND NOT EXISTS (SELECT FROM crm.split p WHERE p.branch_id = s.branch_id AND p.sale_id = s.id) AND {_TOUCHED}"""

_MISSING_CREDIT = f"""
SELECT s.id, NULL::bigint, s.external_id, '', s.branch_id, a.rep_id, s.sold_on, s.sold_on, {BASE}, s.external_id,
       jsonb_build_object('sold', s.sold_on, 'status', s.status, 'channel', o.channel, 'role', c.role, 'why', 'its lead came by ' || o.channel || ' and no ' || c.role || ' has a part of it')
FROM crm.sale s JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id
JOIN crm.lead_source o ON o.id = l.source_id
JOIN unnest(CAST(:channels AS text[]), CAST(:credit_roles AS text[])) c (channel, role) ON c.channel = o.channel
WHERE {NET} AND EXISTS (SELECT FROM crm.split p WHERE p.branch_id = s.branch_id AND p.sale_id = s.id)
  AND NOT EXISTS (SELECT FROM crm.split p WHERE p.branch_id = s.branch_id AND p.sale_id = s.id AND p.role = c.role) AND {_TOUCHED}"""

_TWICE = """
SELECT s.id, NULL::bigint, s.external_id, '', s.branch_id, min(a.rep_id), s.sold_on, max(t.since), sum(t.amount), s.external_id,
       jsonb_build_object('sold', s.sold_on, 'status', s.status, 'who', string_agg(e.name || ' as ' || t.role, ', ' ORDER BY e.name), 'why', 'somebody is credited twice in one role')
FROM crm.sale s LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id
JOIN (SELECT p.branch_id, p.sale_id, p.employee_id, p.role, max(abs(p.amount)) AS amount, (max(p.edited_at) AT TIME ZONE min(b.time_zone))::date AS since
      FROM crm.split p JOIN crm.branch b ON b.id = p.branch_id WHERE true /* touched: sales p.sale_id */ GROUP BY 1, 2, 3, 4 HAVING count(*) > 1) t ON t.branch_id = s.branch_id AND t.sale_id = s.id
JOIN crm.employee e ON e.id = t.employee_id
GROUP BY s.id"""

_NOT_EMPLOYED = f"""
SELECT s.id, NULL::bigint, s.external_id, '', s.branch_id, min(a.rep_id), s.sold_on, {_EDITED}, sum(abs(p.amount)), s.external_id,
       jsonb_build_object('sold', s.sold_on, 'status', s.status, 'who', string_agg(e.name || ' as ' || p.role, ', ' ORDER BY e.name),
           'why', string_agg(DISTINCT CASE WHEN e.branch_id <> s.branch_id THEN 'somebody of another branch has a part of it' ELSE 'somebody not employed that day has a part of it' END, '; '))
{_FROM}
JOIN crm.employee e ON e.id = p.employee_id
WHERE (e.branch_id <> s.branch_id OR s.sold_on NOT BETWEEN e.active_from AND coalesce(e.active_to, 'infinity')) AND {_TOUCHED}
GROUP BY s.id"""

_DOLLARS = f"'credited', sum(p.amount), 'commissionable', {BASE}"

SPLITS: Final[tuple[Rule, ...]] = (
    Rule("S1", "Percents are not 100", "The percents of a sale's splits do not add up to exactly 100.", "split", "high", "sale",
         _broken(f"round(abs(sum(p.percent) - 100) / 100 * {BASE}, 2)", f"'percents', sum(p.percent), {_DOLLARS}, 'why', 'the percents add up to ' || trim_scale(sum(p.percent))", "sum(p.percent) <> 100"),
         "The percents too many or too few of the commissionable amount.", "Correct the percents so that they add up to 100.00.", _SPLIT_ERRORS),
    Rule("S2", "Dollars do not add up", "The split dollars of a sale that stands do not add up to its commissionable amount, to the cent.", "split", "high", "sale",
         _broken(f"abs(sum(p.amount) - {BASE})", f"{_DOLLARS}, 'why', 'the credits differ from the commissionable amount by ' || (sum(p.amount) - {BASE})",
                 f"sum(p.amount) <> {BASE} AND sum(p.amount) <> s.gross", NET),
         "The difference.", "Compute the split anew; the cents that remain go to the greatest part.", _SPLIT_ERRORS),
    Rule("S3", "Percent out of range", "A split has a percent of zero, below zero, or above 100.", "split", "medium", "sale",
         _broken("sum(abs(p.amount))", "'percents', string_agg(trim_scale(p.percent)::text, ', ' ORDER BY p.id), 'why', 'a part is not above 0 and up to 100 percent'", "count(*) > 0", "(p.percent <= 0 OR p.percent > 100)"),
         "The dollars of the parts out of range.", "Correct the percent, or take the part away.", _SPLIT_ERRORS),
    Rule("S4", "Credited twice", "Somebody is credited twice in the same role on one sale.", "split", "high", "sale",
         _TWICE, "The greatest of the repeated parts.", "Take the repeated part away, or join the two.", _SPLIT_ERRORS),
    Rule("S5", "Credit to an outsider", "Somebody is credited who was not employed on the day of sale, or belongs to another branch.", "split", "medium", "sale",
         _NOT_EMPLOYED, "The dollars of these parts.", "Credit the person who made the sale; accept the case as approved where branches agreed to share.", _SPLIT_ERRORS),
    Rule("S6", "No split", "A sale that stands has no split at all.", "split", "high", "sale",
         _NO_SPLIT, "The commissionable amount.", "Enter who has a part of the sale.", _SPLIT_ERRORS),
    Rule("S7", "Cancelled, not taken back", "A cancelled or credit rejected sale still has live splits, without a clawback that offsets them.", "split", "high", "sale",
         _broken("abs(sum(p.amount))", "'credited', sum(p.amount), 'why', 'credits of a sale that does not stand were not taken back'", "sum(p.amount) <> 0", f"NOT ({NET})", "coalesce(s.cancelled_on, s.sold_on)"),
         "The credits that were not taken back.", "Take the credits back, or enter a clawback of the same amount.", _SPLIT_ERRORS),
    Rule("S8", "Edited after its lock", "A split was edited after it was locked or paid.", "split", "high", "sale",
         _broken("sum(abs(p.amount))", "'locked', min(p.locked_at), 'edited', max(p.edited_at), 'why', 'a part was edited after its lock'", "count(*) > 0", "p.edited_at > p.locked_at"),
         "The dollars of the parts edited late.", "Undo the edit, or correct it with a clawback in the next pay run.", _SPLIT_ERRORS),
    Rule("S9", "Credit missing", "The lead's source requires a credit for its setter or canvasser, and none of the sale's splits has that role.", "split", "medium", "sale",
         _MISSING_CREDIT, "The commissionable amount: what part of it the missing person should have is not known.", "Credit the setter or canvasser, or correct the lead's source.", _SPLIT_ERRORS),
    Rule("S10", "Computed on gross", "The split dollars add up to the list price instead of the commissionable amount.", "split", "high", "sale",
         _broken(f"abs(s.gross - {BASE})", f"{_DOLLARS}, 'gross', s.gross, 'why', 'discount and change orders are not in the base'", f"sum(p.amount) = s.gross AND s.gross <> {BASE}", NET),
         "List price less commissionable amount.", "Compute the split anew on what the customer signed for and its change orders.", _SPLIT_ERRORS),
)
