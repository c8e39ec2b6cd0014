-- Files that people ordered. Sites and worker share no disk, so the file lives here until it expires.
CREATE TABLE app.export (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id integer NOT NULL REFERENCES app.person ON DELETE CASCADE,
    site text NOT NULL CHECK (site IN ('bi', 'cmo')),
    branches integer[],                                    -- what the person could see when the numbers were read; null: every branch
    kind text NOT NULL CHECK (kind IN ('png', 'svg', 'pdf', 'xlsx', 'csv')),
    block text NOT NULL DEFAULT '',                        -- one card; empty: the whole document
    paper text NOT NULL CHECK (paper IN ('letter', 'a4')),
    document bytea,                                        -- JSON of shared/reports/stored.py; null once the order has ended
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'working', 'done', 'failed', 'cancelled')),
    progress real NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    attempt integer NOT NULL DEFAULT 0,                    -- grows each time somebody begins; who comes with an older one writes nothing
    error text NOT NULL DEFAULT '',                        -- for the person
    file_name text NOT NULL CHECK (file_name <> ''),
    media_type text NOT NULL CHECK (media_type <> ''),
    bytes bigint,
    sha256 text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    expires_at timestamptz NOT NULL,
    CHECK ((state IN ('done', 'failed', 'cancelled')) = (ended_at IS NOT NULL)),
    CHECK ((state = 'done') = (sha256 IS NOT NULL AND bytes IS NOT NULL)),
    CHECK ((state = 'failed') = (error <> ''))
);
CREATE INDEX export_of ON app.export (person_id, site, id DESC);
CREATE INDEX export_to_make ON app.export (id) WHERE state IN ('queued', 'working');
CREATE INDEX export_expires ON app.export (expires_at);

CREATE TABLE app.export_part (
    export_id integer NOT NULL REFERENCES app.export ON DELETE CASCADE,
    part integer NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (export_id, part)
);
ALTER TABLE app.export_part ALTER COLUMN content SET STORAGE EXTERNAL;   -- compressed already
