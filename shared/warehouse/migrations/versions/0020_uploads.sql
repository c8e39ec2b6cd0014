-- A file on its way: a person sends it, the worker looks at it and says how it reads it, the person confirms or corrects, the worker loads it.
CREATE TABLE crm.recon_upload (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL REFERENCES crm.recon_source ON UPDATE CASCADE ON DELETE CASCADE,
    file_name text NOT NULL CHECK (file_name <> '' AND length(file_name) <= 200),
    content bytea NOT NULL CHECK (length(content) > 0),
    options jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(options) = 'object'),   -- what the person says: mapping, dates, decimal, sheet, header row, period
    state text NOT NULL DEFAULT 'sent' CHECK (state IN ('sent', 'shown', 'confirmed', 'loaded', 'refused', 'dropped')),
    understood jsonb NOT NULL DEFAULT '{}',                -- how the worker reads it
    problems jsonb NOT NULL DEFAULT '[]',                  -- [{line, words}]
    sent_by integer REFERENCES app.person ON DELETE SET NULL,
    sent_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz
);
CREATE INDEX recon_upload_waiting ON crm.recon_upload (id) WHERE state IN ('sent', 'confirmed');
