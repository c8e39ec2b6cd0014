"""Loads the libraries that take seconds to import before a reader needs them, and after the site has begun to answer."""

import importlib
import logging
import threading
from collections.abc import Sequence

log = logging.getLogger(__name__)
SLOW = ("statsmodels.tsa.seasonal", "scipy.stats", "ruptures")
"""Some four seconds together; pages without them must not wait for them."""


def import_ahead(seconds: float, modules: Sequence[str] = SLOW) -> threading.Timer:
    """Import ``modules`` in so many seconds, in a thread that keeps no process alive.  One that cannot be imported is logged: whoever needs it is told then."""
    timer = threading.Timer(seconds, _load, [modules])
    timer.daemon = True
    timer.start()
    return timer


def _load(modules: Sequence[str]) -> None:
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError:
            log.warning("%s cannot be imported", name, exc_info=True)
