"""Where pages save who looks after a KPI, notes and check-ins."""

from datetime import date

from flask import Blueprint, Response, jsonify, request

from shared.clock import today
from shared.metrics.errors import QuestionError
from shared.metrics.registry import metric
from shared.people.accounts import branch_names, list_people
from shared.people.target_rules import may_see_target, may_set_owner, may_write_note
from shared.warehouse.kpi_care import LONGEST, STATUSES, CheckStatus, set_owner, write_entry
from shared.web.replies import refusal
from shared.web.site import current_person, site

kpi_pages = Blueprint("kpi", __name__, url_prefix="/kpi")


@kpi_pages.put("/owner")
def put_owner() -> Response:
    """Name who looks after a KPI: ``{"kpi": "leads", "branch": 1, "person": 4}``; person null: nobody."""
    asked = request.get_json(silent=True)
    try:
        kpi, branch = _about(asked)
    except (ValueError, QuestionError) as error:
        return refusal(422, f"{error}.")
    if not may_set_owner(current_person(), branch):
        return refusal(403, "Leadership and administrators name owners, and branch managers in their own branches.")
    number = asked.get("person") if isinstance(asked, dict) else None
    if number is None:
        set_owner(site().engines, kpi, branch, None, current_person().name)
        return jsonify(owner=None)
    chosen = next((each for each in list_people(site().engines) if each.id == number and each.is_active and not isinstance(number, bool)), None)
    if chosen is None:
        return refusal(422, "Nobody active has this number. Load the page anew.")
    if not may_see_target(chosen, branch):
        return refusal(422, f"{chosen.name} cannot see this branch and so cannot look after it.")
    set_owner(site().engines, kpi, branch, chosen.id, current_person().name)
    return jsonify(owner=chosen.name)


@kpi_pages.post("/entries")
def add_entry() -> Response:
    """Note something, or with a status check in: ``{"kpi": "leads", "branch": null, "status": "at_risk", "text": "...", "day": "2026-11-20"}``."""
    asked = request.get_json(silent=True)
    try:
        kpi, branch = _about(asked)
        status, words, day = _entry(asked)
    except (ValueError, QuestionError) as error:
        return refusal(422, f"{error}.")
    person = current_person()
    if not may_write_note(person, branch):
        return refusal(403, "You note what concerns your own branches.")
    number = write_entry(site().engines, kpi, branch, day, status, words, (person.id, person.name))
    return jsonify(id=number, who=person.name, day=day.isoformat(), status=status, text=words)


def _about(asked: object) -> tuple[str, int | None]:
    if not isinstance(asked, dict):
        raise ValueError('Send {"kpi": ..., "branch": ...}')  # noqa: TRY004 (all that is wrong with a request is told alike)
    branch = asked.get("branch")
    if branch is not None and (isinstance(branch, bool) or not isinstance(branch, int) or branch not in branch_names(site().engines)):
        raise ValueError(f"There is no branch number {branch!r}")
    return metric(str(asked.get("kpi", ""))).name, branch


def _entry(asked: object) -> tuple[CheckStatus | None, str, date]:
    given = asked if isinstance(asked, dict) else {}
    status, words, day = given.get("status") or None, given.get("text", ""), given.get("day")
    if status is not None and status not in STATUSES:
        raise ValueError("A check-in is on track, at risk or off track")
    if not isinstance(words, str) or len(words) > LONGEST or "\0" in words:
        raise ValueError(f"A note has at most {LONGEST} characters")
    if not words.strip() and status != "on_track":
        raise ValueError("Say in a few words why, and what is being done" if status else "Write something")
    here = today(site().settings.company_time_zone)
    try:
        about = here if day is None else date.fromisoformat(str(day))
    except ValueError:
        raise ValueError(f"{day!r} is no day; write it as 2026-11-20") from None
    if about > here:
        raise ValueError("A check-in is about today or a day before")
    return status, words.strip(), about
