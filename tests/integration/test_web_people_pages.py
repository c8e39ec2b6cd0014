"""The administrator's pages for people, used as an administrator does, and refused to everybody else."""

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from shared.people import sessions
from shared.people.accounts import find_by_email, find_person
from shared.people.person import Person
from tests.sites import PASSWORD, Company, Visitor, words

_numbers = iter(range(10_000))


@pytest.fixture
def admin(bi: Flask, company: Company) -> Visitor:
    """An administrator at the BI site."""
    return Visitor(bi).as_person(company.people["admin"])


def add(admin: Visitor, **fields: object) -> tuple[TestResponse, str]:
    """Send the form for a new person; return the answer and the address typed."""
    email = f"a{next(_numbers)}@admin.test"
    return admin.post("/admin/people/new", {"email": email, "name": "New Person", "role": "analyst", **fields}), email


def made(admin: Visitor, company: Company, **fields: object) -> Person:
    """Add a person and return them."""
    answer, email = add(admin, **fields)
    assert answer.status_code == 200, words(answer)
    person = find_by_email(company.engines, email)
    assert person is not None
    return person


def fields_of(person: Person, **changes: object) -> dict[str, object]:
    """Return the form as it stands for ``person``, with ``changes``."""
    return {"email": person.email, "name": person.name, "role": person.role, "version": person.version, "branches": sorted(person.branches), **changes}


@pytest.mark.parametrize("who", ["boss", "manager", "outsider", "nobody", "head", "analyst"])
@pytest.mark.parametrize("path", ["/admin/people", "/admin/people/new", "/admin/people/1", "/admin", "/admin/"])
def test_nobody_but_an_administrator_sees_people(bi: Flask, company: Company, who: str, path: str) -> None:
    visitor = Visitor(bi, "203.0.113.50").as_person(company.people[who])
    answer = visitor.get(path)
    assert answer.status_code in {403, 308}
    assert "admin@northline.test" not in answer.text
    token = visitor.token("/account")
    assert visitor.client.post(f"/admin/people/{company.people['boss'].id}/active", data={"form_token": token, "active": "no"}).status_code == 403
    assert find_person(company.engines, company.people["boss"].id).is_active


def test_a_new_person_gets_a_one_time_password_that_is_shown_once_and_works(admin: Visitor, bi: Flask) -> None:
    answer, email = add(admin)
    once = re.search(r'id="one-time">([a-z0-9-]+)<', answer.text)
    assert once
    person_page = re.search(r'action="(/admin/people/\d+)"', answer.text)
    assert person_page
    assert once.group(1) not in admin.get(person_page.group(1)).text
    assert Visitor(bi).sign_in(email, once.group(1)).headers["Location"] == "/account/password"


def test_branches_are_what_the_form_said(admin: Visitor, company: Company) -> None:
    both = [company.columbus, company.pittsburgh]
    assert made(admin, company, role="branch_manager", branches=both).branches == set(both)
    assert not made(admin, company, role="branch_manager", all_branches="yes").all_branches
    assert made(admin, company, role="analyst", all_branches="yes", branches=both).all_branches
    narrowed = made(admin, company, role="analyst", branches=[company.columbus])
    assert (narrowed.all_branches, narrowed.branches) == (False, {company.columbus})
    assert made(admin, company, role="department_head", department="service", all_branches="yes").department == "service"


@pytest.mark.parametrize(("fields", "said"), [
    ({"email": "no address"}, "not an e-mail"), ({"email": "admin@northline.test"}, "already has an account"), ({"name": ""}, "needs a name"),
    ({"role": "king"}, "no role"), ({"role": "department_head"}, "needs a department"), ({"role": "branch_manager", "branches": [99]}, "does not exist"),
    ({"name": "<script>alert(1)</script>", "role": "king"}, "no role"),
])
def test_a_form_that_will_not_do_comes_back_filled_in_with_the_reason(admin: Visitor, fields: dict[str, object], said: str) -> None:
    answer, _ = add(admin, **fields)
    assert answer.status_code == 422
    assert said in words(answer)
    assert "<script>alert" not in answer.text
    if fields.get("email") == "admin@northline.test":
        assert 'value="New Person"' in answer.text


def test_what_people_are_called_is_text_and_never_markup(admin: Visitor, company: Company) -> None:
    person = made(admin, company, name="<img src=x><i>Bold")
    for path in ("/admin/people", f"/admin/people/{person.id}"):
        assert "<img" not in admin.get(path).text


def test_an_edit_is_kept_logged_and_felt_at_once(admin: Visitor, company: Company) -> None:
    person = made(admin, company, role="branch_manager", branches=[company.columbus])
    answer = admin.post(f"/admin/people/{person.id}", fields_of(person, name="Other Name", branches=[company.pittsburgh]))
    assert answer.status_code == 303
    assert find_person(company.engines, person.id).branches == {company.pittsburgh}
    page = words(admin.get(f"/admin/people/{person.id}"))
    assert "branches: Columbus → Pittsburgh" in page
    assert "Person Admin · edited" in page
    assert "Other Name was saved." in words(admin.get("/admin/people")) + words(answer) + page


def test_the_second_of_two_administrators_is_told_that_the_first_was_quicker(admin: Visitor, company: Company) -> None:
    person = made(admin, company)
    assert admin.post(f"/admin/people/{person.id}", fields_of(person, name="First")).status_code == 303
    late = admin.post(f"/admin/people/{person.id}", fields_of(person, name="Second"))
    assert late.status_code == 409
    assert "changed by somebody else" in words(late)
    assert 'value="First"' in late.text


def test_a_deactivated_person_is_out_and_may_be_let_in_again(admin: Visitor, bi: Flask, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_CACHE_SECONDS", 0)
    person = company.people["nobody"]
    theirs = Visitor(bi, "203.0.113.60").as_person(person)
    admin.post(f"/admin/people/{person.id}/active", {"active": "no"}, form_on=f"/admin/people/{person.id}")
    assert theirs.get("/").status_code == 302
    assert theirs.sign_in(person.email).status_code == 401
    assert "Deactivated" in words(admin.get("/admin/people"))
    admin.post(f"/admin/people/{person.id}/active", {"active": "yes"}, form_on=f"/admin/people/{person.id}")
    assert theirs.sign_in(person.email, PASSWORD).status_code == 303


def test_a_new_password_is_shown_once_and_ends_the_sessions(admin: Visitor, bi: Flask, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_CACHE_SECONDS", 0)
    first, email = add(admin)
    person = find_by_email(company.engines, email)
    assert person is not None
    once = first.text.split('id="one-time">')[1].split("<")[0]
    theirs = Visitor(bi)
    theirs.sign_in(email, once)
    answer = admin.post(f"/admin/people/{person.id}/password", form_on=f"/admin/people/{person.id}")
    again = answer.text.split('id="one-time">')[1].split("<")[0]
    assert again != once
    assert theirs.get("/account/password").status_code == 302
    assert Visitor(bi).sign_in(email, once).status_code == 401
    assert Visitor(bi).sign_in(email, again).status_code == 303


def test_administrators_cannot_lock_themselves_out(admin: Visitor, company: Company) -> None:
    own = company.people["admin"]
    page = f"/admin/people/{own.id}"
    assert "Deactivate" not in words(admin.get(page))
    assert admin.post(f"{page}/active", {"active": "no"}, form_on=page).status_code == 422
    assert admin.post(f"{page}/password", form_on=page).status_code == 422
    demoted = admin.post(page, fields_of(find_person(company.engines, own.id), role="analyst"))
    assert (demoted.status_code, "last administrator" in words(demoted)) == (422, True)


@pytest.mark.parametrize("number", ["0", "999999", "99999999999999999999"])
def test_a_person_who_does_not_exist_is_a_404(admin: Visitor, number: str) -> None:
    assert admin.get(f"/admin/people/{number}").status_code == 404


@pytest.mark.parametrize("path", ["/admin/people/new", "/admin/people/1", "/admin/people/1/active", "/admin/people/1/password", "/account/password", "/account/tokens",
                                  "/account/other-sessions", "/sign-out"])
def test_every_form_is_refused_without_its_token(admin: Visitor, path: str) -> None:
    answer = admin.client.post(path, data={"active": "no", "name": "x", "email": "x@y.z", "role": "admin"})
    assert answer.status_code == 400
    assert admin.get("/admin/people").status_code == 200
