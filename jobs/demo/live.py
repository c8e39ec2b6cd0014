"""The demo company goes on living: a believable event every few seconds, with present timestamps, until told to stop."""

import random
import signal
import threading
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import typer

from jobs.demo.names import FIRST, LAST, STREETS
from shared.clock import Clock, now
from shared.settings import Settings
from shared.warehouse import demo_events, demo_work
from shared.warehouse.demo_events import Event, Moment
from shared.warehouse.engines import Engines

REPORT_EVERY = timedelta(minutes=10)
LONGEST_WAIT = 30.0
"""Seconds between attempts while the database is away."""


def household(chance: random.Random) -> tuple[str, str]:
    """Return a name and an address beyond the house numbers that the history uses."""
    return f"{chance.choice(FIRST)} {chance.choice(LAST)}", f"{chance.randrange(100_000, 10_000_000)} {chance.choice(STREETS)}"


EVENTS: dict[Event, float] = {
    demo_events.leads(household): 1, demo_events.telephone: 30, demo_events.make_appointment: 2, demo_events.issue: 8, demo_work.result: 12, demo_events.knocks(household): 24, demo_work.settle: 2, demo_work.call_off: 0.15,
    demo_work.open_job: 4, demo_work.start_job: 1.2, demo_work.finish_job: 1.5, demo_work.pay: 2, demo_work.open_ticket: 0.2, demo_work.work_ticket: 1.5, demo_work.spend: 1, demo_work.answer_requests: 16,
}
"""How often each event is tried: calls and knocks by far the most, as in any day of such a company; a lead every few minutes."""


def wait_between(moment: datetime, zone: str, chance: random.Random) -> float:
    """Return seconds until the next event: a few by day, more by night, never long."""
    hour = moment.astimezone(ZoneInfo(zone)).hour
    return chance.uniform(1.0, 3.5) * (1.0 if 8 <= hour < 21 else 2.0)


def next_event(engines: Engines, moment: Moment) -> str | None:
    """Try events by their weight until one happens; None: none of twelve could."""
    for event in moment.chance.choices(list(EVENTS), list(EVENTS.values()), k=12):
        if said := demo_work.happen(engines.primary, event, moment):
            return said
    return None


def run_live(engines: Engines, settings: Settings, *, clock: Clock = now, stop: threading.Event | None = None, chance: random.Random | None = None) -> int:
    """Let things happen until SIGTERM, Ctrl-C or ``stop``; return how many did.

    While the database is away it waits, tries again and says so.
    """
    stop, chance = stop or threading.Event(), chance or random.Random()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    typer.echo("The demo company is alive; something happens every few seconds.")
    counts: Counter[str] = Counter()
    told, away = clock(), 0
    while not stop.is_set():
        moment = Moment(clock(), chance)
        try:
            said = next_event(engines, moment)
        except ConnectionError as error:
            if not away:
                typer.echo(f"The database is away ({str(error).splitlines()[0]}); waiting for it.", err=True)
            away += 1
            stop.wait(min(LONGEST_WAIT, 0.5 * 2**min(away, 8)) * chance.uniform(0.5, 1.0))
            continue
        if away:
            typer.echo("The database is back.")
            away = 0
        counts[(said or "nothing").split(maxsplit=1)[0]] += 1
        if moment.now - told >= REPORT_EVERY:
            typer.echo(f"{sum(counts.values())} events since the start: {', '.join(f'{count} {what}' for what, count in counts.most_common())}.")
            told = moment.now
        stop.wait(wait_between(moment.now, settings.company_time_zone, chance))
    typer.echo(f"The demo company rests after {sum(counts.values())} events.")
    return sum(counts.values())
