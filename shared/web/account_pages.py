"""What people do with their own account: look at it, change the password, make API tokens."""

from datetime import timedelta

from flask import Blueprint, current_app, flash, g, redirect, request
from werkzeug.wrappers import Response

from shared.people.accounts import branch_names, credentials_of
from shared.people.changes import set_password
from shared.people.passwords import MINIMUM, WeakPasswordError, matches
from shared.people.problems import AccountError
from shared.web.live_pages import end_live_connections
from shared.web.replies import page
from shared.web.site import current_person, current_session, site
from shared.web.tokens_of_forms import check_form

account_pages = Blueprint("account", __name__, url_prefix="/account")
_LIFETIMES = {"30": timedelta(days=30), "90": timedelta(days=90), "365": timedelta(days=365)}


@account_pages.get("")
def show_account() -> Response:
    """Show who is signed in, what they see, and their API tokens."""
    return _account()


@account_pages.get("/password")
def show_password() -> Response:
    """Show the form for a new password."""
    return page("password.html", minimum=MINIMUM)


@account_pages.post("/password")
def change_password() -> Response:
    """Change the password and end every other session."""
    check_form()
    here, person, session = site(), current_person(), current_session()
    current, new, again = (request.form.get(name, "") for name in ("current", "new", "again"))
    here.attempts.begin(person.email, request.remote_addr or "")
    found = credentials_of(here.engines, person.email)
    if found is None or not matches(found[1], current):
        return page("password.html", 422, minimum=MINIMUM, problem="The present password is not right.")
    here.attempts.succeeded(person.email, request.remote_addr or "")
    if new != again:
        return page("password.html", 422, minimum=MINIMUM, problem="The two new passwords differ.")
    if new == current:
        return page("password.html", 422, minimum=MINIMUM, problem="The new password is the old one. Choose another.")
    try:
        set_password(here.engines, person, new, actor=person, keep_session=session.token_hash if session else None)
    except WeakPasswordError as error:
        return page("password.html", 422, minimum=MINIMUM, problem=str(error))
    here.sessions.forget_person(person.id)
    end_live_connections(person.id, rights_changed=False)
    flash("Your password was changed. Other devices were signed out.")
    return redirect("/" if person.must_change_password else "/account", 303)


@account_pages.post("/other-sessions")
def end_other_sessions() -> Response:
    """Sign out everywhere else."""
    check_form()
    session = current_session()
    if session is not None:
        site().sessions.end_others(session)
        end_live_connections(session.person.id, rights_changed=False)
    flash("Every other device was signed out.")
    return redirect("/account", 303)


@account_pages.post("/tokens")
def create_token() -> Response:
    """Make an API token and show it this once."""
    check_form()
    lifetime = _LIFETIMES.get(request.form.get("lifetime", "90"), _LIFETIMES["90"])
    try:
        token = site().tokens.create(current_person(), request.form.get("name", ""), lifetime)
    except AccountError as error:
        return _account(422, problem=str(error))
    return _account(new_token=token)


@account_pages.post("/tokens/<int:token_id>/revoke")
def revoke_token(token_id: int) -> Response:
    """End one of one's own tokens."""
    check_form()
    if site().tokens.revoke(current_person(), token_id):
        flash("The token no longer works.")
    return redirect("/account", 303)


def _account(status: int = 200, **values: object) -> Response:
    here, person = site(), current_person()
    names = branch_names(here.engines)
    seen = None if g.scope.branches is None else [names[number] for number in sorted(g.scope.branches) if number in names]
    return page("account.html", status, seen=seen, tokens=here.tokens.list(person) if "api" in current_app.blueprints else None,
                sessions=here.sessions.count(person.id), **values)
