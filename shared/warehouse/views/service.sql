-- One row per ticket on the day it was opened, one on the day it was resolved; the product is that of its job. A first-time fix is one visit and no other ticket
-- of the same job opened within 30 days after it was resolved.
SELECT t.opened_on AS day, t.branch_id, t.technician_id, j.product_id,
       'ticket' AS entity, t.id AS entity_id, t.external_id AS label,
       1 AS opened_count, 0 AS closed_count, 0 AS reopened_count, 0 AS visit_count, 0 AS first_fix_count,
       0 AS rating_count, 0 AS satisfied_count, 0 AS nps_count, 0 AS promoter_count, 0 AS detractor_count
FROM crm.ticket t LEFT JOIN crm.job j ON j.branch_id = t.branch_id AND j.id = t.job_id
WHERE true /* days: t.branch_id, t.opened_on */
UNION ALL
SELECT t.resolved_on, t.branch_id, t.technician_id, j.product_id, 'ticket', t.id, t.external_id,
       0, 1, t.reopened::int, t.needs_visit::int,
       (t.needs_visit AND t.visits = 1 AND NOT EXISTS (
           SELECT FROM crm.ticket r WHERE r.branch_id = t.branch_id AND r.job_id = t.job_id AND r.id <> t.id
              AND r.opened_at > t.resolved_at AND r.opened_on <= t.resolved_on + 30))::int,
       (t.csat IS NOT NULL)::int, coalesce(t.csat >= 4, false)::int,
       (t.nps IS NOT NULL)::int, coalesce(t.nps >= 9, false)::int, coalesce(t.nps <= 6, false)::int
FROM crm.ticket t LEFT JOIN crm.job j ON j.branch_id = t.branch_id AND j.id = t.job_id
WHERE true /* days: t.branch_id, t.resolved_on */
