"""How long after a commit the number is exact, to a reader on the replica and to one on the primary."""

import time

from sqlalchemy import text

from benchmarks.platform import Platform
from benchmarks.timing import percentile
from shared.cache import Cache
from shared.metrics.ask import CachedAsk
from shared.metrics.period import Period
from shared.metrics.question import Question
from shared.metrics.scope import COMPANY
from shared.settings import load_settings
from shared.warehouse.engines import Engines

SALES = 60
_PATIENCE = 5.0
_SELL = text("""
    INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status)
    SELECT b.id, (SELECT min(id) FROM crm.product), now(), 10000, 'pending' FROM crm.branch b ORDER BY b.id LIMIT 1""")


def measure(platform: Platform) -> dict[str, float]:
    """Commit sales one by one and ask for the year's net sales $ until they are in it.  Milliseconds from the commit; ``wrong``: never within five seconds."""
    found: dict[str, float] = {}
    wrong = 0
    for where, settings in (("replica", platform.settings), ("primary", load_settings(replica_urls=()))):
        engines = Engines(settings)
        ask = CachedAsk(engines, Cache(settings), settings)
        taken = [_one(ask, engines) for _ in range(SALES)]
        exact = [each for each in taken if each is not None]
        wrong += len(taken) - len(exact)
        found |= {f"{where}_p50_ms": percentile(exact, 0.5), f"{where}_p95_ms": percentile(exact, 0.95)}
        engines.dispose()
    return {**found, "wrong": wrong}


def _one(ask: CachedAsk, engines: Engines) -> float | None:
    question = Question(("net_sales_amount",), Period(ask.today.replace(month=1, day=1), ask.today))
    before = ask(question, COMPANY).value("net_sales_amount")
    with engines.writer() as connection:
        connection.execute(_SELL)
    begun = time.perf_counter()
    while time.perf_counter() - begun < _PATIENCE:
        if ask(question, COMPANY).value("net_sales_amount") == before + 10000:
            return (time.perf_counter() - begun) * 1000
        time.sleep(0.002)
    return None
