-- One row per lead, on the day it was created, with what has become of it by now (a cohort). Flagged leads are left out.
SELECT l.created_on AS day, l.branch_id, l.source_id, l.canvasser_id,
       'lead' AS entity, l.id AS entity_id, p.name || ', ' || l.external_id AS label,
       1 AS lead_count,
       (l.first_attempt_at IS NOT NULL)::int AS attempted_count,
       (l.first_attempt_at <= l.created_at + interval '5 minutes' IS TRUE)::int AS within_5_minutes_count,
       (l.first_attempt_at <= l.created_at + interval '15 minutes' IS TRUE)::int AS within_15_minutes_count,
       (l.contacted_at IS NOT NULL)::int AS contacted_count,
       (a.appointments > 0)::int AS set_count,
       (a.confirmed > 0)::int AS confirmed_count,
       (a.issued > 0)::int AS issued_count,
       (a.demos > 0)::int AS demo_count,
       (s.sales > 0)::int AS gross_count,
       (s.net_sales > 0)::int AS net_count,
       (s.installed > 0)::int AS installed_count,
       (s.collected > 0)::int AS collected_count,
       coalesce(s.gross_amount, 0) AS gross_amount,
       coalesce(s.net_amount, 0) AS net_amount,
       coalesce(s.paid_amount, 0) AS collected_amount,
       coalesce(s.net_sales, 0) AS net_sale_count,
       CASE WHEN l.canvasser_id IS NOT NULL THEN coalesce(s.net_amount, 0) ELSE 0 END AS canvassed_net_amount
FROM crm.lead l
CROSS JOIN LATERAL (
    SELECT count(*) AS appointments, count(a.confirmed_at) AS confirmed, count(a.issued_at) AS issued,
           count(*) FILTER (WHERE a.result IN ('Sold', 'Demoed-Not-Sold', 'Follow-Up')) AS demos
    FROM crm.appointment a WHERE a.branch_id = l.branch_id AND a.lead_id = l.id
) a
CROSS JOIN LATERAL (
    SELECT count(*) AS sales,
           count(*) FILTER (WHERE s.status NOT IN ('cancelled', 'credit_rejected')) AS net_sales,
           count(j.completed_on) AS installed,
           count(*) FILTER (WHERE s.status NOT IN ('cancelled', 'credit_rejected') AND y.paid >= s.amount) AS collected,
           sum(s.amount) AS gross_amount,
           sum(s.amount) FILTER (WHERE s.status NOT IN ('cancelled', 'credit_rejected')) AS net_amount,
           sum(y.paid) AS paid_amount
    FROM crm.appointment a
    JOIN crm.sale s ON s.branch_id = a.branch_id AND s.appointment_id = a.id
    LEFT JOIN crm.job j ON j.branch_id = s.branch_id AND j.sale_id = s.id
    CROSS JOIN LATERAL (SELECT coalesce(sum(y.amount), 0) AS paid FROM crm.payment y WHERE y.branch_id = s.branch_id AND y.sale_id = s.id) y
    WHERE a.branch_id = l.branch_id AND a.lead_id = l.id
) s
LEFT JOIN crm.prospect p ON p.branch_id = l.branch_id AND p.id = l.prospect_id
WHERE l.disregard IS NULL AND true /* days: l.branch_id, l.created_on */
