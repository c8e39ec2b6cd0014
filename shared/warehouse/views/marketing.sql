-- One row per cost and day that it pays for. A cost of several days is spread evenly, to the cent: the days add up to the amount.
SELECT m.spent_on AS day, m.branch_id, m.source_id, m.kind AS spend_kind,
       'marketing_spend' AS entity, m.id::bigint AS entity_id, m.external_id AS label,
       m.amount AS spend_amount
FROM crm.marketing_spend m
WHERE m.spent_to = m.spent_on AND true /* days: m.branch_id, m.spent_on */
UNION ALL
SELECT d.day, m.branch_id, m.source_id, m.kind, 'marketing_spend', m.id::bigint, m.external_id,
       round(m.amount * (d.day - m.spent_on + 1) / (m.spent_to - m.spent_on + 1), 2)
       - round(m.amount * (d.day - m.spent_on) / (m.spent_to - m.spent_on + 1), 2)
FROM crm.marketing_spend m
CROSS JOIN LATERAL (SELECT m.spent_on + n AS day FROM generate_series(0, m.spent_to - m.spent_on) n) d
WHERE m.spent_to > m.spent_on AND true /* near: m.spent_on, 366 */ AND true /* days: m.branch_id, d.day */
