"""The sign-in page and the sign-out of both sites."""

from flask import Blueprint, g, redirect, request
from werkzeug.wrappers import Response

from shared.people.attempts import TooManyAttemptsError
from shared.people.passwords import BusyError
from shared.people.person import Person
from shared.people.sign_in import WrongPasswordError, sign_in
from shared.web.gate import safe_next
from shared.web.live_pages import end_live_connections
from shared.web.replies import page
from shared.web.site import current_session, site
from shared.web.tokens_of_forms import check_form

_COOKIE_SECONDS = 30 * 86_400
"""The server ends a session earlier; a cookie that lived as short would end one that is in use."""
sign_in_pages = Blueprint("sign_in", __name__)


@sign_in_pages.get("/login")
def show_login() -> Response:
    """Show the form, or go on where somebody is signed in already."""
    token = request.cookies.get(site().session_cookie)
    target = safe_next(request.args.get("next"))
    session = site().sessions.find(token) if token else None
    if session is not None and session.person.may_enter(site().name):
        return redirect(target, 302)
    return show_form(target)


@sign_in_pages.post("/login")
def do_login() -> Response:
    """Check e-mail and password and open a session."""
    check_form()
    email, password = request.form.get("email", "")[:320], request.form.get("password", "")
    target = safe_next(request.form.get("next"))
    here = site()
    try:
        person = sign_in(here.engines, here.attempts, email=email, password=password, address=request.remote_addr or "")
    except WrongPasswordError as error:
        return show_form(target, 401, str(error), email)
    except TooManyAttemptsError as error:
        response = show_form(target, 429, str(error), email)
        response.headers["Retry-After"] = str(error.seconds)
        return response
    except BusyError as error:
        return show_form(target, 503, str(error), email)
    return open_session(person, target)


@sign_in_pages.post("/sign-out")
def sign_out() -> Response:
    """End this session and return to the sign-in."""
    check_form()
    here, session = site(), current_session()
    if session is not None:
        here.sessions.end(session)
        end_live_connections(session.person.id, rights_changed=False)
    response = redirect("/login", 303)
    response.delete_cookie(here.session_cookie, path="/", httponly=True, samesite="Lax", secure=here.settings.secure_cookies)
    return response


def open_session(person: Person, target: str) -> Response:
    """Open a session for ``person`` and send them to ``target`` (where that is the first page: to the one of their role); an older session of this browser ends (no fixation)."""
    here = site()
    if old := request.cookies.get(here.session_cookie):
        session = here.sessions.find(old)
        if session is not None:
            here.sessions.end(session)
    token = here.sessions.start(person, request.remote_addr or "", request.headers.get("User-Agent", ""))
    g.person = person
    first = person.first_page if target == "/" and here.name == "bi" else target
    response = redirect("/account/password" if person.must_change_password else first, 303)
    response.set_cookie(here.session_cookie, token, httponly=True, samesite="Lax", secure=here.settings.secure_cookies, path="/",
                        max_age=_COOKIE_SECONDS)
    return response


def show_form(target: str, status: int = 200, problem: str = "", email: str = "") -> Response:
    """Return the sign-in form, with what went wrong last time."""
    return page("login.html", status, next=target, problem=problem, email=email, oidc=bool(site().settings.oidc_issuer))
