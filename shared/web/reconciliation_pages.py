"""What the page of reconciliation asks for and sends: small JSON routes, refusals in words, conflicts with the case as it stands."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, g, jsonify, make_response, request

from shared.people.accounts import list_people
from shared.people.reach import scope_of
from shared.people.reconciliation_rules import may_sign_periods, may_work_on_cases
from shared.reconciliation import caring, runs
from shared.reconciliation.caring import Actor, CareError, ConflictError, GoneError, NotYoursError, Wish
from shared.reconciliation.reading import case_of, file_of, recent_runs
from shared.reconciliation.signing import sign, signed_text_of
from shared.reconciliation.source import sources
from shared.web.replies import refusal, save_as
from shared.web.site import current_person, site

reconciliation_pages = Blueprint("reconciliation", __name__, url_prefix="/reconciliation")
Given = Mapping[str, Any]


def actor() -> Actor:
    """Return who asks, and what they may."""
    person = current_person()
    return Actor(person.id, person.name, g.scope, may_work_on_cases(person), may_sign_periods(person))


@reconciliation_pages.put("/cases/<int:case>/status")
def status(case: int) -> Response:
    """``{"version": 3, "status": "accepted", "reason": "timing", "note": "..."}``."""
    return _done(lambda given: _case(caring.move(site().engines, site().settings, actor(), case, _version(given), Wish(_text(given, "status"), _text(given, "reason"), _text(given, "note").strip()))))


@reconciliation_pages.post("/cases/<int:case>/refuse")
def refuse(case: int) -> Response:
    """``{"version": 3, "note": "..."}``: refuse a proposed write-off."""
    return _done(lambda given: _case(caring.refuse(site().engines, actor(), case, _version(given), _text(given, "note").strip())))


@reconciliation_pages.put("/cases/owner")
def owner() -> Response:
    """``{"owner": 7, "cases": [[12, 3], [13, 1]]}``: give cases (id, version) to somebody; null: to nobody."""
    def work(given: Given) -> dict[str, Any]:
        chosen, cases = given.get("owner"), given.get("cases")
        if not isinstance(cases, list) or not 0 < len(cases) <= 500 or not all(isinstance(each, list) and len(each) == 2 and all(type(one) is int for one in each) for each in cases):
            raise CareError('Send {"owner": 7, "cases": [[12, 3]]}, up to 500 of them.')
        people = {one.id: one for one in list_people(site().engines)}
        new = people.get(chosen) if type(chosen) is int else None
        if chosen is not None and (new is None or not may_work_on_cases(new)):
            raise CareError("Choose somebody who works on cases.")
        if new is not None and not _reaches(new, [each[0] for each in cases]):
            raise CareError(f"{new.name} does not see every branch of these cases.")
        done, problems = caring.assign(site().engines, actor(), [(each[0], each[1]) for each in cases], chosen, new.name if new else "")
        return {"cases": [_shown(each) for each in done], "problems": problems, "owner": new.name if new else ""}

    return _done(work)


def _reaches(person: Any, cases: list[int]) -> bool:
    scope = scope_of(person)
    if scope.is_company:
        return True
    with site().engines.primary_reader() as connection:
        return all(case_of(connection, scope.branches, date.min.replace(year=2000), case) is not None for case in cases)


@reconciliation_pages.post("/cases/<int:case>/comments")
def comment(case: int) -> Response:
    """``{"text": "..."}``."""
    return _done(lambda given: caring.comment(site().engines, actor(), case, _text(given, "text")))


@reconciliation_pages.post("/cases/<int:case>/pair")
def pair(case: int) -> Response:
    """``{"version": 3, "external_id": "PY-00000017"}``: a record of theirs belongs to this row of ours."""
    return _done(lambda given: _case(caring.pair(site().engines, actor(), case, _version(given), _text(given, "external_id"))))


@reconciliation_pages.post("/cases/<int:case>/files")
def attach(case: int) -> Response:
    """The file as the body, its name in ``?name=``."""
    return _answered(lambda: {"id": caring.attach(site().engines, actor(), case, request.args.get("name", "file"), request.mimetype or "application/octet-stream", request.get_data(cache=False))})


@reconciliation_pages.get("/cases/<int:case>/files/<int:file>")
def download(case: int, file: int) -> Response:
    """A file, always as a download: what a stranger sent is never shown as a page of this site."""
    with site().engines.primary_reader() as connection:
        seen = case_of(connection, g.scope.branches, date.min.replace(year=2000), case)
        found = file_of(connection, case, file) if seen else None
    if found is None:
        return refusal(404, "There is no such file among yours.")
    response = make_response(found[2])
    response.headers["Content-Type"] = "application/octet-stream"
    response.headers["X-Content-Type-Options"] = "nosniff"
    save_as(response, found[0])
    return response


@reconciliation_pages.post("/runs")
def ask_run() -> Response:
    """``{"kind": "rules"}`` or ``{"kind": "ledger", "source": "bank"}``: run it now."""
    def work(given: Given) -> dict[str, Any]:
        kind = _text(given, "kind")
        if kind not in {"rules", "ledger"}:
            raise CareError('Send {"kind": "rules"} or {"kind": "ledger", "source": "..."}.')
        _must_work()
        with site().engines.writer() as connection:
            if kind == "ledger" and _text(given, "source") not in {each.name for each in sources(connection)}:
                raise CareError("There is no such source.")
            return {"run": runs.ask(connection, kind, "full", _text(given, "source"), current_person().id)}  # type: ignore[arg-type]

    return _done(work)


@reconciliation_pages.get("/runs/now")
def run_now() -> Response:
    """What waits and what is under way, with its step."""
    with site().engines.primary_reader() as connection:
        found = [each for each in recent_runs(connection, 5) if each["outcome"] is None]
    return jsonify(runs=[{"id": each["id"], "kind": each["kind"], "source": each["source"], "step": each["step"], "done": each["steps_done"], "total": each["steps_total"], "waits": each["started_at"] is None} for each in found])


@reconciliation_pages.post("/sign-offs")
def sign_off() -> Response:
    """``{"from": "2026-10-01", "to": "2026-10-31", "branch": null, "hash": "...", "note": "..."}``: sign for what the page shows."""
    def work(given: Given) -> dict[str, Any]:
        branch = given.get("branch")
        if branch is not None and type(branch) is not int:
            raise CareError("Send the number of a branch, or null for the company.")
        try:
            first, last = date.fromisoformat(_text(given, "from")), date.fromisoformat(_text(given, "to"))
        except ValueError:
            raise CareError("Choose the days of the period.") from None
        signed = sign(site().engines, actor(), first, last, branch, _text(given, "hash"), _text(given, "note"))
        return {"id": signed.id, "hash": signed.hash}

    return _done(work)


@reconciliation_pages.get("/sign-offs/<int:number>/numbers.json")
def signed_numbers(number: int) -> Response:
    """The very text that was signed: its SHA-256 is the hash of the signature."""
    with site().engines.primary_reader() as connection:
        found = signed_text_of(connection, g.scope.branches, number)
    if found is None:
        return refusal(404, "There is no such signature among yours, or it was made before its text was kept.")
    answer = make_response(found.encode())
    answer.headers["Content-Type"] = "application/json"
    answer.headers["Content-Disposition"] = f'attachment; filename="sign-off-{number}.json"'
    return answer


def _must_work() -> None:
    if not may_work_on_cases(current_person()):
        raise NotYoursError("Runs are asked for by analysts, branch managers, leadership and administrators.")


def _case(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"case": _shown(row)}


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a browser needs to know of a case after it was changed."""
    return {"id": row["id"], "version": row["version"], "status": row["status"], "owner": row["owner_id"], "reason": row["reason"], "proposed": row["proposed_by"] is not None, "note": row["note"]}


def _version(given: Given) -> int:
    found = given.get("version")
    if type(found) is not int:
        raise CareError("Send the version of the case that you saw.")
    return found


def _text(given: Given, name: str) -> str:
    found = given.get(name, "")
    if not isinstance(found, str) or "\x00" in found:
        raise CareError(f"{name} must be text.")
    return found


def _done(work: Callable[[Given], dict[str, Any] | None]) -> Response:
    given = request.get_json(silent=True) if request.data else {}
    if not isinstance(given, dict):
        return refusal(400, "Send a JSON object.")
    return _answered(lambda: work(given))


def _answered(work: Callable[[], dict[str, Any] | None]) -> Response:
    try:
        told = work()
    except NotYoursError as error:
        return refusal(403, str(error))
    except GoneError as error:
        return refusal(404, str(error))
    except ConflictError as error:
        return refusal(409, str(error), case=_shown(error.current))
    except CareError as error:
        return refusal(422, str(error))
    return jsonify(ok=True, **(told or {}))
