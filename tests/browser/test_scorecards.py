"""The departments' scorecards in Chromium."""

from urllib.parse import urlsplit

import pytest

from shared.metrics.scorecard import SCORECARDS
from tests.browser.conftest import LEADERSHIP, MANAGER, Window

HEAD = "tom@northline.example"


@pytest.mark.parametrize("department", SCORECARDS)
def test_a_scorecard_opens_without_a_complaint_and_a_tile_opens_the_glass_box(department: str, window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.open(f"/scorecards/{department}")
    declared = SCORECARDS[department]
    assert window.text("h1") == declared.title
    assert len(window.texts("#page .sc-large")) == 4
    assert all(window.texts("#page .sc-large .sc-why"))
    assert not window.texts("#page .failed")
    window.wait(lambda: window.script("return document.querySelectorAll('#page #sc-trend .js-plotly-plot').length") == 1)
    window.click(f"#page [data-glass={declared.headlines[0]}]")
    window.wait(lambda: "Formula" in window.text("#glass-body"))
    assert window.problems() == []


def test_a_cell_of_the_branches_and_one_of_the_ranking_open_their_own_rows(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.open("/scorecards/production")
    for selector in (".sc-side .sc-cell", ".sc-rank .sc-cell", ".sc-breakdown .sc-row"):
        shown = window.text(f"#page {selector} .amount")
        window.click(f"#page {selector}")
        window.wait(lambda shown=shown: shown == window.text("#glass-body .value.big"))


def test_the_trend_and_the_ranking_change_by_a_click_and_stay_in_the_address(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.open("/scorecards/telemarketing")
    window.click("#page .sc-trend .sc-picks a:nth-child(2)")
    window.wait(lambda: window.text("#page .sc-trend h2").startswith("Dials"))
    window.click("#page .sc-trend .seg a:nth-child(2)")
    window.wait(lambda: window.text("#page .sc-trend h2") == "Dials, 12 months")
    window.click("#page .sc-rank th:nth-child(4) a")
    window.wait(lambda: "By dials" in window.text("#page .sc-ranking .sub"))
    assert {"metric=dials", "grain=month", "by=dials"} <= set(urlsplit(window.driver.current_url).query.split("&"))


@pytest.mark.parametrize(("email", "path"), [(HEAD, "/scorecards/production"), (MANAGER, "/scorecards/branch"), (LEADERSHIP, "/")])
def test_people_land_on_the_page_of_their_role_and_reach_the_executive_page(email: str, path: str, window: Window) -> None:
    window.sign_in(email)
    assert urlsplit(window.driver.current_url).path == path
    window.open("/")
    assert window.text("h1") == "Executive overview"


@pytest.mark.parametrize("department", SCORECARDS)
def test_a_phone_is_never_wider_than_its_screen(department: str, phone: Window) -> None:
    phone.sign_in(LEADERSHIP)
    phone.open(f"/scorecards/{department}")
    assert phone.script("return document.documentElement.scrollWidth") <= 390


def test_the_map_shows_where_doors_were_knocked(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.open("/scorecards/canvass?period=last_365_days")
    window.script("document.querySelector('#sc-map').scrollIntoView()")
    window.wait(lambda: window.script("return document.querySelectorAll('#sc-map path.leaflet-interactive').length") > 5)
