-- One row per appointment and one per sale, both on the day the appointment was due: the day that every rate of a rep is anchored on.
-- Leads flagged test, duplicate or invalid are left out.
SELECT a.scheduled_on AS day, a.branch_id, a.rep_id, l.source_id, a.kind,
       'appointment' AS entity, a.id AS entity_id, p.name || ', ' || a.external_id AS label,
       1 AS scheduled_count,
       (a.confirmed_at IS NOT NULL)::int AS confirmed_count,
       (a.issued_at IS NOT NULL)::int AS issued_count,
       coalesce(a.result IN ('Sold', 'Demoed-Not-Sold', 'Follow-Up'), false)::int AS demo_count,
       coalesce(a.result = 'Demoed-Not-Sold', false)::int AS not_sold_count,
       coalesce(a.result = 'No-Show', false)::int AS no_show_count,
       coalesce(a.result = 'Cancelled', false)::int AS cancelled_count,
       (a.kind = 'reset')::int AS reset_count,
       (a.kind = 'rehash')::int AS rehash_count,
       (a.issued_at IS NOT NULL AND a.result IS NULL)::int AS unresulted_count,
       0 AS gross_count, 0.00 AS gross_amount, 0 AS net_count, 0.00 AS net_amount
FROM crm.appointment a
JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id AND l.disregard IS NULL
LEFT JOIN crm.prospect p ON p.branch_id = l.branch_id AND p.id = l.prospect_id
WHERE true /* days: a.branch_id, a.scheduled_on */
UNION ALL
SELECT a.scheduled_on, a.branch_id, a.rep_id, l.source_id, a.kind, 'sale', s.id, p.name || ', ' || s.external_id,
       0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
       1, s.amount,
       (s.status NOT IN ('cancelled', 'credit_rejected'))::int,
       CASE WHEN s.status NOT IN ('cancelled', 'credit_rejected') THEN s.amount ELSE 0 END
FROM crm.appointment a
JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id AND l.disregard IS NULL
JOIN crm.sale s ON s.branch_id = a.branch_id AND s.appointment_id = a.id
LEFT JOIN crm.prospect p ON p.branch_id = l.branch_id AND p.id = l.prospect_id
WHERE true /* days: a.branch_id, a.scheduled_on */
