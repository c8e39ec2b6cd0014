"""What the page of deliveries asks for and sends, its archive, and the link by which a reader ends a schedule for themselves."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request

from shared.delivery.audience import covers, may_manage, scope_from
from shared.delivery.caring import Caretaker
from shared.delivery.problems import GoneError, NotYoursError, ScheduleError
from shared.delivery.sources import Sources, find
from shared.delivery.stopping import PATH, read_stop
from shared.warehouse.delivery_reads import file_of_copy, find_copy, stopped_by
from shared.warehouse.delivery_store import find_schedule, stop
from shared.web.replies import answered, page, refusal, save_as
from shared.web.site import current_person, site

EXTENSION: Final = "northline-delivery"
delivery_pages = Blueprint("delivery", __name__, url_prefix="/deliveries")
stop_pages = Blueprint("delivery_stop", __name__)
_REFUSALS: Final[dict[type[Exception], int]] = {NotYoursError: 403, GoneError: 404, ScheduleError: 422}
_NO_FILE = "There is no such file any more: it expired, or it shows more than you may see."


def install_delivery(server: Flask, sources: Sources) -> None:
    """Let people of this site schedule what ``sources`` hold, and readers end what they get; after ``install``."""
    server.extensions[EXTENSION] = sources
    server.register_blueprint(delivery_pages)
    server.register_blueprint(stop_pages)


def caretaker() -> Caretaker:
    """Return what changes the schedules of this site."""
    return Caretaker(site().engines, site().settings, current_app.extensions[EXTENSION])


@delivery_pages.post("/preview")
def preview() -> Response:
    """``{"timing": "every weekday at 7:30", "zone": "America/New_York", "closed": "send"}``: the rhythm in words and its next five times."""
    def work(given: dict[str, Any]) -> dict[str, Any]:
        timing, due = caretaker().preview(given)
        return {"words": timing.words, "next": [{"at": each.at.isoformat(), "shown": f"{each.at.astimezone(timing.zone):%a %-d %b %Y, %H:%M}", "note": each.note} for each in due]}

    return _done(work)


@delivery_pages.get("/subject")
def subject() -> Response:
    """What ``?subject=page:/...`` names, as this person may send it: ``{"subject": ..., "label": ..., "about": ...}``."""
    found = find(caretaker().sources, request.args.get("subject", ""), current_person())
    return refusal(404, "This cannot be sent on a schedule, or is not yours to see.") if found is None else jsonify(subject=found.subject, label=found.label, about=found.about)


@delivery_pages.post("")
def create() -> Response:
    """``{"name": ..., "definition": {...}, "recipients": [...]}``: a new schedule."""
    return _done(lambda given: {"id": caretaker().create(current_person(), given)})


@delivery_pages.put("/<int:number>")
def edit(number: int) -> Response:
    """The same with ``version``: what the person saw."""
    return _done(lambda given: caretaker().edit(current_person(), number, given.get("version"), given))


@delivery_pages.delete("/<int:number>")
def remove(number: int) -> Response:
    """Remove a schedule; its log stays."""
    return _done(lambda _: caretaker().remove(current_person(), number))


@delivery_pages.put("/<int:number>/paused")
def pause(number: int) -> Response:
    """``{"paused": true}``."""
    def work(given: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(given.get("paused"), bool):
            raise ScheduleError("paused", 'Send {"paused": true} or false.')
        next_at = caretaker().pause(current_person(), number, is_paused=given["paused"])
        return {"next": next_at.isoformat() if next_at else None}

    return _done(work)


@delivery_pages.post("/<int:number>/run")
def run(number: int) -> Response:
    """``{"test": true}``: send it now, to everybody or as a test to oneself alone; it goes out within seconds."""
    def work(given: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(given.get("test"), bool):
            raise ScheduleError("test", 'Send {"test": true} or false.')
        return {"due": caretaker().run_now(current_person(), number, is_test=given["test"]).isoformat()}

    return _done(work)


@delivery_pages.get("/archive/<int:number>")
def archived(number: int) -> Response:
    """Show what a scope was sent, as it was sent."""
    found = _copy(number)
    if found is None:
        return refusal(404, _NO_FILE)
    return page("delivered.html", copy=found)


@delivery_pages.get("/archive/<int:number>/<int:file>")
def archived_file(number: int, file: int) -> Response:
    """Send a file of the archive."""
    found = file_of_copy(site().engines, number, file) if _copy(number) is not None and file < 2**31 else None
    if found is None:
        return refusal(404, _NO_FILE)
    answer = Response(found["content"], mimetype=found["media_type"])
    save_as(answer, found["name"])
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return answer


def _copy(number: int) -> dict[str, Any] | None:
    """A document of the archive that this person may see: of a schedule that they manage, with nothing beyond their own branches."""
    found = find_copy(site().engines, number)
    return found if found is not None and may_manage(current_person(), found["owner_id"]) and covers(g.scope, scope_from(found["scope"])) else None


@stop_pages.get(f"{PATH}<token>")
def ask_to_stop(token: str) -> Response:
    """Ask whether to end it, or say that it has ended: a link that programs follow to look for viruses must change nothing."""
    found = read_stop(site().settings, token)
    has_ended = found is not None and found[1] in stopped_by(site().engines, [found[0]]).get(found[0], ())
    return _stop_page(token, "ended" if has_ended else "ask")


@stop_pages.post(f"{PATH}<token>")
def end_it(token: str) -> Response:
    """End a schedule for the reader of the link (RFC 8058: one POST, without cookies or a sign-in), or begin it again."""
    found = read_stop(site().settings, token)
    if found is None:
        return _stop_page(token, "ask")
    again = request.form.get("again") == "yes"
    stop(site().engines, found[0], found[1], is_stopped=not again)
    return _stop_page(token, "again" if again else "ended")


def _stop_page(token: str, state: str) -> Response:
    found = read_stop(site().settings, token)
    if found is None:
        return page("stop.html", 404, state="unknown", name="", token="")
    schedule = find_schedule(site().engines, found[0])
    return page("stop.html", state=state, name=schedule.name if schedule else "", token=token)


def _done(work: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Response:
    return answered(work, _REFUSALS)
