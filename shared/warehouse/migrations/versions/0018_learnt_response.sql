-- How leads of each source follow its money, learnt once a day; the newest row is what pages show.
CREATE TABLE app.learnt_response (
    day date PRIMARY KEY,                                  -- head-office day on which it was learnt
    made_at timestamptz NOT NULL,
    method text NOT NULL CHECK (method <> ''),             -- its version; another one makes learning due
    value jsonb NOT NULL                                   -- weeks it was learnt from, and per source the curve or why it cannot be told
);
