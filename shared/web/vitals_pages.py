"""The platform's vital signs as JSON, for the page that shows them."""

from dataclasses import asdict

from flask import Blueprint, Flask, Response, current_app, g, jsonify

from shared.live.vitals import Look
from shared.web.replies import refusal

VITALS = "northline-vitals"
vitals_pages = Blueprint("vitals", __name__, url_prefix="/vitals")


def install_vitals(server: Flask, look: Look) -> None:
    """Serve what ``look`` returns at ``/vitals``."""
    server.extensions[VITALS] = look
    server.register_blueprint(vitals_pages)


@vitals_pages.get("")
def show() -> Response:
    """Return every sign as of now: 200 whatever their lights say, 403 for who does not see the whole company."""
    if not g.scope.is_company:
        return refusal(403, "These signs belong to the whole company, and your account sees chosen branches only.")
    found = current_app.extensions[VITALS]()
    return jsonify(at=found.at.isoformat(), worst=found.worst, signs=[asdict(sign) for sign in found.signs])
