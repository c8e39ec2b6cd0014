"""One's own files: found again after their note is gone, cancelled, removed, and nobody else's."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from shared.warehouse.export_orders import Order, Wish, begun, fail, order, tell_progress
from tests.sites import Company, Visitor, words

HOSTILE = "<script>alert(1)</script> – Łódź"


@pytest.fixture(autouse=True)
def _no_orders(company: Company) -> Iterator[None]:
    yield
    with company.engines.writer() as connection:
        connection.execute(text("DELETE FROM app.export"))


@pytest.fixture
def boss(bi: Flask, company: Company) -> Visitor:
    return Visitor(bi, "198.51.100.41").as_person(company.people["boss"])


def ordered(company: Company, name: str, ready: bytes | None = None, rows: int | None = None, site: str = "bi") -> Order:
    return order(company.engines, Wish(company.people["boss"].id, site, None, "csv", "", "letter", b"{}", f"{name}.csv", "text/csv", 7, rows), ready)


def test_files_are_listed_with_how_they_stand(company: Company, boss: Visitor) -> None:
    assert "Nothing is kept" in words(boss.get("/account/files"))
    done, failed = ordered(company, HOSTILE, b"x" * 2048), ordered(company, "Failed")
    with begun(company.engines) as job:
        assert job is not None
        fail(company.engines, job, "It has 1,060,846 rows. Choose CSV.")
    ordered(company, "Many", rows=1_000_000)
    with begun(company.engines) as job:
        assert job is not None
        tell_progress(company.engines, job, 0.49)
        answer = boss.get("/account/files")
    said = words(answer)
    assert "<script>alert" not in answer.text
    for part in (f"{HOSTILE}.csv", "2.0 kB", "Ready", "It has 1,060,846 rows. Choose CSV.", "Being made: 500,000 of 1,000,000 rows"):
        assert part in said
    assert f'href="/exports/{done.id}/file"' in answer.text
    assert f'href="/exports/{failed.id}/file"' not in answer.text
    assert 'http-equiv="refresh"' in answer.text, "it looks again while something is being made"


def test_an_order_is_cancelled_and_a_file_removed_by_who_owns_it_alone(company: Company, bi: Flask, boss: Visitor) -> None:
    file, waiting, on_cmo = ordered(company, "Done", b"x"), ordered(company, "Waiting"), ordered(company, "Other site", b"x", site="cmo")
    other = Visitor(bi, "198.51.100.42").as_person(company.people["manager"])
    assert "Done" not in words(other.get("/account/files"))
    assert other.post(f"/account/files/{file.id}/end", form_on="/account/files").status_code == 303
    assert "was gone already" in words(other.get("/account/files"))
    assert boss.client.post(f"/account/files/{file.id}/end").status_code == 400, "a form of another site"
    for number, said in ((file.id, "Done.csv was removed"), (waiting.id, "Waiting.csv was cancelled"), (on_cmo.id, "was gone already"), (2**31, "was gone already")):
        boss.post(f"/account/files/{number}/end", form_on="/account/files")
        assert said in words(boss.get("/account/files"))
    with company.engines.primary_reader() as connection:
        assert connection.execute(text("SELECT file_name, state FROM app.export ORDER BY id")).all() == [("Waiting.csv", "cancelled"), ("Other site.csv", "done")]
