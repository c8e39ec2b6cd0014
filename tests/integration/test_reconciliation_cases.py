"""What people do about cases: history, conflicts, four eyes, scope, roles; and signing for periods."""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import text

from shared.metrics.scope import COMPANY, Scope
from shared.reconciliation import caring
from shared.reconciliation.caring import Actor, CareError, ConflictError, GoneError, NotYoursError, Wish
from shared.reconciliation.running import run_changed, run_rules
from shared.reconciliation.signing import hash_of, numbers_of, reopen_what_differs, sign, sign_offs
from shared.settings import Settings
from tests.integration.conftest import build_company
from tests.sites import Company, Visitor, build_site

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def clock() -> datetime:
    return NOW


class Desk:
    """A company whose sales have no splits."""

    def __init__(self, company: Company) -> None:
        self.company, self.settings, self.engines = company, company.settings, company.engines
        people = {name: (number.id if hasattr(number, "id") else number) for name, number in company.people.items()}
        self.analyst = Actor(people["boss"], "Person Boss", COMPANY, may_work=True, may_sign=False)
        self.boss = Actor(people["admin"], "Person Admin", COMPANY, may_work=True, may_sign=True)
        self.of_columbus = Actor(people["analyst"], "Person Analyst", Scope(frozenset({company.columbus})), may_work=True, may_sign=False)
        with self.engines.writer() as connection:
            connection.execute(text("INSERT INTO crm.product (id, name) VALUES (1, 'Roof')"))
        run_rules(self.engines.primary, self.settings, clock)

    def case(self, branch: int, amount: int) -> tuple[int, int]:
        """Id and version of the case over a new sale that has no split."""
        with self.engines.writer() as connection:
            sale = connection.execute(text("INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status) VALUES (:branch, 1, :at, :gross, 'firm') RETURNING id"),
                                      {"branch": branch, "at": NOW - timedelta(days=40), "gross": amount}).scalar_one()
        run_changed(self.engines.primary, self.settings, clock)
        with self.engines.primary.connect() as connection:
            row = connection.execute(text("SELECT id, version FROM crm.recon_case WHERE rule = 'S6' AND entity_id = :sale"), {"sale": sale}).one()
        return row.id, row.version

    def history(self, case: int) -> list[tuple[str, str]]:
        with self.engines.primary.connect() as connection:
            return [tuple(row) for row in connection.execute(text("SELECT kind, actor_name FROM crm.recon_event WHERE case_id = :case ORDER BY id"), {"case": case})]


@pytest.fixture(scope="module")
def desk(database: Callable[..., Settings]) -> Iterator[Desk]:
    made = Desk(build_company(database(secure_cookies=False)))
    yield made
    made.engines.dispose()


def test_of_two_people_on_one_case_the_slower_one_is_told_and_nothing_is_lost(desk: Desk) -> None:
    case, version = desk.case(desk.company.pittsburgh, 300)
    outcomes = []

    def change(actor: Actor, status: str) -> None:
        try:
            caring.move(desk.engines, desk.settings, actor, case, version, Wish(status, note=f"by {actor.name}"))
            outcomes.append(("done", actor.name, status))
        except ConflictError as error:
            outcomes.append(("told", str(error), error.current["status"]))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(change, (desk.analyst, desk.boss), ("investigating", "waiting")))
    [winner], [loser] = [each for each in outcomes if each[0] == "done"], [each for each in outcomes if each[0] == "told"]
    assert winner[1] in loser[1]
    assert loser[2] == winner[2]
    assert [entry for entry in desk.history(case) if entry[0] == "status"] == [("status", winner[1])]


def test_a_write_off_above_the_limit_needs_a_second_person(desk: Desk) -> None:
    case, version = desk.case(desk.company.pittsburgh, 9000)
    wish = Wish("written_off", "uncollectible")
    proposed = caring.move(desk.engines, desk.settings, desk.boss, case, version, wish)
    assert (proposed["status"], proposed["proposed_by"]) == ("open", desk.boss.id)
    with pytest.raises(CareError, match="a second person has to agree"):
        caring.move(desk.engines, desk.settings, desk.boss, case, proposed["version"], wish)
    with pytest.raises(NotYoursError, match="confirmed by a branch manager"):
        caring.move(desk.engines, desk.settings, desk.of_columbus.__class__(desk.of_columbus.id, "Somebody", COMPANY, may_work=True, may_sign=False), case, proposed["version"], wish)
    refused = caring.refuse(desk.engines, Actor(desk.analyst.id, "Person Boss", COMPANY, may_work=True, may_sign=True), case, proposed["version"], "not yet")
    again = caring.move(desk.engines, desk.settings, desk.analyst, case, refused["version"], wish)
    done = caring.move(desk.engines, desk.settings, desk.boss, case, again["version"], wish)
    assert (done["status"], done["reason"], done["proposed_by"]) == ("written_off", "uncollectible", None)
    assert [kind for kind, _ in desk.history(case)] == ["found", "proposed", "refused", "proposed", "written_off"]


def test_a_small_write_off_needs_one_person_and_a_reason(desk: Desk) -> None:
    case, version = desk.case(desk.company.pittsburgh, 300)
    with pytest.raises(CareError, match="Say why"):
        caring.move(desk.engines, desk.settings, desk.analyst, case, version, Wish("written_off"))
    assert caring.move(desk.engines, desk.settings, desk.analyst, case, version, Wish("written_off", "immaterial"))["status"] == "written_off"


def test_nobody_works_on_what_is_not_theirs(desk: Desk) -> None:
    case, version = desk.case(desk.company.pittsburgh, 300)
    with pytest.raises(GoneError):
        caring.move(desk.engines, desk.settings, desk.of_columbus, case, version, Wish("waiting"))
    with pytest.raises(NotYoursError):
        caring.move(desk.engines, desk.settings, Actor(1, "Reader", COMPANY, may_work=False, may_sign=False), case, version, Wish("waiting"))
    own, seen = desk.case(desk.company.columbus, 300)
    done, problems = caring.assign(desk.engines, desk.of_columbus, [(case, version), (own, seen)], desk.of_columbus.id, "Person Analyst")
    assert ([each["id"] for each in done], len(problems)) == ([own], 1)


def test_comments_and_files_are_kept_with_the_case(desk: Desk) -> None:
    case, _ = desk.case(desk.company.columbus, 300)
    caring.comment(desk.engines, desk.of_columbus, case, "Asked the office")
    caring.attach(desk.engines, desk.of_columbus, case, "letter.pdf", "application/pdf", b"%PDF")
    with pytest.raises(CareError, match="5 MB"):
        caring.attach(desk.engines, desk.of_columbus, case, "big.bin", "", b"x" * (5 * 1024 * 1024 + 1))
    assert [kind for kind, _ in desk.history(case)] == ["found", "comment", "file"]


def test_a_signed_period_opens_again_with_the_difference_when_the_data_change(desk: Desk) -> None:
    case, _ = desk.case(desk.company.pittsburgh, 300)
    period = (date(2026, 10, 1), date(2026, 10, 31))
    with desk.engines.primary.connect() as connection:
        numbers = numbers_of(connection, *period, None)
    with pytest.raises(NotYoursError):
        sign(desk.engines, desk.analyst, *period, None, hash_of(numbers), "")
    with pytest.raises(CareError, match="numbers have changed"):
        sign(desk.engines, desk.boss, *period, None, "0" * 64, "")
    signed = sign(desk.engines, desk.boss, *period, None, hash_of(numbers), "October is right")
    with pytest.raises(CareError, match="signed already"):
        sign(desk.engines, desk.boss, *period, None, hash_of(numbers), "")
    with desk.engines.writer() as connection:
        assert reopen_what_differs(connection) == []
        connection.execute(text("UPDATE crm.recon_case SET amount = amount + 1 WHERE id = :case"), {"case": case})
        [opened] = reopen_what_differs(connection)
    assert opened.id == signed.id
    [differs] = opened.difference
    assert (differs["what"], Decimal(differs["now"]) - Decimal(differs["signed"])) == ("S6: open amount", 1)
    with desk.engines.primary.connect() as connection:
        assert sign_offs(connection, frozenset({desk.company.columbus})) == []
        again = numbers_of(connection, *period, None)
    assert sign(desk.engines, desk.boss, *period, None, hash_of(again), "").reopened_at is None


@pytest.fixture(scope="module")
def site(desk: Desk) -> Flask:
    return build_site(desk.company)


def test_the_site_answers_a_conflict_with_the_case_as_it_stands_and_hides_other_branches(desk: Desk, site: Flask) -> None:
    analyst, boss = Visitor(site), Visitor(site)
    analyst.sign_in("analyst@northline.test")
    boss.sign_in("boss@northline.test")
    other, version = desk.case(desk.company.pittsburgh, 300)
    own, seen = desk.case(desk.company.columbus, 300)
    assert analyst.client.put(f"/reconciliation/cases/{other}/status", json={"version": version, "status": "waiting"}).status_code == 404
    assert boss.client.put(f"/reconciliation/cases/{own}/status", json={"version": seen, "status": "waiting"}).status_code == 200
    answer = analyst.client.put(f"/reconciliation/cases/{own}/status", json={"version": seen, "status": "investigating"})
    assert (answer.status_code, answer.get_json()["case"]["status"]) == (409, "waiting")
    assert "Person Boss has changed this case" in answer.get_json()["error"]
    assert analyst.client.post("/reconciliation/sign-offs", json={"from": "2026-10-01", "to": "2026-10-31", "branch": desk.company.columbus, "hash": "", "note": ""}).status_code == 403
    assert analyst.client.put("/reconciliation/sources/bank", json={"book": "payments"}).status_code == 403
    assert boss.client.put("/reconciliation/sources/bank", json={"book": "payments", "label": "Bank"}).status_code == 200
    sent = boss.client.post("/reconciliation/uploads?source=bank&name=a.csv", data=b"Reference,Date,Amount\nA,2026-10-01,1\n")
    assert boss.client.get(f"/reconciliation/uploads/{sent.get_json()['id']}").get_json()["state"] == "sent"
    head = Visitor(site)
    head.sign_in("head@northline.test")
    assert head.client.put(f"/reconciliation/cases/{own}/status", json={"version": 2, "status": "waiting"}).status_code == 403


def test_a_branch_manager_signs_for_the_own_branch_and_no_other(desk: Desk, site: Flask) -> None:
    analyst, manager = Visitor(site), Visitor(site)
    analyst.sign_in("analyst@northline.test")
    manager.sign_in("outsider@northline.test")  # of Columbus
    own, seen = desk.case(desk.company.columbus, 9000)
    other, version = desk.case(desk.company.pittsburgh, 9000)
    write_off = {"status": "written_off", "reason": "uncollectible"}
    assert manager.client.put(f"/reconciliation/cases/{other}/status", json={"version": version, **write_off}).status_code == 404
    proposed = analyst.client.put(f"/reconciliation/cases/{own}/status", json={"version": seen, **write_off}).get_json()["case"]
    assert analyst.client.put(f"/reconciliation/cases/{own}/status", json={"version": proposed["version"], **write_off}).status_code == 422
    assert manager.client.put(f"/reconciliation/cases/{own}/status", json={"version": proposed["version"], **write_off}).get_json()["case"]["status"] == "written_off"
    period = (date(2026, 9, 1), date(2026, 9, 30))
    for branch, answers in ((desk.company.columbus, 200), (desk.company.pittsburgh, 403), (None, 403)):
        with desk.engines.primary.connect() as connection:
            numbers = numbers_of(connection, *period, branch)
        asked = {"from": "2026-09-01", "to": "2026-09-30", "branch": branch, "hash": hash_of(numbers), "note": ""}
        answer = manager.client.post("/reconciliation/sign-offs", json=asked)
        assert answer.status_code == answers
        if answers == 200:
            text_of_it = manager.client.get(f"/reconciliation/sign-offs/{answer.get_json()['id']}/numbers.json")
            assert hashlib.sha256(text_of_it.data).hexdigest() == answer.get_json()["hash"] == hash_of(numbers)
            stranger = Visitor(site)
            stranger.sign_in("manager@northline.test")  # of Pittsburgh
            assert stranger.client.get(f"/reconciliation/sign-offs/{answer.get_json()['id']}/numbers.json").status_code == 404
    assert manager.client.put("/reconciliation/sources/bank", json={"book": "payments"}).status_code == 403
