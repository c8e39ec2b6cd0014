"""gunicorn's configuration, the same on one machine and in a container: ``gunicorn -c python:shared.web.server bi_app.wsgi:server``."""

import gc

from shared.settings import load_settings

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


def post_worker_init(_worker: object) -> None:
    """Leave what was imported out of every later collection."""
    gc.freeze()
    gc.enable()
