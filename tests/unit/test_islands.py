"""What travels as HTML and what stays a component."""

from typing import Any

import pytest

from shared.web.islands import Islands
from shared.web.prerender import prerender

pytestmark = pytest.mark.unit


def element(kind: str, children: object = None, **props: object) -> dict[str, Any]:
    return {"namespace": "dash_html_components", "type": kind, "props": {"children": children, **props}}


def card() -> dict[str, Any]:
    return element("Section", [element("H2", "Leads"), element("B", "12 < 13", className="value")], className="card")


def graph(**props: object) -> dict[str, Any]:
    return {"namespace": "dash_core_components", "type": "Graph", "props": {"id": "trend", "figure": {"data": []}, "clear_on_unhover": True, **props}}


def test_a_part_that_never_changes_by_itself_becomes_html_with_its_own_element_kept() -> None:
    found = Islands(adopt=False)(card())
    assert found == {"namespace": "northline", "type": "Static",
                     "props": {"tag": "section", "attributes": {"className": "card"}, "html": '<h2>Leads</h2><b class="value">12 &lt; 13</b>'}}


def test_the_html_of_the_first_paint_is_adopted_and_not_sent_twice() -> None:
    tree = card()
    found = Islands(adopt=True)(tree)
    assert "html" not in found["props"]
    assert f'data-at="{found["props"]["at"]}"' in prerender(tree)


def test_what_a_callback_may_fill_stays_a_component_with_all_that_holds_it() -> None:
    found = Islands(adopt=False)(element("Div", [card(), element("Div", [card(), element("P", "x", id="target")])]))
    kinds = [child["type"] for child in found["props"]["children"]]
    inner = [child["type"] for child in found["props"]["children"][1]["props"]["children"]]
    assert (found["type"], kinds, inner) == ("Div", ["Static", "Div"], ["Static", "P"])


def test_a_figure_keeps_what_draws_it_and_is_adopted_where_the_first_paint_has_it() -> None:
    tree = element("Div", [card(), graph()])
    found = Islands(adopt=True)(tree)["props"]["children"][1]
    assert (found["namespace"], found["type"]) == ("northline", "Figure")
    assert found["props"]["figure"] == {"data": []}
    assert "clear_on_unhover" not in found["props"]
    assert f'<div data-at="{found["props"]["at"]}"></div>' in prerender(tree)


def test_every_mark_of_a_document_is_another() -> None:
    found = Islands(adopt=True)([card(), element("Div", [graph(), card()])])
    marks = [found[0]["props"]["at"], *(child["props"]["at"] for child in found[1]["props"]["children"])]
    assert len(set(marks)) == 3


def test_an_input_that_no_callback_reads_is_plain_html_and_one_with_an_id_is_not() -> None:
    field = {"namespace": "dash_core_components", "type": "Input", "props": {"type": "hidden", "name": "form_token", "value": '"x"'}}
    form = element("Form", [field, element("Button", "Go"), element("Hr")])
    assert Islands(adopt=False)(form)["props"]["html"] == '<input type="hidden" name="form_token" value="&quot;x&quot;"><button>Go</button><hr>'
    field["props"]["id"] = "query"
    assert Islands(adopt=False)(form)["type"] == "Form"


def test_a_few_components_gain_nothing_and_stay_as_they_are() -> None:
    small = element("P", [element("B", "x")])
    assert Islands(adopt=False)(small) == small
