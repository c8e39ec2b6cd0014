"""The queue and its tasks on real servers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from sqlalchemy import text

from jobs.celery_app import create_app
from jobs.pulse import Pulse
from jobs.tasks import RefreshFailedError, refresh_part, upkeep_of
from shared.settings import Settings
from shared.warehouse.build import build_views
from shared.warehouse.engines import Engines

ROOT = Path(__file__).parents[2]


def eventually(what: Callable[[], bool], seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def scalar(engines: Engines, statement: str) -> object:
    with engines.primary_reader() as connection:
        return connection.scalar(text(statement))


@pytest.fixture
def company(fresh: Engines, settings: Settings) -> Engines:
    """A company with views over one branch and one ticket-free day."""
    build_views(fresh.primary, settings)
    with fresh.writer() as connection:
        connection.execute(text("INSERT INTO crm.branch (id, name, time_zone) VALUES (1, 'Akron', 'America/New_York')"))
        connection.execute(text("INSERT INTO crm.request_log (service, route, requested_at, status, milliseconds) VALUES ('bi', '/', now(), 200, 12)"))
    return fresh


def test_a_scheduled_refresh_covers_the_dirty_days_and_is_logged(company: Engines, settings: Settings) -> None:
    assert scalar(company, "SELECT count(*) > 0 FROM mart.dirty_day")
    refresh_part(company, settings, "recent")
    assert scalar(company, "SELECT count(*) FROM mart.dirty_day") == 0
    assert scalar(company, "SELECT count(*) FROM app.refresh_log WHERE outcome = 'done' AND part = 'recent'") != 0


def test_a_refresh_that_fails_is_raised_so_that_the_queue_tries_again(company: Engines, settings: Settings) -> None:
    with company.writer() as connection:
        index = connection.scalar(text("SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'mart.technology_recent'::regclass AND indisunique"))
        connection.execute(text(f"DROP INDEX {index}"))  # REFRESH CONCURRENTLY needs it
    with pytest.raises(RefreshFailedError, match="technology"):
        refresh_part(company, settings, "recent")
    assert scalar(company, "SELECT count(*) FROM app.refresh_log WHERE outcome = 'failed' AND view = 'technology'") == 1


def test_upkeep_makes_the_partitions_ahead_and_forgets_old_refreshes(company: Engines, settings: Settings) -> None:
    with company.writer() as connection:
        connection.execute(text("INSERT INTO app.refresh_log (view, part, started_at) VALUES ('sales', 'recent', now() - interval '200 days')"))
    upkeep_of(company, settings)
    assert scalar(company, "SELECT count(*) FROM app.refresh_log WHERE started_at < now() - interval '90 days'") == 0
    assert scalar(company, "SELECT to_regclass('crm.call_' || to_char(now() + interval '2 months', 'YYYYMM')) IS NOT NULL")


def test_the_pulse_moves_the_heartbeat_row_and_touches_its_file(fresh: Engines, tmp_path: Path) -> None:
    before = scalar(fresh, "SELECT beat_at FROM app.heartbeat")
    pulse = Pulse(fresh.beat, 0.05, str(tmp_path / "alive"))
    pulse.start()
    try:
        assert eventually(lambda: scalar(fresh, "SELECT beat_at FROM app.heartbeat") != before)
        assert (tmp_path / "alive").exists()
    finally:
        pulse.stop()


def test_the_pulse_outlives_a_database_that_is_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    answers = iter([OSError("away"), OSError("away"), None])

    def beat() -> None:
        if error := next(answers):
            raise error

    pulse = Pulse(beat, 1.0, str(tmp_path / "alive"))
    for _ in range(3):
        pulse.once()
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


def test_no_pickle_is_accepted_and_a_lost_worker_gives_its_task_back(settings: Settings) -> None:
    conf = create_app(settings).conf
    assert conf.accept_content == ["json"]
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.broker_transport_options["visibility_timeout"] > conf.task_time_limit > settings.refresh_timeout_seconds


PROBE = """
import os, time
from redis import Redis
from jobs.celery_app import create_app
from shared.settings import load_settings

app = create_app(load_settings())

@app.task(name="probe.slow")
def slow() -> None:
    redis = Redis.from_url(os.environ["REDIS_URL"] + "/3", protocol=2)
    redis.rpush("began", os.getpid())
    if redis.llen("began") == 1:
        time.sleep(120)
    redis.rpush("ended", os.getpid())
"""


def test_a_task_whose_process_is_killed_is_done_by_another(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "probe.py").write_text(PROBE)
    url = settings.redis_url.get_secret_value()
    env = {**os.environ, "DATABASE_URL": settings.database_url.get_secret_value(), "REDIS_URL": url, "SECRET_KEY": "s" * 48, "PYTHONPATH": f"{ROOT}:{tmp_path}"}
    notes = redis.Redis.from_url(f"{url}/3", protocol=2)
    worker = subprocess.Popen([sys.executable, "-m", "celery", "--quiet", "-A", "probe:app", "worker", "--concurrency=1"], cwd=tmp_path, env=env,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        app = create_app(settings)
        app.send_task("probe.slow")
        app.close()
        assert eventually(lambda: notes.llen("began") == 1)
        os.kill(int(notes.lindex("began", 0)), signal.SIGKILL)
        assert eventually(lambda: notes.llen("ended") == 1)
        assert notes.llen("began") == 2
    finally:
        worker.terminate()
        worker.wait(20)
        notes.flushdb()
        notes.close()
