"""The map takes its place once the page is there: its library weighs more than the rest of the page together."""

from pathlib import Path

import dash_leaflet
from dash import html
from dash._utils import to_json
from dash.development.base_component import Component
from dash.fingerprint import build_fingerprint

from cmo_app.visit import Visit

_SCRIPT = "dash_leaflet.js"


def keep_out_of_documents() -> None:
    """Tell Dash to serve the library, and not to put it into every document."""
    for resource in dash_leaflet._js_dist:  # noqa: SLF001 (the protocol between component packages and dash)
        if resource["relative_package_path"] == _SCRIPT:
            resource["dynamic"] = True


def lazy(visit: Visit, name: str, component: Component, class_name: str) -> html.Div:
    """Return an empty box of ``component``'s size, which shell.js fills with it once it is near the screen and its library is loaded.

    Where ``component`` has its place already it is sent as it is, and only changes what differs.
    """
    if name in visit.placed:
        return html.Div(component, id=name, className=class_name, **{"data-lazy": ""})
    path = Path(str(dash_leaflet.__file__)).parent / _SCRIPT
    script = f"/_dash-component-suites/dash_leaflet/{build_fingerprint(_SCRIPT, dash_leaflet.__version__, int(path.stat().st_mtime))}"
    source = f'{{"script":"{script}","component":{to_json(component)}}}'
    return html.Div(html.Div(className="bone map-bone stand-in"), id=name, className=class_name, **{"data-lazy": source})
