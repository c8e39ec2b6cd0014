"""What spend does to leads, for the spend lever: as it was learnt, or an assumption that is named."""

from dataclasses import dataclass

from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.analysis.scenario import Response, elasticity
from shared.marketing.ripening import ripeness
from shared.marketing.standing import standing

_POWER, _OFF = 0.5, 0.16
"""Where nothing is learnt: 1 % more money brings 0.5 % more leads, in 8 of 10 cases between 0.3 and 0.7."""
_ASSUMED = "so 1% more money is taken to bring 0.5% more leads (0.3% to 0.7%)"


@dataclass(frozen=True)
class Known:
    """A response and where it comes from."""

    response: Response
    words: str


def response_of(visit: Visit, sources: Sources, spend: float) -> Known:
    """Return what is known about spend and leads of the chosen branches; ``spend`` 1 asks nothing of the database, for nothing is moved."""
    learnt = sources.responses.newest() if sources.responses is not None else None
    if learnt is None or learnt.last is None:
        return Known(elasticity(_POWER, _OFF), f"Spend: how leads follow money is not learnt yet, {_ASSUMED}.")
    words = "Spend: leads follow money as learnt from weeks in which budgets moved; every source moves by the same part."
    if spend == 1:
        return Known(elasticity(_POWER, _OFF), words)
    budget = standing(sources.ask, visit.scope, visit.branch_set, learnt, ripeness(sources.ask, visit.scope, visit.branch_set).maturity)
    if not budget.told:
        return Known(elasticity(_POWER, _OFF), f"Spend: how leads follow money cannot be told from the budgets of these branches, {_ASSUMED}.")
    return Known(Response(lambda factor: budget.relative_leads(factor).middle, lambda factor: budget.relative_leads(factor).low, lambda factor: budget.relative_leads(factor).high), words)
