"""`make run` as a person meets it: up, hurt, down, up again.  One platform with a small demo company, on free ports, in a folder of its own."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import redis

from jobs.stack.accounts import server_account
from jobs.stack.ports import free_port
from jobs.stack.state import State

ROOT = Path(__file__).parents[2]
SERVICES = {"postgres", "replica", "valkey", "bi", "cmo", "gateway", "worker", "beat", "live-worker", "mail", "exports"}


class Machine:
    """A state folder and ports, and the commands that a person types."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "var"
        unset = {"DATABASE_URL", "REPLICA_URLS", "REDIS_URL", "SECRET_KEY", "PYTHONDONTWRITEBYTECODE"}
        self.env = {name: value for name, value in os.environ.items() if name not in unset} | {
            "STATE_DIR": str(self.state), "BI_PORT": str(free_port()), "CMO_PORT": str(free_port()), "GATEWAY_PORT": str(free_port()),
            "DEMO_SIZE": "small", "DEMO_LIVE": "0", "WORKER_PROCESSES": "1"}

    def type(self, *arguments: str, module: str = "jobs.stack", **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", module, *arguments], check=False, cwd=ROOT, env={**self.env, **env}, text=True, timeout=180,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def platform(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.state / "platform.json").read_text())
        return found

    def run(self) -> dict[str, Any]:
        return State(self.state).run()

    def log(self) -> str:
        return (self.state / "log" / "platform.log").read_text()

    def health(self, site: str) -> dict[str, Any] | None:
        try:
            with urllib.request.urlopen(f"{self.platform()['urls'][site]}/healthz", timeout=5) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except OSError:
            return None


def eventually(what: Callable[[], bool], seconds: float = 40.0) -> bool:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def alive(pid: int) -> bool:
    """Say whether the process runs; one that ended and waits for its parent to notice does not."""
    stat_file = Path(f"/proc/{pid}/stat")
    if Path("/proc/self").exists():
        return stat_file.exists() and stat_file.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def sessions(pids: list[int]) -> list[str]:
    """Return every process of the sessions that these processes lead (their workers and children too)."""
    shown = subprocess.run(["ps", "-eo", "pid=,sess=,stat=,args="], check=True, capture_output=True, text=True).stdout.splitlines()
    return [line for line in shown if int(line.split()[1]) in pids and not line.split()[2].startswith("Z")]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, scratch: Path) -> Iterator[Machine]:
    machine = Machine(scratch / "platform")
    machine.state.parent.mkdir()
    machine.state.parent.chmod(0o711)
    begun = machine.type("run", "--detach")
    assert begun.returncode == 0, begun.stdout
    machine.first_words = begun.stdout  # type: ignore[attr-defined]
    yield machine
    machine.type("stop")
    State(machine.state).forget(server_account())


def test_the_first_start_says_where_the_sites_are_and_who_can_sign_in(machine: Machine) -> None:
    words, platform = machine.first_words, machine.platform()  # type: ignore[attr-defined]
    for url in (platform["urls"]["bi"], platform["urls"]["cmo"]):
        assert url in words
    for person in platform["people"]:
        assert person["email"] in words
        assert person["password"] in words
    assert machine.health("bi") is not None
    assert machine.health("cmo") is not None
    assert set(machine.run()["services"]) == SERVICES


def test_the_platform_file_leads_to_every_server_and_is_private(machine: Machine) -> None:
    platform = machine.platform()
    assert set(platform) == {"urls", "database_url", "replica_urls", "redis_url", "api_token", "people"}
    assert set(platform["urls"]) == {"bi", "cmo", "gateway"}
    assert all(set(person) == {"email", "password", "role", "branches"} for person in platform["people"])
    assert {"leadership", "branch_manager", "department_head", "analyst", "cmo", "admin"} == {person["role"] for person in platform["people"]}
    assert stat.S_IMODE((machine.state / "platform.json").stat().st_mode) == 0o600
    assert redis.Redis.from_url(platform["redis_url"], protocol=2).ping()
    for url, replica in ((platform["database_url"], False), (platform["replica_urls"][0], True)):
        connection = psycopg2.connect(url)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery(), (SELECT count(*) FROM crm.sale) > 100, (SELECT count(*) FROM mart.sales) > 100")
            assert cursor.fetchone() == (replica, True, True)
        connection.close()


def test_the_api_token_opens_the_api(machine: Machine) -> None:
    platform = machine.platform()
    request = urllib.request.Request(f"{platform['urls']['bi']}/api/v1/metrics", headers={"Authorization": f"Bearer {platform['api_token']}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 200


def test_commands_work_on_the_platform_that_runs_here(machine: Machine) -> None:
    done = machine.type("views", module="jobs")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "Every view is as it should be.")


def test_a_second_start_on_the_same_folder_is_refused(machine: Machine) -> None:
    refused = machine.type("run", "--detach")
    assert refused.returncode == 1
    assert "already running" in refused.stdout
    assert "Traceback" not in refused.stdout


def test_a_taken_port_is_refused_before_anything_is_made(machine: Machine, tmp_path: Path) -> None:
    refused = machine.type("run", STATE_DIR=str(tmp_path / "var"))
    assert refused.returncode == 1
    assert f"port {machine.env['BI_PORT']} is taken" in refused.stdout
    assert "BI_PORT=" in refused.stdout
    assert not (tmp_path / "var" / "postgres").exists()


@pytest.mark.parametrize("name", ["bi", "cmo", "gateway", "worker", "exports", "beat", "replica", "valkey", "postgres"])
def test_a_killed_process_comes_back_and_that_is_said(machine: Machine, name: str) -> None:
    first = machine.run()["services"][name]
    said = machine.log().count(f"{name:<9} is back")
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: machine.log().count(f"{name:<9} is back") == said + 1), machine.log()
    assert machine.run()["services"][name] != first
    assert eventually(lambda: machine.health("bi") == {"servers": {"database": "ok", "redis": "ok", "replica 1": "ok"}, "status": "ok"}), machine.health("bi")


def test_the_heartbeat_row_goes_on(machine: Machine) -> None:
    connection = psycopg2.connect(machine.platform()["replica_urls"][0])
    connection.autocommit = True
    with connection.cursor() as cursor:

        def beat_at() -> object:
            cursor.execute("SELECT beat_at FROM app.heartbeat")
            return cursor.fetchone()

        before = beat_at()
        assert eventually(lambda: beat_at() != before, 15)
    connection.close()


def test_when_the_supervisor_is_killed_nothing_stays_and_the_next_start_is_clean(machine: Machine) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux ends children with their parent; elsewhere the next start ends them")
    before = machine.run()
    os.kill(before["pid"], signal.SIGKILL)
    again = machine.type("run", "--detach")
    assert again.returncode == 0, again.stdout
    assert not [pid for pid in before["services"].values() if alive(pid)]
    assert set(machine.run()["services"]) == SERVICES


def test_stop_ends_everything_orderly_and_a_later_start_finds_the_same_company(machine: Machine) -> None:
    before, token = machine.run(), machine.platform()["api_token"]
    stopped = machine.type("stop")
    assert stopped.returncode == 0, stopped.stdout
    assert eventually(lambda: not alive(before["pid"]), 5)
    assert sessions(list(before["services"].values())) == []
    assert not (machine.state / "platform.json").exists()
    assert not (machine.state / "environment.json").exists()
    assert "database system is shut down" in (machine.state / "log" / "postgres.log").read_text().splitlines()[-1]
    assert "not running" in machine.type("stop").stdout
    again = machine.type("run", "--detach")
    assert again.returncode == 0, again.stdout
    assert "The demo company" not in again.stdout
    assert machine.platform()["api_token"] == token


def test_a_copy_of_the_primary_that_was_cut_off_is_made_again(machine: Machine) -> None:
    assert machine.type("stop").returncode == 0
    postgres = server_account().place(machine.state / "postgres")
    (postgres / "standby.finished").unlink()
    (postgres / "standby" / "PG_VERSION").unlink()
    again = machine.type("run", "--detach")
    assert again.returncode == 0, again.stdout
    assert eventually(lambda: (machine.health("bi") or {}).get("servers", {}).get("replica 1") == "ok")
