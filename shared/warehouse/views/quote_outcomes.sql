-- What became of quotes (demos not sold): one row per quote, on the day it was made. A quote ends when the household buys,
-- is quoted anew, or after 90 days; a cohort is complete 90 days later.
SELECT a.resulted_on AS day, a.branch_id, a.rep_id,
       'appointment' AS entity, a.id AS entity_id, a.external_id AS label,
       1 AS quoted_count,
       (q.sold_on = q.ended_on AND q.ended_on - a.resulted_on <= 30)::int AS won_to_30_count,
       (q.sold_on = q.ended_on AND q.ended_on - a.resulted_on BETWEEN 31 AND 60)::int AS won_to_60_count,
       (q.sold_on = q.ended_on AND q.ended_on - a.resulted_on > 60)::int AS won_to_90_count,
       (q.ended_on - a.resulted_on <= 30)::int AS ended_to_30_count,
       (q.ended_on - a.resulted_on BETWEEN 31 AND 60)::int AS ended_to_60_count
FROM crm.appointment a
JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id AND l.disregard IS NULL
CROSS JOIN LATERAL (
    SELECT coalesce(min(s.sold_on), 'infinity') AS sold_on,
           least(a.resulted_on + 90, min(s.sold_on),
                 min(n.resulted_on) FILTER (WHERE n.result IN ('Demoed-Not-Sold', 'Follow-Up') AND (n.resulted_at, n.id) > (a.resulted_at, a.id))) AS ended_on
    FROM crm.appointment n
    LEFT JOIN crm.sale s ON s.branch_id = n.branch_id AND s.appointment_id = n.id AND s.sold_on >= a.resulted_on
    WHERE n.branch_id = a.branch_id AND n.lead_id = a.lead_id
) q
WHERE a.result IN ('Demoed-Not-Sold', 'Follow-Up') AND true /* days: a.branch_id, a.resulted_on */
