-- How leads turn into sales with age: one row per sale, at the lead's age in days when it was sold, and one more where it was called off, at the age when
-- that happened, which takes it away again. So the rows up to an age add up to what stood at that age. All on the day the lead was created.
-- Ages are exact for two weeks, then the last day of the week (to half a year), of four weeks (to a year), and 9999 beyond.
SELECT l.created_on AS day, l.branch_id, l.source_id,
       CASE WHEN g.days < 14 THEN g.days WHEN g.days < 182 THEN g.days / 7 * 7 + 6 WHEN g.days < 364 THEN g.days / 28 * 28 + 27 ELSE 9999 END AS age,
       'sale' AS entity, s.id AS entity_id, p.name || ', ' || s.external_id AS label,
       greatest(e.sign, 0) AS gross_count, greatest(e.sign, 0) * s.amount AS gross_amount, e.sign AS net_count, e.sign * s.amount AS net_amount
FROM crm.lead l
CROSS JOIN LATERAL (
    SELECT s.id, s.external_id, s.amount, s.sold_on, s.cancelled_on
    FROM crm.appointment a
    JOIN crm.sale s ON s.branch_id = a.branch_id AND s.appointment_id = a.id
    WHERE a.branch_id = l.branch_id AND a.lead_id = l.id
    OFFSET 0  -- from each lead to its sales, never from all sales
) s
CROSS JOIN LATERAL (VALUES (s.sold_on, 1), (s.cancelled_on, -1)) e (happened_on, sign)
CROSS JOIN LATERAL (SELECT greatest(e.happened_on - l.created_on, 0) AS days) g
LEFT JOIN crm.prospect p ON p.branch_id = l.branch_id AND p.id = l.prospect_id
WHERE l.disregard IS NULL AND e.happened_on IS NOT NULL AND true /* days: l.branch_id, l.created_on */
