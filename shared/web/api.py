"""The HTTP API: the catalogue of metrics and the one door to numbers, for programs; same people, same reach, same numbers as the pages."""

from collections.abc import Mapping

from flask import Blueprint, Flask, Response, current_app, g, request
from sqlalchemy.exc import DBAPIError

from shared.metrics.ask import Ask
from shared.metrics.errors import OutOfScopeError
from shared.metrics.reference import Reference
from shared.metrics.registry import metrics
from shared.warehouse.catalogue import VIEWS
from shared.warehouse.refresh import Freshness, freshness
from shared.web.api_answer import answer_body, catalogue, send
from shared.web.api_description import describe
from shared.web.api_request import WrongParametersError, everything_askable, read_question
from shared.web.replies import page, refusal
from shared.web.site import site

api = Blueprint("api", __name__, url_prefix="/api/v1")
_EXTENSION = "northline-api"


def install_api(server: Flask, ask: Ask, reference: Reference) -> None:
    """Put the API on a site whose web layer is installed already."""
    server.extensions[_EXTENSION] = (ask, reference)
    server.register_blueprint(api)


@api.get("/metrics")
def list_metrics() -> Response:
    """Return every metric that the asker may ask for."""
    fresh = _freshness()
    listed = [one for one in catalogue(fresh) if g.scope.is_company or not one["company_only"]]
    askable = everything_askable()
    return send({"metrics": listed, "periods": askable["period"], "grains": askable["grain"], "dimensions": askable["split"]}, volatile=())


@api.get("/ask")
def ask_metrics() -> Response:
    """Answer a question within the asker's branches."""
    ask, reference = _doors()
    names = {branch.id: branch.name for branch in reference.branches()}
    question = read_question(request.args, names, ask.today, site().settings.fiscal_year_start_month)
    if question.branches is not None:
        _refuse_foreign(question.branches, names)
    answer = ask(question, g.scope)
    return send(answer_body(answer, names, _freshness()), volatile=("as_of", "freshness"))


@api.get("/openapi.json")
def openapi() -> Response:
    """Describe the API to programs."""
    return send(describe(site().label, everything_askable()))


@api.get("/docs")
def docs() -> Response:
    """Describe the API to people."""
    return page("api.html", metrics=list(metrics().values()), askable=everything_askable(), paths=describe("", everything_askable())["paths"])


def _doors() -> tuple[Ask, Reference]:
    doors: tuple[Ask, Reference] = current_app.extensions[_EXTENSION]
    return doors


def _freshness() -> Mapping[str, Freshness]:
    """How the views stand; nothing where the database is away, which the answer itself says."""
    try:
        with site().engines.reader() as connection:
            return freshness(connection, tuple(view.name for view in VIEWS))
    except DBAPIError:
        return {}


def _refuse_foreign(wanted: frozenset[int], names: Mapping[int, str]) -> None:
    foreign = sorted(number for number in wanted if not g.scope.allows(number))
    if foreign:
        raise OutOfScopeError("not among your branches: " + ", ".join(f"{names[number]} ({number})" for number in foreign))


@api.errorhandler(WrongParametersError)
def wrong_parameters(error: WrongParametersError) -> Response:
    """Name every parameter that is wrong."""
    listed = [{"parameter": one.parameter, "message": one.message} for one in error.wrong]
    return refusal(422, str(error), parameters=listed)
