-- One row per marketing contact of a prospect.
SELECT t.touched_on AS day, t.branch_id, t.source_id, t.kind,
       'touch' AS entity, t.id AS entity_id, p.name || ', ' || t.external_id AS label,
       1 AS touch_count
FROM crm.touch t
LEFT JOIN crm.prospect p ON p.branch_id = t.branch_id AND p.id = t.prospect_id
WHERE true /* days: t.branch_id, t.touched_on */
