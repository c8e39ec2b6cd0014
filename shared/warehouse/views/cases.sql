-- One row per case of reconciliation on the first day of its fault, and one on the day it was closed. Of a case that returned, the days in between count as open.
-- A case whose branch is not known is on the page of reconciliation only.
SELECT c.since AS day, c.branch_id, CASE WHEN c.source <> '' THEN 'break' WHEN c.rule LIKE 'G%' THEN 'ghost' ELSE 'split' END AS family, c.rule, c.rep_id,
       'recon_case' AS entity, c.id AS entity_id, c.label AS label,
       1 AS in_count, c.amount AS in_amount, 0 AS out_count, 0.00 AS out_amount, 0 AS closed_days
FROM crm.recon_case c
WHERE c.branch_id IS NOT NULL AND true /* days: c.branch_id, c.since */
UNION ALL
SELECT c.closed_on, c.branch_id, CASE WHEN c.source <> '' THEN 'break' WHEN c.rule LIKE 'G%' THEN 'ghost' ELSE 'split' END, c.rule, c.rep_id, 'recon_case', c.id, c.label,
       0, 0.00, 1, c.amount, c.closed_on - c.since
FROM crm.recon_case c
WHERE c.branch_id IS NOT NULL AND true /* days: c.branch_id, c.closed_on */
