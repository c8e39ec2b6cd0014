"""The company of the oracles, with built views of which a third of the days are dirty."""

from collections.abc import Callable, Iterator

import pytest

from shared.cache import Cache
from shared.metrics.ask import CachedAsk
from shared.settings import Settings
from shared.warehouse.build import build_views
from shared.warehouse.engines import Engines
from tests.oracles import company
from tests.oracles.compare import World


@pytest.fixture(scope="module")
def world(database: Callable[..., Settings]) -> Iterator[World]:
    """The company with built views; a third of it is written after the build, so that its days are dirty."""
    chosen = database()
    engines = Engines(chosen)
    maker = company.make()
    late = {name: [row for row in maker.tables[name] if int(str(row["id"])) % 3 == 0] for name in ("payment", "ticket", "call", "knock", "marketing_spend", "request_log", "probe")}
    early = company.Maker(maker.rng, {name: [row for row in rows if row not in late.get(name, [])] for name, rows in maker.tables.items()})
    company.write(engines.primary, early)
    build_views(engines.primary, chosen, clock=company.clock)
    raw = engines.primary.raw_connection()
    cursor = raw.cursor()
    for name, rows in late.items():
        company.insert(cursor, name, rows)
    cursor.execute("UPDATE crm.sale SET status = 'cancelled', cancelled_at = sold_at + interval '3 days' WHERE id % 7 = 0 AND cancelled_at IS NULL")
    cursor.execute("UPDATE crm.appointment SET rep_id = NULL WHERE id % 11 = 0")
    raw.commit()
    raw.close()
    engines.wait_for_replicas()
    with engines.primary.connect() as connection:
        yield World(CachedAsk(engines, Cache(chosen), chosen, company.clock), engines, chosen, connection)
    engines.primary.dispose()
