-- One row per payment, on the day it was paid; a refund is negative.
SELECT y.paid_on AS day, y.branch_id, y.method,
       'payment' AS entity, y.id AS entity_id, y.external_id AS label,
       1 AS payment_count, y.amount AS collected_amount
FROM crm.payment y
WHERE true /* days: y.branch_id, y.paid_on */
