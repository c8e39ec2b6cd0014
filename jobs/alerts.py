"""The tasks of early warning: evaluate the rules, and empty the outbox."""

import logging
from functools import cache

from celery import Celery

from shared.alerts.delivering import deliver
from shared.alerts.evaluating import evaluate
from shared.alerts.watching import Watcher
from shared.metrics.exact import ExactAsk
from shared.metrics.reference import Reference
from shared.settings import Settings
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)


def register(app: Celery, settings: Settings) -> None:
    """Add the tasks to ``app``.  Neither is retried by the queue: the next minute asks the database what is left to do."""
    engines = cache(lambda: Engines(settings))
    watcher = cache(lambda: Watcher(engines(), ExactAsk(engines(), settings), Reference(engines()), settings))

    @app.task(name="jobs.evaluate_alerts")
    def evaluate_alerts() -> None:
        done = evaluate(engines(), settings, watcher())
        log.info("alerts: %s", "another worker is evaluating" if done is None else f"{done.instances} looked at in {done.milliseconds} ms, {done.events} moved on")
        if done is not None and done.events:
            deliver_alerts()

    @app.task(name="jobs.deliver_alerts")
    def deliver_alerts() -> None:
        done = deliver(engines(), settings)
        if done.mails or done.calls or done.failed:
            log.info("alerts: %d mails and %d webhooks delivered, %d failed", done.mails, done.calls, done.failed)
