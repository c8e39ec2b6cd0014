-- One row per call and per phone shift on the day it started, one per appointment on the day it was set, credited to its setter.
SELECT c.started_on AS day, c.branch_id, c.agent_id,
       'call' AS entity, c.id AS entity_id, c.external_id AS label,
       (c.direction = 'outbound')::int AS dial_count,
       (c.direction = 'outbound' AND c.disposition IN ('conversation', 'set', 'not_interested', 'callback'))::int AS answered_count,
       (c.disposition IN ('conversation', 'set', 'not_interested', 'callback'))::int AS conversation_count,
       (c.disposition = 'set')::int AS set_call_count,
       c.seconds AS talk_seconds, 0.0 AS phone_seconds, 0 AS set_count
FROM crm.call c
WHERE true /* days: c.branch_id, c.started_on */
UNION ALL
SELECT h.started_on, h.branch_id, h.agent_id, 'phone_shift', h.id, h.external_id,
       0, 0, 0, 0, 0, extract(epoch FROM h.ended_at - h.started_at), 0
FROM crm.phone_shift h
WHERE true /* days: h.branch_id, h.started_on */
UNION ALL
SELECT a.set_on, a.branch_id, a.setter_id, 'appointment', a.id, a.external_id, 0, 0, 0, 0, 0, 0, 1
FROM crm.appointment a
JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id AND l.disregard IS NULL
WHERE true /* days: a.branch_id, a.set_on */
