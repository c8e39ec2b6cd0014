-- How leads turn into sales with age: one row per sale, at the lead's age in days when it was sold, and one more where it was called off, at the age when
-- that happened, which takes it away again. So the rows up to an age add up to what stood at that age. All on the day the lead was created.
-- Ages are exact for two weeks, then the last day of the week (to half a year), of four weeks (to a year), and 9999 beyond.
SELECT l.created_on AS day, l.branch_id, l.source_id, e.age,
       'sale' AS entity, s.id AS entity_id, p.name || ', ' || s.external_id AS label,
       1 AS gross_count, s.amount AS gross_amount, 1 AS net_count, s.amount AS net_amount
FROM crm.lead l
JOIN crm.appointment a ON a.branch_id = l.branch_id AND a.lead_id = l.id
JOIN crm.sale s ON s.branch_id = a.branch_id AND s.appointment_id = a.id
CROSS JOIN LATERAL (SELECT greatest(s.sold_on - l.created_on, 0) AS days) d
CROSS JOIN LATERAL (SELECT CASE WHEN d.days < 14 THEN d.days WHEN d.days < 182 THEN d.days / 7 * 7 + 6 WHEN d.days < 364 THEN d.days / 28 * 28 + 27 ELSE 9999 END AS age) e
LEFT JOIN crm.prospect p ON p.branch_id = l.branch_id AND p.id = l.prospect_id
WHERE l.disregard IS NULL AND true /* days: l.branch_id, l.created_on */
UNION ALL
SELECT l.created_on, l.branch_id, l.source_id, e.age, 'sale', s.id, p.name || ', ' || s.external_id, 0, 0.00, -1, -s.amount
FROM crm.lead l
JOIN crm.appointment a ON a.branch_id = l.branch_id AND a.lead_id = l.id
JOIN crm.sale s ON s.branch_id = a.branch_id AND s.appointment_id = a.id AND s.status IN ('cancelled', 'credit_rejected')
CROSS JOIN LATERAL (SELECT greatest(s.cancelled_on - l.created_on, 0) AS days) d
CROSS JOIN LATERAL (SELECT CASE WHEN d.days < 14 THEN d.days WHEN d.days < 182 THEN d.days / 7 * 7 + 6 WHEN d.days < 364 THEN d.days / 28 * 28 + 27 ELSE 9999 END AS age) e
LEFT JOIN crm.prospect p ON p.branch_id = l.branch_id AND p.id = l.prospect_id
WHERE l.disregard IS NULL AND true /* days: l.branch_id, l.created_on */
