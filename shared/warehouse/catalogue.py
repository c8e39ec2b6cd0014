"""Which views there are: for each the keys it is grouped by, the columns it adds up, and which days a changed row touches.

The rows that a view counts stand in ``views/<name>.sql``, one per entity and event, with ``day`` and ``branch_id`` first; the parts of
the view, its dirty days and the rows behind a number are all made from that one statement (see ``parts.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "views"


@dataclass(frozen=True, eq=False)
class View:
    """One daily view; its grain is day x branch x keys."""

    name: str
    keys: Mapping[str, str]
    """Column -> SQL literal that stands where a row has none (keys are never NULL)."""
    measures: tuple[str, ...]
    """Columns that add up over everything."""
    dirtied_by: Mapping[str, str]
    """crm table -> SELECT branch_id, day over ``changed`` (the rows of one statement, old and new): every day the change may touch. Too many days cost a little; too few are a wrong number."""
    has_branch: bool = True
    """False: of the company; only who sees every branch may ask."""
    has_levels: bool = False
    """True: some measures come in pairs (in, out) whose running sum is what is open."""
    department: str = field(default="sales")

    @property
    def rows(self) -> str:
        """The statement that lists the rows this view counts."""
        return _text(self.name)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column, in order."""
        return ("day", "branch_id", *self.keys, *self.measures)


@cache
def _text(name: str) -> str:
    return (_FOLDER / f"{name}.sql").read_text().strip()


_NONE, _EMPTY = "0", "''"

_SALE_LEAD = "SELECT l.branch_id, l.created_on FROM changed c JOIN crm.appointment a ON a.id = c.appointment_id JOIN crm.lead l ON l.id = a.lead_id"
_VIA_SALE_LEAD = ("SELECT l.branch_id, l.created_on FROM changed c JOIN crm.sale s ON s.id = c.sale_id"
                  " JOIN crm.appointment a ON a.id = s.appointment_id JOIN crm.lead l ON l.id = a.lead_id")
_HOUSEHOLD = "JOIN crm.lead o ON o.prospect_id = l.prospect_id"
_LEAD_SALES = "SELECT s.branch_id, s.sold_on FROM changed c JOIN crm.appointment a ON a.lead_id = c.id JOIN crm.sale s ON s.appointment_id = a.id"
_APPOINTMENT_SALES = "SELECT s.branch_id, s.sold_on FROM changed c JOIN crm.sale s ON s.appointment_id = c.id"
# Every day on which an appointment, or another of the same lead, may enter or leave a stage.
_LEAD_STAGES = (" CROSS JOIN LATERAL (VALUES (a.set_on), (a.resulted_on), (a.scheduled_on + 1), (a.resulted_on + 90)) v (day)")

_APPOINTMENT_STAGES = (
    "SELECT c.branch_id, v.day FROM changed c CROSS JOIN LATERAL (VALUES (c.set_on), (c.resulted_on), (c.scheduled_on + 1), (c.resulted_on + 90)) v (day)"
    " UNION SELECT a.branch_id, v.day FROM changed c JOIN crm.appointment a ON a.lead_id = c.lead_id" + _LEAD_STAGES
    + " UNION SELECT s.branch_id, v.day FROM changed c JOIN crm.appointment a ON a.lead_id = c.lead_id JOIN crm.sale s ON s.appointment_id = a.id"
      " LEFT JOIN crm.job j ON j.sale_id = s.id CROSS JOIN LATERAL (VALUES (s.sold_on), (s.cancelled_on), (j.started_on), (j.completed_on), (j.cancelled_on)) v (day)"
)
_SALE_STAGES = (
    "SELECT c.branch_id, v.day FROM changed c CROSS JOIN LATERAL (VALUES (c.sold_on), (c.cancelled_on)) v (day)"
    " UNION SELECT j.branch_id, v.day FROM changed c JOIN crm.job j ON j.sale_id = c.id CROSS JOIN LATERAL (VALUES (j.started_on), (j.completed_on), (j.cancelled_on)) v (day)"
    " UNION SELECT a.branch_id, v.day FROM changed c JOIN crm.appointment o ON o.id = c.appointment_id JOIN crm.appointment a ON a.lead_id = o.lead_id" + _LEAD_STAGES
    # A quote may now end with another sale of the same lead.
    + " UNION SELECT s.branch_id, s.sold_on FROM changed c JOIN crm.appointment o ON o.id = c.appointment_id JOIN crm.appointment a ON a.lead_id = o.lead_id"
      " JOIN crm.sale s ON s.appointment_id = a.id"
)
_LEAD_CHANGED_STAGES = (
    "SELECT a.branch_id, v.day FROM changed c JOIN crm.appointment a ON a.lead_id = c.id" + _LEAD_STAGES
    + " UNION SELECT s.branch_id, s.sold_on FROM changed c JOIN crm.appointment a ON a.lead_id = c.id JOIN crm.sale s ON s.appointment_id = a.id"
)

# Names and groups (a source's channel) are looked up when asked: no stored number changes with them, but every answer that shows them is out of date.
# So they mark a day that has no rows, which changes the version of the view.
_LOOKED_UP = {"branch": {"branch_id"}, "employee": {"rep_id", "agent_id", "canvasser_id", "technician_id"}, "lead_source": {"source_id"}, "product": {"product_id"}}
_NO_ROWS = "SELECT 0::smallint, current_date FROM changed"


def _with_names(view: View) -> View:
    tables = [table for table, keys in _LOOKED_UP.items() if view.has_branch and keys & set(view.columns)]
    return replace(view, dirtied_by={**view.dirtied_by, **dict.fromkeys(tables, _NO_ROWS)})


VIEWS: tuple[View, ...] = tuple(map(_with_names, (
    View("sales", {"rep_id": _NONE, "source_id": _NONE, "product_id": _NONE, "firm_on": "'1970-01-01'::date"},
         ("gross_count", "gross_amount", "cancelled_count", "cancelled_amount", "rescinded_count", "rescinded_amount", "rejected_count",
          "rejected_amount", "financed_count", "net_count", "net_amount"),
         {"sale": "SELECT branch_id, sold_on FROM changed", "appointment": _APPOINTMENT_SALES, "lead": _LEAD_SALES}),
    View("sales_by_rep", {"rep_id": _NONE, "source_id": _NONE, "kind": _EMPTY},
         ("scheduled_count", "confirmed_count", "issued_count", "demo_count", "not_sold_count", "no_show_count", "cancelled_count", "reset_count",
          "rehash_count", "unresulted_count", "gross_count", "gross_amount", "net_count", "net_amount"),
         {"appointment": "SELECT branch_id, scheduled_on FROM changed",
          "sale": "SELECT a.branch_id, a.scheduled_on FROM changed c JOIN crm.appointment a ON a.id = c.appointment_id",
          "lead": "SELECT a.branch_id, a.scheduled_on FROM changed c JOIN crm.appointment a ON a.lead_id = c.id"}),
    View("lead_funnel", {"source_id": _NONE, "canvasser_id": _NONE},
         ("lead_count", "attempted_count", "within_5_minutes_count", "within_15_minutes_count", "contacted_count", "set_count", "confirmed_count",
          "issued_count", "demo_count", "gross_count", "net_count", "installed_count", "collected_count", "gross_amount", "net_amount",
          "collected_amount", "net_sale_count", "canvassed_net_amount"),
         {"lead": "SELECT branch_id, created_on FROM changed",
          "appointment": "SELECT l.branch_id, l.created_on FROM changed c JOIN crm.lead l ON l.id = c.lead_id",
          "sale": _SALE_LEAD, "job": _VIA_SALE_LEAD, "payment": _VIA_SALE_LEAD}, department="marketing"),
    View("lead_response", {"source_id": _NONE, "seconds": _NONE}, ("lead_count",), {"lead": "SELECT branch_id, created_on FROM changed"}, department="telemarketing"),
    View("sales_cycle", {"source_id": _NONE, "rep_id": _NONE, "days": _NONE}, ("sale_count",),
         {"sale": "SELECT branch_id, sold_on FROM changed", "appointment": _APPOINTMENT_SALES, "lead": _LEAD_SALES}),
    View("lead_development", {"source_id": _NONE, "age": _NONE}, ("gross_count", "gross_amount", "net_count", "net_amount"),
         {"lead": "SELECT branch_id, created_on FROM changed",
          "appointment": "SELECT l.branch_id, l.created_on FROM changed c JOIN crm.lead l ON l.id = c.lead_id", "sale": _SALE_LEAD}, department="marketing"),
    View("customer_value", {"source_id": _NONE}, ("customer_count", "net_amount", "repeat_count", "repeat_amount"),
         {"lead": "SELECT branch_id, created_on FROM changed UNION SELECT o.branch_id, o.created_on FROM changed c JOIN crm.lead o ON o.prospect_id = c.prospect_id",
          "appointment": f"SELECT o.branch_id, o.created_on FROM changed c JOIN crm.lead l ON l.id = c.lead_id {_HOUSEHOLD}",
          "sale": f"SELECT o.branch_id, o.created_on FROM changed c JOIN crm.appointment a ON a.id = c.appointment_id JOIN crm.lead l ON l.id = a.lead_id {_HOUSEHOLD}"},
         department="marketing"),
    View("marketing", {"source_id": _NONE, "spend_kind": _EMPTY}, ("spend_amount",),
         {"marketing_spend": "SELECT branch_id, spent_on + n FROM changed, generate_series(0, spent_to - spent_on) n"}, department="marketing"),
    View("touches", {"source_id": _NONE, "kind": _EMPTY}, ("touch_count",), {"touch": "SELECT branch_id, touched_on FROM changed"}, department="marketing"),
    View("collections", {"method": _EMPTY}, ("payment_count", "collected_amount"), {"payment": "SELECT branch_id, paid_on FROM changed"}),
    View("pipeline", {"stage": _EMPTY, "rep_id": _NONE, "since": "'1970-01-01'::date"}, ("in_count", "in_amount", "out_count", "out_amount"),
         {"appointment": _APPOINTMENT_STAGES, "sale": _SALE_STAGES, "lead": _LEAD_CHANGED_STAGES,
          "job": "SELECT c.branch_id, v.day FROM changed c LEFT JOIN crm.sale s ON s.id = c.sale_id"
                 " CROSS JOIN LATERAL (VALUES (c.started_on), (c.completed_on), (c.cancelled_on), (s.sold_on), (s.cancelled_on)) v (day)"},
         has_levels=True),
    View("quote_outcomes", {"rep_id": _NONE},
         ("quoted_count", "won_to_30_count", "won_to_60_count", "won_to_90_count", "ended_to_30_count", "ended_to_60_count"),
         {"appointment": "SELECT branch_id, resulted_on FROM changed UNION SELECT a.branch_id, a.resulted_on FROM changed c JOIN crm.appointment a ON a.lead_id = c.lead_id",
          "sale": "SELECT a.branch_id, a.resulted_on FROM changed c JOIN crm.appointment o ON o.id = c.appointment_id JOIN crm.appointment a ON a.lead_id = o.lead_id",
          "lead": "SELECT a.branch_id, a.resulted_on FROM changed c JOIN crm.appointment a ON a.lead_id = c.id"}),
    View("production", {"product_id": _NONE, "crew": _EMPTY},
         ("started_count", "completed_count", "completed_amount", "rework_count", "estimated_margin_amount", "actual_margin_amount",
          "margin_base_amount", "due_count", "on_time_count"),
         {"job": "SELECT c.branch_id, v.day FROM changed c CROSS JOIN LATERAL (VALUES (c.started_on), (c.completed_on), (c.promised_on)) v (day)",
          "sale": "SELECT j.branch_id, j.completed_on FROM changed c JOIN crm.job j ON j.sale_id = c.id"}, department="production"),
    View("job_durations", {"product_id": _NONE, "span": _EMPTY, "days": _NONE}, ("job_count",),
         {"job": "SELECT c.branch_id, v.day FROM changed c CROSS JOIN LATERAL (VALUES (c.started_on), (c.completed_on)) v (day)",
          "sale": "SELECT j.branch_id, j.started_on FROM changed c JOIN crm.job j ON j.sale_id = c.id"}, department="production"),
    View("service", {"technician_id": _NONE, "product_id": _NONE},
         ("opened_count", "closed_count", "reopened_count", "visit_count", "first_fix_count", "rating_count", "satisfied_count", "nps_count",
          "promoter_count", "detractor_count"),
         {"ticket": "SELECT c.branch_id, v.day FROM changed c CROSS JOIN LATERAL (VALUES (c.opened_on), (c.resolved_on)) v (day)"
                    " UNION SELECT t.branch_id, t.resolved_on FROM changed c JOIN crm.ticket t ON t.job_id = c.job_id WHERE t.resolved_on IS NOT NULL",
          "job": "SELECT t.branch_id, v.day FROM changed c JOIN crm.ticket t ON t.job_id = c.id CROSS JOIN LATERAL (VALUES (t.opened_on), (t.resolved_on)) v (day)"},
         has_levels=True, department="service"),
    View("ticket_durations", {"technician_id": _NONE, "span": _EMPTY, "seconds": _NONE}, ("ticket_count",),
         {"ticket": "SELECT branch_id, opened_on FROM changed"}, department="service"),
    View("telemarketing", {"agent_id": _NONE},
         ("dial_count", "answered_count", "conversation_count", "set_call_count", "talk_seconds", "phone_seconds", "set_count"),
         {"call": "SELECT branch_id, started_on FROM changed", "phone_shift": "SELECT branch_id, started_on FROM changed",
          "appointment": "SELECT branch_id, set_on FROM changed",
          "lead": "SELECT a.branch_id, a.set_on FROM changed c JOIN crm.appointment a ON a.lead_id = c.id"}, department="telemarketing"),
    View("canvass", {"canvasser_id": _NONE, "territory": _EMPTY},
         ("door_count", "conversation_count", "door_lead_count", "door_set_count", "field_seconds"),
         {"knock": "SELECT branch_id, knocked_on FROM changed",
          "canvass_shift": "SELECT branch_id, started_on FROM changed UNION SELECT k.branch_id, k.knocked_on FROM changed c JOIN crm.knock k ON k.shift_id = c.id"},
         department="canvass"),
    View("cases", {"family": _EMPTY, "rule": _EMPTY, "rep_id": _NONE}, ("in_count", "in_amount", "out_count", "out_amount", "closed_days"),
         {"recon_case": "SELECT c.branch_id, v.day FROM changed c CROSS JOIN LATERAL (VALUES (c.since), (c.closed_on)) v (day) WHERE c.branch_id IS NOT NULL"}, has_levels=True),
    View("ledgers", {"ledger": _EMPTY, "side": _EMPTY}, ("row_count", "matched_count", "row_amount", "matched_amount"),
         {"recon_item": "SELECT branch_id, day FROM changed WHERE branch_id IS NOT NULL"}),
    View("technology", {"service": _EMPTY, "route": _EMPTY},
         ("request_count", "error_count", "satisfied_count", "tolerating_count", "probe_count", "good_probe_count"),
         {"request_log": "SELECT 0::smallint, requested_on FROM changed", "probe": "SELECT 0::smallint, probed_on FROM changed"},
         has_branch=False, department="technology"),
    View("latency", {"service": _EMPTY, "route": _EMPTY, "milliseconds": _NONE}, ("request_count",),
         {"request_log": "SELECT 0::smallint, requested_on FROM changed"}, has_branch=False, department="technology"),
)))

BY_NAME: Mapping[str, View] = {view.name: view for view in VIEWS}
