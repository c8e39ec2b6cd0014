"""What the bell and the page of warnings ask for and send: small JSON routes, refusals in words."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, g, jsonify

from shared.alerts import caring
from shared.alerts.caring import CareError, GoneError, NotYoursError
from shared.alerts.rule import RuleError
from shared.warehouse.alert_outbox import read_all, unread
from shared.warehouse.alert_store import load_cards
from shared.web.replies import answered
from shared.web.site import current_person, site

alert_pages = Blueprint("alerts", __name__, url_prefix="/alerts")
_OPEN = {"firing", "acknowledged"}
_REFUSALS: Final[dict[type[Exception], int]] = {NotYoursError: 403, GoneError: 404, RuleError: 422, CareError: 422}


@alert_pages.get("/count")
def count() -> Response:
    """How many warnings are open, need somebody, and were not read, among what this person may see."""
    branches = g.scope.branches
    cards = load_cards(site().engines, branches)
    return jsonify(open=sum(card["is_open"] for card in cards), firing=sum(card["is_open"] and not card["is_acknowledged"] for card in cards),
                   broken=sum(card["state"] in {"nodata", "error"} for card in cards), unread=unread(site().engines, current_person().id, branches))


@alert_pages.post("/read")
def read() -> Response:
    """Everything in this person's inbox was seen."""
    read_all(site().engines, current_person().id)
    return jsonify(unread=0)


@alert_pages.post("/warnings/<int:rule>/<instance>/acknowledge")
def acknowledge(rule: int, instance: str) -> Response:
    """Take note of a warning."""
    person = current_person()
    return _done(lambda _: caring.acknowledge(site().engines, person, rule, instance), {"owner": person.name})


@alert_pages.put("/warnings/<int:rule>/<instance>/owner")
def owner(rule: int, instance: str) -> Response:
    """``{"owner": 7}``: who looks after it; null: nobody."""
    def work(given: dict[str, Any]) -> None:
        chosen = given.get("owner")
        if chosen is not None and (not isinstance(chosen, int) or isinstance(chosen, bool)):
            raise CareError('Send {"owner": 7}, or null.')
        caring.assign(site().engines, current_person(), rule, instance, chosen)

    return _done(work)


@alert_pages.put("/warnings/<int:rule>/<instance>/outcome")
def outcome(rule: int, instance: str) -> Response:
    """``{"outcome": "fixed", "note": "..."}``: what came of it."""
    def work(given: dict[str, Any]) -> None:
        chosen, note = given.get("outcome", ""), given.get("note", "")
        if not isinstance(chosen, str) or not isinstance(note, str):
            raise CareError('Send {"outcome": "fixed", "note": "..."}.')
        caring.conclude(site().engines, current_person(), rule, instance, chosen, note.strip())

    return _done(work)


@alert_pages.post("/rules")
def create() -> Response:
    """``{"name": ..., "definition": {...}}``: a new rule."""
    return _done(lambda given: {"id": caring.create_rule(site().engines, current_person(), given.get("name"), _definition(given))})


@alert_pages.put("/rules/<int:rule>")
def edit(rule: int) -> Response:
    """The same with ``version``: what the person saw."""
    def work(given: dict[str, Any]) -> None:
        version = given.get("version")
        if not isinstance(version, int) or not 0 < version < 2**31:
            raise CareError("Send the version of the rule that you saw.")
        caring.edit_rule(site().engines, current_person(), rule, version, given.get("name"), _definition(given))

    return _done(work)


@alert_pages.delete("/rules/<int:rule>")
def remove(rule: int) -> Response:
    """Remove a rule; its history stays."""
    return _done(lambda _: caring.remove_rule(site().engines, current_person(), rule))


@alert_pages.put("/rules/<int:rule>/enabled")
def enabled(rule: int) -> Response:
    """``{"enabled": false}``."""
    def work(given: dict[str, Any]) -> None:
        if not isinstance(given.get("enabled"), bool):
            raise CareError('Send {"enabled": true} or false.')
        caring.switch_rule(site().engines, current_person(), rule, enabled=given["enabled"])

    return _done(work)


@alert_pages.put("/rules/<int:rule>/silence")
def silence(rule: int) -> Response:
    """``{"minutes": 1440}``: tell nobody for so long; 0: no longer silent."""
    def work(given: dict[str, Any]) -> dict[str, Any]:
        minutes = given.get("minutes")
        if not isinstance(minutes, int) or isinstance(minutes, bool):
            raise CareError('Send {"minutes": 1440}.')
        until = caring.silence_rule(site().engines, current_person(), rule, minutes)
        return {"until": until.isoformat() if until else None}

    return _done(work)


def _definition(given: dict[str, Any]) -> dict[str, Any]:
    found = given.get("definition")
    if not isinstance(found, dict):
        raise CareError('Send {"name": "...", "definition": {...}}.')
    return found


def _done(work: Callable[[dict[str, Any]], dict[str, Any] | None], answer: dict[str, Any] | None = None) -> Response:
    return answered(work, _REFUSALS, answer)
