"""Workbooks and CSV: the numbers of the document, real ones, nothing that computes, and limits said before work begins."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from python_calamine import CalamineWorkbook

from shared.metrics.metric import Unit
from shared.reports.delimited import BYTE_ORDER_MARK, delimited
from shared.reports.document import Amount, Block, Column, Document, Table
from shared.reports.kinds import KINDS
from shared.reports.limits import check_rows, check_workbook
from shared.reports.making import is_quick, kind_of, name_of, part_of
from shared.reports.number_formats import number_format
from shared.reports.problems import ExportError, NothingToExportError, TooLargeError
from shared.reports.series import keys_of, table_of
from shared.reports.sheet_names import sheet_names
from shared.reports.stored import packed, unpacked
from shared.reports.text import clean, file_name, inert
from shared.reports.workbook import workbook
from tests.unit.documents import ACTUAL, BRANCHES, HOSTILE, MONDAY, by_branch, by_channel, document, weekly

ZONE = ZoneInfo("America/New_York")


def opened(page: Document) -> tuple[dict[str, list[list[object]]], zipfile.ZipFile]:
    """What another program reads in a workbook, from the first cell on, and the parts of the file."""
    content = workbook(page, ZONE)
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}, zipfile.ZipFile(io.BytesIO(content))


def digits(value: object) -> object:
    """A number with the 15 digits that a spreadsheet keeps; missing is None."""
    return value if not isinstance(value, int | float) else None if value != value else float(f"{value:.15g}")  # noqa: PLR0124 - NaN is not itself


@pytest.fixture(scope="module")
def whole() -> tuple[dict[str, list[list[object]]], zipfile.ZipFile]:
    return opened(document())


def table_in(rows: list[list[object]], first: str) -> Iterator[list[object]]:
    begin = next(number for number, row in enumerate(rows) if row[0] == first)
    yield from rows[begin + 1 :]


def test_a_workbook_has_a_summary_a_sheet_per_card_and_definitions(whole: tuple[dict[str, list[list[object]]], zipfile.ZipFile]) -> None:
    sheets, _ = whole
    assert list(sheets) == ["Summary", "Net sales by week", "Branches side by side now", "Spend", "What changed", "Definitions"]
    said = {row[0]: row[1] for row in sheets["Summary"]}
    assert said["As of"] == "2026-11-27 10:32 EST"
    assert said["Period"] == "This month"
    assert said["Net sales by week"] == "Net sales rose 12.4% on the year before."
    assert ["Close rate", "Sales divided by demos."] in [row[:2] for row in sheets["Definitions"]], "the notes of columns are definitions too"


def test_every_number_day_and_gap_of_a_card_stands_in_its_sheet(whole: tuple[dict[str, list[list[object]]], zipfile.ZipFile]) -> None:
    sheets, _ = whole
    for block in (weekly(), by_branch()):
        assert block.table is not None
        name = sheet_names([block.title])[0]
        found = list(table_in(sheets[name], block.table.columns[0].label))
        wanted = [*block.table.rows, *([block.table.totals] if block.table.totals else [])]
        for row, expected in zip(found, wanted, strict=False):
            assert [digits(cell) if cell != "" else None for cell in row[: len(expected)]] == [digits(value) for value in expected]
        assert len(found) >= len(wanted)


def test_days_are_days_and_money_is_shown_as_money(whole: tuple[dict[str, list[list[object]]], zipfile.ZipFile]) -> None:
    sheets, parts = whole
    assert isinstance(next(table_in(sheets["Net sales by week"], "Week"))[0], date)
    styles = parts.read("xl/styles.xml").decode()
    for wanted in ("yyyy-mm-dd", "0.0%", "#,##0.00", "#,##0.0&quot; d&quot;"):
        assert wanted in styles


def test_figures_become_charts_of_excel_over_cells_that_hold_their_numbers(whole: tuple[dict[str, list[list[object]]], zipfile.ZipFile]) -> None:
    sheets, parts = whole
    charts = [parts.read(name).decode() for name in sorted(parts.namelist()) if name.startswith("xl/charts/chart")]
    assert len(charts) == 3
    kinds = [set(re.findall(r"<c:(lineChart|barChart|areaChart)>", chart)) for chart in charts]
    assert kinds == [{"lineChart"}, {"barChart"}, {"barChart"}]
    assert '<c:grouping val="stacked"/>' in charts[2]
    assert "'Branches side by side now'!$B$5:$B$9" in charts[1], "where the table holds what is drawn, the chart looks at the table"
    column, first, last = re.findall(r"<c:val><c:numRef><c:f>'Net sales by week'!\$([A-Z]+)\$(\d+):\$[A-Z]+\$(\d+)</c:f>", charts[0])[2]
    place = sum((ord(letter) - 64) * 26**power for power, letter in enumerate(reversed(column))) - 1
    values = [row[place] for row in sheets["Net sales by week"][int(first) - 1 : int(last)]]
    assert values[:16] == [round(value) for value in ACTUAL], "the trend draws more than its table, so its numbers stand beside it"


def test_small_figures_become_one_chart_without_what_they_repeat() -> None:
    months, company = ["2026-01-01", "2026-02-01"], [5.0, 6.0]
    data = [{"type": "scatter", "name": name, "x": months, "y": values, "xaxis": f"x{place}", "yaxis": f"y{place}", "line": {"color": "#2f5bea"}}
            for place, values in enumerate(([1.0, 2.0], [3.0, 4.0]), 1) for name, values in (("Company", company), ("Branch", values))]
    table = Table((Column("Month"), Column("Akron", Unit.MONEY), Column("Dayton", Unit.MONEY), Column("Company", Unit.MONEY)), ((date(2026, 1, 1), 1.0, 3.0, 5.0), (date(2026, 2, 1), 2.0, 4.0, 6.0)))
    _, parts = opened(document(Block("small", "Small", "", {"data": data, "layout": {}}, table)))
    chart = parts.read("xl/charts/chart1.xml").decode()
    assert re.findall(r"<c:tx><c:strRef><c:f>(.*?)</c:f>", chart) == ["Small!$D$4", "Small!$B$4", "Small!$C$4"]
    assert len(set(re.findall(r'<a:ln w="25400"><a:solidFill><a:srgbClr val="(\w+)"', chart))) == 3


def test_lying_bars_lie_in_excel_too_first_place_on_top() -> None:
    figure = {"data": [{"type": "bar", "orientation": "h", "name": "Now", "x": [3.5, 2.5], "y": ["A", "B"]}, {"type": "scatter", "mode": "markers", "name": "Before", "x": [1, 2], "y": ["A", "B"]}], "layout": {}}
    _, parts = opened(document(Block("bars", "Bars", "", figure, Table((Column("Name"), Column("Now", Unit.MONEY)), (("A", 3.5), ("B", 2.5))))))
    chart = parts.read("xl/charts/chart1.xml").decode()
    assert '<c:barDir val="bar"/>' in chart
    places = re.search(r"<c:catAx>.*?</c:catAx>", chart)
    assert places is not None
    assert '<c:orientation val="maxMin"/>' in places.group()
    assert len(re.findall("<c:ser>", chart)) == 1
    assert "Bars!$B$5:$B$6" in chart


def test_a_list_of_metrics_holds_numbers_each_in_its_own_unit() -> None:
    table = Table((Column("Metric"), Column("Value")), (("Net sales", Amount(1234567.0, Unit.MONEY)), ("Close rate", Amount(0.318, Unit.PERCENT)), ("NPS", None)))
    page = document(Block("headlines", "Headlines", "", None, table))
    sheets, _ = opened(page)
    assert [row[1] for row in sheets["Headlines"][4:7]] == [1234567.0, 0.318, ""]
    assert delimited(table, ZONE).decode("utf-8-sig").splitlines()[1:] == ["Net sales,1234567", "Close rate,0.318", "NPS,"]
    again = unpacked(packed(page)).blocks[0].table
    assert again == table


def test_a_card_with_a_figure_only_gets_the_numbers_that_it_draws(whole: tuple[dict[str, list[list[object]]], zipfile.ZipFile]) -> None:
    sheets, _ = whole
    assert list(table_in(sheets["Spend"], "Day"))[1][:3] == [date(2026, 2, 1), 2001.0, 4002.0]


def test_headers_stay_in_view_and_print_on_every_page(whole: tuple[dict[str, list[list[object]]], zipfile.ZipFile]) -> None:
    _, parts = whole
    sheet = parts.read("xl/worksheets/sheet2.xml").decode()
    assert 'state="frozen"' in sheet
    assert "_xlnm.Print_Titles" in parts.read("xl/workbook.xml").decode()


def test_no_cell_computes_whatever_a_branch_is_called(whole: tuple[dict[str, list[list[object]]], zipfile.ZipFile]) -> None:
    sheets, parts = whole
    assert HOSTILE in [row[0] for row in sheets["Branches side by side now"]], "the text itself is kept"
    for name in parts.namelist():
        if name.startswith("xl/worksheets/sheet"):
            assert "<f>" not in parts.read(name).decode()
    assert "externalLink" not in " ".join(parts.namelist())


def test_control_characters_and_broken_unicode_do_not_break_a_workbook() -> None:
    nasty = Block("x", "A\x00\x1b", "\ud800 says", None, Table((Column("Na\x07me"),), (("a\x0bb\ufffe",),)))
    sheets, _ = opened(document(nasty))
    assert sheets["A"][3][0] == "Name"
    assert sheets["A"][4][0] == "ab"


@pytest.mark.parametrize(("titles", "names"), [
    (["x" * 40, "x" * 40], ["x" * 31, "x" * 29 + " 2"]),
    (["Summary", "summary", "History"], ["Summary 2", "summary 3", "History 2"]),
    (["'quoted'", "[a]:b", "", "///"], ["quoted", "a b", "Sheet", "Sheet 2"]),
])
def test_sheets_are_called_what_excel_takes(titles: list[str], names: list[str]) -> None:
    assert sheet_names(titles, ("Summary", "Definitions")) == names


def test_limits_of_a_sheet_are_said_before_work_begins() -> None:
    check_rows(1_048_575, 10, "It")
    with pytest.raises(TooLargeError, match=r"1,048,576 rows; an Excel sheet holds 1,048,576 with its header. Choose CSV"):
        check_rows(1_048_576, 10, "It")
    with pytest.raises(TooLargeError, match="16,385 columns"):
        check_rows(1, 16_385, "It")
    long = Block("x", "Notes", "", None, Table((Column("Day"), Column("Note")), (("a", "x" * 32_767), ("b", "x" * 32_768))))
    with pytest.raises(TooLargeError, match="Row 2 of 'Notes' holds 32,768 characters under 'Note'"):
        check_workbook(document(long))
    with pytest.raises(TooLargeError, match="201 parts"):
        check_workbook(document(*[Block(f"b{number}", "B") for number in range(201)]))


def test_a_csv_is_read_back_to_the_same_values() -> None:
    block = by_branch()
    assert block.table is not None
    content = delimited(block.table, ZONE)
    assert content.startswith(BYTE_ORDER_MARK)
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert lines[0] == [column.label for column in block.table.columns]
    assert len(lines) == 6, "totals would be added up once more"
    for line, row in zip(lines[1:], block.table.rows, strict=True):
        assert line[0].removeprefix("'") == row[0]
        assert [float(each) if each else None for each in line[1:]] == [digits(value) for value in row[1:]]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "  =1+1", "\u00a0-1"])
def test_text_that_a_spreadsheet_would_compute_gets_a_quote(text: str) -> None:
    assert inert(text) == "'" + text
    row = next(csv.reader(io.StringIO(delimited(Table((Column("a"),), ((text,),)), ZONE).decode("utf-8-sig").split("\r\n", 1)[1])))
    assert row[0].startswith("'")


def test_negative_numbers_stay_numbers_and_harmless_text_stays_as_it_is() -> None:
    moment = datetime(2026, 11, 27, 15, 32, tzinfo=UTC)
    table = Table((Column("=x"), Column("n"), Column("d"), Column("m")), (("a=b", -1.5, date(2026, 1, 2), moment), ("", None, None, None)))
    assert delimited(table, ZONE).decode("utf-8-sig") == "'=x,n,d,m\r\na=b,-1.5,2026-01-02,2026-11-27 10:32:00\r\n,,,\r\n"


def test_a_document_survives_being_stored() -> None:
    page = document(weekly(), by_branch(), by_channel())
    again = unpacked(packed(page))
    assert again.title == page.title
    assert again.as_of == page.as_of
    assert dict(again.definitions) == page.definitions
    for before, after in zip(page.blocks, again.blocks, strict=True):
        assert after.figure == before.figure
        assert before.table is None or (after.table is not None and after.table.columns == before.table.columns)
    assert workbook(again, ZONE) == workbook(page, ZONE), "and makes the same file"


def test_a_part_is_chosen_or_refused_in_words() -> None:
    page = document()
    assert part_of(page, KINDS["pdf"], "") is page
    one = part_of(page, KINDS["png"], "net-sales")
    assert (one.title, [block.key for block in one.blocks]) == ("Net sales by week", ["net-sales"])
    for kind, key, words in (("png", "", "is made of one card"), ("png", "words", "has no chart"), ("csv", "words", "has no table"), ("pdf", "../etc", "no card called '../etc'")):
        with pytest.raises(NothingToExportError, match=re.escape(words)):
            part_of(page, KINDS[kind], key)
    with pytest.raises(NothingToExportError, match="nothing to export"):
        part_of(replace(page, blocks=()), KINDS["pdf"], "")
    for wrong in ("exe", None, ["pdf"], ""):
        with pytest.raises(ExportError, match="Choose a kind of file: png, svg"):
            kind_of(wrong)


def test_only_small_tables_are_written_while_somebody_waits() -> None:
    rows = Table(tuple(Column(str(number)) for number in range(10)), ((1.0,) * 10,) * 4001)
    assert is_quick(document(), KINDS["xlsx"])
    assert not is_quick(document(Block("x", "X", "", None, rows)), KINDS["csv"])
    assert not is_quick(document(), KINDS["pdf"]), "a browser is never started while somebody waits"


def test_names_of_files_hold_nothing_that_leads_elsewhere() -> None:
    assert file_name('../../etc/pass"wd\r\nX: y\u202egpj', "pdf") == ".. .. etc pass wd X y gpj.pdf".lstrip(". ")
    assert file_name("", "csv") == "Export.csv"
    assert len(file_name("x" * 500, "xlsx")) == 125
    assert name_of(document(), KINDS["pdf"], ZONE) == "Northline Home - Branches - 2026-11-27.pdf"


def test_keys_name_what_is_drawn_and_nothing_else() -> None:
    found = {key.name: key.shape for key in keys_of(weekly().figure or {})}
    assert found == {"Prior year": "dash", "80% band": "band", "Forecast": "dash", "Actual": "line"}
    assert keys_of(by_branch().figure or {}) == (), "one thing needs no key"


def test_numbers_of_a_figure_are_those_that_it_draws() -> None:
    table = table_of(weekly().figure or {})
    assert table is not None
    assert [column.label for column in table.columns] == ["Day", "Prior year", "Forecast", "Actual"]
    assert table.rows[0] == (MONDAY, 350_001.0, None, 400_000.0)
    assert table.columns[1].unit is Unit.MONEY


@pytest.mark.parametrize(("unit", "values", "wanted"), [
    (Unit.MONEY, (1.0, 2.0), '"$"#,##0;-"$"#,##0'), (Unit.MONEY, (1.5,), '"$"#,##0.00;-"$"#,##0.00'), (Unit.PERCENT, (), "0.0%"),
    (Unit.HOURS, (), '#,##0.0" h"'), (Unit.POINTS, (), "#,##0.0"), (None, (), "General")])
def test_cells_show_numbers_as_their_unit_asks(unit: Unit | None, values: tuple[float, ...], wanted: str) -> None:
    assert number_format(unit, values) == wanted


def test_text_is_cleaned_of_what_no_file_holds() -> None:
    assert clean("a\x00b\tc\n\x7f\ud83d\ufffe\U0001f600é") == "ab\tc\n\ufffd\U0001f600é"
    assert BRANCHES[4] == clean(BRANCHES[4])


def test_columns_of_a_workbook_are_as_wide_as_what_their_cells_show_and_text_keeps_off_numbers() -> None:
    table = Table((Column("Metric"), Column("Value"), Column("Standing"), Column("Since")), (("Net sales", Amount(82_088_231.4, Unit.MONEY), "92% of plan", date(2026, 11, 2)),))
    _, parts = opened(document(Block("a", "A", "", None, table)))
    widths = [float(found) for found in re.findall(r'<col [^>]*width="([0-9.]+)"', parts.read("xl/worksheets/sheet2.xml").decode())]
    assert widths[1] >= len("$82,088,231.40") + 2, "the cell shows the number, not $82.1M"
    row = re.findall(r'<c r="[CD]5" s="(\d+)"', parts.read("xl/worksheets/sheet2.xml").decode())
    styles = re.findall(r"<xf [^>]*/>|<xf [^>]*[^/]>.*?</xf>", parts.read("xl/styles.xml").decode().split("<cellXfs")[1])
    assert len(row) == 2
    assert all('horizontal="left"' in styles[int(number)] and 'indent="1"' in styles[int(number)] for number in row), [styles[int(number)] for number in row]


@pytest.mark.parametrize(("figure", "kind", "places"), [
    ({"type": "pie", "labels": ["A", "All others"], "values": [3.0, 1.0]}, "doughnutChart", ["A", "All others"]),
    ({"type": "funnel", "y": ["Due", "Sold"], "x": [9.0, 2.0]}, "barChart", ["Due", "Sold"]),
    ({"type": "waterfall", "name": "Leads", "x": ["Oct<br>2026", "Total"], "y": [5.0, 5.0]}, "barChart", ["Oct 2026", "Total"]),
])
def test_parts_of_a_whole_are_charts_of_excels_own(figure: dict[str, object], kind: str, places: list[str]) -> None:
    book, parts = opened(document(Block("whole", "Whole", "", {"data": [figure], "layout": {}}, Table((Column("Name"), Column("Value", Unit.COUNT)), (("A", 3.0),)))))
    assert kind in parts.read("xl/charts/chart1.xml").decode()
    assert set(places) <= {str(cell) for row in book["Whole"] for cell in row}
