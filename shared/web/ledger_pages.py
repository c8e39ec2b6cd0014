"""Sources and the files that people send: JSON routes behind the page of reconciliation."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, Response, jsonify, request

from shared.people.reconciliation_rules import may_keep_sources
from shared.reconciliation.records import RECORD
from shared.reconciliation.source import Source, SourceError, save_source, source_called
from shared.reconciliation.uploads import add_upload, answer, upload_of
from shared.web.replies import refusal
from shared.web.site import current_person, site

ledger_pages = Blueprint("ledgers", __name__, url_prefix="/reconciliation")
_NOT_YOURS = "Sources are looked after by analysts who see every branch, leadership and administrators."


def _may() -> bool:
    return may_keep_sources(current_person())


@ledger_pages.put("/sources/<name>")
def keep(name: str) -> Response:
    """``{"label": ..., "book": "payments", "amount_tolerance": 0, "percent_tolerance": 0, "days_before": 3, "days_after": 3, "currency": "", "statuses": {}}``: make or change a source."""
    if not _may():
        return refusal(403, _NOT_YOURS)
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        return refusal(400, "Send a JSON object.")
    try:
        source = _source(name, given)
        with site().engines.writer() as connection:
            save_source(connection, source)
    except SourceError as error:
        return refusal(422, str(error))
    return jsonify(ok=True)


def _source(name: str, given: Mapping[str, Any]) -> Source:
    if not name or len(name) > 40 or not all(each.isascii() and (each.islower() or each.isdigit() or each in "-_") for each in name):
        raise SourceError("A source's name has up to 40 small letters, digits, - and _.")
    try:
        with site().engines.primary_reader() as connection:
            known = source_called(connection, name)
    except SourceError:
        known = None
    label, book = str(given.get("label") or name).strip()[:80], str(given.get("book", known.book if known else ""))
    try:
        amount, percent = (Decimal(str(given.get(each, 0) or 0)) for each in ("amount_tolerance", "percent_tolerance"))
        before, after = (int(given.get(each, 3)) for each in ("days_before", "days_after"))
    except (InvalidOperation, TypeError, ValueError):
        raise SourceError("Tolerances are numbers.") from None
    if not (0 <= amount < 10**9 and 0 <= percent <= 100 and 0 <= before <= 366 and 0 <= after <= 366):
        raise SourceError("Tolerances: dollars from 0, percent from 0 to 100, days from 0 to 366.")
    currency, statuses, feed = str(given.get("currency", "")).strip().upper(), given.get("statuses", {}), given.get("feed", known.feed if known else {})
    if currency and (len(currency) != 3 or not currency.isalpha()):
        raise SourceError("A currency has three letters, such as USD.")
    if not isinstance(statuses, dict) or not isinstance(feed, dict):
        raise SourceError("Status words and feed are JSON objects.")
    return Source(name, label, book, amount, percent, before, after, currency, {str(word): str(meaning) for word, meaning in statuses.items()}, known.mapping if known else {}, feed)


@ledger_pages.post("/uploads")
def send() -> Response:
    """The file as the body, ``?source=bank&name=october.csv``: it is looked at, shown, and taken once somebody confirms."""
    if not _may():
        return refusal(403, _NOT_YOURS)
    name, content = request.args.get("name", "").strip().replace("\x00", "")[:200], request.get_data(cache=False)
    if not name or not content:
        return refusal(422, "Choose a file that is not empty.")
    try:
        with site().engines.writer() as connection:
            source_called(connection, request.args.get("source", ""))
            number = add_upload(connection, request.args["source"], name, content, current_person().id)
    except SourceError as error:
        return refusal(422, str(error))
    return jsonify(ok=True, id=number)


@ledger_pages.get("/uploads/<int:number>")
def how_far(number: int) -> Response:
    """How a file stands: sent, shown with how it is read, refused with line numbers, or loaded."""
    if not _may():
        return refusal(403, _NOT_YOURS)
    with site().engines.primary_reader() as connection:
        found = upload_of(connection, number) if number < 2**63 else None
    if found is None:
        return refusal(404, "There is no such file.")
    return jsonify(id=found.id, source=found.source, name=found.file_name, state=found.state, understood=dict(found.understood), problems=list(found.problems), options=dict(found.options), fields=[one.name for one in RECORD.fields])


@ledger_pages.put("/uploads/<int:number>")
def say(number: int) -> Response:
    """``{"state": "confirmed", "options": {"mapping": {...}, "dates": "us", "from": ..., "to": ...}}``; state sent: look again; dropped: forget it."""
    if not _may():
        return refusal(403, _NOT_YOURS)
    given = request.get_json(silent=True)
    options = given.get("options", {}) if isinstance(given, dict) else None
    if not isinstance(given, dict) or given.get("state") not in {"sent", "confirmed", "dropped"} or not isinstance(options, dict) or len(str(options)) > 20_000:
        return refusal(400, 'Send {"state": "confirmed", "options": {...}}.')
    with site().engines.writer() as connection:
        if not answer(connection, number, given["state"], options):
            return refusal(409, "This file was taken or dropped meanwhile; reload the page.")
    return jsonify(ok=True)
