"""Leaves to React only what changes by itself: figures, maps, grids and what callbacks fill.  All else of a page travels as HTML.

A page of some eight hundred components costs dash-renderer seconds of a slow machine's time, although most of them never change but with
the whole page.  So every part without an id and without a component that needs React becomes one ``Static`` component (``boot.js``), which
holds finished HTML: at first the nodes of the first paint, which it takes over as they are, later what a callback sends.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.web.prerender import HTML, is_static_input, prerender

AT = "data-at"
"""Attribute of a node of the first paint that a ``Static`` takes over."""
_OF_A_FIGURE = frozenset({"id", "figure", "config", "className", "style"})
_FEWEST = 3
"""A part of fewer components gains nothing."""


class Islands:
    """Turns the parts of one document or answer that need no React into ``Static`` components; numbers them as it goes."""

    def __init__(self, *, adopt: bool) -> None:
        """``adopt``: the HTML stands in the first paint already and is not sent again."""
        self._adopt, self._count = adopt, 0

    def __call__(self, tree: Any) -> Any:
        """Return ``tree`` (plain dictionaries and lists) with its static parts replaced; ``tree`` itself gets marks where they are to be adopted."""
        if isinstance(tree, list):
            return [self(child) for child in tree]
        if not isinstance(tree, Mapping) or not isinstance(tree.get("props"), Mapping):
            return tree
        if _weight(tree) >= _FEWEST:
            return self._static(tree)
        if tree.get("namespace") == "dash_core_components" and tree.get("type") == "Graph":
            return self._figure(tree)
        props = tree["props"]
        if tree.get("namespace") != HTML or "children" not in props:
            return tree
        return {**tree, "props": {**props, "children": self(props["children"])}}

    def _static(self, tree: Mapping[str, Any]) -> dict[str, Any]:
        props = tree["props"]
        attributes = {name: value for name, value in props.items() if name != "children" and value is not None}
        found: dict[str, Any] = {"tag": str(tree["type"]).lower(), "attributes": attributes}
        if self._adopt:
            found["at"] = self._mark(props)
        else:
            found["html"] = prerender(props.get("children"))
        return {"namespace": "northline", "type": "Static", "props": found}

    def _figure(self, tree: Mapping[str, Any]) -> dict[str, Any]:
        """dcc.Graph's stand-in (``figures.js``), which takes over what was drawn into the first paint."""
        props = {name: value for name, value in tree["props"].items() if name in _OF_A_FIGURE}
        if self._adopt:
            props["at"] = self._mark(tree["props"])
        return {"namespace": "northline", "type": "Figure", "props": props}

    def _mark(self, props: dict[str, Any]) -> str:
        self._count += 1
        props[AT] = str(self._count)
        return str(props[AT])


def _weight(tree: Any) -> float:
    """How many components a part has; less than nothing where one of them needs React."""
    if isinstance(tree, Sequence) and not isinstance(tree, str):
        return _sum(_weight(child) for child in tree)
    if not isinstance(tree, Mapping) or "props" not in tree:
        return 0
    if is_static_input(tree):
        return 1
    if tree.get("namespace") != HTML or tree["props"].get("id") is not None:
        return _NEVER
    return 1 + _weight(tree["props"].get("children"))


_NEVER = float("-inf")


def _sum(weights: Any) -> float:
    return float(sum(weights))
