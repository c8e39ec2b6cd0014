"""The Dash application of the CMO site: one page whose first response carries its data."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from dash import Dash, html
from dash._utils import to_json
from dash.development.base_component import Component
from flask import abort, g, request

from shared.web.document import Parts, document

Draw = Callable[[dict[str, str]], Component]


class Site(Dash):
    """Dash with a document of our own around the page that ``draw`` returns for a query."""

    draw: Draw

    def interpolate_index(self, **parts: str) -> str:
        """Return the document; an unknown path is a 404."""
        if request.path != "/":
            abort(404)
        inner = Parts(parts["metas"], parts["config"], parts["scripts"], parts["renderer"], parts["css"])
        return document("Northline CMO", self.get_layout(), to_json(self._callback_list), inner, figures=False)

    def current_layout(self) -> Component:
        """Return the page for this request's query, or for that of the page which dash-renderer asks for."""
        if g.get("person") is None:
            return html.Div()  # Dash 4.4 draws a layout once before its first request, whoever sends it
        address = urlsplit(request.headers.get("Referer", "/")) if request.path.startswith("/_dash") else urlsplit(request.full_path)
        return html.Div(self.draw(query_of(address.query)), id="page")


def query_of(text: str) -> dict[str, str]:
    """Return the first value of each name of a query string; a query of more than twenty parts is nobody's and is empty."""
    return dict(reversed(parse_qsl(text.lstrip("?")[:2000]))) if text.count("&") < 20 else {}
