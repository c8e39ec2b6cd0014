-- Each live worker that comes to lead takes a number: whoever publishes with a smaller one than the last is refused.
CREATE SEQUENCE app.live_fence;

-- What has just happened and is yet to be told, written by triggers in the transaction in which it happened; gone once it was told.
CREATE TABLE app.happening (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL CHECK (kind IN ('sold', 'set', 'installed', 'ticket', 'rescinded')),
    branch_id smallint NOT NULL,
    entity_id bigint,                                      -- of the sale, appointment, job or ticket; null: one line for all that a large statement wrote
    count integer NOT NULL CHECK (count > 0),
    amount numeric(16, 2)                                  -- dollars of sales; null: no money in it
);
ALTER TABLE app.happening SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- What headlines are judged against marks no day, but who tells them wants to know.
CREATE FUNCTION mart.notify_judged() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN PERFORM pg_notify('dirty_day', TG_TABLE_NAME); RETURN NULL; END $$;
CREATE TRIGGER notify AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON crm.target FOR EACH STATEMENT EXECUTE FUNCTION mart.notify_judged();
CREATE TRIGGER notify AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON crm.calendar_day FOR EACH STATEMENT EXECUTE FUNCTION mart.notify_judged();
