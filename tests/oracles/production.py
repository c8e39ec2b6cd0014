"""Jobs."""

from math import nan

from tests.oracles.oracle import Divide, Facts, Oracle, Select, local

_TABLES = "crm.job j JOIN crm.branch b ON b.id = j.branch_id LEFT JOIN crm.sale s ON s.id = j.sale_id"
_BY = {"branch": "b.id", "product": "j.product_id", "crew": "j.crew"}
STARTED, COMPLETED, DUE = (Facts(_TABLES, f"j.{day}", _BY, f"j.{day} IS NOT NULL") for day in ("started_on", "completed_on", "promised_on"))
_DUE = DUE.only("j.status <> 'cancelled'")
_KNOWN = COMPLETED.only("j.actual_margin IS NOT NULL AND j.estimated_margin IS NOT NULL")
_SINCE_SALE = f"j.started_on - {local('s.sold_at')}"


def _quantile(facts: Facts, q: float, days: str) -> Select:
    return Select(facts, f"percentile_cont({q}) WITHIN GROUP (ORDER BY {days})", nan)


ORACLES: dict[str, Oracle] = {
    "installed_amount": Select(COMPLETED, "sum(s.gross - s.discount)"),
    "jobs_started": Select(STARTED),
    "jobs_completed": Select(COMPLETED),
    "on_time_rate": Divide(Select(_DUE.only("j.completed_on <= j.promised_on")), Select(_DUE)),
    "rework_rate": Divide(Select(COMPLETED.only("j.go_back")), Select(COMPLETED)),
    "margin_variance": Divide(Select(_KNOWN, "sum(j.actual_margin - j.estimated_margin)"), Select(_KNOWN, "sum(s.gross - s.discount)")),
    "sale_to_start_days": _quantile(STARTED.only("s.id IS NOT NULL"), 0.5, _SINCE_SALE),
    "sale_to_start_days_p90": _quantile(STARTED.only("s.id IS NOT NULL"), 0.9, _SINCE_SALE),
    "cycle_days": _quantile(COMPLETED, 0.5, "j.completed_on - j.started_on"),
}
