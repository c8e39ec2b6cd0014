"""The rules that the platform comes with; anybody who may edit rules can change, silence or remove them, and they do not come back."""

from typing import Any, Final

from shared.alerts.rule import rule_from
from shared.warehouse.alert_store import add_rule
from shared.warehouse.engines import Engines

RULES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "pace": ("Net sales behind pace", {"kind": "pace", "metric": "net_sales_amount", "limit": 0.85, "clear": 0.92, "for_minutes": 30, "severity": "critical"}),
    "forecast": ("Net sales will miss the month", {"kind": "forecast", "metric": "net_sales_amount", "limit": 0.88, "clear": 0.94, "for_minutes": 30}),
    "odd_leads": ("Unusual day of leads", {"kind": "anomaly", "metric": "leads", "limit": 1.0}),
    "odd_sales": ("Unusual day of net sales", {"kind": "anomaly", "metric": "net_sales_amount", "limit": 1.0}),
    "cancels": ("Cancel rate over target", {"kind": "target", "metric": "cancel_rate", "period": "last_90_days", "limit": 0.9, "for_minutes": 30}),
    "ageing": ("Jobs wait too long to start", {"kind": "threshold", "metric": "sale_to_start_days_p90", "period": "last_28_days", "side": "above", "limit": 75.0, "clear": 68.0, "for_minutes": 30}),
    "tickets": ("Tickets take too long", {"kind": "threshold", "metric": "resolution_hours", "period": "last_28_days", "side": "above", "limit": 120.0, "clear": 96.0, "for_minutes": 30, "hours": "days"}),
    "stale": ("A view is stale", {"kind": "staleness", "limit": 30.0, "clear": 15.0, "for_minutes": 5, "email": False}),
}


def ensure_default_rules(engines: Engines) -> int:
    """Add the rules that were never here; return how many."""
    with engines.writer() as connection:
        return sum(add_rule(connection, name, rule_from(name, given).document(), seed=seed) is not None for seed, (name, given) in RULES.items())
