"""Orders of files: made at once or by the worker, for nobody but the person who ordered, whole or not at all, and forgotten in time."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from flask import Flask, Response
from sqlalchemy import text
from werkzeug.http import parse_options_header

from shared.metrics.scope import Scope
from shared.people.person import Person
from shared.reports.document import Block, Column, Document, Table
from shared.reports.stored import unpacked
from shared.warehouse import export_orders
from shared.warehouse.engines import Engines
from shared.warehouse.export_orders import CancelledError, Job, Wish, begun, deliver, fail, forget_expired_exports, order, tell_progress, try_again
from shared.web.export_pages import install_exports
from shared.web.replies import save_as
from tests.sites import Company, Visitor, build_site
from tests.unit.documents import by_branch, document, weekly

ROWS = 5000


def build(path: str, query: Mapping[str, str], _person: Person, scope: Scope) -> Document | None:
    """Pages of the site under test; one has more rows than are written while somebody waits."""
    if path == "/large":
        return document(Block("rows", "Rows", "", None, Table(tuple(Column(str(number)) for number in range(10)), ((1.5,) * 10,) * ROWS)))
    if path != "/branches":
        return None
    seen = "every branch" if scope.is_company else ", ".join(map(str, sorted(scope.branches or ())))
    return document(weekly(), by_branch(), Block("seen", f"{seen} in {query.get('period')}", "Words."))


@pytest.fixture(scope="module")
def exporting(company: Company) -> Flask:
    server = build_site(company)
    install_exports(server, build)
    return server


@pytest.fixture(autouse=True)
def _no_orders(company: Company) -> Iterator[None]:
    yield
    with company.engines.writer() as connection:
        connection.execute(text("DELETE FROM app.export"))


def wish(kind: str = "pdf", path: str = "/branches", key: str = "", **more: object) -> dict[str, object]:
    return {"path": path, "search": "?period=mtd&period=x", "key": key, "kind": kind, **more}


@pytest.fixture(scope="module")
def boss(exporting: Flask, company: Company) -> Visitor:
    return Visitor(exporting, "198.51.100.7").as_person(company.people["boss"])


def ordered(visitor: Visitor, **what: object) -> dict[str, object]:
    answer = visitor.client.post("/exports", json=wish(**what))  # type: ignore[arg-type]
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def made(engines: Engines, file: bytes = b"%PDF-1.7 whole") -> Job:
    with begun(engines) as job:
        assert job is not None
        deliver(engines, job, file)
        return job


def test_what_is_small_is_there_at_once_and_is_what_was_asked_for(boss: Visitor) -> None:
    found = ordered(boss, kind="csv", key="branches")
    assert (found["state"], found["progress"], found["words"]) == ("done", 1.0, "Ready")
    answer = boss.get(str(found["file"]))
    assert answer.data.startswith(b"\xef\xbb\xbfBranch,Net sales,")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Northline Home - Branches side by side [now] - 2026-11-27.csv"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert ordered(boss, kind="xlsx")["state"] == "done"
    assert [each["kind"] for each in boss.get("/exports").json["exports"]] == ["xlsx", "csv"]


@pytest.mark.parametrize("what", [{"kind": "pdf"}, {"kind": "png", "key": "net-sales"}, {"kind": "svg", "key": "net-sales"}, {"kind": "xlsx", "path": "/large"}])
def test_what_needs_a_browser_or_time_waits_for_the_worker(boss: Visitor, company: Company, what: dict[str, object]) -> None:
    found = ordered(boss, **what)
    assert (found["state"], found["file"]) == ("queued", None)
    assert boss.get(f"/exports/{found['id']}/file").status_code == 409
    with begun(company.engines) as job:
        assert job is not None
        assert (job.id, job.kind, job.block) == (found["id"], what["kind"], what.get("key", ""))
        assert unpacked(job.document).title == ("Branches" if what.get("path") or what["kind"] == "pdf" else "Net sales by week")
        tell_progress(company.engines, job, 0.4)
        assert boss.get(f"/exports/{found['id']}").json["progress"] == 0.4
        deliver(company.engines, job, b"x" * 3_000_000 + b"y")
    answer = boss.get(f"/exports/{found['id']}/file")
    assert hashlib.sha256(answer.data).hexdigest() == hashlib.sha256(b"x" * 3_000_000 + b"y").hexdigest()
    with company.engines.primary_reader() as connection:
        assert connection.execute(text("SELECT document IS NULL FROM app.export")).scalar_one(), "the numbers are kept no longer than they are needed"


def test_numbers_are_read_in_the_readers_scope(exporting: Flask, company: Company) -> None:
    manager = Visitor(exporting, "198.51.100.8").as_person(company.people["manager"])
    ordered(manager)
    with begun(company.engines) as job:
        assert job is not None
        assert unpacked(job.document).blocks[2].title == f"{company.pittsburgh} in mtd"


def test_nobody_else_sees_fetches_or_ends_an_order(exporting: Flask, company: Company, boss: Visitor) -> None:
    number = ordered(boss, kind="csv", key="branches")["id"]
    admin = Visitor(exporting, "198.51.100.9").as_person(company.people["admin"])
    on_cmo = build_site(company, "cmo")
    install_exports(on_cmo, build)
    same_person = Visitor(on_cmo, "198.51.100.10").as_person(company.people["boss"])
    for other in (admin, same_person):
        for address in (f"/exports/{number}", f"/exports/{number}/file"):
            assert other.get(address).status_code == 404
        assert other.client.delete(f"/exports/{number}").status_code == 404
        assert other.get("/exports").json["exports"] == []
    assert exporting.test_client().get(f"/exports/{number}/file").status_code == 401
    assert boss.client.post("/exports", json=wish(), headers={"Origin": "http://elsewhere.test"}).status_code == 403
    assert boss.get(f"/exports/{number}/file").status_code == 200


def test_a_file_is_not_given_to_who_may_see_less_now(exporting: Flask, company: Company, boss: Visitor) -> None:
    manager = Visitor(exporting, "198.51.100.11").as_person(company.people["manager"])
    number = ordered(manager, kind="csv", key="branches")["id"]
    with company.engines.writer() as connection:
        connection.execute(text("UPDATE app.export SET branches = :more WHERE id = :id"), {"more": [company.pittsburgh, company.columbus], "id": number})
    answer = manager.get(f"/exports/{number}/file")
    assert answer.status_code == 403
    assert "has changed since" in answer.json["error"]
    with company.engines.writer() as connection:
        connection.execute(text("UPDATE app.export SET branches = NULL WHERE id = :id"), {"id": number})
    assert manager.get(f"/exports/{number}/file").status_code == 403


def test_an_order_is_cancelled_and_a_file_removed(boss: Visitor, company: Company) -> None:
    number = ordered(boss)["id"]
    with begun(company.engines) as job:
        assert job is not None
        assert boss.client.delete(f"/exports/{number}").status_code == 200
        with pytest.raises(CancelledError):
            tell_progress(company.engines, job, 0.5)
        with pytest.raises(CancelledError):
            deliver(company.engines, job, b"late")
    assert boss.get(f"/exports/{number}").json["state"] == "cancelled"
    with company.engines.primary_reader() as connection:
        assert connection.execute(text("SELECT count(*) FROM app.export_part")).scalar_one() == 0, "nothing of a cancelled file is kept"
    assert boss.client.delete(f"/exports/{number}").status_code == 200
    assert boss.get(f"/exports/{number}").status_code == 404


def test_only_one_makes_an_order_and_a_dead_makers_order_is_taken_again(boss: Visitor, company: Company) -> None:
    number = ordered(boss)["id"]
    with begun(company.engines) as first:
        assert first is not None
        with begun(company.engines) as second:
            assert second is None, "somebody is at it"
    with begun(company.engines) as again:
        assert again is not None
        assert (again.id, again.attempt) == (number, 2)
        with pytest.raises(CancelledError):
            deliver(company.engines, first, b"from the one that was thought dead")
        deliver(company.engines, again, b"whole")
        with pytest.raises(CancelledError):
            deliver(company.engines, again, b"a second time")
    assert boss.get(f"/exports/{number}/file").data == b"whole"


def test_files_of_many_rows_are_made_one_at_a_time_and_hold_nothing_else_up(boss: Visitor, company: Company) -> None:
    def of_rows(rows: int) -> int:
        return order(company.engines, Wish(company.people["boss"].id, "bi", None, "csv", "", "letter", b"{}", "rows.csv", "text/csv", 7, rows)).id

    first, second, page = of_rows(1_000_000), of_rows(2_000_000), ordered(boss)["id"]
    with begun(company.engines) as one:
        assert one is not None
        with begun(company.engines) as other:
            assert other is not None
            assert (one.id, other.id) == (first, page)
            with begun(company.engines) as nothing:
                assert nothing is None, "the second file of rows waits for the first"
        deliver(company.engines, one, b"x")
    with begun(company.engines) as then:
        assert then is not None
        assert then.id in {second, page}


def test_who_fails_twice_has_failed_in_words(boss: Visitor, company: Company) -> None:
    number = ordered(boss)["id"]
    with begun(company.engines) as job:
        assert job is not None
        assert try_again(company.engines, job)
    with begun(company.engines) as job:
        assert job is not None
        assert not try_again(company.engines, job)
        fail(company.engines, job, "Chromium is not installed.")
    found = boss.get(f"/exports/{number}").json
    assert (found["state"], found["words"]) == ("failed", "Chromium is not installed.")
    other = ordered(boss)["id"]
    for _ in range(2):
        with begun(company.engines) as job:
            assert job is not None  # and the process dies
    with begun(company.engines) as job:
        assert job is None
    assert "interrupted twice" in boss.get(f"/exports/{other}").json["words"]


def test_orders_are_bounded_and_everybody_has_a_turn(exporting: Flask, boss: Visitor, company: Company) -> None:
    first, *rest = [ordered(boss)["id"] for _ in range(export_orders.MOST_WAITING)]
    answer = boss.client.post("/exports", json=wish())
    assert answer.status_code == 429
    assert answer.json["error"] == "10 files of yours are waiting or being made. Wait until one is done, or cancel one."
    assert ordered(boss, kind="csv", key="branches")["state"] == "done", "what is made at once does not wait"
    assert made(company.engines).id == first
    late = ordered(Visitor(exporting, "198.51.100.12").as_person(company.people["admin"]))["id"]
    assert [made(company.engines).id for _ in range(2)] == [late, rest[0]], "nobody waits until another's ten are done"


def test_what_has_expired_is_gone(boss: Visitor, company: Company) -> None:
    number = ordered(boss, kind="csv", key="branches")["id"]
    with company.engines.writer() as connection:
        connection.execute(text("UPDATE app.export SET expires_at = clock_timestamp()"))
    assert boss.get(f"/exports/{number}").status_code == 404
    assert boss.get("/exports").json["exports"] == []
    assert forget_expired_exports(company.engines) == 1
    with company.engines.primary_reader() as connection:
        assert connection.execute(text("SELECT count(*) FROM app.export_part")).scalar_one() == 0


@pytest.mark.parametrize(("sent", "status"), [
    ([], 400), (None, 400), ({"path": 5, "kind": "pdf"}, 400), ({"path": "no", "kind": "pdf"}, 400), ({"path": "/x" * 2000, "kind": "pdf"}, 400), ({"path": "/branches", "kind": "exe"}, 400),
    ({"path": "/branches", "kind": "pdf", "paper": "b5"}, 400), ({"path": "/branches", "kind": "pdf", "key": "k" * 500}, 400), ({"path": "/branches\n", "kind": "pdf"}, 400),
    ({"path": "/../../etc/passwd", "kind": "pdf"}, 404), ({"path": "/nowhere", "kind": "pdf"}, 404), ({"path": "/admin/people", "kind": "pdf"}, 403), ({"path": "//admin", "kind": "pdf"}, 403),
    ({"path": "/branches", "kind": "png"}, 422), ({"path": "/branches", "kind": "csv", "key": "<script>alert(1)</script>"}, 422), ({"path": "/branches", "kind": "pdf", "key": "'; DROP TABLE app.export"}, 422)])
def test_hostile_orders_are_refused_in_words(boss: Visitor, company: Company, sent: object, status: int) -> None:
    answer = boss.client.post("/exports", json=sent)
    assert answer.status_code == status, answer.text
    assert answer.json["error"]
    assert answer.mimetype == "application/json"
    with company.engines.primary_reader() as connection:
        assert connection.execute(text("SELECT count(*) FROM app.export")).scalar_one() == 0


def test_numbers_that_no_database_holds_are_not_found(boss: Visitor) -> None:
    for number in (0, 2**31, 10**30):
        assert boss.get(f"/exports/{number}").status_code == 404
        assert boss.get(f"/exports/{number}/file").status_code == 404
        assert boss.client.delete(f"/exports/{number}").status_code == 404


def test_a_large_file_goes_from_disk_to_the_reader_in_pieces(boss: Visitor, company: Company, tmp_path: Path) -> None:
    number = ordered(boss, kind="xlsx", path="/large")["id"]
    file = tmp_path / "made"
    file.write_bytes(bytes(range(256)) * 12_000)
    with begun(company.engines) as job, file.open("rb") as reading:
        assert job is not None
        deliver(company.engines, job, reading)
    answer = boss.get(f"/exports/{number}/file")
    assert answer.data == file.read_bytes()
    assert answer.headers["Content-Length"] == str(file.stat().st_size)


@pytest.mark.parametrize(("name", "saved"), [
    ("Plain - 2026.csv", "Plain - 2026.csv"), ("Łódź, 1 Jan – 27 Nov ’s.xlsx", "Łódź, 1 Jan – 27 Nov ’s.xlsx"), ("売上.pdf", "売上.pdf"), ('a"b\r\nX-Evil: 1.csv', 'a"bX-Evil: 1.csv'), ("\ud800x", "x"), ("\n", "file")])
def test_any_name_goes_through_the_headers_of_a_real_server(name: str, saved: str) -> None:
    answer = Response(b"x")
    save_as(answer, name)
    header = answer.headers["Content-Disposition"]
    assert re.fullmatch(r"[ \t\x21-\x7e]*", header), "gunicorn refuses what is beyond Latin letters, and the reader would get an error in place of a file"
    assert parse_options_header(header)[1]["filename"] == saved
