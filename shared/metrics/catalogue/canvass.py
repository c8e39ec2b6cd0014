"""Canvass: doors, leads and their quality."""

from shared.metrics.metric import Basis, Better, Measure, Metric, Ratio, Sum, Unit, ratio, total

_KNOCKED = "the day of the knock"


def _door(column: str) -> Measure:
    return Measure("canvass", column)


_HOURS = Sum(((1 / 3600, _door("field_seconds")),))
_CANVASSED = "net sales $: the day the lead was created; hours: the day of the shift"

METRICS: tuple[Metric, ...] = (
    Metric("doors", "Doors knocked", "Knocks on doors.", total(_door("door_count")), Unit.COUNT, Better.UP, _KNOCKED, department="canvass", source="44"),
    Metric("field_hours", "Field hours", "Hours on canvass shifts.", _HOURS, Unit.HOURS, Better.NEITHER, "the day the shift started", department="canvass", source="44"),
    Metric("doors_per_hour", "Doors per hour", "Doors per field hour.", Ratio(total(_door("door_count")), _HOURS), Unit.NUMBER, Better.UP, _KNOCKED, department="canvass", minimum_sample=8, source="44"),
    Metric("door_contact_rate", "Door contact rate", "Conversations divided by doors.", ratio(_door("conversation_count"), _door("door_count")), Unit.PERCENT, Better.UP, _KNOCKED,
           department="canvass", minimum_sample=50, source="45"),
    Metric("door_leads", "Leads at the door", "Knocks that became a lead.", total(_door("door_lead_count")), Unit.COUNT, Better.UP, _KNOCKED, department="canvass", source="46"),
    Metric("leads_per_hour", "Leads per hour", "Leads at the door per field hour.", Ratio(total(_door("door_lead_count")), _HOURS), Unit.NUMBER, Better.UP, _KNOCKED, department="canvass",
           minimum_sample=8, source="46"),
    Metric("leads_per_100_doors", "Leads per 100 doors", "Leads at the door per hundred doors.", Ratio(Sum(((100.0, _door("door_lead_count")),)), total(_door("door_count"))), Unit.NUMBER, Better.UP,
           _KNOCKED, department="canvass", minimum_sample=50, source="46"),
    Metric("door_set_rate", "Set rate at the door", "Share of leads at the door that were set there and then.", ratio(_door("door_set_count"), _door("door_lead_count")), Unit.PERCENT, Better.UP,
           _KNOCKED, department="canvass", minimum_sample=20, source="46"),
    Metric("net_amount_per_field_hour", "Net sales $ per field hour", "Net sales $ of the leads that canvassers raised, per field hour.",
           Ratio(total(Measure("lead_funnel", "canvassed_net_amount")), _HOURS), Unit.MONEY, Better.UP,
           _CANVASSED, Basis.COHORT, "canvass", 8, source="47"),
)
