-- All rows behind a number: the order holds the question, the worker reads them, and progress is told in rows.
ALTER TABLE app.export ADD COLUMN row_count bigint CHECK (row_count >= 0);   -- rows that were counted when it was ordered; null: made of a document
