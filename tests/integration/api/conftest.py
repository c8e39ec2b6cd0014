"""The API over a company with sales."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from shared.cache import Cache
from shared.metrics.ask import CachedAsk
from shared.metrics.reference import Reference
from shared.people.tokens import Tokens
from shared.settings import Settings
from shared.warehouse.build import build_views
from shared.web import install_api
from tests.integration.api.asking import Api, add_sale
from tests.integration.conftest import build_company
from tests.sites import Visitor, build_site


@pytest.fixture(scope="module")
def api(database: Callable[..., Settings]) -> Iterator[Api]:
    """The API and a token for each person."""
    settings = database(secure_cookies=False)
    company = build_company(settings)
    engines = company.engines
    with engines.writer() as connection:
        connection.execute(text("INSERT INTO crm.product (name) VALUES ('Windows')"))
        connection.execute(text("INSERT INTO crm.request_log (service, route, requested_at, status, milliseconds)"
                                " VALUES ('bi_app', '/', '2026-03-05 12:00+00', 200, 40)"))
    build_views(engines.primary, settings)
    for day, amount in ((2, "10000.10"), (2, "5000.20"), (9, "7000.30")):
        add_sale(engines, company.pittsburgh, day, amount, "cancelled" if day == 9 else "firm")
    for day, amount in ((3, "4000.40"), (30, "8000.50")):
        add_sale(engines, company.columbus, day, amount)
    server = build_site(company)
    install_api(server, CachedAsk(engines, Cache(settings), settings), Reference(engines))
    tokens = {name: Tokens(engines).create(person, "test") for name, person in company.people.items()}
    engines.wait_for_replicas()
    yield Api(company, Visitor(server), tokens)
    engines.dispose()
