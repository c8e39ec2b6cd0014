"""The page that is printed: what crowded and wide tables become on paper."""

from datetime import date
from zoneinfo import ZoneInfo

from shared.metrics.metric import Unit
from shared.reports.document import Block, Column, Table
from shared.reports.paper import paper
from tests.unit.documents import document

ZONE = ZoneInfo("America/New_York")


def test_a_crowded_table_leaves_out_what_says_nothing_and_breaks_what_has_no_space() -> None:
    columns = (*(Column(name) for name in ("Rule", "Case", "Why", "Reason", "Owner", "Day", "Hash")), Column("At risk", Unit.MONEY))
    rows = tuple(("G1", "Dana", "It was issued.", "", None, date(2026, 11, 2), "a" * 64, None) for _ in range(3))
    body = paper(document(Block("queue", "Queue", "", None, Table(columns, rows, ("3 cases", *[None] * 6, 5.0)))), ZONE, "letter").body
    assert "Reason" not in body
    assert "Owner" not in body
    assert "At risk" in body, "a number that is missing is told as missing"
    assert f'<td class="long">{"a" * 64}</td>' in body
    assert '<td class="short">2 Nov 2026</td>' in body


def test_the_heading_of_a_single_wide_table_stands_on_its_page() -> None:
    table = Table(tuple(Column(f"C{number}", Unit.COUNT) for number in range(14)), ((1,) * 14,))
    body = paper(document(Block("wide", "Wide", "", None, table)), ZONE, "letter").body
    assert body.startswith('<div class="wide"><header class="brief">')
