-- One row per knock on the day it was made, one per shift on the day it started.
SELECT k.knocked_on AS day, k.branch_id, h.rep_id AS canvasser_id, h.territory,
       'knock' AS entity, k.id AS entity_id, k.external_id AS label,
       1 AS door_count,
       (k.outcome IN ('conversation', 'not_interested', 'callback', 'lead', 'set'))::int AS conversation_count,
       (k.outcome IN ('lead', 'set'))::int AS door_lead_count,
       (k.outcome = 'set')::int AS door_set_count,
       0.0 AS field_seconds
FROM crm.knock k
JOIN crm.canvass_shift h ON h.branch_id = k.branch_id AND h.id = k.shift_id
WHERE true /* days: k.branch_id, k.knocked_on */
UNION ALL
SELECT h.started_on, h.branch_id, h.rep_id, h.territory, 'canvass_shift', h.id, h.external_id,
       0, 0, 0, 0, extract(epoch FROM h.ended_at - h.started_at)
FROM crm.canvass_shift h
WHERE true /* days: h.branch_id, h.started_on */
