-- Seconds from opening a ticket to its first response and to its resolution, on the day it was opened: an exact histogram.
-- What has not happened yet is not missing but longer than anything that has: 2147483647 seconds.
SELECT t.opened_on AS day, t.branch_id, t.technician_id, 'resolution' AS span,
       coalesce(extract(epoch FROM t.resolved_at - t.opened_at), 2147483647) AS seconds,
       'ticket' AS entity, t.id AS entity_id, t.external_id AS label, 1 AS ticket_count
FROM crm.ticket t
WHERE true /* days: t.branch_id, t.opened_on */
UNION ALL
SELECT t.opened_on, t.branch_id, t.technician_id, 'first_response',
       coalesce(extract(epoch FROM t.first_response_at - t.opened_at), 2147483647), 'ticket', t.id, t.external_id, 1
FROM crm.ticket t
WHERE true /* days: t.branch_id, t.opened_on */
