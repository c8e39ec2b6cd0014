"""Does marketing pay off?  ROMI by the month in which the leads came."""

import math
from datetime import date, timedelta

from cmo_app.page import Card
from cmo_app.shell.parts import empty, key, keys
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.charts.bars import ripening
from shared.metrics.catalogue.marketing import CONTRIBUTION_MARGIN
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.metrics.period import Period, add_months, month_end, month_start
from shared.metrics.question import Question
from shared.reports.document import Block, Column, Table

KEY, TITLE = "payoff", "Does marketing pay off?"
_METRICS = ("romi", "marketing_spend", "lead_net_amount", "leads")
_MONTHS = 13


def card(visit: Visit, sources: Sources) -> Card:
    """Return the card: thirteen months, whatever period is chosen."""
    span = Period(add_months(month_start(visit.today), 1 - _MONTHS), visit.today)
    year = Period(visit.today - timedelta(days=365), visit.today - timedelta(days=1))
    by_month, lag = sources.ask.many([Question(_METRICS, span, "month", branches=visit.branch_set), Question(("sales_cycle_p90",), year)], visit.scope)
    days = lag.value("sales_cycle_p90")
    rows = [(row["bucket"], float(row["marketing_spend"]), float(row["lead_net_amount"]), float(row["romi"])) for row in by_month.frame.to_dict("records") if row["marketing_spend"] or row["lead_net_amount"]]
    if not rows:
        return Card(Block(KEY, TITLE), 6, body=empty("No marketing spend is recorded for the last thirteen months."))
    ripe = [not math.isnan(days) and (visit.today - month_end(month)).days >= days for month, *_ in rows]
    table = Table((Column("Month of the leads"), Column("Spend", Unit.MONEY), Column("Net sales $ so far", Unit.MONEY), Column("ROMI", Unit.PERCENT), Column("Ripe")), tuple((*row, "yes" if is_ripe else "not yet") for row, is_ripe in zip(rows, ripe, strict=True)))
    note = f"ROMI = (net sales $ x {CONTRIBUTION_MARGIN:.0%} contribution margin - spend) / spend, by the month in which the leads came." + ("" if math.isnan(days) else f" Nine of ten sales come within {days:.0f} days of the lead: hatched months still rise.")
    return Card(Block(KEY, TITLE, _says(rows, ripe), ripening([row[0] for row in rows], [row[3] for row in rows], ripe, Unit.PERCENT), table, note), 6, keys(key("Ripe", "c1", "dot"), key("Still ripening", "c1", "band")))


def _says(rows: list[tuple[date, float, float, float]], ripe: list[bool]) -> str:
    done = [row for row, is_ripe in zip(rows, ripe, strict=True) if is_ripe and row[1]]
    if not done:
        return "No month is old enough to be judged yet."
    month, spend, net, romi = done[-1]
    verdict = "it paid for itself" if romi >= 0 else "it did not pay for itself"
    against = f" ({write(done[-2][3], Unit.PERCENT)} the month before)" if len(done) > 1 else ""
    return f"{write(spend, Unit.MONEY)} spent in {month:%B} has brought {write(net, Unit.MONEY)} of net sales: ROMI {write(romi, Unit.PERCENT)}{against}, {verdict}."
