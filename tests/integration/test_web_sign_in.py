"""Sign-in, sign-out, sessions and forms of both sites, as a browser does them."""

import pytest
from flask import Flask
from sqlalchemy import text

from shared.people import sessions
from shared.people.changes import create_person, reset_password, set_active
from shared.people.person import Person
from tests.sites import CALLBACK, PASSWORD, Company, Visitor, build_site, words

_numbers = iter(range(10_000))


@pytest.fixture
def somebody(company: Company) -> Person:
    """A person of this test's own."""
    return create_person(company.engines, email=f"w{next(_numbers)}@web.test", name="Some Body", role="analyst", password=PASSWORD)


@pytest.mark.parametrize("path", ["/", "/trends?branch=1", "/account", "/admin/people", "/%2e%2e/x"])
def test_a_page_leads_whoever_is_not_signed_in_to_the_sign_in_and_back(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login")
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/_dash-layout", "/_dash-dependencies", "/api/v1/metrics", "/api/nothing", "/_reload-hash"])
def test_a_program_that_is_not_signed_in_gets_401_as_json(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 401
    assert "not signed in" in answer.json["error"]
    assert visitor.client.post("/_dash-update-component", json=CALLBACK).status_code == 401


@pytest.mark.parametrize("path", ["/login", "/healthz", "/vendor/pages.css", "/favicon.ico"])
def test_what_the_sign_in_needs_is_open(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/vendor//etc/passwd", "/assets//x", "/LOGIN", "/loginx", "/healthz/x", "/vendor", "/assets", "/api/v1/../login"])
def test_what_only_looks_like_an_open_path_is_closed(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status_code in {302, 308, 401}


def test_signing_in_leads_back_to_the_page_that_was_asked_for(visitor: Visitor, somebody: Person) -> None:
    answer = visitor.sign_in(somebody.email, target="/trends?branch=1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/trends?branch=1")
    assert visitor.get("/trends").text == f"{somebody.email} at /trends"
    assert visitor.get("/login?next=/trends").headers["Location"] == "/trends"


def test_signing_in_leads_nowhere_else(visitor: Visitor, somebody: Person) -> None:
    assert visitor.sign_in(somebody.email, target="//evil.test").headers["Location"] == "/"


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(company: Company, somebody: Person) -> None:
    for secure in (True, False):
        cookies = Visitor(build_site(company, secure_cookies=secure)).client
        visitor = Visitor(build_site(company, secure_cookies=secure))
        visitor.client = cookies
        token = visitor.token("/login") if not secure else None
        if secure:  # the test client keeps Secure cookies back over http, as a browser does
            answer = visitor.client.get("/login", base_url="https://localhost")
            token = answer.text.split('name="form_token" value="')[1][:64]
        answer = visitor.client.post("/login", data={"form_token": token, "email": somebody.email, "password": PASSWORD},
                                     base_url="https://localhost" if secure else "http://localhost")
        cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("northline_bi="))
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/" in cookie
        assert ("Secure" in cookie) == secure


def test_a_wrong_password_and_an_unknown_account_get_the_same_words(visitor: Visitor, somebody: Person) -> None:
    wrong, unknown = visitor.sign_in(somebody.email, "not the password"), visitor.sign_in("who@web.test", "not the password")
    assert wrong.status_code == unknown.status_code == 401
    assert words(wrong) == words(unknown)
    assert "do not match an active account" in words(wrong)
    assert 'value="' + somebody.email in wrong.text


def test_too_many_failures_are_told_to_wait_and_the_right_password_waits_too(bi: Flask, company: Company, somebody: Person) -> None:
    visitor = Visitor(bi, "198.51.100.1")
    for _ in range(company.settings.sign_in_attempts):
        assert visitor.sign_in(somebody.email, "not the password").status_code == 401
    answer = visitor.sign_in(somebody.email)
    assert answer.status_code == 429
    assert "wait 15 minutes" in words(answer)
    assert 0 < int(answer.headers["Retry-After"]) <= 901
    Visitor(bi, "198.51.100.2").as_person(somebody)


def test_a_success_forgets_the_failures_before_it(bi: Flask, company: Company, somebody: Person) -> None:
    visitor = Visitor(bi, "198.51.100.3")
    for _ in range(3):
        for _ in range(company.settings.sign_in_attempts - 1):
            visitor.sign_in(somebody.email, "not the password")
        visitor.as_person(somebody)
        visitor.client.delete_cookie("northline_bi")


@pytest.mark.parametrize("sent", [{}, {"form_token": ""}, {"form_token": "0" * 64}, {"form_token": "é" * 64}])
def test_a_sign_in_form_that_is_not_ours_is_refused(visitor: Visitor, somebody: Person, sent: dict[str, str]) -> None:
    visitor.get("/login")
    answer = visitor.client.post("/login", data={"email": somebody.email, "password": PASSWORD, **sent})
    assert answer.status_code == 400
    assert "reload the page" in words(answer)
    assert not [cookie for cookie in answer.headers.getlist("Set-Cookie") if cookie.startswith("northline_bi=")]


def test_a_form_token_of_another_visitor_is_refused(bi: Flask, somebody: Person) -> None:
    theirs = Visitor(bi).token("/login")
    mine = Visitor(bi)
    mine.get("/login")
    assert mine.client.post("/login", data={"form_token": theirs, "email": somebody.email, "password": PASSWORD}).status_code == 400


@pytest.mark.parametrize("headers", [
    {"Origin": "http://evil.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    {"Origin": "http://localhost:8051"},
])
def test_a_callback_that_another_site_sends_is_refused(visitor: Visitor, somebody: Person, headers: dict[str, str]) -> None:
    visitor.as_person(somebody)
    assert visitor.client.post("/_dash-update-component", json=CALLBACK, headers=headers).status_code == 403
    assert visitor.client.post("/sign-out", headers=headers).status_code == 403
    assert visitor.get("/").status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}])
def test_a_callback_of_our_own_page_is_answered(visitor: Visitor, somebody: Person, headers: dict[str, str]) -> None:
    visitor.as_person(somebody)
    assert visitor.client.post("/_dash-update-component", json=CALLBACK, headers=headers).json["person"] == somebody.email


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"{}", b'{"output": 1}', b'{"output": "a.b", "inputs": {}, "changedPropIds": []}', b"\xff\xfe"])
def test_a_callback_that_no_page_sends_is_refused_and_not_a_failure(visitor: Visitor, somebody: Person, body: bytes) -> None:
    visitor.as_person(somebody)
    answer = visitor.client.post("/_dash-update-component", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["error"]


def test_signing_out_ends_the_session_on_the_server(visitor: Visitor, somebody: Person) -> None:
    visitor.as_person(somebody)
    stolen = visitor.client.get_cookie("northline_bi").value
    assert visitor.post("/sign-out", form_on="/account").headers["Location"] == "/login"
    visitor.client.set_cookie("northline_bi", stolen)
    assert visitor.get("/").status_code == 302


def test_signing_in_again_ends_the_session_that_the_browser_had(visitor: Visitor, somebody: Person) -> None:
    visitor.as_person(somebody)
    first = visitor.client.get_cookie("northline_bi").value
    page = visitor.get("/account").text
    token = page.split('name="form_token" value="')[1][:64]
    assert visitor.client.post("/login", data={"form_token": token, "email": somebody.email, "password": PASSWORD}).status_code in {303, 400}
    visitor.client.delete_cookie("northline_bi")
    visitor.as_person(somebody)
    second = visitor.client.get_cookie("northline_bi").value
    assert first != second


def test_a_person_who_is_deactivated_elsewhere_is_out_within_seconds(
    visitor: Visitor, company: Company, somebody: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.as_person(somebody)
    assert visitor.get("/").status_code == 200
    set_active(company.engines, somebody.id, active=False)
    assert sessions._CACHE_SECONDS <= 5  # the most that another process goes on believing
    monkeypatch.setattr(sessions, "_CACHE_SECONDS", 0)
    assert visitor.get("/").status_code == 302
    assert visitor.client.post("/_dash-update-component", json=CALLBACK).status_code == 401
    assert visitor.sign_in(somebody.email).status_code == 401


def test_a_hot_page_asks_the_database_for_its_session_once(visitor: Visitor, company: Company, somebody: Person) -> None:
    visitor.as_person(somebody)
    visitor.get("/")
    with company.engines.writer() as connection:
        connection.execute(text("UPDATE app.session SET revoked_at = now() WHERE person_id = :id"), {"id": somebody.id})
    assert visitor.get("/").status_code == 200


@pytest.mark.parametrize("cookie", ["", "x", "é", "a" * 5000, "'; DROP TABLE app.session; --"])
def test_a_made_up_session_is_nobody(visitor: Visitor, cookie: str) -> None:
    assert visitor.client.get("/", headers={"Cookie": f"northline_bi={cookie}"}).status_code == 302


@pytest.mark.parametrize(("who", "site", "status"), [
    ("boss", "bi", 200), ("boss", "cmo", 200), ("admin", "cmo", 200), ("cmo", "cmo", 200), ("cmo", "bi", 403), ("manager", "bi", 200), ("manager", "cmo", 403),
    ("analyst", "cmo", 403), ("head", "cmo", 403), ("nobody", "bi", 200),
])
def test_each_role_opens_its_sites(company: Company, bi: Flask, cmo: Flask, who: str, site: str, status: int) -> None:
    visitor = Visitor(bi if site == "bi" else cmo, f"203.0.113.{len(who)}").as_person(company.people[who])
    answer = visitor.get("/")
    assert answer.status_code == status
    if status == 403:
        assert "not part of your role" in words(answer)
        assert f":{company.settings.cmo_port if site == 'bi' else company.settings.bi_port}/" in answer.text
        assert visitor.client.post("/_dash-update-component", json=CALLBACK).status_code == 403
        assert visitor.post("/sign-out", form_on="/").status_code == 303


def test_a_sign_in_at_one_site_is_none_at_the_other(company: Company, bi: Flask, cmo: Flask) -> None:
    visitor = Visitor(bi).as_person(company.people["boss"])
    other = Visitor(cmo)
    other.client.set_cookie("northline_cmo", visitor.client.get_cookie("northline_bi").value)
    assert other.get("/").status_code == 302
    assert visitor.client.get_cookie("northline_cmo") is None


def test_a_page_outside_a_role_says_so(company: Company, bi: Flask) -> None:
    visitor = Visitor(bi).as_person(company.people["head"])
    answer = visitor.get("/reconciliation")
    assert answer.status_code == 403
    assert "not part of your role" in words(answer)
    assert Visitor(bi).as_person(company.people["boss"]).get("/reconciliation").status_code == 200


def test_a_callback_knows_the_branches_of_who_asks(company: Company, bi: Flask) -> None:
    seen = {who: Visitor(bi, "203.0.113.77").as_person(company.people[who]).client.post("/_dash-update-component", json=CALLBACK).json["branches"]
            for who in ("boss", "manager", "outsider", "nobody")}
    assert seen == {"boss": None, "manager": [company.pittsburgh], "outsider": [company.columbus], "nobody": []}


def test_a_one_time_password_opens_nothing_but_the_form_for_a_new_one(visitor: Visitor, company: Company, somebody: Person) -> None:
    once = reset_password(company.engines, somebody)
    assert visitor.sign_in(somebody.email, once).headers["Location"] == "/account/password"
    assert visitor.get("/trends").headers["Location"] == "/account/password"
    assert visitor.client.post("/_dash-update-component", json=CALLBACK).status_code == 403
    answer = visitor.post("/account/password", {"current": once, "new": "a brand new phrase", "again": "a brand new phrase"})
    assert answer.headers["Location"] == "/"
    assert visitor.get("/trends").status_code == 200
    assert visitor.sign_in(somebody.email, once).status_code != 303 if visitor.client.delete_cookie("northline_bi") is None else None


@pytest.mark.parametrize(("fields", "said"), [
    ({"current": "wrong", "new": "a brand new phrase", "again": "a brand new phrase"}, "present password is not right"),
    ({"current": PASSWORD, "new": "a brand new phrase", "again": "another phrase"}, "differ"),
    ({"current": PASSWORD, "new": "short", "again": "short"}, "at least 12"),
    ({"current": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "the old one"),
    ({}, "present password is not right"),
])
def test_a_password_change_that_will_not_do_is_told_why(visitor: Visitor, somebody: Person, fields: dict[str, object], said: str) -> None:
    visitor.as_person(somebody)
    answer = visitor.post("/account/password", fields)
    assert answer.status_code == 422
    assert said in words(answer)


def test_changing_the_password_signs_out_the_other_devices(bi: Flask, somebody: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_CACHE_SECONDS", 0)
    here, there = Visitor(bi).as_person(somebody), Visitor(bi).as_person(somebody)
    assert "2 open sessions" in words(here.get("/account"))
    answer = here.post("/account/password", {"current": PASSWORD, "new": "a brand new phrase", "again": "a brand new phrase"})
    assert answer.status_code == 303
    assert "Other devices were signed out" in words(here.get("/account"))
    assert there.get("/").status_code == 302


def test_signing_out_elsewhere_keeps_this_session(bi: Flask, somebody: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_CACHE_SECONDS", 0)
    here, there = Visitor(bi).as_person(somebody), Visitor(bi).as_person(somebody)
    here.post("/account/other-sessions", form_on="/account")
    assert (here.get("/").status_code, there.get("/").status_code) == (200, 302)


def test_guessing_the_present_password_from_an_open_session_is_throttled(bi: Flask, company: Company, somebody: Person) -> None:
    visitor = Visitor(bi, "198.51.100.9").as_person(somebody)
    answers = [visitor.post("/account/password", {"current": "wrong", "new": "x", "again": "x"}) for _ in range(company.settings.sign_in_attempts + 1)]
    assert [answer.status_code for answer in answers] == [422] * company.settings.sign_in_attempts + [429]
