"""The task that trains the forecast: every minute it asks the database whether one is due."""

import logging
from functools import cache

from celery import Celery

from shared.forecast.training import train
from shared.metrics.exact import ExactAsk
from shared.settings import Settings
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)


def register(app: Celery, settings: Settings) -> None:
    """Add the task to ``app``.  It is not retried by the queue: the next minute asks again."""
    engines = cache(lambda: Engines(settings))

    @app.task(name="jobs.train_forecast", soft_time_limit=settings.forecast_timeout_seconds, time_limit=settings.forecast_timeout_seconds + 30)
    def train_forecast() -> None:
        done = train(engines(), settings, ExactAsk(engines(), settings))
        if done is not None:
            log.info("forecast %d trained from the end of %s: %d branches in %.1f s", done.run, done.origin, done.branches, done.seconds)
