"""Where the library and the editor of reports save: small JSON routes.  Everything that is sent is read with suspicion, and nobody's work is overwritten unasked."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from flask import Blueprint, Response, jsonify, request

from shared.people.roles import ROLES
from shared.reports.differences import changes, in_words
from shared.reports.report import LONGEST_TITLE, Report, ReportError
from shared.reports.report_document import title_of
from shared.reports.report_text import plain, read_report, report_of, written
from shared.reports.templates import template
from shared.warehouse.report_history import draft, drop_draft, keep_draft, version, versions
from shared.warehouse.report_store import (
    Entry,
    ReportConflictError,
    Share,
    TooManyReportsError,
    UnknownReportError,
    Version,
    Viewer,
    create_report,
    favour,
    find_report,
    move,
    newest,
    people_to_share_with,
    put_in_bin,
    save_report,
    share,
    shares,
)
from shared.web.replies import refusal
from shared.web.report_bodies import body, flag_of, number_of, words_of
from shared.web.site import current_person, site

report_pages = Blueprint("library", __name__, url_prefix="/library")
_LONGEST_FOLDER, _LONGEST_NOTE, _MOST_SHARES = 80, 500, 200
_GONE = "This report is not there any more, or is not shared with you."
_MAY_NOT_EDIT = "This report is shared with you to read. Duplicate it to make it your own."
_MAY_NOT_OWN = "Only the owner of a report or an administrator can do this."
P = ParamSpec("P")


def viewer() -> Viewer:
    """Return who is asking, as the store knows people."""
    person = current_person()
    return Viewer(person.id, person.name, person.role, person.rules.manages_people)


def answered(route: Callable[P, Response]) -> Callable[P, Response]:
    """Turn what can be wrong with a request into a sentence and a status."""

    @wraps(route)
    def inner(*args: P.args, **kwargs: P.kwargs) -> Response:
        try:
            return route(*args, **kwargs)
        except ReportError as error:
            return refusal(422, str(error), part=error.part)
        except UnknownReportError:
            return refusal(404, _GONE)
        except TooManyReportsError as error:
            return refusal(429, f"{str(error).capitalize()}.")

    return inner


def of_report(needs: str) -> Callable[[Callable[Concatenate[Entry, Mapping[str, Any], P], Response]], Callable[..., Response]]:
    """Find the report of a route for who is asking, with at least this access (``view``, ``edit``, ``own``), and read the body."""

    def decorate(route: Callable[Concatenate[Entry, Mapping[str, Any], P], Response]) -> Callable[..., Response]:
        @wraps(route)
        @answered
        def inner(number: int, *args: P.args, **kwargs: P.kwargs) -> Response:
            with site().engines.primary_reader() as connection:
                entry = find_report(connection, number, viewer(), bin_too=True)
            if needs == "edit" and not entry.may_edit:
                return refusal(403, _MAY_NOT_EDIT)
            if needs == "own" and entry.access != "own":
                return refusal(403, _MAY_NOT_OWN)
            return route(entry, body() if request.method != "GET" else {}, *args, **kwargs)

        return inner

    return decorate


@report_pages.post("/reports")
@answered
def add() -> Response:
    """Make a report: ``{"template": "executive"}``, ``{"copy_of": 17}`` or ``{"definition": {...}}``, each with ``folder`` if wanted; 201 with its number."""
    sent = body()
    report, note = _beginning(sent)
    folder = words_of(sent, "folder", _LONGEST_FOLDER)
    answer = jsonify(id=create_report(site().engines, viewer(), written(report), report.title, report.description, folder, note))
    answer.status_code = 201
    return answer


def _beginning(sent: Mapping[str, Any]) -> tuple[Report, str]:
    if "copy_of" in sent:
        with site().engines.primary_reader() as connection:
            entry = find_report(connection, number_of(sent, "copy_of"), viewer())
            report = read_report(newest(connection, entry.id).definition)
        return _renamed(report, f"{report.title[: LONGEST_TITLE - 7]} (copy)"), f"Copy of “{entry.title}”, version {entry.version}"
    if "definition" in sent:
        return report_of(sent["definition"]), words_of(sent, "note", _LONGEST_NOTE)
    found = template(words_of(sent, "template", 40) or "blank")
    if found is None:
        raise ReportError("template", "There is no such template.")
    return found.report, "" if found.key == "blank" else f"From the template “{found.report.title}”"


def _renamed(report: Report, title: str) -> Report:
    return Report(title, report.description, report.limits, report.blocks)


@report_pages.get("/reports/<int:number>")
@of_report("view")
def show(entry: Entry, _sent: Mapping[str, Any]) -> Response:
    """Return the newest version, and the asker's draft where there is one."""
    with site().engines.primary_reader() as connection:
        found, open_draft = newest(connection, entry.id), draft(connection, entry.id, viewer())
    kept = None if open_draft is None else {"base": open_draft.base, "at": open_draft.at.isoformat(), "definition": plain(read_report(open_draft.definition))}
    return jsonify(**told(found), draft=kept, access=entry.access)


@report_pages.put("/reports/<int:number>")
@of_report("edit")
def save(entry: Entry, sent: Mapping[str, Any]) -> Response:
    """Save ``{"base": 3, "definition": {...}, "note": ""}``; 409 with what somebody else saved since version 3.  ``base`` null overwrites it, which stays as a version."""
    report = report_of(sent.get("definition"))
    base = None if sent.get("base") is None and "base" in sent else number_of(sent, "base")
    try:
        number = save_report(site().engines, entry.id, viewer(), base, written(report), report.title, report.description, words_of(sent, "note", _LONGEST_NOTE))
    except ReportConflictError as error:
        return _conflict(entry, base, report, error.theirs)
    return jsonify(version=number)


def _conflict(entry: Entry, base: int | None, mine: Report, theirs: Version) -> Response:
    """Say who saved what meanwhile, and what both changed."""
    with site().engines.primary_reader() as connection:
        begun = version(connection, entry.id, base or 0)
    there = read_report(theirs.definition)
    before = read_report(begun.definition) if begun else there
    mine_and_theirs = {"their_picture": picture(before, there), "my_picture": picture(before, mine)}
    return refusal(409, f"{theirs.who} saved version {theirs.version} while you were editing. Nothing of yours is lost: choose what becomes of both.",
                   theirs=told(theirs), their_changes=in_words(before, there), my_changes=in_words(before, mine), **mine_and_theirs)


@report_pages.put("/reports/<int:number>/draft")
@of_report("edit")
def put_draft(entry: Entry, sent: Mapping[str, Any]) -> Response:
    """Keep what is not saved yet: ``{"base": 3, "definition": {...}}``."""
    report = report_of(sent.get("definition"))
    with site().engines.writer() as connection:
        moment = keep_draft(connection, entry.id, viewer(), number_of(sent, "base"), written(report))
    return jsonify(at=moment.isoformat())


@report_pages.delete("/reports/<int:number>/draft")
@of_report("view")
def delete_draft(entry: Entry, _sent: Mapping[str, Any]) -> Response:
    """Forget what is not saved."""
    with site().engines.writer() as connection:
        drop_draft(connection, entry.id, viewer())
    return jsonify(dropped=entry.id)


@report_pages.put("/reports/<int:number>/favourite")
@of_report("view")
def put_favourite(entry: Entry, sent: Mapping[str, Any]) -> Response:
    """Make it a favourite of the asker or not: ``{"on": true}``."""
    with site().engines.writer() as connection:
        favour(connection, entry.id, viewer(), on=flag_of(sent, "on"))
    return jsonify(on=flag_of(sent, "on"))


@report_pages.put("/reports/<int:number>/folder")
@of_report("own")
def put_folder(entry: Entry, sent: Mapping[str, Any]) -> Response:
    """Move it: ``{"folder": "Sales"}``; empty: into none."""
    folder = " ".join(words_of(sent, "folder", _LONGEST_FOLDER).split())
    with site().engines.writer() as connection:
        move(connection, entry.id, folder)
    return jsonify(folder=folder)


@report_pages.put("/reports/<int:number>/bin")
@of_report("own")
def put_bin(entry: Entry, sent: Mapping[str, Any]) -> Response:
    """Delete it, or take it back: ``{"into": true}``; nothing of it is lost."""
    with site().engines.writer() as connection:
        put_in_bin(connection, entry.id, into=flag_of(sent, "into"))
    site().engines.wait_for_replicas(2.0)
    return jsonify(into=flag_of(sent, "into"))


@report_pages.get("/reports/<int:number>/shares")
@of_report("own")
def show_shares(entry: Entry, _sent: Mapping[str, Any]) -> Response:
    """Return who may see it, and who could."""
    with site().engines.primary_reader() as connection:
        found, people = shares(connection, entry.id), people_to_share_with(connection, viewer())
    roles = [{"role": role.key, "label": role.label} for role in ROLES.values() if "bi" in role.sites]
    return jsonify(shares=[{"person": each.person, "role": each.role, "label": each.name or ROLES[each.role or ""].label, "may_edit": each.may_edit} for each in found if each.person or each.role in ROLES],
                   people=[{"person": number, "label": name} for number, name in people], roles=roles)


@report_pages.put("/reports/<int:number>/shares")
@of_report("own")
def put_shares(entry: Entry, sent: Mapping[str, Any]) -> Response:
    """Share it with exactly these: ``{"shares": [{"person": 3, "may_edit": true}, {"role": "analyst", "may_edit": false}]}``.  Each reader sees it with their own branches."""
    given = sent.get("shares")
    if not isinstance(given, list) or len(given) > _MOST_SHARES or not all(isinstance(each, dict) for each in given):
        raise ReportError("shares", f"Share with {_MOST_SHARES} people and roles at most.")
    with site().engines.writer() as connection:
        known = {number for number, _ in people_to_share_with(connection, viewer())}
        wanted = {(each.person, each.role): each for each in (_share(one, known) for one in given)}
        share(connection, entry.id, list(wanted.values()))
    return jsonify(shared=len(wanted))


def _share(given: Mapping[str, Any], known: set[int]) -> Share:
    person, role = given.get("person"), given.get("role")
    if (person is None) == (role is None):
        raise ReportError("shares", "Each line names a person or a role.")
    if role is not None and (not isinstance(role, str) or role not in ROLES or "bi" not in ROLES[role].sites):
        raise ReportError("shares", "There is no such role on this site.")
    if person is not None and (isinstance(person, bool) or not isinstance(person, int) or person not in known):
        raise ReportError("shares", "There is no such person on this site.")
    return Share(person, None, role, flag_of(given, "may_edit"))


@report_pages.get("/reports/<int:number>/versions")
@of_report("view")
def show_versions(entry: Entry, _sent: Mapping[str, Any]) -> Response:
    """Return the newest versions with what each changed, newest first."""
    with site().engines.primary_reader() as connection:
        found = versions(connection, entry.id)
    reports = [_readable(each) for each in found]
    return jsonify(versions=[{**_about(each), "changes": _changes(each, own, earlier), "picture": [] if own is None else picture(earlier or own, own)} for each, own, earlier in zip(found, reports, [*reports[1:], None], strict=True)])


def picture(before: Report, after: Report) -> list[dict[str, Any]]:
    """Return every block of either report with its place and what became of it: a small drawing of the difference."""
    return [{"x": each.block.place.x, "y": each.block.place.y, "w": each.block.place.w, "h": each.block.place.h, "label": title_of(each.block) or each.block.chart.label, "state": each.state} for each in changes(before, after)]


def _readable(found: Version) -> Report | None:
    """Return a version's report; None where it names what does not exist any more."""
    try:
        return read_report(found.definition)
    except ReportError:
        return None


def _changes(found: Version, own: Report | None, earlier: Report | None) -> list[str]:
    if found.version == 1:
        return ["The first version."]
    return in_words(earlier, own) if own is not None and earlier is not None else []


@report_pages.post("/reports/<int:number>/restore")
@of_report("edit")
def restore(entry: Entry, sent: Mapping[str, Any]) -> Response:
    """Make an older version the newest: ``{"version": 2}``; that is a version of its own, and none is lost."""
    with site().engines.primary_reader() as connection:
        found = version(connection, entry.id, number_of(sent, "version"))
    if found is None:
        return refusal(404, "There is no such version.")
    report = read_report(found.definition)
    return jsonify(version=save_report(site().engines, entry.id, viewer(), None, written(report), report.title, report.description, f"Restores version {found.version}"))


def told(found: Version) -> dict[str, Any]:
    """Return a version with its definition, as the editor takes it."""
    return {**_about(found), "definition": plain(read_report(found.definition))}


def _about(found: Version) -> dict[str, Any]:
    return {"version": found.version, "who": found.who, "at": found.at.isoformat(), "note": found.note}
