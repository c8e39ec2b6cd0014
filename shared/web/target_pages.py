"""Where the targets page saves: cells with the version that was looked at, undo, history, and files."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, g, jsonify, request

from shared.metrics.errors import QuestionError
from shared.metrics.metric import Metric
from shared.metrics.registry import metric
from shared.metrics.target_file import COMPANY, checked, month_of, parsed, written
from shared.people.accounts import branch_names
from shared.people.target_rules import may_edit_targets, may_see_target
from shared.warehouse.target_changes import Change, Conflict, TargetConflictError, UnknownChangeError, Wish, cells, change_targets, history, undo
from shared.web.replies import refusal
from shared.web.site import current_person, site

target_pages = Blueprint("targets", __name__, url_prefix="/targets")
MOST_CELLS = 600
_MAY_NOT = "Leadership and administrators set targets; your role reads them."


@target_pages.put("/cells")
def put_cells() -> Response:
    """Save cells of one KPI, all or none: ``{"kpi": "leads", "note": "", "cells": [{"branch": 1, "month": "2026-11", "value": 120, "version": "17:100"}]}``.

    ``branch`` null: the company; ``value`` null: no target.  409 names who changed which cell meanwhile, and when.
    """
    if not may_edit_targets(current_person()):
        return refusal(403, _MAY_NOT)
    asked = request.get_json(silent=True)
    try:
        wishes, note = _wishes(asked)
    except (ValueError, QuestionError) as error:
        return refusal(422, f"{error}.")
    return _written(wishes, note)


@target_pages.post("/undo")
def put_back() -> Response:
    """Set a cell back to what it was before a change: ``{"change": 17}``."""
    if not may_edit_targets(current_person()):
        return refusal(403, _MAY_NOT)
    asked = request.get_json(silent=True)
    number = asked.get("change") if isinstance(asked, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**62:
        return refusal(400, 'Send {"change": 17}.')
    try:
        done = undo(site().engines, number, _who())
    except UnknownChangeError:
        return refusal(404, "There is no such change any more. Load the page anew.")
    except TargetConflictError as error:
        return _conflict(error.conflicts)
    return jsonify(cells=[_cell(*done)])


@target_pages.get("/history")
def show_history() -> Response:
    """Return who changed one cell, newest first: ``?kpi=leads&month=2026-11&branch=1`` (no branch: the company)."""
    try:
        kpi, month = metric(request.args.get("kpi", "")).name, month_of(request.args.get("month", ""))
        branch = _branch(int(request.args["branch"]) if request.args.get("branch") else None)
    except (ValueError, QuestionError) as error:
        return refusal(422, f"{error}.")
    if not may_see_target(current_person(), branch):
        return refusal(403, "This branch is not one of yours.")
    with site().engines.primary_reader() as connection:
        found = history(connection, kpi, month, month, () if branch is None else (branch,), company=branch is None)
    return jsonify(changes=[_line(change) for change in found])


@target_pages.get("/export.csv")
def export() -> Response:
    """Return the targets of a KPI and a year that the reader may see: ``?kpi=leads&year=2026``."""
    try:
        declared, year = metric(request.args.get("kpi", "")), int(request.args.get("year", ""))
        first, last = date(year, 1, 1), date(year, 12, 1)
    except (ValueError, QuestionError) as error:
        return refusal(422, f"Name a KPI and a year: {error}.")
    names = branch_names(site().engines)
    with site().engines.primary_reader() as connection:
        found = [cell for cell in cells(connection, declared.name, first, last) if cell.value is not None and may_see_target(current_person(), cell.branch)]
    body = written((declared.name, COMPANY if cell.branch is None else names[cell.branch], cell.month, cell.value or 0.0) for cell in found)
    return Response(body, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="targets-{declared.name}-{year}.csv"', "Cache-Control": "no-store"})


@target_pages.post("/import")
def take_file() -> Response:
    """Save a file of targets (the body, as ``export.csv`` writes it), all lines or none; 422 names every line that is wrong."""
    if not may_edit_targets(current_person()):
        return refusal(403, _MAY_NOT)
    wishes, errors = parsed(request.get_data(cache=False), {name.lower(): number for number, name in branch_names(site().engines).items()})
    if errors:
        return refusal(422, f"Nothing was changed: {len(errors)} {'line' if len(errors) == 1 else 'lines'} cannot be used.", lines=[{"line": error.line, "words": error.words} for error in errors[:50]])
    if not wishes:
        return refusal(422, "The file holds no target.")
    return _written(wishes, "From a file")


def _written(wishes: list[Wish], note: str) -> Response:
    try:
        done = change_targets(site().engines, wishes, _who(), note)
    except TargetConflictError as error:
        return _conflict(error.conflicts)
    return jsonify(cells=[_cell(wish, version) for wish, version in done])


def _wishes(asked: object) -> tuple[list[Wish], str]:
    given = asked.get("cells") if isinstance(asked, dict) else None
    if not isinstance(asked, dict) or not isinstance(given, list) or not 0 < len(given) <= MOST_CELLS or not all(isinstance(each, dict) for each in given):
        raise ValueError(f'Send {{"kpi": ..., "cells": [...]}} with 1 to {MOST_CELLS} cells')
    declared, note = metric(str(asked.get("kpi", ""))), asked.get("note", "")
    if not isinstance(note, str) or len(note) > 500 or "\0" in note:
        raise ValueError("A note has at most 500 characters")
    wishes = [_wish(declared, each) for each in given]
    if len({(wish.branch, wish.month) for wish in wishes}) < len(wishes):
        raise ValueError("A cell is named twice")
    return wishes, note.strip()


def _wish(declared: Metric, each: Mapping[str, object]) -> Wish:
    version, value = each.get("version"), each.get("value")
    if not isinstance(version, str):
        raise ValueError("Each cell names the version that was looked at")  # noqa: TRY004 (all that is wrong with a request is told alike)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float | str)):
        raise ValueError(f"{value!r} is no number")
    try:
        number = None if value is None else checked(declared, Decimal(str(value)))
    except InvalidOperation:
        raise ValueError(f"{value!r} is no number") from None
    return Wish(declared.name, _branch(each.get("branch")), month_of(str(each.get("month", ""))), number, version)


def _branch(given: object) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or given not in branch_names(site().engines):
        raise ValueError(f"There is no branch number {given!r}")
    return given


def _who() -> tuple[int, str]:
    return current_person().id, current_person().name


def _cell(wish: Wish, version: str) -> dict[str, object]:
    return {"kpi": wish.kpi, "branch": wish.branch, "month": f"{wish.month:%Y-%m}", "value": None if wish.value is None else float(wish.value), "version": version}


def _conflict(conflicts: tuple[Conflict, ...]) -> Response:
    first = conflicts[0]
    zone = site().settings.company_time_zone
    who = first.who or "An import"
    when = f" on {_moment(first.at, zone)}" if first.at else ""
    more = f" and {len(conflicts) - 1} more" if len(conflicts) > 1 else ""
    cells_now = [{"kpi": each.wish.kpi, "branch": each.wish.branch, "month": f"{each.wish.month:%Y-%m}", "value": each.value, "version": each.version} for each in conflicts]
    return refusal(409, f"{who} changed {first.wish.month:%B %Y}{more}{when}, after you had opened it. Nothing was saved; the cell now shows what stands there.", cells=cells_now, who=who)


def _line(change: Change) -> dict[str, object]:
    return {"id": change.id, "at": _moment(change.at, site().settings.company_time_zone), "who": change.who, "old": change.old, "new": change.new, "note": change.note,
            "may_undo": may_edit_targets(g.person)}


def _moment(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%-d %b %Y, %H:%M")
