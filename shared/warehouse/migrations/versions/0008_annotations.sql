-- What happened on some days: drawn into figures, and left out of what is normal where the reader chooses so.
CREATE TABLE app.annotation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    first_day date NOT NULL,
    last_day date NOT NULL,                                -- both days included
    branch_id smallint,                                    -- null: every branch; no foreign key, because a company may be loaded anew
    kind text NOT NULL CHECK (kind IN ('storm', 'price', 'promotion', 'other')),
    text text NOT NULL CHECK (length(text) BETWEEN 1 AND 200),
    written_by integer REFERENCES app.person (id) ON DELETE SET NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (last_day BETWEEN first_day AND first_day + 366)
);
CREATE INDEX annotation_days ON app.annotation (first_day, last_day);

-- Whether somebody who knows the business expected what an anomaly shows; one verdict per metric, branch and day, the last one counts.
CREATE TABLE app.anomaly_feedback (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    metric text NOT NULL,
    branch_id smallint,                                    -- null: of all branches together
    day date NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('expected', 'not_expected')),
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 200),
    said_by integer REFERENCES app.person (id) ON DELETE SET NULL,
    said_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE NULLS NOT DISTINCT (metric, branch_id, day)
);
