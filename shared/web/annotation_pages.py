"""Where people write down what happened, and say whether an anomaly was expected: small JSON routes behind the trends page."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from shared.metrics.errors import QuestionError
from shared.metrics.registry import metric
from shared.metrics.scope import Scope
from shared.people.person import Person
from shared.warehouse.annotations import KINDS, LONGEST_DAYS, LONGEST_TEXT, VERDICTS, add_annotation, annotation, remove_annotation, say
from shared.warehouse.branches import load_branches
from shared.web.replies import refusal
from shared.web.site import current_person, site

annotation_pages = Blueprint("annotations", __name__, url_prefix="/annotations")
WRITERS = frozenset({"analyst", "leadership", "admin"})
"""Roles that write annotations; everybody else reads them."""
_WHO_WRITES = "Annotations are written by leadership, analysts and administrators; ask one of them to add it."
_BODY = 'Send {"first": "2026-11-01", "last": "2026-11-02", "branch": 1 or null, "kind": "storm", "text": "..."}.'
_FEEDBACK_BODY = 'Send {"metric": "net_sales_amount", "branches": [1] or [], "day": "2026-11-01", "verdict": "expected", "note": ""}.'


class WrongEntryError(ValueError):
    """What was sent cannot be kept; the message says what to change."""


@annotation_pages.post("")
def add() -> Response:
    """Write an annotation; 201 with its number."""
    person, sent = current_person(), request.get_json(silent=True)
    if person.role not in WRITERS:
        return refusal(403, _WHO_WRITES)
    if not isinstance(sent, dict):
        return refusal(400, _BODY)
    try:
        entry = _entry(sent)
    except WrongEntryError as error:
        return refusal(422, str(error))
    if (problem := _out_of_reach([] if entry["branch"] is None else [entry["branch"]])) is not None:
        return problem
    with site().engines.writer() as connection:
        number = add_annotation(connection, **entry, who=person.id)
    response = jsonify(id=number)
    response.status_code = 201
    return response


@annotation_pages.delete("/<int:number>")
def remove(number: int) -> Response:
    """Remove an annotation: one's own, or, for leadership and administrators, anybody's."""
    person = current_person()
    if person.role not in WRITERS:
        return refusal(403, _WHO_WRITES)
    with site().engines.writer() as connection:
        found = annotation(connection, number) if number < 2**62 else None
        if found is None or (found.branch is not None and not _scope().allows(found.branch)):
            return refusal(404, "This annotation is not there any more.")
        if not may_remove(person, found.who_id):
            return refusal(403, f"{found.who or 'Somebody else'} wrote this; they, leadership or an administrator can remove it.")
        remove_annotation(connection, number)
    return jsonify(removed=number)


@annotation_pages.put("/feedback")
def feedback() -> Response:
    """Remember whether a day's anomaly was expected; ``verdict`` null takes it back."""
    person, sent = current_person(), request.get_json(silent=True)
    if not isinstance(sent, dict):
        return refusal(400, _FEEDBACK_BODY)
    try:
        entry = _said(sent)
    except (WrongEntryError, QuestionError) as error:
        return refusal(422, str(error))
    if (problem := _out_of_reach([each for each in entry["branches"] if each is not None])) is not None:
        return problem
    with site().engines.writer() as connection:
        say(connection, **entry, who=person.id)
    return jsonify(day=entry["day"].isoformat(), verdict=entry["verdict"], who=person.name)


def may_remove(person: Person, who: int | None) -> bool:
    """Say whether ``person`` may remove what the account ``who`` wrote."""
    return person.role in WRITERS and (person.id == who or person.role in {"leadership", "admin"})


def _scope() -> Scope:
    scope: Scope = g.scope
    return scope


def _out_of_reach(branches: list[int]) -> Response | None:
    """The refusal of an entry about ``branches`` (none: the whole company); None where the asker may make it."""
    scope = _scope()
    if not branches:
        return None if scope.is_company else refusal(403, "This would be about every branch, and you see only some; choose one of yours.")
    if not all(scope.allows(branch) for branch in branches):
        return refusal(403, "This branch is not one of yours.")
    with site().engines.reader() as connection:
        known = {each.id for each in load_branches(connection)}
    unknown = [str(branch) for branch in branches if branch not in known]
    return refusal(422, f"There is no branch {', '.join(unknown)}.") if unknown else None


def _entry(sent: Mapping[str, Any]) -> dict[str, Any]:
    first, last = _day(sent.get("first"), "first"), _day(sent.get("last") or sent.get("first"), "last")
    if last < first:
        raise WrongEntryError("The first day is after the last.")
    if (last - first).days > LONGEST_DAYS:
        raise WrongEntryError(f"An annotation spans at most {LONGEST_DAYS} days.")
    if sent.get("kind") not in KINDS:
        raise WrongEntryError(f"Choose what kind of event it was: {', '.join(KINDS)}.")
    words = _text(sent.get("text"))
    if not words:
        raise WrongEntryError("Say in a few words what happened.")
    return {"first": first, "last": last, "branch": _branch(sent.get("branch")), "kind": sent["kind"], "words": words}


def _said(sent: Mapping[str, Any]) -> dict[str, Any]:
    name, verdict, listed = sent.get("metric"), sent.get("verdict"), sent.get("branches") or []
    if not isinstance(name, str):
        raise WrongEntryError(_FEEDBACK_BODY)
    metric(name)  # raises UnknownMetricError
    if verdict is not None and verdict not in VERDICTS:
        raise WrongEntryError(f"Say {' or '.join(VERDICTS)}, or null to take it back.")
    if not isinstance(listed, list) or len(listed) > 1000:
        raise WrongEntryError(_FEEDBACK_BODY)
    branches = {_branch(each) for each in listed} or {None}
    return {"metric": name, "branches": branches, "day": _day(sent.get("day"), "day"), "verdict": verdict, "note": _text(sent.get("note"))}


def _day(value: object, name: str) -> date:
    try:
        found = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or not 1990 <= found.year <= 2100:
        raise WrongEntryError(f"{name} must be a day between 1990 and 2100, such as 2026-11-22.")
    return found


def _branch(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 32_768:
        raise WrongEntryError("A branch is given by its number, or null for all.")
    return value


def _text(value: object) -> str:
    words = " ".join(value.replace("\0", " ").split()) if isinstance(value, str) else ""
    if len(words) > LONGEST_TEXT:
        raise WrongEntryError(f"Keep it to {LONGEST_TEXT} characters; these are {len(words)}.")
    return words
