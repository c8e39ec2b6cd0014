"""Live workers as processes: they die, freeze, lose their servers, and nothing is lost, doubled or out of date."""

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg2
import pytest

from jobs.stack.ports import free_port
from jobs.stack.valkey import Valkey
from shared.live import names
from shared.warehouse.build import build_views
from shared.warehouse.engines import Engines
from tests.conftest import settings_for
from tests.databases import Databases, migrate_only
from tests.integration.live_data import LEADS, NET, Stage, eventually, numbers, worker
from tests.integration.own_servers import DATABASE, Pair
from tests.integration.refresh_data import Warehouse, copy_of_company


@pytest.fixture
def warehouse(databases: Databases, redis_url: str) -> Iterator[Warehouse]:
    made = copy_of_company(databases, redis_url)
    yield made
    made.engines.dispose()


@pytest.fixture
def stage(warehouse: Warehouse) -> Stage:
    return Stage.over(warehouse.settings, warehouse.engines)


def fence(stage: Stage) -> int:
    return int(stage.redis.get(names.FENCE) or 0)


def leads(stage: Stage) -> bool:
    return bool(stage.text(NET))


def test_another_takes_over_when_the_leader_is_killed(stage: Stage, tmp_path: Path) -> None:
    stage.want(NET)
    with worker(stage.settings, tmp_path / "first.log") as first:
        assert eventually(lambda: leads(stage))
        with worker(stage.settings, tmp_path / "second.log"):
            assert eventually(lambda: stage.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'northline-live' AND datname = current_database()") == 2)
            assert fence(stage) == 1
            first.kill()
            stage.sell()
            assert eventually(stage.shows_the_truth)
            assert fence(stage) == 2


def test_a_leader_that_ends_gives_way_at_once_and_leaves_no_session(stage: Stage, tmp_path: Path) -> None:
    stage.want(NET)
    with worker(stage.settings, tmp_path / "first.log") as first:
        assert eventually(lambda: leads(stage))
        first.terminate()
        assert first.wait(10) == 0
    assert stage.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'northline-live' AND datname = current_database()") == 0
    assert "Traceback" not in (tmp_path / "first.log").read_text()


def test_a_frozen_leader_is_replaced_and_refused_when_it_wakes(stage: Stage, tmp_path: Path) -> None:
    stage.want(NET)
    with worker(stage.settings, tmp_path / "first.log") as first:
        assert eventually(lambda: leads(stage))
        with worker(stage.settings, tmp_path / "second.log"):
            assert eventually(lambda: stage.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'northline-live' AND datname = current_database()") == 2)
            first.send_signal(signal.SIGSTOP)
            try:
                assert eventually(lambda: fence(stage) == 2)
                stage.sell()
                assert eventually(stage.shows_the_truth)
            finally:
                first.send_signal(signal.SIGCONT)
            stage.sell()
            assert eventually(stage.shows_the_truth)
            assert eventually(lambda: "leading no more" in (tmp_path / "first.log").read_text() or "stepping down" in (tmp_path / "first.log").read_text())
            assert fence(stage) == 2
            assert first.poll() is None


def test_ten_thousand_commits_in_a_burst_end_with_the_right_number(stage: Stage, tmp_path: Path) -> None:
    stage.want(NET, LEADS)
    with worker(stage.settings, tmp_path / "log"):
        assert eventually(lambda: leads(stage))
        threads = [threading.Thread(target=_sell_many, args=(stage, 5000)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert stage.net == 10_000
        assert eventually(stage.shows_the_truth)
        assert numbers(stage.log(NET)) == list(range(stage.latest(NET)["seq"] - len(stage.log(NET)) + 1, stage.latest(NET)["seq"] + 1))
        assert eventually(lambda: stage.value("SELECT count(*) FROM app.happening") == 0)
        assert int(stage.redis.hget(names.SEQUENCES, "e:1")) == 10_000


def _sell_many(stage: Stage, count: int) -> None:
    address = stage.settings.database_url.get_secret_value().replace("+psycopg2", "")
    connection = psycopg2.connect(address, options="-c synchronous_commit=off")
    connection.autocommit = True
    with connection.cursor() as cursor:
        for _ in range(count):
            cursor.execute("INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status) VALUES (1, 1, now(), 1, 'pending')")
    connection.close()


def test_workers_that_are_killed_again_and_again_leave_no_hole_and_tell_every_event_once(stage: Stage, tmp_path: Path) -> None:
    chance, sold, ended = random.Random(5), [0], threading.Event()

    def sell() -> None:
        while not ended.is_set():
            stage.sell(1000 + sold[0])
            sold[0] += 1
            time.sleep(chance.random() / 20)

    stage.want(NET)
    seller = threading.Thread(target=sell)
    seller.start()
    try:
        for attempt in range(6):
            with worker(stage.settings, tmp_path / "log") as process:
                assert eventually(lambda before=attempt: fence(stage) > before)  # type: ignore[misc]
                time.sleep(0.1 + chance.random())
                process.kill()
    finally:
        ended.set()
        seller.join()
    with worker(stage.settings, tmp_path / "log"):
        assert eventually(lambda: stage.value("SELECT count(*) FROM app.happening") == 0)
        assert eventually(stage.shows_the_truth)
    told = [message["data"]["amount"] for message in stage.log("e:1")]
    assert told == [1000 + number for number in range(sold[0])]
    assert numbers(stage.log("e:1")) == list(range(1, sold[0] + 1))
    assert numbers(stage.log(NET))[-1] == stage.latest(NET)["seq"]
    assert all(later - earlier == 1 for earlier, later in zip(numbers(stage.log(NET)), numbers(stage.log(NET))[1:], strict=False))


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory, scratch: Path) -> Iterator[tuple[Pair, Valkey, Stage]]:
    """Servers that a test may stop."""
    with ExitStack() as cleanup:
        pair = Pair(scratch / "live pair")
        valkey = Valkey(scratch / "live valkey", free_port())
        cleanup.callback(pair.stop)
        cleanup.callback(valkey.stop)
        pair.start()
        valkey.start()
        settings = settings_for(pair.primary.url(DATABASE), "", valkey.url)
        migrate_only(pair.primary.url(DATABASE))
        engines = Engines(settings)
        cleanup.callback(engines.dispose)
        build_views(engines.primary, settings)
        stage = Stage.over(settings, engines)
        stage.run("INSERT INTO crm.branch (id, name, time_zone) VALUES (1, 'Akron', 'America/New_York')")
        stage.run("INSERT INTO crm.product (id, name) VALUES (1, 'Roof')")
        yield pair, valkey, stage


def test_everything_is_told_anew_when_servers_come_back(own: tuple[Pair, Valkey, Stage], tmp_path: Path) -> None:
    pair, valkey, stage = own
    stage.want(NET)
    with worker(stage.settings, tmp_path / "log") as process:
        stage.sell()
        assert eventually(stage.shows_the_truth)
        pair.primary.stop()
        time.sleep(1)
        pair.primary.start()
        assert eventually(lambda: _done(stage.sell))
        assert eventually(stage.shows_the_truth)
        assert eventually(lambda: len(stage.log("e:1")) == 2)
        epoch = stage.redis.get(names.EPOCH)
        valkey.stop()
        stage.sell()  # while nobody can be told
        valkey.start()
        assert eventually(lambda: _done(lambda: stage.want(NET)))
        assert eventually(stage.shows_the_truth)
        assert stage.redis.get(names.EPOCH) != epoch
        assert numbers(stage.log(NET))[0] == 1
        assert eventually(lambda: stage.log("e:1"))
        assert [message["data"]["kind"] for message in stage.log("e:1")] == ["sold"]
        valkey.freeze()
        time.sleep(3)
        stage.sell()
        valkey.thaw()
        assert eventually(stage.shows_the_truth)
        assert process.poll() is None
    assert "Traceback" not in (tmp_path / "log").read_text()


def _done(work: Callable[[], object]) -> bool:
    try:
        work()
    except Exception:  # noqa: BLE001 -- whatever says that the server is not back yet
        return False
    return True

