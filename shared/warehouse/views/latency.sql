-- Milliseconds of each request, on the (UTC) day it was served: a histogram with one-millisecond buckets; of the company, so branch_id is 0.
SELECT r.requested_on AS day, 0::smallint AS branch_id, r.service, r.route, r.milliseconds,
       'request_log' AS entity, r.id AS entity_id, r.external_id AS label, 1 AS request_count
FROM crm.request_log r
WHERE true /* days: 0, r.requested_on */
