-- One row per attempted lead, on the day it was created, with the seconds until the first attempt: an exact histogram for medians.
SELECT l.created_on AS day, l.branch_id, l.source_id, extract(epoch FROM l.first_attempt_at - l.created_at) AS seconds,
       'lead' AS entity, l.id AS entity_id, p.name || ', ' || l.external_id AS label,
       1 AS lead_count
FROM crm.lead l
LEFT JOIN crm.prospect p ON p.branch_id = l.branch_id AND p.id = l.prospect_id
WHERE l.disregard IS NULL AND l.first_attempt_at IS NOT NULL AND true /* days: l.branch_id, l.created_on */
