-- Which column of a file fills which field, remembered per entity and header, so that the next file of the same make needs no options.
CREATE TABLE app.import_mapping (
    entity text NOT NULL CHECK (entity <> ''),
    signature text NOT NULL CHECK (length(signature) = 64),  -- SHA-256 of the header
    mapping jsonb NOT NULL CHECK (jsonb_typeof(mapping) = 'object'),  -- column: field; an empty field: left out
    saved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (entity, signature)
);

CREATE TABLE app.import_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file_name text NOT NULL,
    sha256 text NOT NULL CHECK (length(sha256) = 64),
    entity text NOT NULL,
    is_dry_run boolean NOT NULL DEFAULT false,
    read bigint NOT NULL DEFAULT 0,
    inserted bigint NOT NULL DEFAULT 0,
    updated bigint NOT NULL DEFAULT 0,
    unchanged bigint NOT NULL DEFAULT 0,
    rejected bigint NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    -- null: under way; partial: some rows rejected; rejected: nothing loaded because rows were; abandoned: cut off, nothing loaded
    outcome text CHECK (outcome IN ('done', 'partial', 'rejected', 'dry run', 'failed', 'abandoned')),
    error text
);
CREATE INDEX import_log_entity ON app.import_log (entity, started_at DESC);

-- What a rule means, in the words that a person reads whose row breaks it.
COMMENT ON CONSTRAINT branch_check ON crm.branch IS 'closed_on: is before opened_on';
COMMENT ON CONSTRAINT branch_latitude_check ON crm.branch IS 'latitude: must lie between -90 and 90';
COMMENT ON CONSTRAINT branch_longitude_check ON crm.branch IS 'longitude: must lie between -180 and 180';
COMMENT ON CONSTRAINT branch_territory_check ON crm.branch IS 'territory: must be a GeoJSON geometry';
COMMENT ON CONSTRAINT employee_check ON crm.employee IS 'active_to: is before active_from';
COMMENT ON CONSTRAINT calendar_day_weight_check ON crm.calendar_day IS 'weight: is negative';
COMMENT ON CONSTRAINT target_month_check ON crm.target IS 'month: must be the first day of a month';
COMMENT ON CONSTRAINT marketing_spend_amount_check ON crm.marketing_spend IS 'amount: is negative';
COMMENT ON CONSTRAINT marketing_spend_check ON crm.marketing_spend IS 'spent_to: must be at or after spent_on and less than 366 days later';
COMMENT ON CONSTRAINT prospect_latitude_check ON crm.prospect IS 'latitude: must lie between -90 and 90';
COMMENT ON CONSTRAINT prospect_longitude_check ON crm.prospect IS 'longitude: must lie between -180 and 180';
COMMENT ON CONSTRAINT lead_check ON crm.lead IS 'first_attempt_at: is before created_at';
COMMENT ON CONSTRAINT lead_check1 ON crm.lead IS 'contacted_at: is before first_attempt_at';
COMMENT ON CONSTRAINT lead_check2 ON crm.lead IS 'contacted_at: is given without first_attempt_at';
COMMENT ON CONSTRAINT phone_shift_check ON crm.phone_shift IS 'ended_at: must be after started_at and at most 24 hours later';
COMMENT ON CONSTRAINT canvass_shift_check ON crm.canvass_shift IS 'ended_at: must be after started_at and at most 24 hours later';
COMMENT ON CONSTRAINT knock_latitude_check ON crm.knock IS 'latitude: must lie between -90 and 90';
COMMENT ON CONSTRAINT knock_longitude_check ON crm.knock IS 'longitude: must lie between -180 and 180';
COMMENT ON CONSTRAINT appointment_check ON crm.appointment IS 'result and resulted_at: one is given without the other';
COMMENT ON CONSTRAINT appointment_quoted_amount_check ON crm.appointment IS 'quoted_amount: is negative';
COMMENT ON CONSTRAINT sale_gross_check ON crm.sale IS 'gross: is negative';
COMMENT ON CONSTRAINT sale_check ON crm.sale IS 'discount: is negative or greater than gross';
COMMENT ON CONSTRAINT sale_check1 ON crm.sale IS 'cancelled_at: is before sold_at';
COMMENT ON CONSTRAINT sale_check2 ON crm.sale IS 'cancelled_at: must be given if the status is cancelled or credit_rejected, and only then';
COMMENT ON CONSTRAINT sale_check3 ON crm.sale IS 'status: only a financed sale can be credit_rejected';
COMMENT ON CONSTRAINT sale_check4 ON crm.sale IS 'rescission_ends_on: is before the day of sale';
COMMENT ON CONSTRAINT change_order_amount_check ON crm.change_order IS 'amount: is zero';
COMMENT ON CONSTRAINT job_check ON crm.job IS 'completed_on: is before started_on';
COMMENT ON CONSTRAINT job_check1 ON crm.job IS 'completed_on: must be given if the status is complete, and only then';
COMMENT ON CONSTRAINT job_check2 ON crm.job IS 'cancelled_on: must be given if the status is cancelled, and only then';
COMMENT ON CONSTRAINT job_check3 ON crm.job IS 'started_on: is missing, although the status says that work began';
COMMENT ON CONSTRAINT job_check4 ON crm.job IS 'started_on: is given, although the status is scheduled';
COMMENT ON CONSTRAINT payment_amount_check ON crm.payment IS 'amount: is zero';
COMMENT ON CONSTRAINT ticket_check ON crm.ticket IS 'first_response_at: is before opened_at';
COMMENT ON CONSTRAINT ticket_check1 ON crm.ticket IS 'resolved_at: is before opened_at';
COMMENT ON CONSTRAINT ticket_check2 ON crm.ticket IS 'csat and nps: are given for a ticket that is not resolved';
