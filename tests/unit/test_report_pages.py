"""Addresses of reports, what a click does to them, and what changed between two versions in words."""

from dataclasses import replace

import pytest

from bi_app.executive.plan import wanted_of
from bi_app.filters import Filters
from bi_app.reports.reading import clicked, with_click
from shared.metrics.errors import QuestionError
from shared.reports.differences import changes, in_words
from shared.reports.report import Limits, Place, Report, ReportBlock
from shared.reports.templates import TEMPLATES
from shared.web.address import pattern_of
from tests.unit.bi_fakes import visit

PATTERNS = ("/", "/reports", "/reports/<number>", "/reports/<number>/edit", "/reports/frozen/<token>")


@pytest.mark.parametrize(("path", "pattern"), [
    ("/reports", "/reports"), ("/reports/17", "/reports/<number>"), ("/reports/17/edit", "/reports/<number>/edit"), ("/reports/frozen/" + "a-B_9" * 6, "/reports/frozen/<token>"),
    ("/reports/017", None), ("/reports/0", None), ("/reports/17/", None), ("/reports/-1", None), ("/reports/17/edit/x", None), ("/reports/1" + "0" * 20, None), ("/reports/<number>", "/reports/<number>"), ("/reports/../admin", None), ("/reports/frozen/short", None),
])
def test_a_path_fits_one_pattern_or_none(path: str, pattern: str | None) -> None:
    assert pattern_of(path, PATTERNS) == pattern


def test_a_click_filters_and_the_same_click_again_does_not() -> None:
    here = visit()
    link = with_click(here, "channel=Paid%2C%20search")
    assert link == "?period=mtd&only=channel%3DPaid%252C%2520search"
    there = visit(Filters(own=(("only", "channel=Paid%2C%20search"),)))
    assert clicked(there) == (("channel", "Paid, search"),)
    assert with_click(there, "channel=Paid%2C%20search") == "?period=mtd"
    assert with_click(here, "branch=2") == "?period=mtd&branch=2"
    assert with_click(visit(Filters(branches=(2,))), "branch=2") == "?period=mtd"


def test_what_is_no_filter_in_an_address_is_left_out() -> None:
    found = visit(Filters(own=(("only", "nothing=1,source=x' OR 1=1,branch=1,source=3,channel=a%00"),)))
    assert clicked(found) == (("source", "3"),)


def test_a_code_with_several_keys_leads_to_all_their_rows() -> None:
    wanted = wanted_of("leads@2026-11-01..2026-11-20@channel=Paid%2C%20search,Door@branch=1,2", visit(), 1)
    assert wanted.where == (("channel", ("Paid, search", "Door")),)
    assert wanted.branches == frozenset({1, 2})
    with pytest.raises(QuestionError, match="named by its number"):
        wanted_of("leads@@branch=1,x", visit(), 1)


BLOCK = ReportBlock("a", "bar", Place(0, 0, 6, 4), metrics=("leads",), split="branch")


@pytest.mark.parametrize(("after", "words"), [
    (BLOCK, []),
    (replace(BLOCK, place=Place(6, 0, 6, 4)), ["“Leads by branch” was moved."]),
    (replace(BLOCK, place=Place(0, 0, 6, 5)), ["“Leads by branch” was resized."]),
    (replace(BLOCK, kind="stacked"), ["“Leads by branch”: Bar became Stacked bar."]),
    (replace(BLOCK, metrics=("leads", "issued"), place=Place(6, 0, 5, 4)), ["“Leads and Appointments issued by branch”: Appointments issued was put in; it was moved and resized."]),
    (replace(BLOCK, series="source"), ["“Leads by branch and lead source”: the series by Lead source was put in."]),
    (replace(BLOCK, limits=Limits("last_month"), top=3), ["“Leads by branch”: how many rows changed; its filters changed: period."]),
    (replace(BLOCK, id="b"), ["“Leads by branch” was added.", "“Leads by branch” was removed."]),
])
def test_what_changed_is_said(after: ReportBlock, words: list[str]) -> None:
    assert in_words(Report("x", blocks=(BLOCK,)), Report("x", blocks=(after,))) == words


def test_a_difference_can_be_drawn() -> None:
    before = TEMPLATES[1].report
    after = replace(before, blocks=(*before.blocks[1:-1], ReportBlock("new", "text", Place(0, 40, 6, 2), text="x")))
    states = {each.block.id: each.state for each in changes(before, after)}
    assert states["new"] == "added"
    assert states[before.blocks[0].id] == states[before.blocks[-1].id] == "removed"
    assert states[before.blocks[1].id] == "same"
