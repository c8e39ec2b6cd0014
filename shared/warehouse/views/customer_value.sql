-- One row per sale that stands, on the day of the household's first lead and under that lead's source: who won the customer, whatever brought later sales.
-- A household is a customer from its first standing sale on; every further one is a repeat. Flagged leads are left out.
SELECT f.created_on AS day, f.branch_id, f.source_id,
       'sale' AS entity, s.id AS entity_id, p.name || ', ' || s.external_id AS label,
       (s.nth = 1)::int AS customer_count, s.amount AS net_amount,
       (s.nth > 1)::int AS repeat_count, CASE WHEN s.nth > 1 THEN s.amount ELSE 0 END AS repeat_amount
FROM (
    SELECT f.branch_id, f.created_on, f.source_id, f.prospect_id
    FROM crm.lead f
    WHERE f.disregard IS NULL AND true /* days: f.branch_id, f.created_on */
      AND NOT EXISTS (SELECT FROM crm.lead e WHERE e.branch_id = f.branch_id AND e.prospect_id = f.prospect_id AND e.disregard IS NULL AND (e.created_at, e.id) < (f.created_at, f.id))
    OFFSET 0  -- first the first leads, then their households' sales: one household may hold all leads that nobody could place
) f
CROSS JOIN LATERAL (
    SELECT s.id, s.external_id, s.amount, row_number() OVER (ORDER BY s.sold_at, s.id) AS nth
    FROM crm.lead l
    JOIN crm.appointment a ON a.branch_id = l.branch_id AND a.lead_id = l.id
    JOIN crm.sale s ON s.branch_id = a.branch_id AND s.appointment_id = a.id AND s.status NOT IN ('cancelled', 'credit_rejected')
    WHERE l.branch_id = f.branch_id AND l.prospect_id = f.prospect_id AND l.disregard IS NULL
) s
LEFT JOIN crm.prospect p ON p.branch_id = f.branch_id AND p.id = f.prospect_id
