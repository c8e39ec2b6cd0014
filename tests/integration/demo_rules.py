"""Each rule that planted faults break, written down independently of the generator: rule -> SELECT of the ids that break it.

S2 and S10 both break the sum of dollars: S10 is the one whose dollars add up to the gross price.
"""

NET = "s.status NOT IN ('cancelled', 'credit_rejected')"
COMMISSIONABLE = "(s.amount + coalesce((SELECT sum(c.amount) FROM crm.change_order c WHERE c.sale_id = s.id), 0))"
PAIR = """SELECT a.id, b.id FROM crm.appointment a JOIN crm.appointment b ON b.id > a.id AND b.branch_id = a.branch_id """

RULES = {
    "G1": "SELECT a.id FROM crm.appointment a JOIN crm.sale s ON s.appointment_id = a.id AND " + NET + """
           WHERE a.result = 'Sold' AND a.resulted_on < CAST(:today AS date) - 3 AND NOT EXISTS (SELECT FROM crm.job j WHERE j.sale_id = s.id)""",
    "G1 without a sale": """SELECT a.id FROM crm.appointment a WHERE a.result = 'Sold' AND a.resulted_on < CAST(:today AS date) - 3
           AND NOT EXISTS (SELECT FROM crm.sale s JOIN crm.job j ON j.sale_id = s.id WHERE s.appointment_id = a.id)""",
    "G2": "SELECT a.id FROM crm.appointment a WHERE a.issued_at IS NOT NULL AND a.result IS NULL AND a.scheduled_on < :today",
    "G3": """SELECT j.id FROM crm.job j LEFT JOIN crm.sale s ON s.id = j.sale_id WHERE s.appointment_id IS NULL""",
    "G4": "SELECT a.id FROM crm.appointment a JOIN crm.lead l ON l.id = a.lead_id WHERE l.disregard IS NOT NULL",
    "G5": """SELECT a.id FROM crm.appointment a WHERE a.result IN ('Sold', 'Demoed-Not-Sold', 'Follow-Up')
             AND (a.resulted_at < a.scheduled_at OR a.rep_id IS NULL)""",
    "G7": """SELECT p.entity_id FROM crm.snapshot p LEFT JOIN crm.sale s ON s.id = p.entity_id
             WHERE p.entity = 'sale' AND p.day = CAST(:today AS date) - 1 AND s.id IS NULL""",
    "G8": """SELECT a.id FROM crm.appointment a JOIN crm.employee e ON e.id = a.rep_id WHERE a.issued_at IS NOT NULL
             AND (e.branch_id <> a.branch_id OR a.scheduled_on < e.active_from OR a.scheduled_on > coalesce(e.active_to, 'infinity'))""",
    "S1": "SELECT sale_id FROM crm.split GROUP BY sale_id HAVING sum(percent) <> 100",
    "S2": "SELECT s.id FROM crm.sale s JOIN crm.split p ON p.sale_id = s.id WHERE " + NET + " GROUP BY s.id HAVING sum(p.amount) NOT IN (" + COMMISSIONABLE + ", s.gross)",
    "S3": "SELECT DISTINCT sale_id FROM crm.split WHERE percent <= 0 OR percent > 100",
    "S4": "SELECT sale_id FROM crm.split GROUP BY sale_id, employee_id, role HAVING count(*) > 1",
    "S5": """SELECT DISTINCT s.id FROM crm.split p JOIN crm.sale s ON s.id = p.sale_id JOIN crm.employee e ON e.id = p.employee_id
             WHERE e.branch_id <> s.branch_id OR s.sold_on < e.active_from OR s.sold_on > coalesce(e.active_to, 'infinity')""",
    "S6": "SELECT s.id FROM crm.sale s WHERE " + NET + " AND NOT EXISTS (SELECT FROM crm.split p WHERE p.sale_id = s.id)",
    "S7": "SELECT DISTINCT s.id FROM crm.sale s JOIN crm.split p ON p.sale_id = s.id WHERE NOT (" + NET + ")",
    "S8": "SELECT DISTINCT sale_id FROM crm.split WHERE edited_at > locked_at",
    "S9": """SELECT s.id FROM crm.sale s JOIN crm.appointment a ON a.id = s.appointment_id JOIN crm.lead l ON l.id = a.lead_id JOIN crm.lead_source o ON o.id = l.source_id
             WHERE EXISTS (SELECT FROM crm.split p WHERE p.sale_id = s.id) AND """ + NET + """
               AND (o.channel = 'Canvass' AND NOT EXISTS (SELECT FROM crm.split p WHERE p.sale_id = s.id AND p.role = 'canvasser')
                    OR o.channel = 'Telemarketing' AND NOT EXISTS (SELECT FROM crm.split p WHERE p.sale_id = s.id AND p.role = 'setter'))""",
    "S10": "SELECT s.id FROM crm.sale s JOIN crm.split p ON p.sale_id = s.id WHERE " + NET + " GROUP BY s.id HAVING sum(p.amount) = s.gross AND s.gross <> " + COMMISSIONABLE,
}

PAIRS = {
    "double-booked": PAIR + "AND b.rep_id = a.rep_id AND abs(extract(epoch FROM b.scheduled_at - a.scheduled_at)) < 7200 WHERE a.issued_at IS NOT NULL AND b.issued_at IS NOT NULL",
    "same household": PAIR + """JOIN crm.lead l ON l.id = a.lead_id JOIN crm.lead m ON m.id = b.lead_id AND m.prospect_id = l.prospect_id
                                WHERE a.kind = 'new' AND b.kind = 'new' AND abs(b.scheduled_on - a.scheduled_on) <= 30""",
}

LEDGER = """
WITH record AS (
    SELECT r.id, r.source, r.payload ->> 'reference' AS reference, (r.payload ->> 'date')::date AS day, (r.payload ->> 'amount')::numeric AS amount, r.payload ->> 'status' AS status,
           row_number() OVER (PARTITION BY r.source, nullif(r.payload ->> 'reference', '') ORDER BY r.id) AS nth
    FROM crm.external_record r
), known AS (
    SELECT 'bank' AS source, p.external_id AS reference, p.paid_on AS day, p.amount, NULL AS status, 'payment' AS entity, p.id FROM crm.payment p
    UNION ALL
    SELECT 'lender', s.external_id, s.sold_on, s.amount,
           CASE s.status WHEN 'cancelled' THEN 'cancelled' WHEN 'credit_rejected' THEN 'declined' ELSE 'approved' END, 'sale', s.id FROM crm.sale s WHERE s.financed
    UNION ALL
    SELECT 'accounting', j.external_id, j.completed_on, """ + COMMISSIONABLE + """, 'invoiced', 'job', j.id
    FROM crm.job j JOIN crm.sale s ON s.id = j.sale_id WHERE j.status = 'complete'
)
SELECT CASE WHEN r.reference <> '' AND r.nth > 1 THEN 'duplicate' WHEN k.reference IS NULL THEN 'missing_in_crm' WHEN r.amount <> k.amount THEN 'amount_differs'
            WHEN r.day <> k.day THEN 'date_differs' ELSE 'status_differs' END AS rule, 'external_record' AS entity, r.id
FROM record r LEFT JOIN known k ON k.source = r.source AND k.reference = r.reference
WHERE r.reference <> '' AND (r.nth > 1 OR k.reference IS NULL OR r.amount <> k.amount OR r.day <> k.day OR r.status <> k.status)
UNION ALL
SELECT 'missing_outside', k.entity, k.id FROM known k
WHERE k.day BETWEEN (SELECT date_trunc('month', min(day)) FROM record) AND date_trunc('month', CAST(:today AS date)) - interval '1 day'
  AND NOT EXISTS (SELECT FROM record r WHERE r.source = k.source AND r.reference = k.reference)
  AND NOT EXISTS (SELECT FROM record r WHERE r.source = k.source AND r.reference = '' AND r.day = k.day AND r.amount = k.amount)
"""
