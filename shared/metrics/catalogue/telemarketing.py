"""Telemarketing: calls, sets, speed to lead."""

from shared.metrics.metric import Basis, Better, Measure, Metric, Quantile, Ratio, Sum, Unit, ratio, total

_CALLED, _CREATED = "the day the call started", "the day the lead was created"


def _call(column: str) -> Measure:
    return Measure("telemarketing", column)


_HOURS = Sum(((1 / 3600, _call("phone_seconds")),))
_LEADS = Measure("lead_funnel", "lead_count")

METRICS: tuple[Metric, ...] = (
    Metric("dials", "Dials", "Outbound calls.", total(_call("dial_count")), Unit.COUNT, Better.UP, _CALLED, department="telemarketing", source="7"),
    Metric("answered_calls", "Answered dials", "Outbound calls that became a conversation.", total(_call("answered_count")), Unit.COUNT, Better.UP, _CALLED, department="telemarketing", source="2"),
    Metric("call_contact_rate", "Call contact rate", "Answered conversations divided by dials.", ratio(_call("answered_count"), _call("dial_count")), Unit.PERCENT, Better.UP, _CALLED,
           department="telemarketing", minimum_sample=50, source="2"),
    Metric("phone_hours", "Phone hours", "Logged phone hours.", _HOURS, Unit.HOURS, Better.NEITHER, "the day the shift started", department="telemarketing", source="7"),
    Metric("dials_per_hour", "Dials per hour", "Dials per logged phone hour.", Ratio(total(_call("dial_count")), _HOURS), Unit.NUMBER, Better.UP, _CALLED, department="telemarketing",
           minimum_sample=8, source="7"),
    Metric("appointments_set", "Appointments set", "Appointments by the day they were set, credited to the setter.", total(_call("set_count")), Unit.COUNT, Better.UP, "the day the appointment was set",
           department="telemarketing", source="6"),
    Metric("sets_per_hour", "Sets per hour", "Calls that ended in an appointment per logged phone hour.", Ratio(total(_call("set_call_count")), _HOURS), Unit.NUMBER, Better.UP, _CALLED,
           department="telemarketing", minimum_sample=8, source="7"),
    Metric("call_set_rate", "Telemarketing conversion", "Calls that ended in an appointment divided by conversations.", ratio(_call("set_call_count"), _call("conversation_count")),
           Unit.PERCENT, Better.UP, _CALLED, department="telemarketing", minimum_sample=20, source="9"),
    Metric("talk_hours", "Talk hours", "Hours on calls.", Sum(((1 / 3600, _call("talk_seconds")),)), Unit.HOURS, Better.NEITHER, _CALLED, department="telemarketing", source="7"),
    Metric("attempts_per_contact", "Attempts per contact", "Dials divided by leads reached in the period's cohort.", ratio(_call("dial_count"), Measure("lead_funnel", "contacted_count")),
           Unit.NUMBER, Better.DOWN, "dials: the day of the call; contacts: the day the lead was created", department="telemarketing", minimum_sample=20, source="4"),
    Metric("speed_to_lead", "Speed to lead", "Median minutes from creating a lead to the first attempt; leads never attempted are not in it.",
           Quantile(0.5, Measure("lead_response", "seconds"), Measure("lead_response", "lead_count"), scale=1 / 60), Unit.MINUTES, Better.DOWN, _CREATED, Basis.COHORT, "telemarketing", 20, source="3"),
    Metric("within_5_minutes_rate", "Called within 5 minutes", "Share of leads first attempted within 5 minutes.", ratio(Measure("lead_funnel", "within_5_minutes_count"), _LEADS),
           Unit.PERCENT, Better.UP, _CREATED, Basis.COHORT, "telemarketing", 20, source="3"),
    Metric("within_15_minutes_rate", "Called within 15 minutes", "Share of leads first attempted within 15 minutes.", ratio(Measure("lead_funnel", "within_15_minutes_count"), _LEADS),
           Unit.PERCENT, Better.UP, _CREATED, Basis.COHORT, "telemarketing", 20, source="3"),
)
