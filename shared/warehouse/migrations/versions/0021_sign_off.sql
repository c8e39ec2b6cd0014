-- What somebody signed for, with the hash of the numbers as they stood; a change of the data afterwards opens the period again and keeps what differs.
CREATE TABLE crm.recon_sign_off (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    period_from date NOT NULL,
    period_to date NOT NULL,
    branch_id smallint REFERENCES crm.branch,              -- null: the company
    numbers jsonb NOT NULL,
    hash text NOT NULL CHECK (length(hash) = 64),
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 1000),
    signed_by integer REFERENCES app.person ON DELETE SET NULL,
    signed_name text NOT NULL CHECK (signed_name <> ''),   -- kept beside the account, so that it outlives it
    signed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    reopened_at timestamptz,                               -- null: it stands
    difference jsonb NOT NULL DEFAULT '[]',                -- [{what, signed, now}]
    CHECK (period_to >= period_from)
);
CREATE UNIQUE INDEX recon_sign_off_stands ON crm.recon_sign_off (period_from, period_to, branch_id) NULLS NOT DISTINCT WHERE reopened_at IS NULL;
