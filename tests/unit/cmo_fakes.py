"""A company that exists only in memory, as the CMO site's pages are handed it."""

from cmo_app.page import Page
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.metrics.headline import Headlines
from shared.metrics.scope import Scope
from shared.people.person import Person
from shared.web.address import Address, query_of
from tests.unit.attribution_fakes import door as attribution_door
from tests.unit.bi_fakes import BRANCHES, MOMENT, TODAY, FakeAsk, FakeReference, fake_settings


def sources(ask: FakeAsk | None = None, reference: FakeReference | None = None) -> Sources:
    """Return what a page draws from; there is no database."""
    door, known, settings = ask or FakeAsk(), reference or FakeReference(), fake_settings()
    return Sources(settings, door, Headlines(door, known, settings, lambda: MOMENT), known, attribution=attribution_door())  # type: ignore[arg-type]


def visit(page: Page, query: str = "", scope: Scope | None = None) -> Visit:
    """Return a visit of the CMO (or of somebody with ``scope``) to ``page`` at the address with ``query``."""
    seen = scope or Scope(None)
    visible = tuple(branch for branch in BRANCHES if seen.allows(branch.id))
    chosen = Address.read(query_of(query), seen, tuple(branch.id for branch in visible) if page.by_branch else (), TODAY, page.choices, page.period)
    who = Person(1, "cam@northline.test", "Cam Moreau", "cmo", all_branches=True)
    return Visit(page.path, who, seen, chosen, TODAY, chosen.span(TODAY, 1), visible, "Northline Home", "America/New_York", "light", "token")
