-- What a person has chosen for themselves, such as how often a page is refreshed; small values, by name.
CREATE TABLE app.preference (
    person_id integer NOT NULL REFERENCES app.person ON DELETE CASCADE,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    value text NOT NULL CHECK (length(value) <= 2000),
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (person_id, name)
);
