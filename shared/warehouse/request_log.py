"""Writes requests that this platform served into crm.request_log, so that the Technology numbers are about it too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from shared.warehouse.engines import Engines

_INSERT = text("""
    INSERT INTO crm.request_log (service, route, requested_at, status, milliseconds)
    SELECT :service, * FROM unnest(CAST(:routes AS text[]), CAST(:moments AS timestamptz[]), CAST(:statuses AS smallint[]), CAST(:milliseconds AS integer[]))""")


@dataclass(frozen=True)
class ServedRequest:
    """One answered request."""

    route: str
    """The route's template, never the address with its parameters."""
    requested_at: datetime
    status: int
    milliseconds: int


def write_requests(engines: Engines, service: str, requests: Sequence[ServedRequest]) -> None:
    """Write ``requests`` of ``service`` in one statement.  Raises sqlalchemy.exc.DBAPIError if the primary does not take them."""
    with engines.writer() as connection:
        connection.execute(_INSERT, {
            "service": service,
            "routes": [one.route for one in requests],
            "moments": [one.requested_at for one in requests],
            "statuses": [one.status for one in requests],
            "milliseconds": [one.milliseconds for one in requests],
        })
