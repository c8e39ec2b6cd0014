"""A process in which many ask the same at the same moment: ``python -m tests.integration.cache.crowd THREADS``, settings from the environment.

Says ``ready``, waits for a line, then prints the values it was answered with.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from shared.cache import Cache
from shared.metrics import ask as module
from shared.metrics.ask import CachedAsk
from shared.metrics.period import Period
from shared.metrics.question import Question
from shared.metrics.reading import Reading
from shared.metrics.scope import COMPANY
from shared.settings import load_settings
from shared.warehouse.engines import Engines
from tests.oracles import company

QUESTION = Question(("gross_sales",), Period(company.FIRST, company.TODAY))


def main() -> None:
    """Ask."""
    threads = int(sys.argv[1])
    settings = load_settings()
    engines = Engines(settings)
    ask = CachedAsk(engines, Cache(settings), settings, company.clock)
    exact = module.read

    def slowly(*given: Any) -> list[Reading]:
        found = exact(*given)
        time.sleep(1)  # long enough for everybody to come
        return found

    module.read = slowly  # type: ignore[assignment]
    with engines.reader():
        print("ready", flush=True)
    sys.stdin.readline()
    together = Barrier(threads)

    def one(_: int) -> float:
        together.wait(20)
        return ask(QUESTION, COMPANY).value("gross_sales")

    with ThreadPoolExecutor(threads) as pool:
        print(sorted(set(pool.map(one, range(threads)))), flush=True)
    engines.dispose()


if __name__ == "__main__":
    main()
