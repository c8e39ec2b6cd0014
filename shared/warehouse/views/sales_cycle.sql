-- One row per sale with a lead, on the day it was sold, with the days since the lead was created: an exact histogram for medians.
SELECT s.sold_on AS day, s.branch_id, l.source_id, a.rep_id, s.sold_on - l.created_on AS days,
       'sale' AS entity, s.id AS entity_id, p.name || ', ' || s.external_id AS label,
       1 AS sale_count
FROM crm.sale s
JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id
JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id
LEFT JOIN crm.prospect p ON p.branch_id = l.branch_id AND p.id = l.prospect_id
WHERE true /* days: s.branch_id, s.sold_on */
