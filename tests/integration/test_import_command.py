"""The command as people run it, killed at the wrong moment, and fed with garbage."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text
from typer.testing import CliRunner

from jobs.command_line import app
from jobs.imports.refusal import ImportRefusedError
from jobs.imports.run import Request, run_import
from shared.settings import Settings
from shared.warehouse.engines import Engines
from shared.warehouse.load_entities import ENTITIES
from tests.integration.importing import SAMPLES, Deaf, rows

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environment(fresh: Engines, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Environment of a command that works on a fresh database."""
    values = {"DATABASE_URL": fresh.primary.url.render_as_string(hide_password=False), "REPLICA_URLS": "", "REDIS_URL": settings.redis_url.get_secret_value(), "SECRET_KEY": "s" * 48}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return {**os.environ, **values}


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["import", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.mark.usefixtures("environment")
def test_exit_codes_tell_done_rejected_and_refused(fresh: Engines, tmp_path: Path) -> None:
    code, said = run("branch", SAMPLES / "branch.csv")
    assert (code, "2 rows of branch: 2 inserted, 0 updated, 0 unchanged, 0 rejected." in said) == (0, True)
    assert "opened_on" in said
    path = tmp_path / "products.csv"
    path.write_text("name,sku\nWindows,W\n,R\n")
    code, said = run("product", path, "--dry-run")
    assert (code, "Nothing was loaded: this was a dry run." in said) == (1, True)
    code, said = run("product", path, "--all-or-nothing")
    assert (code, "1 would have been inserted" in said, "  1 × name: is missing" in said) == (1, True, True)
    code, said = run("products", path)
    assert (code, f"The rejected rows and why: {tmp_path / 'products.rejects.csv'}" in said) == (1, True)
    assert rows(fresh, "SELECT external_id, name FROM crm.product") == [("W", "Windows")]
    code, said = run("product", tmp_path / "gone.csv")
    assert (code, f"Refused: there is no file {tmp_path / 'gone.csv'}" in said) == (2, True)
    assert run("prodduct", path)[0] == 2
    assert run("product", path, "--separator", "comma!")[0] == 2
    assert run("product", path, "--encoding", "klingon")[0] == 2
    assert run("product", path, "--map", "nonsense")[0] == 2


def test_a_database_that_is_not_there_or_not_ready_is_a_sentence(environment: dict[str, str], fresh: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    with fresh.writer() as connection:
        connection.execute(text("DROP TABLE app.import_mapping"))
    code, said = run("branch", SAMPLES / "branch.csv")
    assert (code, "python -m jobs migrate" in said) == (2, True)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:x@127.0.0.1:1/none")
    code, said = run("branch", SAMPLES / "branch.csv")
    assert (code, "the database does not answer" in said) == (2, True)
    assert environment


def test_a_killed_import_leaves_nothing_half_and_the_next_one_says_what_became_of_it(fresh: Engines, environment: dict[str, str], tmp_path: Path) -> None:
    run_import(fresh.primary, Request("branch", SAMPLES / "branch.csv", rejects=tmp_path / "r.csv"), Deaf())
    path = tmp_path / "people.csv"
    path.write_text("external_id,branch,name\n" + "".join(f"P{n},Columbus,Name {n}\n" for n in range(60_000)))
    with fresh.primary.connect() as blocker:  # the import gets as far as writing, and there it waits
        blocker.execute(text("LOCK TABLE crm.prospect IN SHARE MODE"))
        with subprocess.Popen([sys.executable, "-m", "jobs", "import", "prospect", str(path)], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as command:
            for _ in range(600):
                if rows(fresh, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO crm.prospect%' AND datname = current_database()") == [(1,)]:
                    break
                time.sleep(0.05)
            else:
                pytest.fail("the import did not get as far as writing")
            command.send_signal(signal.SIGKILL)
            command.wait()
        blocker.rollback()
    assert rows(fresh, "SELECT outcome FROM app.import_log WHERE entity = 'prospect'") == [(None,)]
    outcome = run_import(fresh.primary, Request("prospect", SAMPLES / "prospect.csv", rejects=tmp_path / "r.csv"), Deaf())
    assert outcome.counts.inserted == 6
    assert rows(fresh, "SELECT count(*) FROM crm.prospect") == [(6,)]
    assert rows(fresh, "SELECT outcome FROM app.import_log WHERE entity = 'prospect' ORDER BY id") == [("abandoned",), ("done",)]


_CELL = st.one_of(st.sampled_from(["", "C-1", "L-1", "Columbus", "Referral", "2026-05-04", "2026-05-04 10:00", "1", "-1", "1e9", "$5", "99999999999999", "yes", "sold", "No-Show", "NULL", "'", "\\", "\\.",
                                   "%", "{}", "{a,b}", ":x", "%(x)s", "1.5", "24:00", "0001-01-01", "infinity", "NaN"]), st.text(max_size=12))


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_garbage_in_any_entity_is_loaded_or_rejected_row_by_row(fresh: Engines, tmp_path: Path, data: st.DataObject) -> None:
    entity = data.draw(st.sampled_from(list(ENTITIES.values())))
    grid = data.draw(st.lists(st.tuples(*[_CELL] * len(entity.fields)), min_size=1, max_size=6))
    path = tmp_path / "garbage.csv"
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        csv.writer(file).writerows([[one.name for one in entity.fields], *grid])
    before = rows(fresh, f"SELECT count(*) FROM crm.{entity.name}")[0][0]
    try:
        counts = run_import(fresh.primary, Request(entity.name, path, dates="us", decimal="dot", separator=",", encoding="utf-8"), Deaf()).counts
    except ImportRefusedError:
        counts = None
    assert rows(fresh, f"SELECT count(*) FROM crm.{entity.name}")[0][0] == before + (counts.inserted if counts else 0)
