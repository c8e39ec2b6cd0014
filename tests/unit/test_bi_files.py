"""What the pages of the BI site say in files: the cards as they stand on the screen, with their numbers."""

import json
from datetime import UTC, datetime

import pytest

from bi_app.pages import executive, trends
from bi_app.shell.files import document
from shared.charts.doors import doors, outer_border
from shared.charts.trends import small_line, together
from shared.metrics.metric import Unit
from shared.reports.document import Amount, Document
from shared.reports.series import series_of
from shared.reports.stored import packed, unpacked
from shared.web.prerender import plain, prerender
from tests.unit.bi_fakes import FakeAsk, sources, visit

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def said(page: object = executive, ask: FakeAsk | None = None) -> tuple[Document, str]:
    """The document of a page, and the same drawing as HTML."""
    drawn = page.layout(visit(), sources(ask))  # type: ignore[attr-defined]
    return document("Executive", "Northline Home", drawn, NOW), prerender(plain(drawn))


def test_the_executive_page_says_every_card_that_stands_on_it() -> None:
    page, drawn = said()
    assert [block.key for block in page.blocks] == ["revenue", "flow", "weekly-revenue", "funnel", "branches", "representatives", "pipeline", "firmness", "attention"]
    assert "compared with" in page.about
    assert dict(page.filters)["Branches"] in page.about
    for term in ("Net sales $", "Leads", "NSLI"):
        assert term in page.definitions
    assert unpacked(packed(page)).blocks[3].table is not None
    assert drawn.count('class="pop export no-print"') == 8, "one for the page, one for each card but the two rows of tiles"


def test_files_hold_the_numbers_of_the_screen() -> None:
    page, drawn = said()
    revenue = page.block("revenue")
    assert revenue is not None
    assert revenue.table is not None
    from shared.metrics.format import write

    for row in revenue.table.rows:
        value = row[1]
        assert isinstance(value, Amount)
        assert write(value.value, Unit.MONEY) in drawn, row
    funnel = page.block("funnel")
    assert funnel is not None
    assert funnel.table is not None
    for row in funnel.table.rows:
        assert f"{row[1]:,.0f}" in drawn, row
    assert funnel.figure is not None
    assert list(series_of(funnel.figure)[0].y) == [row[1] for row in funnel.table.rows]


@pytest.mark.parametrize("broken", ["open_items", "firm_amount"])
def test_a_card_that_failed_goes_into_no_file(broken: str) -> None:
    page, _ = said(ask=FakeAsk(broken=frozenset({broken})))
    assert {"pipeline", "firmness"} - {block.key for block in page.blocks} == {{"open_items": "pipeline", "firm_amount": "firmness"}[broken]}


def test_what_a_card_says_is_not_sent_to_the_browser() -> None:
    drawn = executive.layout(visit(), sources())
    assert "_said" not in json.dumps(plain(drawn))


def test_trends_can_be_had_with_what_is_usual_of_each_bucket() -> None:
    page, _ = said(trends)
    line = page.block("line")
    assert line is not None
    assert line.table is not None
    assert [column.label for column in line.table.columns][1:5] == ["Net sales $", "Expected", "Usual from", "Usual to"]
    assert line.figure is not None
    drawn = next(series for series in series_of(line.figure) if series.name == "Actual")
    values = {row[0]: row[1] for row in line.table.rows}
    assert all(values[place] == pytest.approx(value, abs=1e-5) for place, value in zip(drawn.x, drawn.y, strict=True) if value is not None)
    assert page.block("growth") is not None


def test_small_figures_lie_over_each_other_each_in_its_colour() -> None:
    days = [datetime(2026, 1, day, tzinfo=UTC).date() for day in (1, 2)]
    one = together([(name, small_line(days, [1.0, 2.0 + number], Unit.COUNT, 5, 0, number, "day")) for number, name in enumerate("ABCDEF")])
    drawn = series_of(one)
    assert [series.name for series in drawn] == list("ABCDEF")
    assert len({(series.colour, series.is_dashed) for series in drawn}) == 6
    assert together([])["data"] == []


def test_doors_are_drawn_over_the_territory_of_their_own_branch() -> None:
    square = outer_border({"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [0, 0]]], [[[-80, 40], [-79, 40], [-79, 41], [-80, 40]]]]})
    assert square == [(-80.0, 40.0), (-79.0, 40.0), (-79.0, 41.0), (-80.0, 40.0)], "the largest of its polygons"
    assert outer_border(None) == []
    figure = doors({"Columbus": (square, [(-79.5, 40.5, 100, 8), (-79.4, 40.4, 50, 2)]), "Akron": (square, [(-79.9, 40.9, 10, 0)])})
    spots = [(trace["name"], trace["xaxis"], trace["x"]) for trace in figure["data"] if trace.get("mode") == "markers"]  # type: ignore[attr-defined]
    assert [each for each in spots if each[2]] == [("6 leads per 100 doors and more", "x", [-79.5]), ("3 to 6", "x", [-79.4]), ("Under 3", "x2", [-79.9])]
