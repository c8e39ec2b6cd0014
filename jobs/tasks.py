"""What the worker does.  Each task asks the database what is left to do, so that running twice or late does no harm."""

import logging
from collections.abc import Callable
from functools import cache

from celery import Celery

from jobs import alerts, delivery, exports, forecast, marketing, reconciliation
from shared.people.attempts import forget_old_attempts
from shared.people.sessions import forget_old_sessions
from shared.settings import Settings
from shared.warehouse.delivery_outbox import forget_expired_copies
from shared.warehouse.engines import Engines
from shared.warehouse.export_orders import forget_expired_exports
from shared.warehouse.forecast_store import forget_old_forecasts
from shared.warehouse.refresh import Part, refresh_all
from shared.warehouse.upkeep import ensure_partitions, forget_old_happenings, forget_old_refreshes

log = logging.getLogger(__name__)


class RefreshFailedError(RuntimeError):
    """Some views could not be refreshed; readers stay exact, only slower."""


def register(app: Celery, settings: Settings) -> None:
    """Add the tasks to ``app``; connections are opened in the process that runs them."""
    engines = cache(lambda: Engines(settings))  # first asked in a pool process, after the fork
    retried = {"autoretry_for": (Exception,), "retry_backoff": 10, "retry_backoff_max": 300, "max_retries": 5}

    @app.task(name="jobs.refresh_recent", **retried)
    def refresh_recent() -> None:
        refresh_part(engines(), settings, "recent")

    @app.task(name="jobs.refresh_archives", **retried)
    def refresh_archives() -> None:
        refresh_part(engines(), settings, "archive")

    alerts.register(app, settings)
    forecast.register(app, settings)
    delivery.register(app, settings)
    marketing.register(app, settings)
    reconciliation.register(app, settings)
    exports.register(app, settings)

    @app.task(name="jobs.upkeep", **retried)
    def upkeep() -> None:
        upkeep_of(engines(), settings)


def refresh_part(engines: Engines, settings: Settings, part: Part) -> None:
    """Refresh ``part`` of every view that needs it.  Raises RefreshFailedError naming those that failed (the others are done)."""
    done = refresh_all(engines.primary, settings, part)
    log.info("refreshed %s part of %s", part, ", ".join(one.view for one in done if one.outcome == "done") or "nothing")
    if failed := [f"{one.view}: {one.error}" for one in done if one.outcome == "failed"]:
        raise RefreshFailedError("; ".join(failed))


def upkeep_of(engines: Engines, settings: Settings) -> None:
    """Make partitions ahead of time and forget what is old."""
    steps: dict[str, Callable[[], int]] = {
        "partitions made": lambda: ensure_partitions(engines.primary),
        "old refreshes forgotten": lambda: forget_old_refreshes(engines.primary, settings.refresh_log_days),
        "old happenings forgotten": lambda: forget_old_happenings(engines.primary),
        "old sessions forgotten": lambda: forget_old_sessions(engines),
        "old forecasts forgotten": lambda: forget_old_forecasts(engines, settings.forecast_keep_days),
        "old attempts forgotten": lambda: forget_old_attempts(engines),
        "expired files forgotten": lambda: forget_expired_exports(engines),
        "expired deliveries forgotten": lambda: forget_expired_copies(engines),
    }
    for name, step in steps.items():
        log.info("%s: %d", name, step())
