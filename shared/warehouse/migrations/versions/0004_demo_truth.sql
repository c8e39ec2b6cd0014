-- What the demo company's generator planted, so that precision and recall are measured: only tests and benchmarks read it.
CREATE TABLE app.demo_truth (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('anomaly', 'event', 'ghost', 'split', 'ledger')),
    entity text NOT NULL CHECK (entity <> ''),             -- a crm table's name, or 'day'
    entity_id bigint,                                      -- null: a day of a branch
    rule text NOT NULL CHECK (rule <> ''),                 -- G1-G8, S1-S10, a break's type, leads_high, ...
    day date NOT NULL,
    branch_id smallint NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    CHECK ((entity_id IS NULL) = (entity = 'day'))
);
CREATE INDEX demo_truth_rule ON app.demo_truth (kind, rule);
