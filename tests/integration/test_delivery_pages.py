"""The routes of deliveries: who may what, the link that ends a mailing, the archive, and the demo's mailbox."""

import json
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from shared.delivery.rendering import Studio
from shared.delivery.running import deliver_due
from shared.delivery.stopping import stop_link
from shared.metrics.exact import ExactAsk
from shared.settings import Settings
from shared.web.delivery_pages import install_delivery
from tests.integration.conftest import build_company
from tests.integration.delivering import DUE, EVERY_DAY, Sheets
from tests.sites import Company, Visitor, build_site, words

DEFINITION = {**EVERY_DAY, "format": "csv"}


@pytest.fixture(scope="module")
def mailing(database: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Company, Flask, Sheets]]:
    """A company of its own, whose site has schedules and a mailbox."""
    folder = tmp_path_factory.mktemp("mailbox")
    made = build_company(database(secure_cookies=False, smtp_url="smtp://127.0.0.1:9", mail_folder=str(folder), delivery_addresses="bank@lender.example"))
    sheets = Sheets()
    server = build_site(made)
    install_delivery(server, sheets.sources)
    yield made, server, sheets
    made.engines.dispose()


def send(visitor: Visitor, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
    return visitor.client.open(path, method=method, data=None if body is None else json.dumps(body), content_type="application/json", headers=headers)


def made(visitor: Visitor, *recipients: str) -> int:
    answer = send(visitor, "POST", "/deliveries", {"name": "Daily", "definition": DEFINITION, "recipients": list(recipients)})
    assert answer.status_code == 200, answer.text
    return int(answer.json["id"])  # type: ignore[index]


def rows(company: Company, sql: str) -> list[tuple[object, ...]]:
    with company.engines.primary_reader() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def test_the_next_five_times_are_shown_with_what_the_clock_does(mailing: tuple[Company, Flask, Sheets]) -> None:
    company, server, _ = mailing
    visitor = Visitor(server).as_person(company.people["manager"])
    told = send(visitor, "POST", "/deliveries/preview", {"timing": "every day at 7:30", "zone": "Europe/Berlin"}).json
    assert told["words"] == "Every day at 07:30 (Europe/Berlin)"  # type: ignore[index]
    assert len(told["next"]) == 5  # type: ignore[index]
    refused = send(visitor, "POST", "/deliveries/preview", {"timing": "now and then", "zone": "Europe/Berlin"})
    assert (refused.status_code, refused.json["field"]) == (422, "timing")  # type: ignore[index]


@pytest.mark.parametrize(("body", "field"), [
    ([], None), ({"name": ""}, "name"), ({"name": "A", "definition": {**DEFINITION, "subject": "sheet:unknown"}, "recipients": []}, "subject"), ({"name": "A", "definition": {**DEFINITION, "shell": "rm"}, "recipients": []}, "shell"),
    ({"name": "A", "definition": {**DEFINITION, "title": "{name.__class__}"}, "recipients": []}, "title"), ({"name": "A", "definition": {**DEFINITION, "format": "exe"}, "recipients": []}, "format"),
    ({"name": "A", "definition": {**DEFINITION, "timing": "0 9 30 2 *"}, "recipients": ["person:1"]}, "timing"), ({"name": "A", "definition": DEFINITION, "recipients": []}, "recipients"),
    ({"name": "A", "definition": {**DEFINITION, "only_if": [{"metric": "leads; DROP", "period": "mtd", "op": ">", "value": 1}]}, "recipients": []}, "only_if"),
    ({"name": "A", "definition": {**DEFINITION, "only_if": [{"metric": "leads", "period": "mtd", "op": "like", "value": 1}]}, "recipients": []}, "only_if"),
])
def test_what_cannot_be_a_schedule_is_refused_in_words(mailing: tuple[Company, Flask, Sheets], body: object, field: str | None) -> None:
    company, server, _ = mailing
    answer = send(Visitor(server).as_person(company.people["boss"]), "POST", "/deliveries", body)
    assert answer.status_code == (400 if field is None else 422)
    assert answer.json.get("field") == field  # type: ignore[union-attr]
    assert answer.json["error"]  # type: ignore[index]


def test_schedules_of_others_are_closed_to_all_but_leadership_and_administrators(mailing: tuple[Company, Flask, Sheets]) -> None:
    company, server, _ = mailing
    manager = company.people["manager"]
    number = made(Visitor(server).as_person(manager), f"person:{manager.id}")
    for name, expected in (("outsider", 403), ("analyst", 403), ("boss", 200), ("admin", 200)):
        visitor = Visitor(server).as_person(company.people[name])
        assert send(visitor, "PUT", f"/deliveries/{number}/paused", {"paused": True}).status_code == expected, name
        assert send(visitor, "POST", f"/deliveries/{number}/run", {"test": True}).status_code == expected, name
    assert send(Visitor(server).as_person(manager), "DELETE", "/deliveries/99999").status_code == 404
    assert send(Visitor(server), "POST", "/deliveries", {}).status_code == 401
    refused = send(Visitor(server).as_person(company.people["outsider"]), "POST", "/deliveries", {"name": "A", "definition": DEFINITION, "recipients": [f"person:{company.people['boss'].id}"]})
    assert (refused.status_code, refused.json["field"]) == (422, "recipients")  # type: ignore[index]


def test_the_link_in_a_mail_ends_it_with_one_post_from_anywhere_and_opening_it_changes_nothing(mailing: tuple[Company, Flask, Sheets]) -> None:
    company, server, _ = mailing
    boss = company.people["boss"]
    number = made(Visitor(server).as_person(boss), f"person:{boss.id}")
    path = stop_link(company.settings, number, f"person:{boss.id}").split("localhost:8050")[1]
    stopped = f"SELECT recipient FROM app.delivery_stop WHERE delivery_id = {number}"
    stranger = Visitor(server)
    assert "No more of “Daily”?" in words(stranger.get(path))
    assert rows(company, stopped) == []
    answer = stranger.client.post(path, data="List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded", headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example"})
    assert answer.status_code == 200
    assert rows(company, stopped) == [(f"person:{boss.id}",)]
    assert "You get no more of “Daily”" in words(stranger.get(path))
    stranger.client.post(path, data={"again": "yes"})
    assert rows(company, stopped) == []
    for wrong in (f"{path}x", "/delivery/stop/x", f"{path[:-3]}", "/delivery/stop/" + "x" * 3000):
        assert stranger.client.post(wrong).status_code == 404
    assert rows(company, stopped) == []
    assert stranger.client.post("/deliveries", json={}, headers={"Origin": "https://evil.example"}).status_code == 403


def test_the_archive_is_for_who_manages_the_schedule_and_sees_all_of_it(mailing: tuple[Company, Flask, Sheets]) -> None:
    company, server, sheets = mailing
    boss, manager = company.people["boss"], company.people["manager"]
    number = made(Visitor(server).as_person(boss), f"person:{boss.id}", f"person:{manager.id}")
    studio = Studio(sheets.sources, ExactAsk(company.engines, company.settings), company.settings)
    assert send(Visitor(server).as_person(boss), "POST", f"/deliveries/{number}/run", {"test": False}).status_code == 200
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.mail.Post.send", lambda *_: None)
        deliver_due(company.engines, company.settings, studio, lambda: DUE)
    copies = rows(company, f"SELECT c.id, c.scope FROM app.delivery_copy c JOIN app.delivery_run r ON r.id = c.run_id WHERE r.delivery_id = {number} ORDER BY c.scope DESC")
    assert [scope for _, scope in copies] == ["company", f"branches:{company.pittsburgh}"]
    for copy, scope in copies:
        shown = Visitor(server).as_person(boss).get(f"/deliveries/archive/{copy}")
        assert shown.status_code == 200
        assert "sandbox" in shown.text
        file = Visitor(server).as_person(boss).get(f"/deliveries/archive/{copy}/0")
        assert file.headers["Content-Disposition"].startswith("attachment")
        assert ("every branch" if scope == "company" else "branches") in file.text
        for name in ("manager", "analyst"):  # neither is theirs to manage
            assert Visitor(server).as_person(company.people[name]).get(f"/deliveries/archive/{copy}").status_code == 404
            assert Visitor(server).as_person(company.people[name]).get(f"/deliveries/archive/{copy}/0").status_code == 404
    assert Visitor(server).as_person(boss).get("/deliveries/archive/999999").status_code == 404


def test_everybody_sees_the_demos_mails_to_themselves_and_administrators_all(mailing: tuple[Company, Flask, Sheets]) -> None:
    company, server, _ = mailing
    folder = Path(company.settings.mail_folder)
    for key, name in (("a" * 24, "manager"), ("b" * 24, "outsider")):
        mail = EmailMessage()
        mail["To"], mail["Subject"], mail["Date"] = company.people[name].email, f"For {name}", "Fri, 20 Nov 2026 12:30:00 +0000"
        mail.set_content("plain words")
        mail.add_alternative("<p>html</p><script>alert(1)</script>", subtype="html")
        mail.add_attachment(b"a,b", maintype="text", subtype="csv", filename="numbers.csv")
        (folder / f"{key}.eml").write_bytes(mail.as_bytes())
    seen = {name: Visitor(server).as_person(company.people[name]).get("/mailbox").text for name in ("manager", "outsider", "boss", "admin")}
    assert [(name, "For manager" in page, "For outsider" in page) for name, page in seen.items()] == [("manager", True, False), ("outsider", False, True), ("boss", False, False), ("admin", True, True)]
    assert "<script>alert" not in seen["manager"]  # inside the frame's attribute, escaped
    assert Visitor(server).as_person(company.people["manager"]).get(f"/mailbox/{'a' * 24}/0").data == b"a,b"
    for path in (f"/mailbox/{'b' * 24}/0", f"/mailbox/{'a' * 24}/1", "/mailbox/passwd/0", f"/mailbox?mail={'b' * 24}"):
        assert Visitor(server).as_person(company.people["manager"]).get(path).status_code == 404
    real = build_site(company, demo_mode=False)
    assert Visitor(real).as_person(company.people["admin"]).get("/mailbox").status_code == 404
