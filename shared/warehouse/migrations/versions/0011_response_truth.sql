-- The demo company also remembers how leads answer to money, source by source, so that fitted curves are held against the true ones.
ALTER TABLE app.demo_truth DROP CONSTRAINT demo_truth_kind_check;
ALTER TABLE app.demo_truth ADD CONSTRAINT demo_truth_kind_check CHECK (kind IN ('anomaly', 'event', 'ghost', 'split', 'ledger', 'response'));
