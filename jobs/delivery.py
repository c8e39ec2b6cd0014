"""The tasks of scheduled delivery: do what is due, and print what goes out as PDF, which the worker of files does, where Chromium is."""

import logging
from functools import cache
from typing import Final

from celery import Celery

from jobs.exports import press_of
from shared.delivery.registry import sources_over
from shared.delivery.rendering import Studio
from shared.delivery.running import deliver_due, print_due
from shared.metrics.exact import ExactAsk
from shared.metrics.headline import Headlines
from shared.metrics.reference import Reference
from shared.reports.kinds import KINDS
from shared.settings import Settings
from shared.warehouse.delivery_outbox import waits_for_printing
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)
TASK: Final = "jobs.deliver_due"
PRINT_TASK: Final = "jobs.print_deliveries"
_SOON: Final = 9
"""Seconds; beat asks for either anyway, every ten."""


def studio_of(engines: Engines, settings: Settings) -> Studio:
    """Return what documents are drawn with: exact numbers of the primary, in each reader's scope."""
    ask = ExactAsk(engines, settings)
    reference = Reference(engines)
    return Studio(sources_over(engines, ask, Headlines(ask, reference, settings), reference, settings), ask, settings)


def register(app: Celery, settings: Settings) -> None:
    """Add the tasks to ``app``.  Neither is retried by the queue: the next one, seconds later, asks the database what is left to do."""
    engines = cache(lambda: Engines(settings))
    studio = cache(lambda: studio_of(engines(), settings))

    @app.task(name=TASK)
    def deliver() -> None:
        done = deliver_due(engines(), settings, studio())
        if done.planned or done.made or done.sent or done.failed:
            log.info("delivery: %d runs planned, %d documents made, %d mails sent, %d not sent", done.planned, done.made, done.sent, done.failed)
        if waits_for_printing(engines()):
            app.send_task(PRINT_TASK, expires=_SOON)

    @app.task(name=PRINT_TASK, soft_time_limit=280, time_limit=300)
    def print_deliveries() -> None:
        studio().printer = lambda document, paper: press_of(settings).make(document, KINDS["pdf"], paper)
        if made := print_due(engines(), studio()):
            log.info("delivery: %d documents printed", made)
            app.send_task(TASK, expires=_SOON)
