-- A forecast is written whole, in one transaction: a run that can be seen has all of its rows.
CREATE TABLE app.forecast_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin_day date NOT NULL UNIQUE,                       -- the last day whose numbers it knows; made anew, it takes the place of the earlier one
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    method text NOT NULL CHECK (method <> ''),             -- its version; another one makes a forecast due
    versions jsonb NOT NULL,                               -- view -> version of the numbers it read
    history_amount numeric(18, 2) NOT NULL,                -- booked and installed dollars it read: much of it changed, a forecast is due
    settings jsonb NOT NULL,
    findings jsonb NOT NULL,                               -- method in words, weights, lags, leading indicators, what was done with which branch
    seconds real NOT NULL CHECK (seconds >= 0)
);

-- Whole cents by day, the first one for the day after made_for; branches and days add up to everything else.
CREATE TABLE app.forecast_points (
    run_id bigint NOT NULL REFERENCES app.forecast_run ON DELETE CASCADE,
    basis text NOT NULL CHECK (basis IN ('booked', 'installed')),
    branch_id smallint NOT NULL REFERENCES crm.branch ON DELETE CASCADE,
    made_for date NOT NULL,                                -- the run's origin day; an earlier day: what the same method says from then
    cents bigint[] NOT NULL,
    PRIMARY KEY (run_id, basis, branch_id, made_for)
);

-- What the method got wrong from earlier origins, brought to the present size: dollars by day ahead. Kept for the newest runs only.
CREATE TABLE app.forecast_errors (
    run_id bigint NOT NULL REFERENCES app.forecast_run ON DELETE CASCADE,
    basis text NOT NULL CHECK (basis IN ('booked', 'installed')),
    branch_id smallint NOT NULL REFERENCES crm.branch ON DELETE CASCADE,
    origin smallint NOT NULL,                              -- place among the origins, oldest 0
    seen_days smallint NOT NULL,                           -- so many days were really seen; later ones go on
    errors real[] NOT NULL,
    PRIMARY KEY (run_id, basis, branch_id, origin)
);

CREATE TABLE app.forecast_record (
    run_id bigint NOT NULL REFERENCES app.forecast_run ON DELETE CASCADE,
    basis text NOT NULL CHECK (basis IN ('booked', 'installed')),
    branch_id smallint REFERENCES crm.branch ON DELETE CASCADE,  -- null: the company
    place smallint NOT NULL,
    grain text NOT NULL CHECK (grain IN ('day', 'week', 'month', 'quarter')),
    horizon text NOT NULL,
    origins smallint NOT NULL,
    error double precision NOT NULL,                       -- mean absolute, dollars
    naive_error double precision NOT NULL,
    actual double precision NOT NULL,                      -- mean of what came
    coverage_80 real,                                      -- null: too few origins
    coverage_95 real,
    UNIQUE NULLS NOT DISTINCT (run_id, basis, branch_id, place)
);

-- How the last training went when it made nothing; a page says so.
CREATE TABLE app.forecast_trouble (
    id integer PRIMARY KEY CHECK (id = 1),
    at timestamptz NOT NULL,
    words text NOT NULL CHECK (words <> '')
);
