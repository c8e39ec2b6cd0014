"""The gate in front of a real Dash application: what Dash does on its own is behind the sign-in too."""

from collections.abc import Iterator

import pytest
from dash import Dash, Input, Output, html
from flask import g

from shared.web import install
from tests.sites import CALLBACK, Company, Visitor


@pytest.fixture
def drawn() -> list[str]:
    """Who each layout was drawn for."""
    return []


@pytest.fixture
def visitor(company: Company, drawn: list[str]) -> Iterator[Visitor]:
    """Somebody at a Dash application that was asked nothing yet."""
    app = Dash("under the gate", use_pages=False, pages_folder="", assets_folder="none", suppress_callback_exceptions=True)

    def layout() -> html.Div:
        person = g.get("person")
        drawn.append(person.email if person else "a stranger")
        return html.Div([html.P(id="secret", children=person.email if person else ""), html.P(id="in")])

    app.layout = layout

    @app.callback(Output("secret", "children"), Input("in", "children"))
    def answer(_value: str | None) -> str:
        return str(g.person.email)

    install(app.server, settings=company.settings, engines=company.engines, site="bi", csp_hashes=app.csp_hashes)
    return Visitor(app.server)


@pytest.mark.parametrize("path", ["/", "/any/page", "/_dash-layout", "/_dash-dependencies", "/vendor//x", "/assets//x"])
def test_nothing_is_drawn_for_a_stranger_not_even_at_the_first_request(visitor: Visitor, drawn: list[str], path: str) -> None:
    assert visitor.get(path).status_code in {302, 401}
    assert drawn == []


def test_a_page_comes_with_the_hashes_of_dashs_inline_scripts_and_is_complete(visitor: Visitor, company: Company) -> None:
    visitor.as_person(company.people["boss"])
    answer = visitor.get("/")
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"].count("'sha256-") >= 1
    assert company.people["boss"].email in visitor.get("/_dash-layout").text


def test_a_callback_knows_who_asks(visitor: Visitor, company: Company) -> None:
    visitor.as_person(company.people["manager"])
    body = {"output": "secret.children", "outputs": {"id": "secret", "property": "children"}, "inputs": [{"id": "in", "property": "children", "value": None}],
            "changedPropIds": ["in.children"], "parsedChangedPropsIds": ["in.children"]}
    answer = visitor.client.post("/_dash-update-component", json=body)
    assert answer.json["response"]["secret"]["children"] == company.people["manager"].email


def test_a_callback_or_a_file_that_dash_does_not_have_is_not_a_failure_of_ours(visitor: Visitor, company: Company) -> None:
    assert visitor.get("/_dash-component-suites/dash/deps/none.js").status_code == 404
    assert visitor.get("/_dash-component-suites/none/x.js").status_code == 404
    visitor.as_person(company.people["boss"])
    assert visitor.client.post("/_dash-update-component", json={**CALLBACK, "output": "none.children"}).status_code == 404
