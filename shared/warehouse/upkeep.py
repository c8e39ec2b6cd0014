"""What the operational tables need now and then."""

from datetime import date, timedelta

from sqlalchemy import Engine, text

from shared.clock import Clock, now

_MONTHS_AHEAD = 3


def ensure_partitions(engine: Engine, clock: Clock = now) -> int:
    """Make the monthly partitions of this month and the next three; return how many were missing."""
    first: date = clock().date()
    with engine.begin() as connection:
        return int(connection.execute(text("SELECT crm.ensure_partitions(:first, :last)"), {"first": first, "last": first + timedelta(days=31 * _MONTHS_AHEAD)}).scalar_one())


def forget_old_refreshes(engine: Engine, days: int) -> int:
    """Remove entries of app.refresh_log older than ``days``; return how many."""
    with engine.begin() as connection:
        return connection.execute(text("DELETE FROM app.refresh_log WHERE started_at < now() - make_interval(days => :days)"), {"days": days}).rowcount


def forget_old_happenings(engine: Engine) -> int:
    """Remove what nobody was there to tell: older than two days, or more than could ever be shown; return how many."""
    with engine.begin() as connection:
        return connection.execute(text("DELETE FROM app.happening WHERE at < now() - interval '2 days'"
                                       " OR id <= (SELECT id FROM app.happening ORDER BY id DESC OFFSET 10000 LIMIT 1)")).rowcount


def is_empty(engine: Engine) -> bool:
    """Say whether the company has no branch yet: nothing was imported and no demo company made."""
    with engine.connect() as connection:
        return bool(connection.execute(text("SELECT NOT EXISTS (SELECT FROM crm.branch)")).scalar_one())


def is_demo(engine: Engine) -> bool:
    """Say whether the company is the demo company."""
    with engine.connect() as connection:
        if connection.execute(text("SELECT to_regclass('app.demo_truth') IS NULL")).scalar_one():
            return False
        return bool(connection.execute(text("SELECT EXISTS (SELECT FROM app.demo_truth)")).scalar_one())
