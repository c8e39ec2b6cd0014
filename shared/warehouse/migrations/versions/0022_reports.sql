-- Custom reports. Definitions are read by shared/reports/report_text.py only; the database keeps them as they were written.
CREATE TABLE app.report (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner_id integer REFERENCES app.person ON DELETE SET NULL,
    owner_name text NOT NULL CHECK (owner_name <> ''),        -- outlives the account
    folder text NOT NULL DEFAULT '' CHECK (length(folder) <= 80),
    title text NOT NULL CHECK (btrim(title) <> '' AND length(title) <= 120),          -- of the current version
    description text NOT NULL DEFAULT '' CHECK (length(description) <= 4000),
    version integer NOT NULL DEFAULT 0 CHECK (version >= 0),  -- the current one
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    deleted_at timestamptz                                    -- not null: in the bin, may be taken out again
);
CREATE INDEX report_owner ON app.report (owner_id);

-- Every save adds a version; none is ever changed.
CREATE TABLE app.report_version (
    report_id bigint NOT NULL REFERENCES app.report ON DELETE CASCADE,
    version integer NOT NULL CHECK (version > 0),
    definition text NOT NULL CHECK (octet_length(definition) <= 400000),
    author_id integer REFERENCES app.person ON DELETE SET NULL,
    author_name text NOT NULL CHECK (author_name <> ''),
    saved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    PRIMARY KEY (report_id, version)
);

CREATE FUNCTION app.refuse_change_of_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'versions of a report are never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER report_version_stays BEFORE UPDATE OF report_id, version, definition, author_name, saved_at, note ON app.report_version
    FOR EACH ROW EXECUTE FUNCTION app.refuse_change_of_version();

-- Who may see a report beside its owner: a person, or everybody of a role.
CREATE TABLE app.report_share (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report_id bigint NOT NULL REFERENCES app.report ON DELETE CASCADE,
    person_id integer REFERENCES app.person ON DELETE CASCADE,
    role text,
    may_edit boolean NOT NULL DEFAULT false,
    CHECK ((person_id IS NULL) <> (role IS NULL)),
    UNIQUE NULLS NOT DISTINCT (report_id, person_id, role)
);

CREATE TABLE app.report_favourite (
    report_id bigint NOT NULL REFERENCES app.report ON DELETE CASCADE,
    person_id integer NOT NULL REFERENCES app.person ON DELETE CASCADE,
    PRIMARY KEY (report_id, person_id)
);

-- What a person has changed and not saved; one per person and report.
CREATE TABLE app.report_draft (
    report_id bigint NOT NULL REFERENCES app.report ON DELETE CASCADE,
    person_id integer NOT NULL REFERENCES app.person ON DELETE CASCADE,
    base_version integer NOT NULL,                            -- the version that was looked at when it was begun
    definition text NOT NULL CHECK (octet_length(definition) <= 400000),
    saved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (report_id, person_id)
);

-- A report with its numbers as they were at one moment, for who may see as much as its maker.
CREATE TABLE app.report_snapshot (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token text NOT NULL UNIQUE CHECK (length(token) BETWEEN 20 AND 64),
    report_id bigint NOT NULL REFERENCES app.report ON DELETE CASCADE,
    made_by integer REFERENCES app.person ON DELETE SET NULL,
    maker_name text NOT NULL CHECK (maker_name <> ''),
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    branches smallint[],                                      -- whose numbers it holds; null: the whole company
    document bytea NOT NULL
);
CREATE INDEX report_snapshot_of ON app.report_snapshot (report_id, id DESC);
