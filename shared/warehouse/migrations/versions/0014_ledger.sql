-- Whose records are held against which of our books, and how exact they must be.
CREATE TABLE crm.recon_source (
    name text PRIMARY KEY CHECK (name ~ '^[a-z0-9_-]{1,40}$'),
    label text NOT NULL CHECK (btrim(label) <> '' AND length(label) <= 80),
    book text NOT NULL CHECK (book IN ('payments', 'financed', 'invoices', 'sales')),
    amount_tolerance numeric(12, 2) NOT NULL DEFAULT 0 CHECK (amount_tolerance >= 0),
    percent_tolerance numeric(6, 3) NOT NULL DEFAULT 0 CHECK (percent_tolerance BETWEEN 0 AND 100),
    days_before smallint NOT NULL DEFAULT 3 CHECK (days_before BETWEEN 0 AND 366),  -- that a record may be dated before our row
    days_after smallint NOT NULL DEFAULT 3 CHECK (days_after BETWEEN 0 AND 366),    -- and after
    currency text NOT NULL DEFAULT '' CHECK (currency ~ '^([A-Z]{3})?$'),           -- empty: files need not name one
    statuses jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(statuses) = 'object'), -- a word of theirs: good, cancelled or declined
    mapping jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(mapping) = 'object'),   -- column: field, as the last file was read
    feed jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(feed) = 'object'),         -- where records come from by themselves; empty: uploads
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One file or reading of a source. Its period says which of our rows it should know.
CREATE TABLE crm.recon_batch (
    source text NOT NULL REFERENCES crm.recon_source ON UPDATE CASCADE,
    batch text NOT NULL CHECK (batch <> ''),
    period_from date,                                      -- null: found out from what matches
    period_to date,
    file_name text NOT NULL DEFAULT '',
    sha256 text NOT NULL DEFAULT '',
    row_count bigint NOT NULL DEFAULT 0,
    cents bigint NOT NULL DEFAULT 0,
    added_by integer REFERENCES app.person ON DELETE SET NULL,
    added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (source, batch),
    CHECK ((period_from IS NULL) = (period_to IS NULL) AND period_from <= period_to)
);

-- What became of each row of each side, as of the last run of its source.
CREATE TABLE crm.recon_item (
    source text NOT NULL,
    side text NOT NULL CHECK (side IN ('outside', 'crm')),
    item_id bigint NOT NULL,                               -- of crm.external_record, or of the book's row
    branch_id smallint,
    day date,                                              -- null: cannot be read
    cents bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('matched', 'missing_in_crm', 'missing_outside', 'amount_differs', 'date_differs', 'duplicate', 'status_differs')),
    level smallint,                                        -- 0 a person, 1 reference, 2 name, 3 amount, 4 sums; null: no counterpart
    score real CHECK (score BETWEEN 0 AND 1),
    reason text NOT NULL DEFAULT '',
    pair text NOT NULL DEFAULT '',                         -- rows with the same one belong together
    PRIMARY KEY (source, side, item_id)
);
CREATE INDEX recon_item_day ON crm.recon_item (day, branch_id);
CREATE INDEX recon_item_pair ON crm.recon_item (source, pair) WHERE pair <> '';

-- The proof of a run: nothing is counted twice and nothing is left over, by count and by cents, on either side.
CREATE TABLE crm.recon_balance (
    run_id bigint NOT NULL REFERENCES crm.recon_run,
    side text NOT NULL CHECK (side IN ('outside', 'crm')),
    total_count bigint NOT NULL,                           -- of the tables that were read, not of what the matching made of them
    total_cents bigint NOT NULL,
    matched_count bigint NOT NULL,
    matched_cents bigint NOT NULL,
    broken_count bigint NOT NULL,
    broken_cents bigint NOT NULL,
    PRIMARY KEY (run_id, side),
    CONSTRAINT nothing_falls_through CHECK (matched_count + broken_count = total_count AND matched_cents + broken_cents = total_cents)
);

-- What a person has said belongs together: it wins over every rule.
CREATE TABLE crm.recon_pair (
    source text NOT NULL,
    record_key text NOT NULL,                              -- as in the fingerprint of a break: survives a file that is loaded again
    external_id text NOT NULL,                             -- of our row
    said_by integer REFERENCES app.person ON DELETE SET NULL,
    said_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (source, record_key)
);

CREATE INDEX external_record_source ON crm.external_record (source, id);

DO $do$
DECLARE name text; kind text; book text;
BEGIN
    FOR name, book IN VALUES ('payment', 'payments'), ('sale', 'sales'), ('change_order', 'sales'), ('job', 'sales'), ('external_record', 'records') LOOP
        EXECUTE format($f$
            CREATE FUNCTION crm.recon_stale_%1$s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
            BEGIN INSERT INTO crm.recon_mark (entity, entity_id) VALUES ('ledger %2$s', 0); RETURN NULL; END $body$;
            $f$, name, book);
        FOREACH kind IN ARRAY ARRAY['insert', 'update', 'delete'] LOOP
            EXECUTE format('CREATE TRIGGER recon_stale_%2$s AFTER %2$s ON crm.%1$I FOR EACH STATEMENT EXECUTE FUNCTION crm.recon_stale_%1$s()', name, kind);
        END LOOP;
    END LOOP;
END $do$;
