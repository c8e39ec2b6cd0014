"""What the cards of the page are made from; each part is read when a card first asks for it, once for all of them."""

from functools import cached_property

from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.analysis.budget import Budget
from shared.marketing.learnt import Responses
from shared.marketing.ripening import Ripeness, ripeness
from shared.marketing.standing import standing


class Facts:
    """For one drawing of the page."""

    def __init__(self, visit: Visit, sources: Sources) -> None:
        """Remember who looks, and the doors."""
        self.visit, self.sources = visit, sources

    @cached_property
    def responses(self) -> Responses:
        """What was learnt about how leads follow money; empty: nothing yet."""
        return self.sources.responses.newest() if self.sources.responses else Responses()

    @cached_property
    def ripeness(self) -> Ripeness:
        """The cohorts of the chosen branches."""
        return ripeness(self.sources.ask, self.visit.scope, self.visit.branch_set)

    @cached_property
    def budget(self) -> Budget:
        """The chosen branches' sources in a usual month."""
        return standing(self.sources.ask, self.visit.scope, self.visit.branch_set, self.responses, self.ripeness.maturity)
