"""Reconciliation: the task that keeps cases true, and the command that runs it now."""

import logging
from functools import cache

import typer
from celery import Celery

from jobs.ledgers.telling import tell_balance
from shared.clock import Clock, now
from shared.settings import Settings, load_settings
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)


def register(app: Celery, settings: Settings) -> None:
    """Add the task to ``app``.  It is not retried by the queue: the next one asks the database what is left to do."""
    engines = cache(lambda: Engines(settings))

    @app.task(name="jobs.reconcile")
    def reconcile() -> None:
        reconcile_what_is_due(engines(), settings)


def reconcile_what_is_due(engines: Engines, settings: Settings, clock: Clock = now) -> None:
    """Run what was asked for, the day's full run if it is due, and look at what has changed."""
    from jobs.ledgers.feeds import look_into_folders, read_tables
    from jobs.ledgers.uploads import work_on_uploads
    from shared.reconciliation import runs
    from shared.reconciliation.ledger import run_ledger
    from shared.reconciliation.rounds import run_daily, run_stale
    from shared.reconciliation.running import is_due, run_changed, run_rules

    work_on_uploads(engines)
    look_into_folders(engines, settings, clock)
    with engines.primary.connect() as connection:
        asked = runs.waiting(connection)
    done: list[object] = []
    for one in asked:
        try:
            done.append(run_rules(engines.primary, settings, clock, run=one.id) if one.kind == "rules" else run_ledger(engines.primary, settings, one.source, clock, run=one.id))
        except Exception:  # its record says why it failed; what others asked for, and the daily run, must not wait for it
            log.exception("run %d (%s %s) failed", one.id, one.kind, one.source)
    if is_due(engines.primary, settings, clock):
        read_tables(engines, settings)
        done += [run_rules(engines.primary, settings, clock), *run_daily(engines.primary, settings, clock)]
    done += [run_changed(engines.primary, settings, clock), *run_stale(engines.primary, settings, clock)]
    if any(each is not None for each in done):
        check_signatures(engines)


def check_signatures(engines: Engines) -> None:
    """Open those signed periods again whose numbers have changed."""
    from shared.reconciliation.signing import reopen_what_differs

    with engines.primary.begin() as connection:
        opened = reopen_what_differs(connection)
    for one in opened:
        log.warning("the data of %s to %s have changed since %s signed for them: %d numbers differ", one.period_from, one.period_to, one.signed_name, len(one.difference))


def reconcile() -> None:
    """Look for ghosts and split errors and hold every source against its book, now; the worker does so every day, and looks at changes within seconds."""
    from jobs.errors import CommandError
    from shared.reconciliation.rules import RULES
    from shared.reconciliation.running import run_rules
    from shared.reconciliation.source import sources

    settings = load_settings()
    engine = Engines(settings).primary
    done = run_rules(engine, settings)
    if done is None:
        raise CommandError("A reconciliation is under way; try again when it is done.")
    for rule in RULES:
        typer.echo(f"{rule.name:>4}  {done.found[rule.name]:>6,}  {rule.title}")
    moved = done.folded
    typer.echo(f"{moved.opened} cases opened, {moved.closed} closed, {moved.returned + moved.still_there} reopened, {moved.changed} changed.")
    with engine.connect() as connection:
        names = [source.name for source in sources(connection)]
    for name in names:
        tell_balance(settings, name)
