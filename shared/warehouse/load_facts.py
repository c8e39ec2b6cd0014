"""Import declarations of what happens: prospects, leads, calls, knocks, appointments, sales, jobs, money, tickets, technology."""

from dataclasses import replace

from shared.warehouse.load_company import BRANCH, STATE, place
from shared.warehouse.load_fields import Entity, choice, day, flag, key, moment, money, named, number, parent, text, whole

_OWN_BRANCH = replace(BRANCH, required=False)  # settled by the parent where a file does not name it
_SOURCE = named("source", "lead_source", "lead_source", "lead_source_id", "lead_source_name", required=True)
_PRODUCT = named("product", "product", "product_line", "category", "product_code", "sku", required=True)
_PROSPECT = parent("prospect", "customer_id", "contact_id", "household_id", required=True)
_LEAD = parent("lead", "inquiry_id", "opportunity_id")
_SALE = parent("sale", "contract_id", "contract_number", "order_id", "deal_id", required=True)
_SHIFT_TIMES = (
    moment("started_at", "start", "start_time", "started", "clock_in", "shift_start", required=True),
    moment("ended_at", "end", "end_time", "ended", "clock_out", "shift_end", required=True),
)

FACTS: tuple[Entity, ...] = (
    Entity("prospect", "households", (
        key("prospect", "customer_id", "contact_id", "household_id"),
        BRANCH,
        text("name", "full_name", "customer", "customer_name", "contact_name", "homeowner", required=True, most=200),
        text("address", "street", "street_address", "address_1", "address1", default="''"),
        text("city", "town", default="''", most=200),
        STATE,
        text("postal_code", "zip", "zip_code", "zipcode", "postcode", default="''", most=20),
        text("phone", "phone_number", "telephone", "mobile", "primary_phone", default="''", most=50),
        text("email", "email_address", "e_mail", default="''", most=320),
        *place(),
    )),
    Entity("lead", "inquiries", (
        key("lead", "inquiry_id", "opportunity_id"), _OWN_BRANCH, _PROSPECT, _SOURCE,
        named("canvasser", "employee", "canvassed_by"),
        moment("created_at", "created", "created_date", "create_date", "date_created", "created_on", "lead_date", "received", "received_at", required=True),
        moment("first_attempt_at", "first_attempt", "first_attempt_date", "first_call", "first_call_at", "first_contact_attempt", "attempted_at"),
        moment("contacted_at", "contacted", "contact_date", "contacted_date", "first_contact", "first_contact_at"),
        choice("disregard", "test duplicate invalid", "disregarded", "disregard_reason", "invalid_reason", required=False),
    )),
    Entity("touch", "marketing contacts of a prospect, for attribution", (
        key("touch", "touchpoint_id", "event_id"), _OWN_BRANCH, _PROSPECT, _SOURCE,
        moment("touched_at", "touched", "touch_date", "timestamp", "date", "created_at", required=True),
        choice("kind", "inquiry canvass call event", "type", "touch_type"),
    )),
    Entity("phone_shift", "logged phone hours of an agent", (
        key("phone_shift", "shift_id"), BRANCH, named("agent", "employee", "employee", "employee_id", "employee_name", "user", required=True), *_SHIFT_TIMES,
    )),
    Entity("call", "dials and answered calls", (
        key("call", "call_sid"), _OWN_BRANCH, named("agent", "employee", "employee", "user", "agent_name", "caller", required=True), _LEAD,
        choice("direction", "outbound inbound", "call_direction"),
        moment("started_at", "start", "start_time", "started", "call_time", "call_date", "called_at", "timestamp", required=True),
        whole("seconds", 0, 86_400, "duration", "duration_seconds", "talk_time", "length", required=True),
        choice("disposition", "conversation set not_interested callback no_answer voicemail busy wrong_number", "result", "outcome", "call_result"),
    ), partitioned_by="started_at"),
    Entity("canvass_shift", "hours at the doors", (
        key("canvass_shift", "shift_id"), BRANCH, named("rep", "employee", "canvasser", "canvasser_id", "employee", "employee_id", required=True),
        text("territory", "area", "turf", "zone", default="''", most=200), *_SHIFT_TIMES,
    )),
    Entity("knock", "doors knocked", (
        key("knock", "door_id"), _OWN_BRANCH, parent("canvass_shift", column="shift_id", required=True), _LEAD,
        moment("knocked_at", "knocked", "knock_time", "timestamp", "date", required=True), *place(),
        choice("outcome", "no_answer not_home conversation not_interested callback lead set", "result", "disposition"),
    ), partitioned_by="knocked_at"),
    Entity("appointment", "visits to sell", (
        key("appointment", "appt_id"), _OWN_BRANCH, replace(_LEAD, required=True),
        named("setter", "employee", "set_by"),
        named("rep", "employee", "sales_rep", "salesperson", "assigned_to", "sales_rep_id"),
        choice("kind", "new reset rehash", "type", "appointment_type", required=False, default="'new'"),
        moment("set_at", "set", "set_date", "booked_at", "created_at", "created_date", required=True),
        moment("scheduled_at", "scheduled", "scheduled_for", "appointment_date", "appointment_time", "appointment_at", "appt_date", "scheduled_date", required=True),
        moment("confirmed_at", "confirmed", "confirmed_date"),
        moment("issued_at", "issued", "issued_date"),
        choice("result", "Sold Demoed-Not-Sold Follow-Up Not-Demoed No-Show Cancelled Reset", "outcome", "disposition", "appointment_result", required=False),
        moment("resulted_at", "resulted", "result_date", "resulted_date"),
        money("quoted_amount", "quoted", "quote", "quote_amount"),
    )),
    Entity("sale", "signed contracts", (
        key("sale", "contract_id", "contract_number", "order_id", "deal_id"), _OWN_BRANCH, parent("appointment", "appt_id"), _PRODUCT,
        moment("sold_at", "sold", "sold_date", "sale_date", "contract_date", "signed_at", required=True),
        money("gross", "gross_amount", "list_price", "gross_sale", "contract_amount", required=True),
        money("discount", "discount_amount", default="0"),
        flag("financed", "is_financed", "financing", default="false"),
        choice("status", "pending in_rescission firm cancelled credit_rejected", "sale_status", "contract_status"),
        day("rescission_ends_on", "rescission_end", "rescission_date", "rescission_ends", filled="NULL"),
        moment("cancelled_at", "cancelled", "canceled_at", "cancel_date", "cancelled_date", "cancellation_date"),
    )),
    Entity("change_order", "later changes to a contract's amount", (
        key("change_order", "co_number"), _OWN_BRANCH, _SALE,
        moment("changed_at", "changed", "change_date", "date", "created_at", required=True), money("amount", "change_amount", required=True),
    )),
    Entity("split", "who earned which part of a sale", (
        key("split", "commission_id"), _OWN_BRANCH, _SALE, named("employee", "employee", "rep", "rep_id", "rep_name", required=True),
        choice("role", "setter closer canvasser manager", "split_role"),
        number("percent", 3, 4, "pct", "percentage", "split_percent", "share", required=True),
        money("amount", "split_amount", "commission", required=True),
        moment("locked_at", "locked", "locked_date"),
        moment("edited_at", "edited", "edited_date", "updated_at", "modified_at", filled="now()"),
    )),
    Entity("job", "installations", (
        key("job", "project_id", "project_number", "work_order"), _OWN_BRANCH, replace(_SALE, required=False), _PRODUCT,
        text("crew", "crew_name", "installer", default="''", most=200),
        choice("status", "scheduled in_progress complete cancelled", "job_status"),
        day("promised_on", "promised", "promised_date", "promise_date", "due_date", "due"),
        day("started_on", "started", "start", "start_date"),
        day("completed_on", "completed", "complete_date", "completion_date", "completed_date", "finish_date"),
        day("cancelled_on", "cancelled", "canceled_on", "cancel_date", "cancelled_date"),
        money("estimated_margin", "estimated_gross_margin", "margin_estimate"),
        money("actual_margin", "actual_gross_margin", "margin"),
        flag("go_back", "goback", "rework", "is_go_back", default="false"),
    )),
    Entity("payment", "money received (negative: refunded)", (
        key("payment", "receipt_id", "transaction_id"), _OWN_BRANCH, _SALE,
        moment("paid_at", "paid", "paid_date", "payment_date", "received_at", "date", required=True), money("amount", "payment_amount", "paid_amount", required=True),
        choice("method", "card check ach financing cash", "payment_method", "type", "payment_type"),
    )),
    Entity("ticket", "service requests", (
        key("ticket", "case_id", "case_number"), _OWN_BRANCH, parent("job", "project_id", "project_number"),
        named("technician", "employee", "tech", "assigned_to"),
        moment("opened_at", "opened", "opened_date", "open_date", "created_at", "created_date", required=True),
        moment("first_response_at", "first_response", "responded_at"),
        flag("needs_visit", "visit_needed", "requires_visit", default="true"),
        whole("visits", 0, 32_767, "visit_count", "number_of_visits", default="0"),
        moment("resolved_at", "resolved", "resolved_date", "closed_at", "closed_date"),
        flag("reopened", "is_reopened", "was_reopened", default="false"),
        whole("csat", 1, 5, "satisfaction", "csat_score"),
        whole("nps", 0, 10, "nps_score"),
    )),
    Entity("probe", "availability checks of a service", (
        key("probe"), text("service", "service_name", "site", required=True, most=200),
        moment("probed_at", "probed", "timestamp", "time", "checked_at", required=True),
        flag("is_good", "good", "ok", "success", "up", required=True),
        whole("milliseconds", 0, 2_147_483_647, "ms", "duration_ms", "latency_ms", "latency", "response_time", required=True),
    )),
    Entity("request_log", "requests that the company's own services answered", (
        key("request_log", "request_id"), text("service", "service_name", "app", required=True, most=200), text("route", "path", "endpoint", "url", required=True),
        moment("requested_at", "requested", "timestamp", "time", "date", required=True),
        whole("status", 100, 599, "status_code", "http_status", "code", required=True),
        whole("milliseconds", 0, 2_147_483_647, "ms", "duration_ms", "latency_ms", "latency", "duration", required=True),
    ), partitioned_by="requested_at"),
)
