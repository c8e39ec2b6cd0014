"""The worker of exports as it runs in earnest: orders are made, a killed process loses nothing and leaves nothing."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from shared.metrics.period import Period
from shared.metrics.rows_behind import RowsBehind
from shared.people.changes import create_person
from shared.reports.document import Document
from shared.reports.kinds import KINDS
from shared.reports.making import name_of
from shared.reports.rows_file import RowsFile, packed_rows
from shared.reports.stored import packed
from shared.settings import Settings
from shared.warehouse.engines import Engines
from shared.warehouse.export_orders import Order, Wish, file_of, find_order, order
from tests.conftest import CHROMIUM
from tests.unit.documents import document, weekly

ROOT = Path(__file__).parents[2]


def has_chromium(process: int) -> bool:
    """Say whether a Chromium of that process runs."""
    return any(f"northline-paper-{process}-" in line for line in processes())


def processes() -> list[str]:
    """Number, parent and command line of everything that runs."""
    return subprocess.run(["ps", "-eo", "pid=,ppid=,args="], check=True, capture_output=True, text=True).stdout.splitlines()


def eventually(what: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


class Desk:
    """Somebody who orders files, and the worker that makes them."""

    def __init__(self, engines: Engines, worker: subprocess.Popen[bytes]) -> None:
        self.engines, self.worker = engines, worker
        self.person = create_person(engines, email="ada@northline.test", name="Ada", password="seven quiet lanterns", role="leadership").id

    def order(self, kind: str, page: Document) -> Order:
        chosen = KINDS[kind]
        return order(self.engines, Wish(self.person, "bi", None, kind, "", "letter", packed(page), name_of(page, chosen, ZoneInfo("UTC")), chosen.media_type, 7))

    def now(self, which: Order) -> Order:
        found = find_order(self.engines, which.id, self.person, "bi")
        assert found is not None
        return found

    def file(self, which: Order) -> bytes:
        return b"".join(file_of(self.engines, self.now(which)))

    def children(self) -> list[int]:
        """The pool processes of the worker."""
        return [int(line.split()[0]) for line in processes() if line.split()[1] == str(self.worker.pid)]


@pytest.fixture(scope="module")
def desk(database: Callable[..., Settings], redis_url: str) -> Iterator[Desk]:
    settings = database()
    engines = Engines(settings)
    environment = {**os.environ, "DATABASE_URL": settings.database_url.get_secret_value(), "REDIS_URL": redis_url, "SECRET_KEY": settings.secret_key.get_secret_value(), "CHROMIUM_PATH": CHROMIUM}
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "jobs.worker:app", "worker", "--queues=exports", "--concurrency=1", "--hostname=exports-test@%h", "--without-mingle", "--without-gossip", "--loglevel=INFO"]
    worker = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    made = Desk(engines, worker)
    try:
        yield made
    finally:
        children = made.children()
        worker.terminate()
        worker.wait(40)
        engines.dispose()
    for child in children:
        assert eventually(lambda child=child: not has_chromium(child), 10), "the worker left its Chromium behind"  # type: ignore[misc]
        assert not list(Path(tempfile.gettempdir()).glob(f"northline-paper-{child}-*"))


def test_orders_are_made_in_turn_and_told_of_by_the_database(desk: Desk) -> None:
    page = document()
    one = replace(page, blocks=(weekly(),))
    orders = [desk.order("pdf", page), desk.order("png", one), desk.order("svg", one), desk.order("xlsx", page)]
    assert eventually(lambda: all(desk.now(each).state == "done" for each in orders)), [desk.now(each) for each in orders]
    pdf, png, svg, xlsx = (desk.file(each) for each in orders)
    assert len(PdfReader(BytesIO(pdf)).pages) >= 3
    assert png.startswith(b"\x89PNG")
    assert svg.startswith(b"<svg")
    assert xlsx.startswith(b"PK")


def test_a_process_that_is_killed_in_the_middle_costs_a_second_attempt_and_no_file(desk: Desk) -> None:
    page = document(*[replace(weekly(), key=f"b{number}") for number in range(40)])
    ordered = desk.order("pdf", page)
    assert eventually(lambda: desk.now(ordered).progress > 0.05)
    killed = desk.children()
    for child in killed:
        os.kill(child, signal.SIGKILL)
    assert eventually(lambda: desk.now(ordered).state in {"done", "failed"}), desk.now(ordered)
    assert desk.now(ordered).state == "done", desk.now(ordered).error
    assert len(PdfReader(BytesIO(desk.file(ordered))).pages) > 30
    assert eventually(lambda: not any(map(has_chromium, killed)), 10), "Chromium ends with its pipe"


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_process_that_is_killed_among_many_rows_leaves_no_file_and_the_next_one_reads_them_all(desk: Desk, kind: str) -> None:
    with desk.engines.writer() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # without triggers: only the rows matter here
        connection.execute(text(
            "INSERT INTO crm.request_log (service, route, status, milliseconds, requested_at)"
            " SELECT 'website', '/x/' || i, 200, 20, timestamptz '2026-11-01 12:00+00' + i * interval '1 second' FROM generate_series(1, 400000) AS i"))
        count = int(connection.execute(text("SELECT count(*) FROM crm.request_log")).scalar_one())
    chosen, behind = KINDS[kind], RowsBehind("requests", Period(date(2026, 11, 1), date(2026, 11, 30)), (), (0,), 0, date(2026, 11, 30))
    wanted = RowsFile("Rows behind Requests", [("Metric", "Requests")], "Northline Home", datetime(2026, 11, 27, 12, tzinfo=UTC), behind)
    ordered = order(desk.engines, Wish(desk.person, "bi", None, kind, "", "letter", packed_rows(wanted), f"rows.{kind}", chosen.media_type, 7, count))
    assert eventually(lambda: desk.now(ordered).progress > 0.1)
    for child in desk.children():
        os.kill(child, signal.SIGKILL)
    assert eventually(lambda: desk.now(ordered).state in {"done", "failed"}), desk.now(ordered)
    assert desk.now(ordered).state == "done", desk.now(ordered).error
    file = BytesIO(desk.file(ordered))
    rows = len(CalamineWorkbook.from_filelike(file).get_sheet_by_name("Rows").to_python()) if kind == "xlsx" else len(file.getvalue().splitlines())
    assert rows == count + 1
    assert not list(Path(tempfile.gettempdir()).glob("northline-export-*"))
