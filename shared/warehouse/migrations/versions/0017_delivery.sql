-- What a schedule sends and when is its definition; shared/delivery/definition.py says what may stand in it and refuses everything else.
CREATE TABLE app.delivery (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner_id integer NOT NULL REFERENCES app.person ON DELETE CASCADE,
    name text NOT NULL CHECK (btrim(name) <> '' AND length(name) <= 120),
    definition jsonb NOT NULL CHECK (jsonb_typeof(definition) = 'object'),
    is_paused boolean NOT NULL DEFAULT false,
    broken text NOT NULL DEFAULT '',                       -- why it sends nothing any more, for people; empty: it works
    next_at timestamptz,                                   -- null: paused, broken, or never again
    planned_at timestamptz NOT NULL,                       -- what the clock showed when next_at was worked out; where that lies ahead, the clock has gone back
    removed_at timestamptz,                                -- its log and archive stay
    version integer NOT NULL DEFAULT 1,                    -- grows with each edit; an edit names the version it saw
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_by integer REFERENCES app.person ON DELETE SET NULL
);
CREATE INDEX delivery_due ON app.delivery (next_at) WHERE removed_at IS NULL AND next_at IS NOT NULL;
CREATE INDEX delivery_owner ON app.delivery (owner_id) WHERE removed_at IS NULL;

CREATE TABLE app.delivery_recipient (
    delivery_id integer NOT NULL REFERENCES app.delivery ON DELETE CASCADE,
    recipient text NOT NULL CHECK (recipient ~ '^(person:[0-9]+|role:[a-z_]+|address:[^@\s]+@[^@\s]+)$'),
    PRIMARY KEY (delivery_id, recipient)
);

-- Who wants no more of a schedule; only they themselves take it back.
CREATE TABLE app.delivery_stop (
    delivery_id integer NOT NULL REFERENCES app.delivery ON DELETE CASCADE,
    recipient text NOT NULL CHECK (recipient ~ '^(person:[0-9]+|address:[^@\s]+@[^@\s]+)$'),
    stopped_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (delivery_id, recipient)
);

-- One due time, or one click on "run now" or "test to me".
CREATE TABLE app.delivery_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id integer NOT NULL REFERENCES app.delivery ON DELETE CASCADE,
    due_at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('due', 'now', 'test')),
    actor_id integer REFERENCES app.person ON DELETE SET NULL,  -- whose click it was
    name text NOT NULL,
    definition jsonb NOT NULL,                             -- as it was then: an edit does not change what is under way
    state text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'open', 'done', 'skipped', 'failed')),
    words text NOT NULL DEFAULT '',
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    UNIQUE (delivery_id, due_at),
    CHECK ((state IN ('done', 'skipped', 'failed')) = (ended_at IS NOT NULL))
);
CREATE INDEX delivery_run_open ON app.delivery_run (id) WHERE state IN ('due', 'open');
CREATE INDEX delivery_run_of ON app.delivery_run (delivery_id, due_at DESC);

-- What everybody of one scope gets in one run: made once, kept as the archive until it expires.
CREATE TABLE app.delivery_copy (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint NOT NULL REFERENCES app.delivery_run ON DELETE CASCADE,
    scope text NOT NULL CHECK (scope ~ '^(company|branches:[0-9,]*)$'),
    viewer_id integer NOT NULL REFERENCES app.person ON DELETE CASCADE,  -- in whose eyes it is drawn
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'ready', 'skipped', 'failed')),
    words text NOT NULL DEFAULT '',
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    title text,
    about text,
    as_of timestamptz,
    plain text,
    html text,
    sha256 text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    made_at timestamptz,
    expires_at timestamptz,
    UNIQUE (run_id, scope),
    CHECK ((state = 'ready') = (sha256 IS NOT NULL AND plain IS NOT NULL AND html IS NOT NULL AND title IS NOT NULL AND expires_at IS NOT NULL))
);
CREATE INDEX delivery_copy_waiting ON app.delivery_copy (next_at) WHERE state = 'waiting';
CREATE INDEX delivery_copy_expires ON app.delivery_copy (expires_at);

CREATE TABLE app.delivery_file (
    copy_id bigint NOT NULL REFERENCES app.delivery_copy ON DELETE CASCADE,
    number integer NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    media_type text NOT NULL CHECK (media_type <> ''),
    bytes integer NOT NULL CHECK (bytes > 0),
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    content bytea NOT NULL,
    PRIMARY KEY (copy_id, number)
);
ALTER TABLE app.delivery_file ALTER COLUMN content SET STORAGE EXTERNAL;   -- compressed already, most of them

-- The outbox, and the log per recipient. A notice tells the owner that a run failed; its text is fixed when it is written.
CREATE TABLE app.delivery_mail (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id integer NOT NULL REFERENCES app.delivery ON DELETE CASCADE,
    due_at timestamptz NOT NULL,
    recipient text NOT NULL CHECK (recipient ~ '^(person:[0-9]+|owner:[0-9]+|address:[^@\s]+@[^@\s]+)$'),
    run_id bigint NOT NULL REFERENCES app.delivery_run ON DELETE CASCADE,
    copy_id bigint REFERENCES app.delivery_copy ON DELETE SET NULL,
    person_id integer REFERENCES app.person ON DELETE SET NULL,  -- null: an address outside
    address text NOT NULL CHECK (address <> ''),
    name text NOT NULL,
    subject text,
    plain text,
    html text,
    sha256 text,                                           -- of the copy that was sent, kept after the archive expired
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'left out', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    error text NOT NULL DEFAULT '',
    UNIQUE (delivery_id, due_at, recipient),               -- exactly once
    CHECK ((state = 'waiting') = (ended_at IS NULL))
);
CREATE INDEX delivery_mail_waiting ON app.delivery_mail (next_at) WHERE state = 'waiting';
CREATE INDEX delivery_mail_run ON app.delivery_mail (run_id);

-- Every round that was finished: a delivery that does not come would be quiet for the wrong reason.
CREATE TABLE app.delivery_round (
    id integer PRIMARY KEY CHECK (id = 1),
    finished_at timestamptz NOT NULL
);
