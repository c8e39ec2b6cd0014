"""What runs when, in head-office time."""

from datetime import timedelta
from typing import Any

from celery.schedules import crontab

from shared.settings import Settings


def entries(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return Celery's beat schedule.  A run that could not start in time is dropped, the next one does its work too."""
    hour, minute = map(int, settings.refresh_archive_at.split(":"))
    every = timedelta(minutes=settings.refresh_recent_minutes)
    return {
        "refresh recent": _entry("refresh_recent", every, every),
        "refresh archives": _entry("refresh_archives", crontab(hour=hour, minute=minute), timedelta(hours=12)),
        "evaluate alerts": _entry("evaluate_alerts", timedelta(minutes=1), timedelta(seconds=55)),
        "deliver alerts": _entry("deliver_alerts", timedelta(seconds=30), timedelta(seconds=25)),
        "deliver due": _entry("deliver_due", timedelta(seconds=10), timedelta(seconds=9)),
        "print deliveries": _entry("print_deliveries", timedelta(seconds=10), timedelta(seconds=9)),
        "reconcile": _entry("reconcile", timedelta(seconds=5), timedelta(seconds=4)),
        "train forecast": _entry("train_forecast", timedelta(minutes=1), timedelta(seconds=55)),
        "learn responses": _entry("learn_responses", timedelta(minutes=1), timedelta(seconds=55)),
        "upkeep": _entry("upkeep", crontab(hour=(hour + 1) % 24, minute=minute), timedelta(hours=12)),
    }


def _entry(task: str, when: object, expires: timedelta) -> dict[str, Any]:
    return {"task": f"jobs.{task}", "schedule": when, "options": {"expires": expires.total_seconds()}}
