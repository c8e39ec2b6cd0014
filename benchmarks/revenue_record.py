"""How the revenue forecast of a company did from earlier origins: what pages show as its record, for the benchmark's last line."""

import sys
from datetime import timedelta
from typing import Any

import numpy as np

from shared.analysis.forecasting.histories import HORIZON
from shared.analysis.forecasting.record import naive_days, record_of
from shared.analysis.forecasting.revenue import forecast_revenue
from shared.forecast.gathering import gather
from shared.forecast.keeping import paths_by_basis
from shared.metrics.ask import Ask
from shared.warehouse.branches import load_branches
from shared.warehouse.calendar import load_branch_calendars
from shared.warehouse.engines import Engines


def measure(ask: Ask, engines: Engines) -> dict[str, Any]:
    """Train once, write nothing, and return the company's record by basis."""
    with engines.primary_reader() as connection:
        branches, calendars = load_branches(connection), load_branch_calendars(connection)
    made = forecast_revenue(gather(ask, branches, calendars, ask.today - timedelta(days=1)).histories)
    paths, found = paths_by_basis(made), {}
    for basis in made.bases:
        naive = naive_days(getattr(made.histories, basis.name), made.origins, HORIZON * 7)
        lines = [line for line in record_of(basis.days[:-1], basis.actual[:-1], naive, paths[basis.name], made.histories.branches) if line.branch is None]
        weeks = [line for line in lines if line.grain == "week"]
        found[basis.name] = {
            "week_error": round(float(np.mean([line.error / line.actual for line in weeks])), 4), "week_to_naive": round(float(np.mean([line.ratio for line in weeks])), 3),
            "week_cov80": round(float(np.mean([line.coverage[80] for line in weeks])), 3), "week_cov95": round(float(np.mean([line.coverage[95] for line in weeks])), 3),
            **{name: round(line.error / line.actual, 4) for name, words in (("four_weeks_error", "month 1"), ("quarter_error", "13 weeks")) for line in lines if line.words == words},
            "indicators": [{"weeks": f"{span.first}-{span.last}", "alone": round(span.alone, 4), "with": round(span.together, 4)} for span in basis.mixed.spans],
        }
        print(f"revenue, {basis.name}: {found[basis.name]}", file=sys.stderr)
    return found
