"""What a page of the CMO site is, and what it says; ``cmo_app/app.py`` lists the pages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dash.development.base_component import Component

from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.metrics.headline import Headline
from shared.metrics.registry import metric
from shared.reports.document import Block, Document
from shared.reports.headline_block import headline_block

PERIODS = {"mtd": "Month", "qtd": "Quarter", "ytd": "Year", "last_90_days": "90 days", "last_365_days": "12 months"}
"""Presets that a reader may choose from, where a page is about a period."""


@dataclass(frozen=True)
class Card:
    """One card: what it says, and how it is drawn."""

    block: Block
    span: int = 12
    """Twelfths of the page's width; a phone shows every card in full width."""
    keys: Component | None = None
    """The key of its figure, in HTML."""
    controls: Component | None = None
    """What its reader may choose, beside the title."""
    body: Component | None = None
    """Drawn in place of the figure (a table in HTML, a map, sliders); None: the figure, or the block's table."""
    has_failed: bool = False


@dataclass(frozen=True)
class Sheet:
    """Everything that a page says at one moment: the screen and every file are made from it."""

    about: str
    """Which days, compared with what: stands under the title."""
    as_of: datetime | None
    """The moment its oldest number is exact for; None: it has none."""
    cards: Sequence[Card]
    large: Sequence[Headline] = ()
    small: Sequence[Headline] = ()
    above: Sequence[Component] = ()
    """What stands between headlines and cards and goes into no file, such as a bar of choices."""
    degraded: str = ""
    """Why the numbers are not as they should be; empty: all is well."""
    terms: Sequence[str] = ()
    """Metrics that its cards show; they are defined at the end of every file."""

    def document(self, title: str, visit: Visit, now: datetime) -> Document:
        """Return what goes into a file."""
        names = dict.fromkeys([*(each.metric.name for each in (*self.large, *self.small)), *self.terms])
        definitions = {metric(name).label: f"{metric(name).meaning} Counted on {metric(name).date}. Formula: {metric(name).formula}" for name in names}
        blocks = [*([headline_block([*self.large, *self.small])] if self.large or self.small else []), *(card.block for card in self.cards if not card.has_failed and card.block.says_something)]
        return Document(title, self.about, self.as_of or now, blocks, visit.filters_in_words(), definitions, visit.company)


@dataclass(frozen=True)
class Page:
    """One page: its address, its name, the question it answers and what draws it."""

    path: str
    title: str
    icon: str
    draw: Callable[[Visit, Sources], Sheet]
    question: str = ""
    """What an executive opens it for; stands as the page's heading."""
    choices: tuple[str, ...] = ()
    """Names in the address of what this page lets its reader choose besides period and branches; see ``Address.choice``."""
    periods: Mapping[str, str] = field(default_factory=lambda: PERIODS)
    """Presets to choose from; empty: the page is about no period."""
    period: str = "mtd"
    """The preset that an address without one means."""
    by_branch: bool = True
    """Whether its reader may choose branches."""
    live: tuple[str, ...] = ("net_sales_amount", "leads")
    """Metrics whose change makes the page look again, beside its headlines."""
    has_figures: bool = True
