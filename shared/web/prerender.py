"""Draws a page's layout, as it is sent to the browser's React, as plain HTML: it is on screen before any script has run.

Knows the JSON form of components (``{"namespace", "type", "props"}``) and nothing of Dash.  Components that are no HTML elements
(figures, maps, stores) leave an empty box of their class and style; the browser removes all of it once React has drawn the same page.
"""

import re
from collections.abc import Iterator, Mapping
from html import escape

HTML = "dash_html_components"
"""Namespace of the components that are HTML elements."""
_VOID = frozenset({"br", "hr", "img", "input", "wbr"})
_NAMES = {"className": "class", "htmlFor": "for", "tabIndex": "tabindex", "colSpan": "colspan", "rowSpan": "rowspan", "dateTime": "datetime"}
_SAFE_NAME = re.compile(r"(?:data|aria)-[a-z0-9-]+|class|for|href|role|title|open|lang|colspan|rowspan|datetime|hidden|tabindex|type|method|action|name|value|min|max|step|scope|disabled|selected|inputmode|placeholder")
_LEFT_OUT = frozenset({"data-lazy"})
"""What only scripts read, once React has drawn the same element."""


_OF_THE_CLASS = frozenset({"available_properties", "available_wildcard_properties"})


def plain(component: object) -> object:
    """Return a tree of Dash components as dictionaries and lists, ready for JSON: what their own ``to_plotly_json`` gives, in a tenth of the time.

    Anything that is no component, list or dictionary is returned as it is.
    """
    if isinstance(component, list | tuple):
        return [plain(child) for child in component]
    if isinstance(component, Mapping):
        return {key: plain(value) for key, value in component.items()}
    if hasattr(component, "_namespace") and hasattr(component, "_type"):
        props = {name: plain(value) for name, value in vars(component).items() if name[0] != "_" and name not in _OF_THE_CLASS}
        return {"props": props, "type": component._type, "namespace": component._namespace}  # noqa: SLF001 (dash has no other names for them)
    return component


def is_static_input(component: Mapping[str, object]) -> bool:
    """Say whether this is an input that no callback reads: plain HTML does for it (dash has no ``html.Input``)."""
    props = component.get("props")
    return component.get("namespace") == "dash_core_components" and component.get("type") == "Input" and isinstance(props, Mapping) and props.get("id") is None


def prerender(component: object) -> str:
    """Return ``component`` (decoded JSON of a layout) as HTML; whatever is text is escaped."""
    return "".join(_pieces(component))


def _pieces(component: object) -> Iterator[str]:
    if isinstance(component, list):
        for child in component:
            yield from _pieces(child)
    elif isinstance(component, Mapping):
        yield from _element(component)
    elif component is not None and not isinstance(component, bool):
        yield escape(str(component))


def _element(component: Mapping[str, object]) -> Iterator[str]:
    props = component.get("props")
    if not isinstance(props, Mapping):
        return
    is_html = component.get("namespace") == HTML or is_static_input(component)
    tag = str(component.get("type")).lower() if is_html else "div"
    if not is_html and component.get("type") not in {"Graph", "Map", "AgGrid"}:
        return  # stores, sheets and the like show nothing at first
    yield f"<{tag}{''.join(_attributes(props))}>"
    if tag in _VOID:
        return
    if is_html:
        yield from _pieces(props.get("children"))
    yield f"</{tag}>"


def _attributes(props: Mapping[str, object]) -> Iterator[str]:
    for key, value in props.items():
        if key == "style" and isinstance(value, Mapping):
            yield f' style="{escape(_style(value))}"'
            continue
        name = _NAMES.get(key, key)
        if not _SAFE_NAME.fullmatch(name) or name in _LEFT_OUT or value is None or value is False:
            continue
        yield f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def _style(style: Mapping[str, object]) -> str:
    return ";".join(f"{name if name.startswith('--') else re.sub('([A-Z])', lambda found: '-' + found[1].lower(), name)}:{value}" for name, value in style.items())
