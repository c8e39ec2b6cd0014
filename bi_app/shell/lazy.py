"""Heavy components that take their place once the page is there: their libraries weigh more than the rest of the page together."""

from pathlib import Path
from types import ModuleType

import dash_ag_grid
import dash_leaflet
from dash import html
from dash._utils import to_json
from dash.development.base_component import Component
from dash.fingerprint import build_fingerprint

from bi_app.visit import Visit

_LIBRARIES: dict[str, tuple[ModuleType, str]] = {
    "dash_ag_grid": (dash_ag_grid, "dash_ag_grid.min.js"),  # 1.3 MB, and 0.9 MB of grid behind it
    "dash_leaflet": (dash_leaflet, "dash_leaflet.js"),
}


def keep_out_of_documents() -> None:
    """Tell Dash to serve these libraries, and not to put them into every document."""
    for module, name in _LIBRARIES.values():
        for resource in module._js_dist:  # noqa: SLF001 (the protocol between component packages and dash)
            if resource["relative_package_path"] == name:
                resource["dynamic"] = True


def script_of(library: str) -> str:
    """Return the address of a library's script, with its version in it."""
    module, name = _LIBRARIES[library]
    path = Path(str(module.__file__)).parent / name
    return f"/_dash-component-suites/{library}/{build_fingerprint(name, module.__version__, int(path.stat().st_mtime))}"


def lazy(visit: Visit, name: str, component: Component, stand_in: Component, class_name: str = "", *, wide_only: bool = False) -> html.Div:
    """Return ``stand_in``, which shell.js replaces by ``component`` once it is near the screen and its library is loaded.

    ``stand_in`` has the size of ``component`` and, where it can, its content: it is what a reader sees first, and all that stays
    where scripts fail, or, with ``wide_only``, on a phone.  Where ``component`` has its place already it is sent as it is, and only changes what differs.
    """
    if name in visit.placed:
        return html.Div(component, id=name, className=class_name or None, **{"data-lazy": ""})
    source = f'{{"script":"{script_of(component._namespace)}","component":{to_json(component)}}}'  # noqa: SLF001 (dash has no other name for it)
    stand_in.className = f"stand-in {getattr(stand_in, 'className', '') or ''}".rstrip()
    return html.Div(stand_in, id=name, className=class_name or None, **{"data-lazy": source, **({"data-wide": ""} if wide_only else {})})
