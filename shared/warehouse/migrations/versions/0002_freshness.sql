-- `mart` holds the views that readers query; `app` what the product keeps for itself.
CREATE SCHEMA mart;
CREATE SCHEMA app;

-- Append-only: a writer never waits for the refresher, and a mark that committed during a refresh survives it.
CREATE TABLE mart.dirty_day (
    id bigint GENERATED ALWAYS AS IDENTITY,
    view text NOT NULL,
    branch_id smallint NOT NULL,                           -- 0: a view that belongs to no branch
    day date NOT NULL,
    marked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX dirty_day_lookup ON mart.dirty_day (view, branch_id, day);
-- Small, hot and always half dead: vacuum early so that lookups stay short.
ALTER TABLE mart.dirty_day SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
                                autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 250);

CREATE TABLE mart.view_state (
    view text PRIMARY KEY,
    recent_from date NOT NULL,                             -- first day of the recent window: archive holds the days before it
    refresh_id bigint NOT NULL DEFAULT 0,                  -- grows with each refresh; part of the cache key
    recent_refreshed_at timestamptz,
    archive_refreshed_at timestamptz
);

CREATE TABLE app.refresh_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    view text NOT NULL,
    part text NOT NULL CHECK (part IN ('recent', 'archive', 'build')),
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    outcome text CHECK (outcome IN ('done', 'failed', 'busy', 'abandoned')),  -- null: running
    marks bigint,                                          -- dirty marks that it covered
    error text
);
CREATE INDEX refresh_log_view ON app.refresh_log (view, started_at DESC);

-- Measured, not guessed: a replica's lag is the age of the newest heartbeat that has reached it.
CREATE TABLE app.heartbeat (
    id smallint PRIMARY KEY CHECK (id = 1),
    beat_at timestamptz NOT NULL
);
INSERT INTO app.heartbeat VALUES (1, now());
