"""gunicorn's configuration, the same on one machine and in a container: ``gunicorn -c python:shared.web.server bi_app.wsgi:server``."""

import gc
from typing import TYPE_CHECKING

from shared.analysis.ahead import import_ahead
from shared.settings import load_settings

if TYPE_CHECKING:
    from gunicorn.workers.base import Worker

_CALM, _APART = 4.0, 5.0
"""Seconds after a worker's start, and between two of them."""
_settings = load_settings()
worker_class = "gthread"
workers = _settings.web_workers
threads = _settings.web_threads
timeout = 60
graceful_timeout = 10
keepalive = 15
max_requests = 0
control_socket_disable = True
loglevel = _settings.log_level.lower()
forwarded_allow_ips = "*" if _settings.trusted_proxies else "127.0.0.1"

gc.disable()  # while the site is imported: nothing of that is garbage, and looking for it takes a seventh of the start


def post_worker_init(worker: "Worker") -> None:
    """Leave what was imported out of every later collection; what only trends need is imported once the first pages are out, one worker after another."""
    gc.freeze()
    gc.enable()
    import_ahead(_CALM + _APART * ((worker.age - 1) % workers))
