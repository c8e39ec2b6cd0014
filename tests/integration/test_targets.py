"""Targets are set in the platform: who may, what a conflict does, history, files, owners and notes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from shared.metrics.reference import Reference
from shared.warehouse.kpi_care import entries, owners
from shared.warehouse.target_changes import Cell, TargetConflictError, Wish, cells, change_targets, history
from tests.sites import Company, Visitor

JUNE = date(2031, 6, 1)


@pytest.fixture(autouse=True)
def _no_targets(company: Company) -> Iterator[None]:
    yield
    with company.engines.writer() as connection:
        connection.execute(text("DELETE FROM crm.target WHERE month >= '2031-01-01'"))
        connection.execute(text("TRUNCATE app.target_change, app.kpi_owner, app.kpi_note, app.kpi_check_in"))


def signed_in(bi: Flask, company: Company, who: str) -> Visitor:
    return Visitor(bi, f"198.51.100.{100 + len(who)}").as_person(company.people[who])


def cell_of(company: Company, branch: int | None, month: date = JUNE) -> Cell:
    with company.engines.primary_reader() as connection:
        return next(cell for cell in cells(connection, "leads", month, month) if cell.branch == branch)


def put(visitor: Visitor, branch: int | None, value: object, version: str, **more: object) -> TestResponse:
    return visitor.client.put("/targets/cells", json={"kpi": "leads", "cells": [{"branch": branch, "month": "2031-06", "value": value, "version": version}], **more})


def test_a_cell_is_set_changed_and_taken_away_and_every_step_stands_in_history(bi: Flask, company: Company) -> None:
    boss, branch = signed_in(bi, company, "boss"), company.pittsburgh
    version = cell_of(company, branch).version
    for value in (120, 130.5, None):
        answer = put(boss, branch, value, version, note="plan")
        assert answer.status_code == 200, answer.text
        version = answer.json["cells"][0]["version"]
        assert cell_of(company, branch) == Cell(branch, JUNE, value, version)
    lines = boss.get(f"/targets/history?kpi=leads&month=2031-06&branch={branch}").json["changes"]
    assert [(line["old"], line["new"], line["who"], line["note"]) for line in lines] == [(130.5, None, "Person Boss", "plan"), (120.0, 130.5, "Person Boss", "plan"), (None, 120.0, "Person Boss", "plan")]


def test_a_change_over_somebody_elses_is_refused_with_who_and_when_and_nothing_is_saved(bi: Flask, company: Company) -> None:
    boss, admin = signed_in(bi, company, "boss"), signed_in(bi, company, "admin")
    looked_at, other = cell_of(company, company.pittsburgh).version, cell_of(company, company.columbus).version
    assert put(admin, company.pittsburgh, 80, looked_at).status_code == 200
    both = {"kpi": "leads", "cells": [{"branch": company.columbus, "month": "2031-06", "value": 5, "version": other}, {"branch": company.pittsburgh, "month": "2031-06", "value": 90, "version": looked_at}]}
    answer = boss.client.put("/targets/cells", json=both)
    assert answer.status_code == 409
    assert "Person Admin changed June 2031" in answer.json["error"]
    assert str(datetime.now(UTC).year) in answer.json["error"]
    assert [(each["value"], each["branch"]) for each in answer.json["cells"]] == [(80.0, company.pittsburgh)]
    assert cell_of(company, company.columbus).value is None
    assert put(boss, company.pittsburgh, 90, answer.json["cells"][0]["version"]).status_code == 200


def test_a_target_that_an_import_wrote_meanwhile_is_no_longer_what_was_looked_at(company: Company) -> None:
    looked_at = cell_of(company, None).version
    with company.engines.writer() as connection:
        connection.execute(text("INSERT INTO crm.target (kpi, month, value) VALUES ('leads', '2031-06-01', 7)"))
    with pytest.raises(TargetConflictError) as caught:
        change_targets(company.engines, [Wish("leads", None, JUNE, Decimal(8), looked_at)], (company.people["boss"].id, "Boss"))
    assert (caught.value.conflicts[0].value, caught.value.conflicts[0].who) == (7.0, "")


@pytest.mark.parametrize("who", ["manager", "head", "analyst"])
def test_who_does_not_set_targets_is_refused_in_words(bi: Flask, company: Company, who: str) -> None:
    visitor = signed_in(bi, company, who)
    for answer in (put(visitor, company.pittsburgh, 1, "0:"), visitor.client.post("/targets/undo", json={"change": 1}), visitor.client.post("/targets/import", data=b"kpi,branch,month,value\n")):
        assert answer.status_code == 403
        assert "Leadership" in answer.json["error"]


def test_history_and_files_hold_only_what_the_reader_may_see(bi: Flask, company: Company) -> None:
    who = (company.people["boss"].id, "Boss")
    change_targets(company.engines, [Wish("leads", branch, JUNE, Decimal(10), None) for branch in (None, company.pittsburgh, company.columbus)], who)
    manager = signed_in(bi, company, "manager")
    assert manager.get(f"/targets/history?kpi=leads&month=2031-06&branch={company.columbus}").status_code == 403
    assert manager.get("/targets/history?kpi=leads&month=2031-06").status_code == 403
    body = manager.get("/targets/export.csv?kpi=leads&year=2031").data.decode("utf-8-sig")
    assert body.splitlines() == ["kpi,branch,month,value", "leads,Pittsburgh,2031-06,10"]
    with company.engines.primary_reader() as connection:
        assert {change.branch for change in history(connection, "leads", JUNE, JUNE, (company.columbus,), company=False)} == {company.columbus}


@pytest.mark.parametrize("change", [
    {"value": "many"}, {"value": -1}, {"value": True}, {"value": 1e13}, {"value": float("nan")}, {"month": "June"}, {"branch": 999}, {"branch": "1"}, {"version": None},
])
def test_what_is_no_target_is_refused(bi: Flask, company: Company, change: dict[str, object]) -> None:
    boss = signed_in(bi, company, "boss")
    answer = boss.client.put("/targets/cells", json={"kpi": "leads", "cells": [{"branch": None, "month": "2031-06", "value": 1, "version": "0:", **change}]})
    assert answer.status_code == 422, answer.text
    assert boss.client.put("/targets/cells", json={"kpi": "leds", "cells": [{"branch": None, "month": "2031-06", "value": 1, "version": "0:"}]}).json["error"].startswith("no metric is called 'leds'")
    assert cell_of(company, None).value is None


def test_undo_sets_back_and_is_refused_once_the_cell_was_changed_again(bi: Flask, company: Company) -> None:
    boss = signed_in(bi, company, "boss")
    first = put(boss, None, 10, cell_of(company, None).version).json["cells"][0]["version"]
    second = put(boss, None, 20, first).json["cells"][0]["version"]
    assert boss.client.post("/targets/undo", json={"change": int(first.split(":")[0])}).status_code == 409
    answer = boss.client.post("/targets/undo", json={"change": int(second.split(":")[0])})
    assert (answer.status_code, answer.json["cells"][0]["value"]) == (200, 10.0)
    assert boss.client.post("/targets/undo", json={"change": 10**9}).status_code == 404


def test_a_file_comes_back_as_it_went_out_and_a_wrong_line_keeps_all_of_it_out(bi: Flask, company: Company) -> None:
    boss = signed_in(bi, company, "boss")
    good = "\ufeffkpi;branch;month;value\nnet_close_rate;Pittsburgh;2031-06;31.8%\nleads;;06/2031;1,250.50\n"
    assert boss.client.post("/targets/import", data=good.encode()).status_code == 200
    assert cell_of(company, None).value == 1250.5
    assert boss.get("/targets/export.csv?kpi=net_close_rate&year=2031").data == b"\xef\xbb\xbfkpi,branch,month,value\r\nnet_close_rate,Pittsburgh,2031-06,31.80%\r\n"
    bad = "kpi,branch,month,value\nleads,,2031-06,9\nleads,Pittsburg,2031-06,9\nleds,,2031-06,9\nleads,,soon,9\nleads,,2031-06,8\n"
    answer = boss.client.post("/targets/import", data=bad.encode())
    assert answer.status_code == 422
    assert [line["line"] for line in answer.json["lines"]] == [3, 4, 5, 6]
    assert "did you mean 'pittsburgh'" in answer.json["lines"][0]["words"]
    assert cell_of(company, None).value == 1250.5


def test_pages_judge_by_a_new_target_at_once(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.metrics.reference._LOOK_SECONDS", 0.0)
    reference = Reference(company.engines)
    assert reference.targets(("leads",), JUNE, JUNE) == ()
    change_targets(company.engines, [Wish("leads", None, JUNE, Decimal(44), None)], (company.people["boss"].id, "Boss"))
    assert [target.value for target in reference.targets(("leads",), JUNE, JUNE)] == [44.0]


def test_owners_notes_and_check_ins_keep_to_the_writers_branches(bi: Flask, company: Company) -> None:
    manager, outsider = signed_in(bi, company, "manager"), company.people["outsider"]
    mine = {"kpi": "leads", "branch": company.pittsburgh}
    assert manager.client.put("/kpi/owner", json={**mine, "person": company.people["manager"].id}).json["owner"] == "Person Manager"
    assert manager.client.put("/kpi/owner", json={**mine, "person": outsider.id}).status_code == 422
    assert manager.client.put("/kpi/owner", json={"kpi": "leads", "branch": None, "person": None}).status_code == 403
    assert manager.client.post("/kpi/entries", json={**mine, "status": "at_risk", "text": "Two canvassers are away"}).status_code == 200
    assert manager.client.post("/kpi/entries", json={**mine, "text": "Storm on Tuesday", "day": "2026-01-05"}).status_code == 200
    for refused in ({"status": "at_risk", "text": " "}, {"status": "fine", "text": "x"}, {"text": ""}, {"text": "x", "day": "2999-01-01"}, {"text": "x", "day": "now"}, {"text": "x" * 1001}):
        assert manager.client.post("/kpi/entries", json={**mine, **refused}).status_code == 422
    assert manager.client.post("/kpi/entries", json={"kpi": "leads", "branch": company.columbus, "text": "x"}).status_code == 403
    with company.engines.primary_reader() as connection:
        assert owners(connection, "leads")[company.pittsburgh].name == "Person Manager"
        assert [(entry.status, entry.text) for entry in entries(connection, "leads", (company.pittsburgh,), company=False)] == [(None, "Storm on Tuesday"), ("at_risk", "Two canvassers are away")]
        assert entries(connection, "leads", (company.columbus,), company=True) == []
