-- What a rule watches is its definition; shared/alerts/rule.py says what may stand in it and refuses everything else.
CREATE TABLE app.alert_rule (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seed text UNIQUE,                                      -- of a rule that the platform came with; null: a person made it
    name text NOT NULL CHECK (btrim(name) <> '' AND length(name) <= 120),
    definition jsonb NOT NULL CHECK (jsonb_typeof(definition) = 'object'),
    enabled boolean NOT NULL DEFAULT true,
    silenced_until timestamptz,
    removed_at timestamptz,                                -- its history stays
    version integer NOT NULL DEFAULT 1,                    -- grows with each edit; an edit names the version it saw
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by integer REFERENCES app.person ON DELETE SET NULL
);

-- How one rule stands for one branch, for the company, or for one view.
CREATE TABLE app.alert_instance (
    rule_id integer NOT NULL REFERENCES app.alert_rule,
    instance text NOT NULL CHECK (instance ~ '^(company|branch:[0-9]+|view:[a-z0-9_]+)$'),
    branch_id smallint,                                    -- null: the company's, or a view's
    state text NOT NULL DEFAULT 'ok' CHECK (state IN ('ok', 'pending', 'firing', 'acknowledged', 'resolved', 'nodata', 'error')),
    since timestamptz NOT NULL,                            -- when it came into this state
    breached_since timestamptz,
    breaches integer NOT NULL DEFAULT 0,                   -- evaluations in a row that broke the rule
    missing integer NOT NULL DEFAULT 0,                    -- evaluations in a row that gave no answer
    is_open boolean NOT NULL DEFAULT false,                -- a warning was given and not taken back
    is_acknowledged boolean NOT NULL DEFAULT false,
    notified_at timestamptz,                               -- when somebody was last told of the open warning; null: nobody was yet
    sequence integer NOT NULL DEFAULT 0,                   -- of the last event
    evaluated_at timestamptz NOT NULL,
    opened_at timestamptz,
    owner_id integer REFERENCES app.person ON DELETE SET NULL,
    outcome text NOT NULL DEFAULT '' CHECK (outcome IN ('', 'fixed', 'expected', 'false_alarm', 'watching')),
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 1000),
    finding jsonb NOT NULL DEFAULT '{}',                   -- the last look: number, expected, words
    PRIMARY KEY (rule_id, instance)
);

CREATE TABLE app.alert_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_id integer NOT NULL REFERENCES app.alert_rule,
    instance text NOT NULL,
    sequence integer NOT NULL,
    branch_id smallint,
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('pending', 'calm', 'fired', 'returned', 'reminded', 'resolved', 'nodata', 'error', 'recovered', 'acknowledged', 'assigned', 'closed')),
    before text NOT NULL,
    after text NOT NULL,
    actor_id integer REFERENCES app.person ON DELETE SET NULL,  -- null: the evaluation
    title text NOT NULL,
    words text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('warning', 'critical')),
    UNIQUE (rule_id, instance, sequence)                   -- one row per transition, whoever dies when
);
CREATE INDEX alert_event_at ON app.alert_event (at DESC);

-- One mail: its text is fixed before it is sent, so that it is the same mail however often sending it is tried.
CREATE TABLE app.alert_digest (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id integer NOT NULL REFERENCES app.person ON DELETE CASCADE,
    address text NOT NULL,
    subject text NOT NULL CHECK (subject <> ''),
    plain text NOT NULL CHECK (btrim(plain) <> ''),
    html text NOT NULL CHECK (btrim(html) <> ''),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    sent_at timestamptz,
    dead_at timestamptz,
    error text NOT NULL DEFAULT ''
);
CREATE INDEX alert_digest_waiting ON app.alert_digest (next_at) WHERE sent_at IS NULL AND dead_at IS NULL;
CREATE INDEX alert_digest_person ON app.alert_digest (person_id, created_at DESC);

-- The outbox, written in the transaction of the event.
CREATE TABLE app.notification (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id bigint NOT NULL REFERENCES app.alert_event ON DELETE CASCADE,
    recipient text NOT NULL,                               -- 'person:7', or the address of a webhook
    channel text NOT NULL CHECK (channel IN ('inbox', 'email', 'webhook')),
    person_id integer REFERENCES app.person ON DELETE CASCADE,
    digest_id bigint REFERENCES app.alert_digest ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    sent_at timestamptz,                                   -- of an inbox line: when it was put there
    read_at timestamptz,
    dead_at timestamptz,
    error text NOT NULL DEFAULT '',
    UNIQUE (event_id, recipient, channel)
);
CREATE INDEX notification_unread ON app.notification (person_id) WHERE channel = 'inbox' AND read_at IS NULL;
CREATE INDEX notification_mail ON app.notification (person_id, id) WHERE channel = 'email' AND digest_id IS NULL;
CREATE INDEX notification_hook ON app.notification (next_at) WHERE channel = 'webhook' AND sent_at IS NULL AND dead_at IS NULL;

-- Every evaluation that was finished: an alarm that nobody looks at would be quiet for the wrong reason.
CREATE TABLE app.alert_run (
    id integer PRIMARY KEY CHECK (id = 1),
    finished_at timestamptz NOT NULL,
    milliseconds integer NOT NULL,
    instances integer NOT NULL
);

-- entity_id of an alert: its event; null: it concerns the company and is told to nobody else.
ALTER TABLE app.happening DROP CONSTRAINT happening_kind_check;
ALTER TABLE app.happening ADD CONSTRAINT happening_kind_check CHECK (kind IN ('sold', 'set', 'installed', 'ticket', 'rescinded', 'alert'));
