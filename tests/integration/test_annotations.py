"""Annotations and verdicts: who may write what, about which branches, and what is kept."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import text

from shared.warehouse.annotations import annotations_between, feedback_of
from tests.sites import Company, Visitor

STORM = {"first": "2026-03-02", "last": "2026-03-04", "branch": None, "kind": "storm", "text": "Ice storm"}


def as_person(bi: Flask, company: Company, who: str) -> Visitor:
    return Visitor(bi, f"198.51.100.{len(who)}").as_person(company.people[who])


@pytest.fixture(autouse=True)
def _two_branches(company: Company) -> None:
    with company.engines.writer() as connection:
        connection.execute(text("DELETE FROM app.annotation"))
        connection.execute(text("DELETE FROM app.anomaly_feedback"))


def test_what_leadership_writes_down_is_kept_with_its_writer_and_removed_again(bi: Flask, company: Company) -> None:
    visitor = as_person(bi, company, "boss")
    answer = visitor.client.post("/annotations", json=STORM)
    assert answer.status_code == 201, answer.text
    with company.engines.primary_reader() as connection:
        found = annotations_between(connection, date(2026, 3, 4), date(2026, 3, 31), {1})
    assert [(each.text, each.branch, each.who) for each in found] == [("Ice storm", None, company.people["boss"].name)]
    assert visitor.client.delete(f"/annotations/{answer.json['id']}").status_code == 200
    assert visitor.client.delete(f"/annotations/{answer.json['id']}").status_code == 404


def test_a_branch_manager_reads_and_does_not_write(bi: Flask, company: Company) -> None:
    answer = as_person(bi, company, "manager").client.post("/annotations", json=STORM)
    assert answer.status_code == 403
    assert "ask one of them" in answer.json["error"]


@pytest.mark.parametrize("change", [{"first": "soon"}, {"last": "2026-03-01"}, {"last": "2028-03-01"}, {"kind": "war"}, {"text": "  "}, {"text": "x" * 201}, {"branch": "1"}, {"branch": True}, {"branch": 31_999}])
def test_what_cannot_be_kept_is_refused_in_words(bi: Flask, company: Company, change: dict[str, object]) -> None:
    answer = as_person(bi, company, "boss").client.post("/annotations", json={**STORM, **change})
    assert answer.status_code == 422, answer.text
    assert answer.json["error"].endswith((".", "null for all."))


def test_nobody_who_is_not_signed_in_writes_and_no_other_site_does(bi: Flask, company: Company) -> None:
    assert bi.test_client().post("/annotations", json=STORM).status_code == 401
    assert as_person(bi, company, "boss").client.post("/annotations", json=STORM, headers={"Origin": "http://elsewhere.test"}).status_code == 403
    assert as_person(bi, company, "boss").client.post("/annotations", json=[]).status_code == 400


def said(bi: Flask, company: Company, who: str, **change: object) -> int:
    body = {"metric": "net_sales_amount", "branches": [], "day": "2026-03-02", "verdict": "expected", "note": ""}
    return as_person(bi, company, who).client.put("/annotations/feedback", json={**body, **change}).status_code


def test_the_last_verdict_counts_and_can_be_taken_back(bi: Flask, company: Company) -> None:
    def kept() -> list[str]:
        with company.engines.primary_reader() as connection:
            return [each.verdict for each in feedback_of(connection, "net_sales_amount", [])]

    assert said(bi, company, "boss") == 200
    assert said(bi, company, "boss", verdict="not_expected") == 200
    assert kept() == ["not_expected"]
    assert said(bi, company, "boss", verdict=None) == 200
    assert kept() == []


def test_a_verdict_reaches_no_further_than_the_branches_of_its_speaker(bi: Flask, company: Company) -> None:
    assert said(bi, company, "manager") == 403
    outside = max(company.people["manager"].branches, default=0) + 1000
    assert said(bi, company, "manager", branches=[outside]) == 403


@pytest.mark.parametrize("change", [{"metric": "nonsense"}, {"metric": 5}, {"verdict": "maybe"}, {"day": "x"}, {"branches": "1"}, {"branches": [0]}, {"note": "x" * 201}])
def test_a_wrong_verdict_is_refused(bi: Flask, company: Company, change: dict[str, object]) -> None:
    assert said(bi, company, "boss", **change) == 422
