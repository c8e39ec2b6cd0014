-- Journeys are read prospect by prospect, oldest touch first: an index that holds all that is read of a touch.
CREATE INDEX touch_journey ON crm.touch (prospect_id, touched_at, id) INCLUDE (branch_id, source_id, touched_on);
DROP INDEX crm.touch_prospect;

-- Names that a lead source had before: pages look names up by id, so a renamed source takes its history along, and this says what it was called.
CREATE TABLE app.source_name (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id smallint NOT NULL REFERENCES crm.lead_source ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('name', 'channel', 'campaign')),
    former text NOT NULL,
    until timestamptz NOT NULL DEFAULT clock_timestamp()   -- when it was changed
);
CREATE INDEX source_name_source ON app.source_name (source_id, id);

CREATE FUNCTION app.remember_source_name() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO app.source_name (source_id, kind, former)
    SELECT NEW.id, v.kind, v.former
    FROM (VALUES ('name', OLD.name, NEW.name), ('channel', OLD.channel, NEW.channel), ('campaign', OLD.campaign, NEW.campaign)) v (kind, former, present)
    WHERE v.former IS DISTINCT FROM v.present AND v.former <> '';
    RETURN NULL;
END $$;
CREATE TRIGGER remember_name AFTER UPDATE OF name, channel, campaign ON crm.lead_source
    FOR EACH ROW WHEN ((OLD.name, OLD.channel, OLD.campaign) IS DISTINCT FROM (NEW.name, NEW.channel, NEW.campaign)) EXECUTE FUNCTION app.remember_source_name();
