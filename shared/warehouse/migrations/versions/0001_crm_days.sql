-- Business days: the calendar day of a moment in its branch's time zone. One function per table (a generic one would pay for jsonb on every row).
CREATE FUNCTION crm.time_zone_of(branch smallint) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE zone text;
BEGIN
    SELECT b.time_zone INTO zone FROM crm.branch b WHERE b.id = branch;
    IF zone IS NULL THEN
        RAISE foreign_key_violation USING MESSAGE = format('branch %s is not known', coalesce(branch::text, 'null'));
    END IF;
    RETURN zone;
END $$;

-- The third business day after the sale; without calendar rows every day but Sunday is one.
CREATE FUNCTION crm.rescission_end(branch smallint, sold_on date) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT c.day FROM crm.calendar_day c WHERE c.branch_id = branch AND c.day > sold_on AND c.day <= sold_on + 14 AND c.is_business_day
         ORDER BY c.day OFFSET 2 LIMIT 1),
        (SELECT d::date FROM generate_series(sold_on + 1, sold_on + 7, interval '1 day') d WHERE extract(dow FROM d) <> 0 ORDER BY d OFFSET 2 LIMIT 1))
$$;

CREATE FUNCTION crm.lead_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.created_on := (NEW.created_at AT TIME ZONE crm.time_zone_of(NEW.branch_id))::date; RETURN NEW; END $$;
CREATE TRIGGER days BEFORE INSERT OR UPDATE ON crm.lead FOR EACH ROW EXECUTE FUNCTION crm.lead_days();

CREATE FUNCTION crm.touch_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.touched_on := (NEW.touched_at AT TIME ZONE crm.time_zone_of(NEW.branch_id))::date; RETURN NEW; END $$;
CREATE TRIGGER days BEFORE INSERT OR UPDATE ON crm.touch FOR EACH ROW EXECUTE FUNCTION crm.touch_days();

CREATE FUNCTION crm.started_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.started_on := (NEW.started_at AT TIME ZONE crm.time_zone_of(NEW.branch_id))::date; RETURN NEW; END $$;
CREATE TRIGGER days BEFORE INSERT OR UPDATE ON crm.phone_shift FOR EACH ROW EXECUTE FUNCTION crm.started_days();
CREATE TRIGGER days BEFORE INSERT OR UPDATE ON crm.call FOR EACH ROW EXECUTE FUNCTION crm.started_days();
CREATE TRIGGER days BEFORE INSERT OR UPDATE ON crm.canvass_shift FOR EACH ROW EXECUTE FUNCTION crm.started_days();

CREATE FUNCTION crm.knock_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.knocked_on := (NEW.knocked_at AT TIME ZONE crm.time_zone_of(NEW.branch_id))::date; RETURN NEW; END $$;
CREATE TRIGGER days BEFORE INSERT OR UPDATE ON crm.knock FOR EACH ROW EXECUTE FUNCTION crm.knock_days();

CREATE FUNCTION crm.appointment_days() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE zone text := crm.time_zone_of(NEW.branch_id);
BEGIN
    NEW.set_on := (NEW.set_at AT TIME ZONE zone)::date;
    NEW.scheduled_on := (NEW.scheduled_at AT TIME ZONE zone)::date;
    NEW.resulted_on := (NEW.resulted_at AT TIME ZONE zone)::date;
    RETURN NEW;
END $$;
CREATE TRIGGER days BEFORE INSERT OR UPDATE ON crm.appointment FOR EACH ROW EXECUTE FUNCTION crm.appointment_days();

CREATE FUNCTION crm.sale_days() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE zone text := crm.time_zone_of(NEW.branch_id);
BEGIN
    NEW.sold_on := (NEW.sold_at AT TIME ZONE zone)::date;
    NEW.cancelled_on := (NEW.cancelled_at AT TIME ZONE zone)::date;
    IF NEW.rescission_ends_on IS NULL OR (TG_OP = 'UPDATE' AND NEW.sold_on <> OLD.sold_on AND NEW.rescission_ends_on = OLD.rescission_ends_on) THEN
        NEW.rescission_ends_on := crm.rescission_end(NEW.branch_id, NEW.sold_on);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER days BEFORE INSERT OR UPDATE ON crm.sale FOR EACH ROW EXECUTE FUNCTION crm.sale_days();

CREATE FUNCTION crm.change_order_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.changed_on := (NEW.changed_at AT TIME ZONE crm.time_zone_of(NEW.branch_id))::date; RETURN NEW; END $$;
CREATE TRIGGER days BEFORE INSERT OR UPDATE ON crm.change_order FOR EACH ROW EXECUTE FUNCTION crm.change_order_days();

CREATE FUNCTION crm.payment_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.paid_on := (NEW.paid_at AT TIME ZONE crm.time_zone_of(NEW.branch_id))::date; RETURN NEW; END $$;
CREATE TRIGGER days BEFORE INSERT OR UPDATE ON crm.payment FOR EACH ROW EXECUTE FUNCTION crm.payment_days();

CREATE FUNCTION crm.ticket_days() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE zone text := crm.time_zone_of(NEW.branch_id);
BEGIN
    NEW.opened_on := (NEW.opened_at AT TIME ZONE zone)::date;
    NEW.resolved_on := (NEW.resolved_at AT TIME ZONE zone)::date;
    RETURN NEW;
END $$;
CREATE TRIGGER days BEFORE INSERT OR UPDATE ON crm.ticket FOR EACH ROW EXECUTE FUNCTION crm.ticket_days();

-- A branch's time zone is part of every stored day: changing it would leave them wrong.
CREATE FUNCTION crm.branch_zone_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM crm.lead WHERE branch_id = OLD.id) THEN RETURN NEW; END IF;
    RAISE check_violation USING MESSAGE = format('the time zone of branch %s cannot change once it has leads: its business days are stored', OLD.id);
END $$;
CREATE TRIGGER zone_is_fixed BEFORE UPDATE OF time_zone ON crm.branch FOR EACH ROW
    WHEN (OLD.time_zone IS DISTINCT FROM NEW.time_zone) EXECUTE FUNCTION crm.branch_zone_is_fixed();

-- Monthly partitions of the high-volume facts; rows outside them go to the default partition, so nothing is refused.
CREATE FUNCTION crm.ensure_partitions(first_day date, last_day date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE fact text; anchor text; month date; made integer := 0; name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('crm.ensure_partitions'));
    FOR fact, anchor IN VALUES ('call', 'started_at'), ('knock', 'knocked_at'), ('request_log', 'requested_at') LOOP
        FOR month IN SELECT generate_series(date_trunc('month', first_day), date_trunc('month', last_day), interval '1 month')::date LOOP
            name := format('%s_%s', fact, to_char(month, 'YYYYMM'));
            CONTINUE WHEN to_regclass('crm.' || name) IS NOT NULL;
            -- Rows that already wait in the default partition would make the new one impossible: they stay there.
            DECLARE waiting boolean; BEGIN
                EXECUTE format('SELECT EXISTS (SELECT FROM crm.%I WHERE %I >= %L AND %I < %L)', fact || '_default', anchor, month::timestamp AT TIME ZONE 'UTC',
                               anchor, (month + interval '1 month') AT TIME ZONE 'UTC') INTO waiting;
                CONTINUE WHEN waiting;
            END;
            EXECUTE format('CREATE TABLE crm.%I PARTITION OF crm.%I FOR VALUES FROM (%L) TO (%L)', name, fact,
                           month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;
