"""One round of delivery: plan what is due, open runs, make documents, send mails, end runs.

Each step is a transaction of its own, any number of rounds may run at once, and whoever dies in any of them leaves the next one everything that it needs to go on.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.breaker import Pause
from shared.clock import Clock, now
from shared.delivery.opening import open_next
from shared.delivery.planning import plan_due
from shared.delivery.posting import end_next, send_next
from shared.delivery.rendering import Studio, make_next
from shared.mail import Post, post
from shared.settings import Settings
from shared.warehouse.delivery_outbox import round_finished
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)
LONGEST_SECONDS: Final = 300.0
"""A round ends after so long and leaves the rest to the next one, which begins within seconds."""


@dataclass(frozen=True)
class Delivered:
    """What one round did."""

    planned: int
    made: int
    sent: int
    failed: int


def deliver_due(engines: Engines, settings: Settings, studio: Studio, clock: Clock = now, seconds: float = LONGEST_SECONDS) -> Delivered:
    """Do everything that is due.  Without SMTP_URL runs are planned and wait, and the page says so."""
    until = time.monotonic() + seconds
    planned = plan_due(engines, clock)
    made = sent = failed = 0
    if settings.smtp_url.get_secret_value():
        with post(settings) as way:
            while time.monotonic() < until:
                moved = _all(lambda: open_next(engines, settings, studio.sources), until)
                drawn = _all(lambda: make_next(engines, studio), until)
                went, stayed = _sent(lambda: send_next(engines, settings, studio.sources, way), way, studio.mail_pause, until)
                ended = _all(lambda: end_next(engines, settings), until)
                made, sent, failed = made + drawn, sent + went, failed + stayed
                if not moved + drawn + went + stayed + ended:
                    break
    round_finished(engines, clock())
    return Delivered(planned, made, sent, failed)


def print_due(engines: Engines, studio: Studio, seconds: float = 200.0) -> int:
    """Make the PDF that are due, in a process that has a browser; return how many were looked at.  They are sent by whoever sends the others."""
    until = time.monotonic() + seconds
    return _all(lambda: make_next(engines, studio, printed=True), until)


def _all(one: Callable[[], bool], until: float) -> int:
    count = 0
    while time.monotonic() < until and one():
        count += 1
    return count


def _sent(one: Callable[[], bool | None], way: Post, pause: Pause, until: float) -> tuple[int, int]:
    """Send what can go; a server that does not answer is left alone for a while after the first mail, so that it holds up nothing else."""
    went = stayed = 0
    while pause.is_over and time.monotonic() < until and (outcome := one()) is not None:
        went, stayed = went + outcome, stayed + (not outcome)
        if way.is_away:
            pause.begin("mails wait")
    return went, stayed
