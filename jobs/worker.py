"""Celery's entry: ``celery -A jobs.worker:app worker`` (and ``beat``)."""

from typing import Any

from celery.signals import worker_process_shutdown, worker_ready, worker_shutting_down

from jobs import exports
from jobs.celery_app import create_app
from jobs.pulse import Pulse
from shared.settings import load_settings
from shared.warehouse.engines import Engines

settings = load_settings()
app = create_app(settings)
_pulses: list[Pulse] = []
_waiters: list[exports.Waiter] = []


@worker_ready.connect
def _begin_to_beat(sender: Any, **_: object) -> None:
    pulse = Pulse(Engines(settings).beat, settings.heartbeat_seconds, settings.alive_file)
    _pulses.append(pulse)
    pulse.start()
    if exports.QUEUE in sender.app.amqp.queues.consume_from:
        waiter = exports.Waiter(Engines(settings), app)
        _waiters.append(waiter)
        waiter.start()


@worker_shutting_down.connect
def _stop_beating(**_: object) -> None:
    for pulse in _pulses:
        pulse.stop()
    for waiter in _waiters:
        waiter.stop()


@worker_process_shutdown.connect
def _end_browser(**_: object) -> None:
    exports.end_browser()
