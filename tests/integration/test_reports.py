"""The library of reports over PostgreSQL: who sees what, versions that stay, and two people who save at once."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

from shared.warehouse import report_history
from shared.warehouse.report_store import Viewer
from tests.sites import Company, Visitor

BAR = {"id": "a", "kind": "bar", "place": {"x": 0, "y": 0, "w": 6, "h": 4}, "metrics": ["leads"], "split": "source"}


class Desk:
    """One person at the library."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor

    def send(self, method: str, path: str, sent: object = None, raw: bytes | None = None) -> TestResponse:
        data = raw if raw is not None else json.dumps(sent or {}).encode()
        return self._visitor.client.open(f"/library/reports{path}", method=method, data=data, content_type="application/json", environ_base=self._visitor._environ, buffered=True)

    def new(self, title: str = "Leads", **block: object) -> int:
        answer = self.send("POST", "", {"definition": definition(title, **block)})
        assert answer.status_code == 201, answer.text
        return int(answer.json["id"])  # type: ignore[index]

    def get(self, number: int, more: str = "") -> Any:
        answer = self.send("GET", f"/{number}{more}")
        assert answer.status_code == 200, answer.text
        return answer.json

    def save(self, number: int, base: int | None, title: str, **block: object) -> TestResponse:
        return self.send("PUT", f"/{number}", {"base": base, "definition": definition(title, **block)})


def definition(title: str, **block: object) -> dict[str, object]:
    return {"schema": 1, "title": title, "description": "", "limits": {}, "blocks": [{**BAR, **block}]}


@pytest.fixture
def desk(bi: Flask, company: Company) -> Callable[[str], Desk]:
    return lambda name: Desk(Visitor(bi).as_person(company.people[name]))


def test_a_report_is_its_owners_until_it_is_shared_and_then_with_that_access(desk: Callable[[str], Desk], company: Company) -> None:
    boss, analyst, manager = desk("boss"), desk("analyst"), desk("manager")
    number = boss.new()
    assert analyst.send("GET", f"/{number}").status_code == 404
    people = {each["label"]: each["person"] for each in boss.get(number, "/shares")["people"]}
    assert "Person Cmo" not in people
    shared = [{"person": people["Person Manager"], "may_edit": True}, {"role": "analyst"}]
    assert boss.send("PUT", f"/{number}/shares", {"shares": shared}).status_code == 200
    assert analyst.get(number)["access"] == "view"
    assert manager.get(number)["access"] == "edit"
    assert "to read" in analyst.save(number, 1, "Mine").json["error"]  # type: ignore[index]
    assert manager.save(number, 1, "Leads by source").json == {"version": 2}
    assert manager.send("PUT", f"/{number}/shares", {"shares": []}).status_code == 403
    assert manager.send("PUT", f"/{number}/bin", {"into": True}).status_code == 403
    assert desk("admin").get(number)["access"] == "own"
    boss.send("PUT", f"/{number}/shares", {"shares": []})
    assert manager.send("GET", f"/{number}").status_code == 404
    assert manager.save(number, 2, "x").status_code == 404


@pytest.mark.parametrize("wrong", [[{"role": "cmo"}], [{"role": []}], [{"person": 10**9}], [{"person": True}], [{"person": 1, "role": "analyst"}], [{}], "all", [1], [{"role": "analyst", "may_edit": "yes"}]])
def test_nonsense_is_not_shared(desk: Callable[[str], Desk], wrong: object) -> None:
    boss = desk("boss")
    assert boss.send("PUT", f"/{boss.new()}/shares", {"shares": wrong}).status_code == 422


def test_of_two_who_save_at_once_the_second_is_asked_and_neither_loses_anything(desk: Callable[[str], Desk]) -> None:
    boss, admin = desk("boss"), desk("admin")
    number = boss.new()
    assert admin.save(number, 1, "Theirs", split="branch").json == {"version": 2}
    answer = boss.save(number, 1, "Mine", metrics=["leads", "issued"])
    assert answer.status_code == 409
    told: Any = answer.json
    assert "Person Admin saved version 2 while you were editing" in told["error"]
    assert told["theirs"]["definition"]["title"] == "Theirs"
    assert told["their_changes"] == ["The title became “Theirs”.", "“Leads by branch”: the split by Lead source became Branch."]
    assert told["my_changes"][1].endswith("Appointments issued was put in.")
    assert boss.get(number)["version"] == 2
    # a copy of one's own ...
    copy = boss.send("POST", "", {"definition": definition("Mine (copy)")})
    assert copy.status_code == 201
    # ... or over theirs, which stays
    assert boss.save(number, None, "Mine").json == {"version": 3}
    lines = boss.get(number, "/versions")["versions"]
    assert [(each["version"], each["who"]) for each in lines] == [(3, "Person Boss"), (2, "Person Admin"), (1, "Person Boss")]
    assert boss.send("POST", f"/{number}/restore", {"version": 2}).json == {"version": 4}
    assert boss.get(number)["definition"]["title"] == "Theirs"
    assert boss.get(number)["note"] == "Restores version 2"


def test_saving_the_same_twice_is_one_version_and_no_conflict(desk: Callable[[str], Desk]) -> None:
    boss = desk("boss")
    number = boss.new()
    assert boss.save(number, 1, "Other").json == {"version": 2}
    assert boss.save(number, 1, "Other").json == {"version": 2}  # sent again because the answer got lost
    assert boss.save(number, 2, "Other").json == {"version": 2}


def test_a_version_cannot_be_changed_behind_the_platform(desk: Callable[[str], Desk], company: Company) -> None:
    number = desk("boss").new()
    with pytest.raises(DBAPIError, match="never changed"), company.engines.writer() as connection:
        connection.execute(text("UPDATE app.report_version SET definition = '{}' WHERE report_id = :id"), {"id": number})


def test_a_draft_is_kept_for_its_writer_alone_and_ends_with_saving(desk: Callable[[str], Desk]) -> None:
    boss, admin = desk("boss"), desk("admin")
    number = boss.new()
    assert boss.send("PUT", f"/{number}/draft", {"base": 1, "definition": definition("Half", metrics=[], split="")}).status_code == 200
    assert boss.get(number)["draft"]["definition"]["title"] == "Half"
    assert boss.get(number)["definition"]["title"] == "Leads"
    assert admin.get(number)["draft"] is None
    assert boss.save(number, 1, "Whole").status_code == 200
    assert boss.get(number)["draft"] is None
    boss.send("PUT", f"/{number}/draft", {"base": 2, "definition": definition("Half")})
    assert boss.send("DELETE", f"/{number}/draft").status_code == 200
    assert boss.get(number)["draft"] is None


def test_what_is_deleted_comes_back_whole(desk: Callable[[str], Desk]) -> None:
    boss, analyst = desk("boss"), desk("analyst")
    number = boss.new()
    boss.send("PUT", f"/{number}/shares", {"shares": [{"role": "analyst"}]})
    assert boss.send("PUT", f"/{number}/bin", {"into": True}).status_code == 200
    assert analyst.send("GET", f"/{number}").status_code == 404
    assert boss.save(number, 1, "Other").status_code == 404
    assert boss.send("PUT", f"/{number}/bin", {"into": False}).status_code == 200
    assert analyst.get(number)["definition"]["title"] == "Leads"


def test_a_copy_is_the_copiers_own(desk: Callable[[str], Desk]) -> None:
    boss, analyst = desk("boss"), desk("analyst")
    number = boss.new()
    assert analyst.send("POST", "", {"copy_of": number}).status_code == 404
    boss.send("PUT", f"/{number}/shares", {"shares": [{"role": "analyst"}]})
    copy = int(analyst.send("POST", "", {"copy_of": number}).json["id"])  # type: ignore[index]
    found = analyst.get(copy)
    assert (found["access"], found["definition"]["title"], found["note"]) == ("own", "Leads (copy)", "Copy of “Leads”, version 1")
    assert boss.send("GET", f"/{copy}").status_code == 404


@pytest.mark.parametrize("raw", [b"[" * 50_000, b"\xff\xfe", b"[]", b'{"definition": NaN}', b"x" * 300_000, b'{"definition": {"title": "a\\u0000"}}', b'{"definition": {"title": "x", "sql": "SELECT 1"}}', b'{"template": "../../x"}', b'{"copy_of": "1 OR 1=1"}', b'{"copy_of": true}'])
def test_hostile_bodies_are_refused_in_words(desk: Callable[[str], Desk], raw: bytes) -> None:
    answer = desk("boss").send("POST", "", raw=raw)
    assert answer.status_code == 422
    assert answer.json["error"]  # type: ignore[index]


def test_a_report_comes_from_a_template_and_moves_into_a_folder(desk: Callable[[str], Desk]) -> None:
    boss = desk("boss")
    number = int(boss.send("POST", "", {"template": "executive", "folder": "Board"}).json["id"])  # type: ignore[index]
    assert boss.get(number)["note"] == "From the template “Executive weekly”"
    assert boss.send("PUT", f"/{number}/folder", {"folder": "  Sales   team "}).json == {"folder": "Sales team"}
    assert boss.send("PUT", f"/{number}/folder", {"folder": "x" * 81}).status_code == 422
    assert boss.send("PUT", f"/{number}/favourite", {"on": True}).json == {"on": True}


def test_frozen_copies_make_room_for_those_of_their_maker_only(desk: Callable[[str], Desk], company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_history, "MOST_SNAPSHOTS", 2)
    number = desk("boss").new()
    boss, analyst = (Viewer(company.people[name].id, name, company.people[name].role, is_admin=False) for name in ("boss", "analyst"))
    tokens = [f"{letter}" * 32 for letter in "abcd"]
    with company.engines.writer() as connection:
        for who, token in ((boss, tokens[0]), *((analyst, token) for token in tokens[1:])):
            report_history.freeze(connection, number, who, token, None, b"{}")
        assert [report_history.frozen(connection, token) is not None for token in tokens] == [True, False, True, True]
