"""Where a page keeps what its reader has chosen."""

from flask import Blueprint, Response, g, jsonify, request

from shared.people.pace import keep_pace, pace_of
from shared.people.problems import AccountError
from shared.web.replies import refusal
from shared.web.site import current_person, site

preference_pages = Blueprint("preferences", __name__, url_prefix="/preferences")


def pace_here(path: str) -> str:
    """Return the refresh interval that the reader of the page at ``path`` has chosen."""
    return "off" if g.get("person") is None else pace_of(site().engines, current_person(), site().name, path)


@preference_pages.put("/pace")
def pace() -> Response:
    """Remember how often a page is refreshed: ``{"path": "/", "pace": "15s"}``."""
    asked = request.get_json(silent=True)
    path, chosen = (asked.get("path"), asked.get("pace")) if isinstance(asked, dict) else (None, None)
    if not isinstance(path, str) or not path.startswith("/") or not isinstance(chosen, str):
        return refusal(400, 'Send {"path": "/...", "pace": "15s"}.')
    try:
        keep_pace(site().engines, current_person(), site().name, path, chosen)
    except AccountError as error:
        return refusal(422, str(error))
    return jsonify(path=path, pace=chosen)
