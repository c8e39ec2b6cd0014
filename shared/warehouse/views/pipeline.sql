-- What enters and what leaves each stage of the open pipeline, one row per item and event; what is open on a day is the running sum of in less out.
-- Stages: appointment (set, until it is resulted or the day after it was due), quote (demo not sold, until the household buys, is quoted anew,
-- or 90 days pass), backlog (sold, until started or cancelled), job (started, until complete or cancelled), orphan (a job in progress whose contract
-- was cancelled or never entered: work, but no revenue). `since` is the day an item's age counts from. Nothing leaves a stage before it entered:
-- what was entered in the wrong order leaves on the day it came.
SELECT a.set_on AS day, a.branch_id, 'appointment' AS stage, a.rep_id, a.set_on AS since,
       'appointment' AS entity, a.id AS entity_id, a.external_id AS label,
       1 AS in_count, 0.00 AS in_amount, 0 AS out_count, 0.00 AS out_amount
FROM crm.appointment a
JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id AND l.disregard IS NULL
WHERE true /* days: a.branch_id, a.set_on */
UNION ALL
SELECT a.resulted_on, a.branch_id, 'appointment', a.rep_id, a.set_on, 'appointment', a.id, a.external_id, 0, 0, 1, 0
FROM crm.appointment a
JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id AND l.disregard IS NULL
WHERE a.resulted_on BETWEEN a.set_on AND a.scheduled_on AND true /* days: a.branch_id, a.resulted_on */
UNION ALL
SELECT a.scheduled_on + 1, a.branch_id, 'appointment', a.rep_id, a.set_on, 'appointment', a.id, a.external_id, 0, 0, 1, 0
FROM crm.appointment a
JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id AND l.disregard IS NULL
WHERE (a.resulted_on IS NULL OR a.resulted_on > a.scheduled_on) AND a.scheduled_on >= a.set_on AND true /* days: a.branch_id, a.scheduled_on + 1 */
UNION ALL
SELECT a.set_on, a.branch_id, 'appointment', a.rep_id, a.set_on, 'appointment', a.id, a.external_id, 0, 0, 1, 0
FROM crm.appointment a
JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id AND l.disregard IS NULL
WHERE (a.scheduled_on < a.set_on OR a.resulted_on < a.set_on) AND true /* days: a.branch_id, a.set_on */
UNION ALL
SELECT a.resulted_on, a.branch_id, 'quote', a.rep_id, a.resulted_on, 'appointment', a.id, a.external_id, 1, coalesce(a.quoted_amount, 0), 0, 0
FROM crm.appointment a
JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id AND l.disregard IS NULL
WHERE a.result IN ('Demoed-Not-Sold', 'Follow-Up') AND true /* days: a.branch_id, a.resulted_on */
UNION ALL
-- A quote ends by what comes first: a sale, the next quote, 90 days. One SELECT each, so that the days of all three can be found by index.
SELECT s.sold_on, a.branch_id, 'quote', a.rep_id, a.resulted_on, 'appointment', a.id, a.external_id, 0, 0, 1, coalesce(a.quoted_amount, 0)
FROM crm.sale s
JOIN crm.appointment o ON o.branch_id = s.branch_id AND o.id = s.appointment_id
JOIN crm.lead l ON l.branch_id = o.branch_id AND l.id = o.lead_id AND l.disregard IS NULL
JOIN crm.appointment a ON a.branch_id = o.branch_id AND a.lead_id = o.lead_id AND a.result IN ('Demoed-Not-Sold', 'Follow-Up')
     AND s.sold_on BETWEEN a.resulted_on AND a.resulted_on + 90
WHERE NOT EXISTS (  -- no earlier sale
        SELECT FROM crm.appointment n JOIN crm.sale e ON e.branch_id = n.branch_id AND e.appointment_id = n.id
        WHERE n.branch_id = a.branch_id AND n.lead_id = a.lead_id AND e.sold_on >= a.resulted_on AND (e.sold_on, e.id) < (s.sold_on, s.id))
  AND NOT EXISTS (  -- no earlier quote anew
        SELECT FROM crm.appointment n
        WHERE n.branch_id = a.branch_id AND n.lead_id = a.lead_id AND n.result IN ('Demoed-Not-Sold', 'Follow-Up')
          AND (n.resulted_at, n.id) > (a.resulted_at, a.id) AND n.resulted_on < s.sold_on)
  AND true /* days: s.branch_id, s.sold_on */
UNION ALL
SELECT o.resulted_on, a.branch_id, 'quote', a.rep_id, a.resulted_on, 'appointment', a.id, a.external_id, 0, 0, 1, coalesce(a.quoted_amount, 0)
FROM crm.appointment o
JOIN crm.lead l ON l.branch_id = o.branch_id AND l.id = o.lead_id AND l.disregard IS NULL
JOIN crm.appointment a ON a.branch_id = o.branch_id AND a.lead_id = o.lead_id AND a.result IN ('Demoed-Not-Sold', 'Follow-Up')
     AND (o.resulted_at, o.id) > (a.resulted_at, a.id) AND o.resulted_on <= a.resulted_on + 90
WHERE o.result IN ('Demoed-Not-Sold', 'Follow-Up')
  AND NOT EXISTS (  -- the very next quote
        SELECT FROM crm.appointment n
        WHERE n.branch_id = a.branch_id AND n.lead_id = a.lead_id AND n.result IN ('Demoed-Not-Sold', 'Follow-Up')
          AND (n.resulted_at, n.id) > (a.resulted_at, a.id) AND (n.resulted_at, n.id) < (o.resulted_at, o.id))
  AND NOT EXISTS (  -- no sale by then
        SELECT FROM crm.appointment n JOIN crm.sale e ON e.branch_id = n.branch_id AND e.appointment_id = n.id
        WHERE n.branch_id = a.branch_id AND n.lead_id = a.lead_id AND e.sold_on BETWEEN a.resulted_on AND o.resulted_on)
  AND true /* days: o.branch_id, o.resulted_on */
UNION ALL
SELECT a.resulted_on + 90, a.branch_id, 'quote', a.rep_id, a.resulted_on, 'appointment', a.id, a.external_id, 0, 0, 1, coalesce(a.quoted_amount, 0)
FROM crm.appointment a
JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id AND l.disregard IS NULL
WHERE a.result IN ('Demoed-Not-Sold', 'Follow-Up')
  AND NOT EXISTS (
        SELECT FROM crm.appointment n
        WHERE n.branch_id = a.branch_id AND n.lead_id = a.lead_id AND n.result IN ('Demoed-Not-Sold', 'Follow-Up')
          AND (n.resulted_at, n.id) > (a.resulted_at, a.id) AND n.resulted_on <= a.resulted_on + 90)
  AND NOT EXISTS (
        SELECT FROM crm.appointment n JOIN crm.sale e ON e.branch_id = n.branch_id AND e.appointment_id = n.id
        WHERE n.branch_id = a.branch_id AND n.lead_id = a.lead_id AND e.sold_on BETWEEN a.resulted_on AND a.resulted_on + 90)
  AND true /* days: a.branch_id, a.resulted_on + 90 */
UNION ALL
SELECT s.sold_on, s.branch_id, 'backlog', a.rep_id, s.sold_on, 'sale', s.id, s.external_id, 1, s.amount, 0, 0
FROM crm.sale s
LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id
WHERE true /* days: s.branch_id, s.sold_on */
UNION ALL
SELECT j.started_on, s.branch_id, 'backlog', a.rep_id, s.sold_on, 'sale', s.id, s.external_id, 0, 0, 1, s.amount
FROM crm.job j
JOIN crm.sale s ON s.branch_id = j.branch_id AND s.id = j.sale_id
LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id
WHERE j.started_on <= coalesce(j.cancelled_on, 'infinity') AND j.started_on <= coalesce(s.cancelled_on, 'infinity') AND j.started_on >= s.sold_on
  AND true /* days: j.branch_id, j.started_on */
UNION ALL
SELECT j.cancelled_on, s.branch_id, 'backlog', a.rep_id, s.sold_on, 'sale', s.id, s.external_id, 0, 0, 1, s.amount
FROM crm.job j
JOIN crm.sale s ON s.branch_id = j.branch_id AND s.id = j.sale_id
LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id
WHERE j.cancelled_on < coalesce(j.started_on, 'infinity') AND j.cancelled_on <= coalesce(s.cancelled_on, 'infinity') AND j.cancelled_on >= s.sold_on
  AND true /* days: j.branch_id, j.cancelled_on */
UNION ALL
SELECT s.cancelled_on, s.branch_id, 'backlog', a.rep_id, s.sold_on, 'sale', s.id, s.external_id, 0, 0, 1, s.amount
FROM crm.sale s
LEFT JOIN crm.job j ON j.branch_id = s.branch_id AND j.sale_id = s.id
LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id
WHERE s.cancelled_on < coalesce(j.started_on, 'infinity') AND s.cancelled_on < coalesce(j.cancelled_on, 'infinity')
  AND true /* days: s.branch_id, s.cancelled_on */
UNION ALL
SELECT s.sold_on, s.branch_id, 'backlog', a.rep_id, s.sold_on, 'sale', s.id, s.external_id, 0, 0, 1, s.amount
FROM crm.sale s
JOIN crm.job j ON j.branch_id = s.branch_id AND j.sale_id = s.id
LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id
WHERE least(j.started_on, j.cancelled_on) < s.sold_on AND true /* days: s.branch_id, s.sold_on */
UNION ALL
SELECT j.started_on, j.branch_id, c.stage, a.rep_id, coalesce(s.sold_on, j.started_on), 'job', j.id, j.external_id, 1, c.amount, 0, 0
FROM crm.job j
LEFT JOIN crm.sale s ON s.branch_id = j.branch_id AND s.id = j.sale_id
LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id
CROSS JOIN LATERAL (SELECT s.id IS NULL OR coalesce(s.cancelled_on <= j.started_on, false) AS is_orphan) o
CROSS JOIN LATERAL (SELECT CASE WHEN o.is_orphan THEN 'orphan' ELSE 'job' END AS stage, CASE WHEN o.is_orphan THEN 0 ELSE s.amount END AS amount) c
WHERE j.cancelled_on < j.started_on IS NOT TRUE AND true /* days: j.branch_id, j.started_on */
UNION ALL
SELECT j.completed_on, j.branch_id, c.stage, a.rep_id, coalesce(s.sold_on, j.started_on), 'job', j.id, j.external_id, 0, 0, 1, c.amount
FROM crm.job j
LEFT JOIN crm.sale s ON s.branch_id = j.branch_id AND s.id = j.sale_id
LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id
CROSS JOIN LATERAL (SELECT s.id IS NULL OR coalesce(s.cancelled_on <= j.started_on OR s.cancelled_on < j.completed_on, false) AS is_orphan) o
CROSS JOIN LATERAL (SELECT CASE WHEN o.is_orphan THEN 'orphan' ELSE 'job' END AS stage, CASE WHEN o.is_orphan THEN 0 ELSE s.amount END AS amount) c
WHERE true /* days: j.branch_id, j.completed_on */
UNION ALL
SELECT j.cancelled_on, j.branch_id, c.stage, a.rep_id, coalesce(s.sold_on, j.started_on), 'job', j.id, j.external_id, 0, 0, 1, c.amount
FROM crm.job j
LEFT JOIN crm.sale s ON s.branch_id = j.branch_id AND s.id = j.sale_id
LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id
CROSS JOIN LATERAL (SELECT s.id IS NULL OR coalesce(s.cancelled_on <= j.started_on OR s.cancelled_on < j.cancelled_on, false) AS is_orphan) o
CROSS JOIN LATERAL (SELECT CASE WHEN o.is_orphan THEN 'orphan' ELSE 'job' END AS stage, CASE WHEN o.is_orphan THEN 0 ELSE s.amount END AS amount) c
WHERE j.cancelled_on >= j.started_on AND true /* days: j.branch_id, j.cancelled_on */
UNION ALL
SELECT s.cancelled_on, j.branch_id, v.stage, a.rep_id, s.sold_on, 'job', j.id, j.external_id, v.in_count, 0, v.out_count, v.out_amount
FROM crm.sale s
JOIN crm.job j ON j.branch_id = s.branch_id AND j.sale_id = s.id
LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id
CROSS JOIN LATERAL (VALUES ('job', 0, 1, s.amount), ('orphan', 1, 0, 0)) v (stage, in_count, out_count, out_amount)
WHERE s.cancelled_on > j.started_on AND s.cancelled_on < coalesce(j.completed_on, j.cancelled_on, 'infinity')
  AND true /* days: s.branch_id, s.cancelled_on */
