"""The task that learns how leads follow money: every minute it asks the database whether that is due, which is once a day."""

import logging
from functools import cache

from celery import Celery

from shared.marketing.learning import learn
from shared.metrics.exact import ExactAsk
from shared.settings import Settings
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)
_LIMIT = 300
"""Seconds after which a turn is cut off; the next one begins anew."""


def register(app: Celery, settings: Settings) -> None:
    """Add the task to ``app``.  It is not retried by the queue: the next minute asks again."""
    engines = cache(lambda: Engines(settings))

    @app.task(name="jobs.learn_responses", soft_time_limit=_LIMIT, time_limit=_LIMIT + 30)
    def learn_responses() -> None:
        done = learn(engines(), settings, ExactAsk(engines(), settings))
        if done is not None:
            log.info("learnt on %s how leads follow money: %d sources told, %d not, in %.1f s", done.day, done.told, done.untold, done.seconds)
