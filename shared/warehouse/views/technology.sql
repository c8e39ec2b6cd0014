-- One row per request served and per probe; of the company, so branch_id is 0. Days are UTC days.
-- Apdex with T = 500 ms: satisfied up to T, tolerating up to 4 T, an error is neither.
SELECT r.requested_on AS day, 0::smallint AS branch_id, r.service, r.route,
       'request_log' AS entity, r.id AS entity_id, r.external_id AS label,
       1 AS request_count, (r.status >= 500)::int AS error_count,
       (r.status < 500 AND r.milliseconds <= 500)::int AS satisfied_count,
       (r.status < 500 AND r.milliseconds > 500 AND r.milliseconds <= 2000)::int AS tolerating_count,
       0 AS probe_count, 0 AS good_probe_count
FROM crm.request_log r
WHERE true /* days: 0, r.requested_on */
UNION ALL
SELECT b.probed_on, 0::smallint, b.service, '', 'probe', b.id, b.external_id, 0, 0, 0, 0, 1, b.is_good::int
FROM crm.probe b
WHERE true /* days: 0, b.probed_on */
