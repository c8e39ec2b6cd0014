"""How often a page takes new numbers is each reader's own choice, kept by page."""

import pytest
from flask import Flask

from shared.people.pace import DEFAULT_PACE, pace_of
from tests.sites import Company, Visitor


def chosen(bi: Flask, company: Company, who: str, body: object, **options: object) -> int:
    visitor = Visitor(bi, f"198.51.100.{len(who)}").as_person(company.people[who])
    return visitor.client.put("/preferences/pace", json=body, **options).status_code


def test_an_interval_is_kept_for_its_page_and_person_alone(bi: Flask, company: Company) -> None:
    boss, manager = company.people["boss"], company.people["manager"]
    assert chosen(bi, company, "boss", {"path": "/", "pace": "15s"}) == 200
    assert pace_of(company.engines, boss, "bi", "/") == "15s"
    assert [pace_of(company.engines, boss, "cmo", "/"), pace_of(company.engines, boss, "bi", "/live"), pace_of(company.engines, manager, "bi", "/")] == [DEFAULT_PACE] * 3


@pytest.mark.parametrize(("body", "status"), [
    ({"path": "/", "pace": "7s"}, 422), ({"path": "x", "pace": "off"}, 400), ({"pace": "off"}, 400), ([], 400), ({"path": "/", "pace": 5}, 400), ("off", 400),
])
def test_what_is_no_interval_is_refused_in_words(bi: Flask, company: Company, body: object, status: int) -> None:
    assert chosen(bi, company, "boss", body) == status


def test_no_other_site_sets_an_interval_and_nobody_fills_the_account_with_pages(bi: Flask, company: Company) -> None:
    assert chosen(bi, company, "analyst", {"path": "/", "pace": "off"}, headers={"Origin": "http://elsewhere.test"}) == 403
    statuses = [chosen(bi, company, "analyst", {"path": f"/{number}", "pace": "off"}) for number in range(203)]
    assert statuses.count(200) == 200
    assert statuses[-1] == 422
    assert chosen(bi, company, "analyst", {"path": "/0", "pace": "1m"}) == 200
