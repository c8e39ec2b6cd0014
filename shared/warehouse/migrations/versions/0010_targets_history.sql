-- Every change of a target made in the platform. The name is kept beside the account, so that history outlives it.
CREATE TABLE app.target_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    person_id integer REFERENCES app.person ON DELETE SET NULL,
    person_name text NOT NULL CHECK (person_name <> ''),
    kpi text NOT NULL CHECK (kpi <> ''),
    branch_id smallint REFERENCES crm.branch ON DELETE CASCADE,   -- null: the company
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    old_value numeric(16, 4),                                     -- null: there was none
    new_value numeric(16, 4),                                     -- null: it was taken away
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    CHECK (old_value IS DISTINCT FROM new_value)
);
CREATE INDEX target_change_cell ON app.target_change (kpi, month, branch_id, id DESC);

CREATE TABLE app.kpi_owner (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kpi text NOT NULL CHECK (kpi <> ''),
    branch_id smallint REFERENCES crm.branch ON DELETE CASCADE,   -- null: the company
    person_id integer NOT NULL REFERENCES app.person ON DELETE CASCADE,
    set_by text NOT NULL CHECK (set_by <> ''),
    set_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE NULLS NOT DISTINCT (kpi, branch_id)
);

CREATE TABLE app.kpi_note (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kpi text NOT NULL CHECK (kpi <> ''),
    branch_id smallint REFERENCES crm.branch ON DELETE CASCADE,   -- null: the company
    day date NOT NULL,                                            -- the day it is about
    text text NOT NULL CHECK (btrim(text) <> '' AND length(text) <= 1000),
    person_id integer REFERENCES app.person ON DELETE SET NULL,
    person_name text NOT NULL CHECK (person_name <> ''),
    written_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX kpi_note_of ON app.kpi_note (kpi, id DESC);

CREATE TABLE app.kpi_check_in (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kpi text NOT NULL CHECK (kpi <> ''),
    branch_id smallint REFERENCES crm.branch ON DELETE CASCADE,   -- null: the company
    day date NOT NULL,
    status text NOT NULL CHECK (status IN ('on_track', 'at_risk', 'off_track')),
    text text NOT NULL DEFAULT '' CHECK (length(text) <= 1000),
    person_id integer REFERENCES app.person ON DELETE SET NULL,
    person_name text NOT NULL CHECK (person_name <> ''),
    written_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX kpi_check_in_of ON app.kpi_check_in (kpi, id DESC);
