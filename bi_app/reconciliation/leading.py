"""Ways from a number to the rows behind it."""

from bi_app.visit import Visit
from shared.reconciliation.proof import Wanted


def link(visit: Visit, source: str, wanted: Wanted) -> str:
    """Return the address of the rows behind a number."""
    return visit.filters.choosing(show="rows", source=source, side=wanted.side, state=wanted.state or None, level=None if wanted.level is None else str(wanted.level), batch=wanted.batch or None, run=None)
