"""The embedded servers: half-made folders, foreign folders, frozen and refused starts."""

from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from jobs.stack.errors import StackError
from jobs.stack.ports import free_port, is_free
from jobs.stack.postgres import Primary, Standby
from jobs.stack.valkey import Valkey


@pytest.fixture
def folder(scratch: Path, request: pytest.FixtureRequest) -> Path:
    found = scratch / request.node.name[:60]
    found.mkdir()
    found.chmod(0o711)
    return found


@pytest.fixture
def primary(folder: Path) -> Iterator[Primary]:
    found = Primary(folder / "postgres", free_port(), durable=False)
    yield found
    found.stop()


def test_a_data_folder_whose_making_was_cut_off_is_made_again(primary: Primary) -> None:
    primary.prepare()
    primary.finished.unlink()
    (primary.data / "global" / "pg_control").unlink()
    primary.start()
    assert primary.ask("SELECT 1") == 1


def test_a_database_that_is_not_ours_to_remove_is_left_alone(primary: Primary) -> None:
    primary.start()
    primary.stop()
    primary.finished.unlink()
    with pytest.raises(StackError, match="move it away, or run make reset"):
        primary.prepare()
    assert (primary.data / "PG_VERSION").exists()


def test_a_database_of_another_version_is_refused_with_the_way_over(primary: Primary) -> None:
    primary.prepare()
    (primary.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(StackError, match=r"was made by PostgreSQL 16 and this is 18\S*; move it over with pg_dump"):
        primary.prepare()


def test_nobody_comes_in_without_the_password(primary: Primary) -> None:
    primary.start()
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(host="127.0.0.1", port=primary.port, user="bi", password="guess", dbname="postgres")
    with pytest.raises(psycopg2.OperationalError, match="no password supplied"):
        psycopg2.connect(host="127.0.0.1", port=primary.port, user="bi", password="", dbname="postgres", passfile="/dev/null")


def test_passwords_are_on_no_command_line_and_in_private_files(primary: Primary) -> None:
    primary.prepare()
    standby = Standby(primary, free_port())
    assert primary.password not in " ".join((*primary.argv(), *standby.argv()))
    assert primary.password_file.stat().st_mode & 0o077 == 0
    assert (primary.folder / "pgpass").stat().st_mode & 0o077 == 0


def test_a_standby_whose_stream_was_lost_is_copied_anew(primary: Primary) -> None:
    primary.start()
    standby = Standby(primary, free_port())
    try:
        standby.start()
        standby.stop()
        primary.ask("SELECT pg_drop_replication_slot('standby1')::text")
        standby.start()
        assert primary.ask("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'standby1'") == 1
    finally:
        standby.stop()


def test_a_server_that_cannot_start_says_its_last_words(primary: Primary) -> None:
    primary.prepare()
    (primary.data / "postgresql.conf").write_text("work_mem = 'plenty'\n")
    with pytest.raises(StackError, match=r"PostgreSQL \(primary\) did not start: .*plenty|contains errors"):
        primary.start()


def test_valkey_keeps_what_it_was_told_over_a_restart_and_lets_nobody_in_without_the_password(folder: Path) -> None:
    import redis

    valkey = Valkey(folder / "valkey", free_port())
    try:
        valkey.start()
        with redis.Redis.from_url(valkey.url, protocol=2) as client:
            client.set("kept", "yes")
        with redis.Redis(port=valkey.port, protocol=2) as stranger, pytest.raises(redis.exceptions.AuthenticationError):
            stranger.get("kept")
        valkey.stop()
        assert is_free(valkey.port)
        valkey.start()
        with redis.Redis.from_url(valkey.url, protocol=2) as client:
            assert client.get("kept") == b"yes"
    finally:
        valkey.stop()
