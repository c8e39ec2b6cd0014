-- Days between two events of a job: sale to start on the day it started, start to completion on the day it completed. An exact histogram.
SELECT j.started_on AS day, j.branch_id, j.product_id, 'sale_to_start' AS span, j.started_on - s.sold_on AS days,
       'job' AS entity, j.id AS entity_id, j.external_id AS label, 1 AS job_count
FROM crm.job j
JOIN crm.sale s ON s.branch_id = j.branch_id AND s.id = j.sale_id
WHERE true /* days: j.branch_id, j.started_on */
UNION ALL
SELECT j.completed_on, j.branch_id, j.product_id, 'start_to_complete', j.completed_on - j.started_on, 'job', j.id, j.external_id, 1
FROM crm.job j
WHERE true /* days: j.branch_id, j.completed_on */
