"""gunicorn's configuration, the same on one machine and in a container: ``gunicorn -c python:jobs.web_server bi_app.wsgi:server``."""

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
