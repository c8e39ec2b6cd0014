-- One look at the company by all rules, or at what changed since the last look. A row with an outcome stands for a transaction that
-- committed: a run that dies leaves its row without one, and nothing else.
CREATE TABLE crm.recon_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('rules', 'ledger')),
    reach text NOT NULL CHECK (reach IN ('full', 'changed')),
    source text NOT NULL DEFAULT '',                       -- of a ledger run: whose records
    asked_by integer REFERENCES app.person ON DELETE SET NULL,  -- null: the schedule, or a change
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at timestamptz,                                -- null: waiting
    finished_at timestamptz,
    outcome text CHECK (outcome IN ('done', 'failed', 'abandoned')),  -- null: waiting or under way
    today date,                                            -- the day that the clock of the rules showed
    step text NOT NULL DEFAULT '',
    steps_done integer NOT NULL DEFAULT 0,
    steps_total integer NOT NULL DEFAULT 0,
    inputs jsonb NOT NULL DEFAULT '{}',                    -- what would have to be the same for the same result
    result jsonb NOT NULL DEFAULT '{}',
    error text NOT NULL DEFAULT '',
    CHECK ((outcome IS NULL) = (finished_at IS NULL))
);
CREATE INDEX recon_run_at ON crm.recon_run (kind, started_at DESC);
CREATE INDEX recon_run_waiting ON crm.recon_run (asked_at) WHERE outcome IS NULL;

-- One fault or break and the work on it. The fingerprint names the same fault in every run.
CREATE TABLE crm.recon_case (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    fingerprint text NOT NULL UNIQUE CHECK (fingerprint <> ''),
    rule text NOT NULL CHECK (rule <> ''),                 -- G1-G8, S1-S10, or a type of break
    source text NOT NULL DEFAULT '',                       -- of a break: whose records
    entity text NOT NULL CHECK (entity <> ''),
    entity_id bigint NOT NULL,
    other_id bigint,                                       -- the other row of a pair
    branch_id smallint REFERENCES crm.branch,              -- null: not known; only who sees every branch sees it
    rep_id integer,
    day date NOT NULL,                                     -- business day that the fault is about
    since date NOT NULL,                                   -- first day of the fault: what its age is counted from, kept when it returns
    amount numeric(14, 2) NOT NULL CHECK (amount >= 0),    -- at risk
    label text NOT NULL DEFAULT '',
    detail jsonb NOT NULL DEFAULT '{}',
    first_seen_at timestamptz NOT NULL,
    gone_at timestamptz,                                   -- null: the last run that looked still saw it
    first_run_id bigint NOT NULL,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'investigating', 'waiting', 'resolved', 'accepted', 'written_off')),
    status_at timestamptz NOT NULL,
    closed_on date,                                        -- null: needs work
    owner_id integer REFERENCES app.person ON DELETE SET NULL,
    reason text NOT NULL DEFAULT '' CHECK (reason IN ('', 'fixed', 'approved', 'false_alarm', 'timing', 'uncollectible', 'immaterial', 'other')),
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 1000),
    proposed_by integer REFERENCES app.person ON DELETE SET NULL,  -- of a write-off that waits for a second person
    proposed_at timestamptz,
    version integer NOT NULL DEFAULT 1,                    -- grows with each change; who changes a case names the version they saw
    CHECK ((status IN ('resolved', 'accepted', 'written_off')) = (closed_on IS NOT NULL)),
    CHECK ((proposed_by IS NULL AND proposed_at IS NULL) OR status IN ('open', 'investigating', 'waiting'))
);
CREATE INDEX recon_case_entity ON crm.recon_case (entity, entity_id);
CREATE INDEX recon_case_other ON crm.recon_case (entity, other_id) WHERE other_id IS NOT NULL;
CREATE INDEX recon_case_open ON crm.recon_case (branch_id, rule) WHERE closed_on IS NULL;
CREATE INDEX recon_case_rule ON crm.recon_case (rule, source);

-- What happened to a case, never changed afterwards.
CREATE TABLE crm.recon_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL REFERENCES crm.recon_case,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL CHECK (kind IN ('found', 'changed', 'gone', 'returned', 'still_there', 'status', 'owner', 'comment', 'file', 'proposed', 'refused', 'written_off')),
    actor_id integer REFERENCES app.person ON DELETE SET NULL,  -- null: a run
    actor_name text NOT NULL DEFAULT '',                   -- kept beside the account, so that history outlives it
    run_id bigint,
    before text NOT NULL DEFAULT '',
    after text NOT NULL DEFAULT '',
    words text NOT NULL DEFAULT '' CHECK (length(words) <= 2000)
);
CREATE INDEX recon_event_case ON crm.recon_event (case_id, id);

CREATE TABLE crm.recon_file (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL REFERENCES crm.recon_case,
    name text NOT NULL CHECK (name <> '' AND length(name) <= 200),
    media_type text NOT NULL,
    content bytea NOT NULL CHECK (length(content) BETWEEN 1 AND 5242880),
    sha256 text NOT NULL CHECK (length(sha256) = 64),
    added_by integer REFERENCES app.person ON DELETE SET NULL,
    added_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX recon_file_case ON crm.recon_file (case_id);

-- Which days have been remembered; a day without a row was not.
CREATE TABLE crm.snapshot_day (
    day date NOT NULL,
    entity text NOT NULL CHECK (entity <> ''),
    taken_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    row_count bigint NOT NULL,                             -- rows there were
    written bigint NOT NULL,                               -- of these, new or different since the last snapshot
    hash text NOT NULL,                                    -- of all rows there were, in order of their ids
    PRIMARY KEY (day, entity)
);
CREATE INDEX snapshot_entity ON crm.snapshot (entity, entity_id, day DESC);

CREATE FUNCTION crm.only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE check_violation USING MESSAGE = format('rows of %I are never changed or taken away', TG_TABLE_NAME); END $$;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON crm.snapshot FOR EACH ROW EXECUTE FUNCTION crm.only_grows();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON crm.recon_event FOR EACH ROW EXECUTE FUNCTION crm.only_grows();

-- What a snapshot remembers of a sale.
CREATE FUNCTION crm.snapshot_of(s crm.sale) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('external_id', s.external_id, 'branch_id', s.branch_id, 'appointment_id', s.appointment_id, 'sold_on', s.sold_on, 'amount', s.amount, 'status', s.status)
$$;

-- A sale that is deleted is remembered as it was at that moment, also if no nightly snapshot ever saw it.
CREATE FUNCTION crm.remember_deleted_sales() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO crm.snapshot (day, entity, entity_id, hash, payload)
    SELECT (clock_timestamp() AT TIME ZONE b.time_zone)::date, 'sale', o.id, md5(p.payload::text), p.payload
    FROM old_rows o JOIN crm.branch b ON b.id = o.branch_id CROSS JOIN LATERAL (SELECT crm.snapshot_of(o) AS payload) p
    ON CONFLICT (day, entity, entity_id) DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER remember_deleted AFTER DELETE ON crm.sale REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION crm.remember_deleted_sales();

-- Rows whose faults have to be looked at again. Append-only, so that writers wait for nobody; gone once a run has looked.
CREATE TABLE crm.recon_mark (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entity text NOT NULL,                                  -- a table, or 'everything' (a large statement: entity_id 0)
    entity_id bigint NOT NULL
);
ALTER TABLE crm.recon_mark SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

DO $do$
DECLARE name text; kinds text[]; marks text; kind text; changed text; transition text; large text;
BEGIN
    FOR name, kinds, marks IN VALUES
        ('lead', ARRAY['update'], $$SELECT 'lead', c.id FROM changed c$$),
        ('appointment', ARRAY['insert', 'update', 'delete'], $$SELECT 'appointment', c.id FROM changed c$$),
        ('sale', ARRAY['insert', 'update', 'delete'], $$SELECT 'sale', c.id FROM changed c UNION SELECT 'appointment', c.appointment_id FROM changed c$$),
        ('change_order', ARRAY['insert', 'update', 'delete'], $$SELECT 'sale', c.sale_id FROM changed c$$),
        ('split', ARRAY['insert', 'update', 'delete'], $$SELECT 'sale', c.sale_id FROM changed c$$),
        ('job', ARRAY['insert', 'update', 'delete'], $$SELECT 'job', c.id FROM changed c UNION SELECT 'sale', c.sale_id FROM changed c$$),
        ('employee', ARRAY['update'], $$SELECT 'employee', c.id FROM changed c$$),
        ('lead_source', ARRAY['update'], $$SELECT 'everything', 0 FROM changed c$$)
    LOOP
        FOREACH kind IN ARRAY kinds LOOP
            changed := CASE kind WHEN 'insert' THEN 'SELECT * FROM new_rows' WHEN 'delete' THEN 'SELECT * FROM old_rows' ELSE 'SELECT * FROM old_rows UNION ALL SELECT * FROM new_rows' END;
            transition := CASE kind WHEN 'insert' THEN 'NEW TABLE AS new_rows' WHEN 'delete' THEN 'OLD TABLE AS old_rows' ELSE 'OLD TABLE AS old_rows NEW TABLE AS new_rows' END;
            large := CASE kind WHEN 'delete' THEN 'old_rows' ELSE 'new_rows' END;
            EXECUTE format($f$
                CREATE FUNCTION crm.recon_mark_%1$s_%2$s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
                BEGIN
                    IF (SELECT count(*) FROM (SELECT FROM %4$s LIMIT 5001) l) > 5000 THEN
                        INSERT INTO crm.recon_mark (entity, entity_id) VALUES ('everything', 0);
                    ELSE
                        INSERT INTO crm.recon_mark (entity, entity_id)
                        WITH changed AS (%3$s) SELECT m.entity, m.id FROM (%5$s) m (entity, id) WHERE m.id IS NOT NULL;
                    END IF;
                    RETURN NULL;
                END $body$;
                CREATE TRIGGER recon_mark_%2$s AFTER %2$s ON crm.%1$I REFERENCING %6$s FOR EACH STATEMENT EXECUTE FUNCTION crm.recon_mark_%1$s_%2$s();
                $f$, name, kind, changed, large, marks, transition);
        END LOOP;
    END LOOP;
END $do$;
