"""Celery's entry: ``celery -A jobs.worker:app worker`` (and ``beat``)."""

from celery.signals import worker_ready, worker_shutting_down

from jobs.celery_app import create_app
from jobs.pulse import Pulse
from shared.settings import load_settings
from shared.warehouse.engines import Engines

settings = load_settings()
app = create_app(settings)
_pulses: list[Pulse] = []


@worker_ready.connect
def _begin_to_beat(**_: object) -> None:
    pulse = Pulse(Engines(settings).beat, settings.heartbeat_seconds, settings.alive_file)
    _pulses.append(pulse)
    pulse.start()


@worker_shutting_down.connect
def _stop_beating(**_: object) -> None:
    for pulse in _pulses:
        pulse.stop()
