"""All rows behind a number as a file: the very rows that add up to it, in the reader's scope, at once or by the worker, whole or not at all."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text

import jobs.exports
from bi_app.app import create_app
from jobs.demo.load import load_company
from jobs.exports import make_next
from jobs.paper.press import Press
from shared.cache import Cache
from shared.metrics.ask import CachedAsk
from shared.metrics.glass_box import GlassBoxes
from shared.metrics.headline import Wanted
from shared.metrics.period import period
from shared.metrics.scope import COMPANY, Scope
from shared.people.changes import create_person
from shared.reports import limits
from shared.settings import Settings
from shared.warehouse import copying
from shared.warehouse.engines import Engines
from shared.web import export_pages
from tests.sites import PASSWORD, Visitor

ZONE = ZoneInfo("America/New_York")
HOSTILE = '=HYPERLINK("http://evil.test","<script>alert(1)</script>")'


@dataclass
class World:
    """The BI site over the small demo company, one of whose branches has a hostile name."""

    engines: Engines
    app: Any
    boss: Visitor
    manager: Visitor
    branch: int
    other: int

    def order(self, visitor: Visitor | None = None, **what: object) -> dict[str, Any]:
        answer = (visitor or self.boss).client.post("/exports", json={"path": "/", "search": "?period=ytd", "rows": "net_sales_amount", "kind": "csv", **what})
        assert answer.status_code == 201, answer.text
        return dict(answer.json)

    def refused(self, visitor: Visitor | None = None, **what: object) -> tuple[int, str]:
        answer = (visitor or self.boss).client.post("/exports", json={"path": "/", "search": "?period=ytd", "rows": "net_sales_amount", "kind": "csv", **what})
        return answer.status_code, answer.json["error"]

    def make(self) -> str:
        return make_next(self.engines, cast("Press", None), ZONE)

    def file(self, number: int) -> bytes:
        answer = self.boss.get(f"/exports/{number}/file")
        assert answer.status_code == 200, answer.text
        return answer.data

    def total(self, scope: Scope = COMPANY, metric: str = "net_sales_amount", part: int = 0) -> tuple[int, float]:
        glass: GlassBoxes = self.app.sources.glass
        page = glass.rows(Wanted(metric, period("ytd", self.app.sources.ask.today)), scope, part, 0, 1)
        return page.total_rows, page.total


@pytest.fixture(scope="module")
def world(database: Callable[..., Settings]) -> Iterator[World]:
    settings = database()
    engines = Engines(settings)
    load_company(engines, settings, size="small", seed=3)
    with engines.writer() as connection:
        branch, other = connection.execute(text("SELECT id FROM crm.branch ORDER BY id LIMIT 2")).scalars().all()
        connection.execute(text("UPDATE crm.branch SET name = :name WHERE id = :id"), {"name": HOSTILE, "id": branch})
    create_person(engines, email="boss@northline.test", name="Boss", password=PASSWORD, role="leadership")
    create_person(engines, email="manager@northline.test", name="Manager", password=PASSWORD, role="branch_manager", branches=[branch])
    engines.wait_for_replicas()
    app = create_app(settings, engines, CachedAsk(engines, Cache(settings), settings))
    people = [Visitor(app.server, f"198.51.100.{number}") for number in (21, 22)]
    for visitor, name in zip(people, ("boss", "manager"), strict=True):
        assert visitor.sign_in(f"{name}@northline.test").status_code == 303
    yield World(engines, app, *people, branch, other)
    engines.dispose()


@pytest.fixture(autouse=True)
def _no_orders(world: World) -> Iterator[None]:
    yield
    with world.engines.writer() as connection:
        connection.execute(text("DELETE FROM app.export"))


@pytest.fixture
def for_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_pages, "QUICK_ROWS", 0)
    monkeypatch.setattr(jobs.exports, "_TELL_EVERY", 0.0)
    monkeypatch.setattr(copying.batches, "__defaults__", (50,))
    monkeypatch.setattr(copying, "_BATCH", 50)


def lines(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_rows_of_a_file_add_up_to_the_number(world: World) -> None:
    found = world.order()
    assert (found["state"], found["name"].startswith("Northline Home - Rows behind Net sales $")) == ("done", True)
    rows, (count, total) = lines(world.file(found["id"])), world.total()
    assert count > 100
    assert len(rows) == count
    assert sum(float(row["Counts"]) for row in rows) == pytest.approx(total)
    assert f"'{HOSTILE}" in {row["Branch"] for row in rows}, "a name that computes is text"
    book = CalamineWorkbook.from_filelike(io.BytesIO(world.file(world.order(kind="xlsx")["id"])))
    head, *cells = book.get_sheet_by_name("Rows").to_python()
    assert head == ["Day", "Branch", "What", "Kind of row", "Number", "Counts"]
    assert [str(row[0]) for row in cells] == [row["Day"] for row in rows]
    assert sum(cast("float", row[5]) for row in cells) == pytest.approx(total)
    assert HOSTILE in {row[1] for row in cells}
    about = dict(cast("list[tuple[str, str]]", book.get_sheet_by_name("About").to_python()))
    assert about["Rows"] == f"{count:,}"
    assert "Formula" in about


def test_everybody_gets_the_rows_of_their_own_branches(world: World) -> None:
    found = world.order(world.manager)
    answer = world.manager.get(found["file"])
    mine = lines(answer.data)
    assert {row["Branch"] for row in mine} == {f"'{HOSTILE}"}
    assert (len(mine), sum(float(row["Counts"]) for row in mine)) == pytest.approx(world.total(Scope(frozenset({world.branch}))))
    assert world.refused(world.manager, rows=f"net_sales_amount@@branch={world.other}") == (422, f"branch {world.other} is not one of yours")
    assert world.boss.get(found["file"]).status_code == 404, "an order is nobody else's"


def test_many_rows_are_made_by_the_worker_and_told_of_in_rows(world: World, for_the_worker: None, monkeypatch: pytest.MonkeyPatch) -> None:
    words: list[str] = []
    for kind in ("csv", "xlsx"):
        found = world.order(kind=kind)
        assert (found["state"], found["file"]) == ("queued", None)
        tell = jobs.exports.tell_progress

        def telling(engines: Engines, job: Any, progress: float, number: int = found["id"], tell: Callable[..., None] = tell) -> None:
            tell(engines, job, progress)
            words.append(world.boss.get(f"/exports/{number}").json["words"])

        monkeypatch.setattr(jobs.exports, "tell_progress", telling)
        assert world.make() == "done"
        monkeypatch.setattr(jobs.exports, "tell_progress", tell)
        count, _ = world.total()
        assert words[0] == f"Being made: {count:,} rows to gather"
        assert any(f"of {count:,} rows" in each for each in words[1:])
        words.clear()
        content = world.file(found["id"])
        assert (len(lines(content)) if kind == "csv" else content[:2]) == (count if kind == "csv" else b"PK")
    with world.engines.primary_reader() as connection:
        assert connection.execute(text("SELECT bool_and(document IS NULL) FROM app.export")).scalar_one()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_who_cancels_in_the_middle_gets_nothing_and_nothing_is_left(world: World, for_the_worker: None, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    number = world.order(kind=kind)["id"]
    tell, told = jobs.exports.tell_progress, []

    def cancelling(engines: Engines, job: Any, progress: float) -> None:
        told.append(progress)
        if progress > 0.3:
            assert world.boss.client.delete(f"/exports/{number}").status_code == 200
        tell(engines, job, progress)

    monkeypatch.setattr(jobs.exports, "tell_progress", cancelling)
    assert world.make() == "cancelled"
    assert 0.3 < told[-1] < 0.9
    assert world.boss.get(f"/exports/{number}").json["state"] == "cancelled"
    with world.engines.primary_reader() as connection:
        assert connection.execute(text("SELECT count(*) FROM app.export_part")).scalar_one() == 0


def test_more_rows_than_a_sheet_holds_are_refused_first_and_csv_is_offered(world: World, for_the_worker: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_ROWS", 50)
    status, error = world.refused(kind="xlsx")
    assert status == 413
    assert error.endswith("rows; an Excel sheet holds 50 with its header. Choose CSV, which has no limit, or fewer days or branches.")
    assert world.boss.get("/exports").json["exports"] == [], "nothing waits for a file that cannot be"
    assert world.order()["state"] == "queued"
    assert world.make() == "done"
    monkeypatch.setattr(GlassBoxes, "count", lambda *_: None)
    number = world.order(kind="xlsx")["id"]
    assert world.make() == "failed"
    assert "Choose CSV" in world.boss.get(f"/exports/{number}").json["words"], "who could not count while somebody waited counts before the first row"


def test_a_value_that_no_cell_holds_is_said_before_a_row_is_read(world: World, for_the_worker: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LONGEST_CELL", 5)
    number = world.order(kind="xlsx")["id"]
    told: list[float] = []
    monkeypatch.setattr(jobs.exports, "tell_progress", lambda _engines, _job, progress: told.append(progress))
    assert world.make() == "failed"
    assert "an Excel cell holds 5. Choose CSV" in world.boss.get(f"/exports/{number}").json["words"]
    assert max(told) <= 0.02
    world.order()
    assert world.make() == "done"


def test_a_ratio_has_the_rows_of_either_part(world: World) -> None:
    for part in (0, 1):
        found = world.order(rows="nsli", part=part)
        count, total = world.total(metric="nsli", part=part)
        rows = lines(world.file(found["id"]))
        assert (len(rows), sum(float(row["Counts"]) for row in rows)) == (count, pytest.approx(total))


@pytest.mark.parametrize(("what", "status"), [
    ({"rows": "no_such_metric"}, 422), ({"rows": "net_sales_amount@@rep='; DROP TABLE crm.sale"}, 422), ({"rows": "net_sales_amount@2026-13-45.."}, 422), ({"part": 99}, 422), ({"part": -1}, 400), ({"part": "0"}, 400), ({"rows": 5}, 400),
    ({"rows": "x" * 3000}, 400), ({"kind": "pdf"}, 422), ({"kind": "exe"}, 400), ({"path": "/../../etc/passwd"}, 404), ({"path": "/admin/people"}, 403), ({"rows": "net_sales_amount@@branch=-1"}, 422), ({"rows": "\x00"}, 400)])
def test_hostile_wishes_are_refused_in_words(world: World, what: dict[str, object], status: int) -> None:
    answer = world.boss.client.post("/exports", json={"path": "/", "search": "?period=ytd", "rows": "net_sales_amount", "kind": "csv", **what})
    assert answer.status_code == status, answer.text
    assert answer.json["error"]
