"""The administrator's pages for people.  The gate lets only administrators reach /admin; each change here names who made it."""

from collections.abc import Mapping
from typing import TypedDict

from flask import Blueprint, abort, flash, redirect, request
from werkzeug.wrappers import Response

from shared.people.account import Account, checked_account
from shared.people.accounts import branch_names, find_person, list_people
from shared.people.changes import create_person, reset_password, set_active, update_person
from shared.people.log import recent_log
from shared.people.passwords import new_one_time_password
from shared.people.person import Person
from shared.people.problems import AccountError, StaleEditError, UnknownPersonError
from shared.web.live_pages import end_live_connections
from shared.web.replies import page
from shared.web.site import current_person, site
from shared.web.tokens_of_forms import check_form

people_pages = Blueprint("people", __name__, url_prefix="/admin/people")


@people_pages.before_request
def only_administrators() -> None:
    """Refuse once more, whatever the gate's list of paths says."""
    if not current_person().rules.manages_people:
        abort(403, "Only administrators manage people.")


@people_pages.get("")
def show_people() -> Response:
    """List everybody, and the newest changes."""
    engines = site().engines
    return page("people.html", people=list_people(engines), branches=branch_names(engines), lines=recent_log(engines, limit=30))


@people_pages.get("/new")
def show_new() -> Response:
    """Show an empty form."""
    return _form(None, {"role": "branch_manager"})


@people_pages.post("/new")
def create() -> Response:
    """Create an account and show its one-time password once."""
    check_form()
    wanted, password = _typed(), new_one_time_password()
    try:
        person = create_person(site().engines, **wanted, password=password, must_change_password=True, actor=current_person())
    except AccountError as error:
        return _form(None, request.form, 422, str(error))
    return _form(person, None, one_time=password, done=f"{person.name} can sign in now.")


@people_pages.get("/<int:person_id>")
def show_person(person_id: int) -> Response:
    """Show one account."""
    return _form(_find(person_id), None)


@people_pages.post("/<int:person_id>")
def edit(person_id: int) -> Response:
    """Write the edited account unless somebody else changed it meanwhile."""
    check_form()
    person = _find(person_id)
    try:
        account: Account = checked_account(**_typed())
        update_person(site().engines, person_id, request.form.get("version", 0, type=int), account, current_person())
    except StaleEditError as error:
        return _form(_find(person_id), None, 409, str(error))
    except AccountError as error:
        return _form(person, request.form, 422, str(error))
    _reach_changed(person_id)
    flash(f"{account.name} was saved.")
    return redirect("/admin/people", 303)


@people_pages.post("/<int:person_id>/active")
def switch_active(person_id: int) -> Response:
    """Shut a person out, or let them in again."""
    check_form()
    active = request.form.get("active") == "yes"
    person = _find(person_id)
    try:
        set_active(site().engines, person_id, active=active, actor=current_person())
    except AccountError as error:
        return _form(person, None, 422, str(error))
    _reach_changed(person_id)
    flash(f"{person.name} can sign in again." if active else f"{person.name} was signed out everywhere and can no longer sign in.")
    return redirect("/admin/people", 303)


@people_pages.post("/<int:person_id>/password")
def give_new_password(person_id: int) -> Response:
    """Show a one-time password, once; the person's sessions end."""
    check_form()
    person = _find(person_id)
    if person.id == current_person().id:
        return _form(person, None, 422, "Change your own password on your account page.")
    password = reset_password(site().engines, person, current_person())
    _reach_changed(person_id)
    return _form(_find(person_id), None, one_time=password, done=f"{person.name} has a new password and was signed out everywhere.")


def _reach_changed(person_id: int) -> None:
    """Let a change be felt at once, in this process's memory of sessions and in live connections."""
    site().sessions.forget_person(person_id)
    end_live_connections(person_id, rights_changed=True)


def _find(person_id: int) -> Person:
    try:
        return find_person(site().engines, person_id)
    except UnknownPersonError as error:
        abort(404, str(error))


class Typed(TypedDict):
    """The fields of the form, as keywords of ``checked_account``."""

    email: str
    name: str
    role: str
    department: str | None
    branches: list[int] | None


def _typed() -> Typed:
    """Return what was typed into the form."""
    form = request.form
    every = form.get("all_branches") == "yes"
    chosen = [int(number) for number in form.getlist("branches") if number.isascii() and number.isdigit() and len(number) < 5]
    return {"email": form.get("email", ""), "name": form.get("name", ""), "role": form.get("role", ""), "department": form.get("department") or None,
            "branches": None if every else chosen}


def _form(person: Person | None, typed: Mapping[str, str] | None, status: int = 200, problem: str = "", one_time: str = "", done: str = "") -> Response:
    """Return the form: what was ``typed`` (a refused form, or the defaults of a new one), else what ``person`` has now."""
    engines = site().engines
    values: dict[str, object]
    if typed is None:
        values = {name: getattr(person, name) for name in ("email", "name", "role", "department", "all_branches", "branches")}
    else:
        values = {name: typed.get(name, "") for name in ("email", "name", "role", "department")}
        values |= {"all_branches": typed.get("all_branches") == "yes", "branches": set(_typed()["branches"] or ())}
    lines = recent_log(engines, person.id, 20) if person else []
    return page("person.html", status, subject=person, values=values, branches=branch_names(engines), problem=problem, one_time=one_time, done=done, lines=lines)
