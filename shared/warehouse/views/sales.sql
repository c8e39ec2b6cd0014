-- One row per sale, on the day it was sold. Status as it is now: a sale cancelled today leaves the net of the day it was sold.
SELECT s.sold_on AS day, s.branch_id, a.rep_id, l.source_id, s.product_id, s.rescission_ends_on + 1 AS firm_on,
       'sale' AS entity, s.id AS entity_id, p.name || ', ' || s.external_id AS label,
       1 AS gross_count, s.amount AS gross_amount,
       (s.status = 'cancelled')::int AS cancelled_count,
       CASE WHEN s.status = 'cancelled' THEN s.amount ELSE 0 END AS cancelled_amount,
       (s.status = 'cancelled' AND s.cancelled_on <= s.rescission_ends_on)::int AS rescinded_count,
       CASE WHEN s.status = 'cancelled' AND s.cancelled_on <= s.rescission_ends_on THEN s.amount ELSE 0 END AS rescinded_amount,
       (s.status = 'credit_rejected')::int AS rejected_count,
       CASE WHEN s.status = 'credit_rejected' THEN s.amount ELSE 0 END AS rejected_amount,
       s.financed::int AS financed_count,
       (s.status NOT IN ('cancelled', 'credit_rejected'))::int AS net_count,
       CASE WHEN s.status NOT IN ('cancelled', 'credit_rejected') THEN s.amount ELSE 0 END AS net_amount
FROM crm.sale s
LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id
LEFT JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id
LEFT JOIN crm.prospect p ON p.branch_id = l.branch_id AND p.id = l.prospect_id
WHERE true /* days: s.branch_id, s.sold_on */
