-- One row per row of either side of a ledger, as of the last run of its source, on its own day. A row whose branch or day is not known is on the page of reconciliation only.
SELECT i.day, i.branch_id, i.source AS ledger, i.side,
       'recon_item' AS entity, i.item_id AS entity_id, i.source || ', ' || i.state AS label,
       1 AS row_count, (i.state = 'matched')::int AS matched_count, abs(i.cents) / 100.0 AS row_amount, CASE WHEN i.state = 'matched' THEN abs(i.cents) / 100.0 ELSE 0 END AS matched_amount
FROM crm.recon_item i
WHERE i.branch_id IS NOT NULL AND true /* days: i.branch_id, i.day */
