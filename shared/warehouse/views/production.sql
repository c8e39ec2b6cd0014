-- One row per job and event: started, completed, due (promised). Cancelled jobs are never due.
SELECT j.started_on AS day, j.branch_id, j.product_id, j.crew,
       'job' AS entity, j.id AS entity_id, j.external_id AS label,
       1 AS started_count, 0 AS completed_count, 0.00 AS completed_amount, 0 AS rework_count,
       0.00 AS estimated_margin_amount, 0.00 AS actual_margin_amount, 0.00 AS margin_base_amount, 0 AS due_count, 0 AS on_time_count
FROM crm.job j
WHERE true /* days: j.branch_id, j.started_on */
UNION ALL
SELECT j.completed_on, j.branch_id, j.product_id, j.crew, 'job', j.id, j.external_id,
       0, 1, coalesce(s.amount, 0), j.go_back::int,
       CASE WHEN j.estimated_margin IS NOT NULL AND j.actual_margin IS NOT NULL THEN j.estimated_margin ELSE 0 END,
       CASE WHEN j.estimated_margin IS NOT NULL AND j.actual_margin IS NOT NULL THEN j.actual_margin ELSE 0 END,
       CASE WHEN j.estimated_margin IS NOT NULL AND j.actual_margin IS NOT NULL THEN coalesce(s.amount, 0) ELSE 0 END, 0, 0
FROM crm.job j
LEFT JOIN crm.sale s ON s.branch_id = j.branch_id AND s.id = j.sale_id
WHERE true /* days: j.branch_id, j.completed_on */
UNION ALL
SELECT j.promised_on, j.branch_id, j.product_id, j.crew, 'job', j.id, j.external_id,
       0, 0, 0, 0, 0, 0, 0, 1, (j.completed_on <= j.promised_on IS TRUE)::int
FROM crm.job j
WHERE j.status <> 'cancelled' AND true /* days: j.branch_id, j.promised_on */
