"""PDF and pictures as other programs read them, and a Chromium that hangs, dies or is asked to reach out."""

import base64
import http.server
import os
import re
import signal
import struct
import threading
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

from jobs.paper import press as press_module
from jobs.paper.browser import BrowserFailedError
from jobs.paper.press import Press
from jobs.paper.program import NoBrowserError
from shared.metrics.metric import Unit
from shared.reports.document import Block, Column, Table
from shared.reports.kinds import KINDS
from shared.reports.making import part_of
from shared.reports.shown import shown
from shared.settings import Settings, load_settings
from tests.conftest import CHROMIUM
from tests.unit.documents import BRANCHES, by_branch, by_channel, document, weekly

ZONE = ZoneInfo("America/New_York")
SCRIPT = "<script>document.title='hacked'</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def settings_of_press() -> Settings:
    return load_settings(database_url="postgresql://nobody:x@localhost/none", redis_url="redis://localhost", secret_key="s" * 48, chromium_path=CHROMIUM)


@pytest.fixture(scope="module")
def press(settings_of_press: Settings) -> Iterator[Press]:
    made = Press(settings_of_press)
    yield made
    made.close()


@pytest.fixture(scope="module")
def pages(press: Press) -> PdfReader:
    rows = tuple((f"Row {number}", float(number)) for number in range(120))
    long = Block("rows", "Every row", "", None, Table((Column("Name of row"), Column("Amount", Unit.MONEY)), rows, ("All rows", 7140.0)))
    return PdfReader(BytesIO(press.make(document(weekly(), by_branch(), by_channel(), Block("words", SCRIPT, "Nothing fell."), long), KINDS["pdf"], "letter")))


def texts(pages: PdfReader) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in pages.pages]


def structure(pages: PdfReader) -> list[dict[str, Any]]:
    """Every element of the tree of tags."""
    found: list[dict[str, Any]] = []

    def walk(node: Any) -> None:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for each in node:
                walk(each)
        elif isinstance(node, dict):
            if "/S" in node:
                found.append(node)
            if "/K" in node:
                walk(node["/K"])

    walk(pages.trailer["/Root"]["/StructTreeRoot"])
    return found


def test_a_pdf_says_what_the_document_says(pages: PdfReader) -> None:
    page_texts = texts(pages)
    whole = " ".join(page_texts)
    for words in ("Northline Home", "Branches", "1 to 27 November 2026", "This month", "As of 27 November 2026, 10:32 EST", "Net sales rose 12.4% on the year before.", "Weeks begin on Monday.", "Sales divided by demos.", "Definitions"):
        assert words in whole, words
    for block in (weekly(), by_branch()):
        assert block.table is not None
        for row in (*block.table.rows, *([block.table.totals] if block.table.totals else [])):
            for value, column in zip(row, block.table.columns, strict=True):
                cents = column.label == "Score"
                assert shown(value, column, ZONE, cents=cents) in whole, (column.label, value)
    assert [re.search(r"Page (\d+) of (\d+)", text).groups() for text in page_texts] == [(str(number), str(len(page_texts))) for number in range(1, len(page_texts) + 1)]  # type: ignore[union-attr]


def test_a_table_over_several_pages_repeats_its_header_and_ends_with_its_totals(pages: PdfReader) -> None:
    with_rows = [text for text in texts(pages) if re.search(r"Row \d+ \$", text)]
    assert len(with_rows) > 2
    assert all("Name of row Amount" in text for text in with_rows)
    assert "All rows $7,140" in with_rows[-1]


def test_a_pdf_is_tagged_with_headings_tables_and_what_charts_show(pages: PdfReader) -> None:
    root: Any = pages.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].startswith("en")
    tags = structure(pages)
    kinds = {str(tag["/S"]) for tag in tags}
    assert {"/H1", "/H2", "/Table", "/TR", "/TH", "/TD", "/Figure"} <= kinds
    assert "Chart: Net sales by week. Net sales rose 12.4% on the year before." in {str(tag["/Alt"]) for tag in tags if tag["/S"] == "/Figure" and "/Alt" in tag}
    assert [item.title for item in pages.outline if not isinstance(item, list)] or pages.outline
    assert pages.metadata is not None
    assert pages.metadata.title == "Branches"


def test_charts_are_drawn_and_fonts_are_in_the_file(pages: PdfReader) -> None:
    fonts: dict[str, Any] = {}
    for page in pages.pages:
        resources: Any = page["/Resources"]
        assert not [each for each in resources.get("/XObject", {}).values() if each.get_object()["/Subtype"] == "/Image"], "a chart is never a photograph"
        fonts |= {str(font.get_object().get("/BaseFont")): font.get_object() for font in resources.get("/Font", {}).values()}
    assert {name.partition("+")[2] for name in fonts} == {"Inter-Regular", "Inter-SemiBold"}
    for font in fonts.values():
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert any(part in descriptor for part in ("/FontFile", "/FontFile2", "/FontFile3"))


def test_text_of_a_document_is_never_markup(pages: PdfReader) -> None:
    whole = " ".join(texts(pages))
    assert SCRIPT.replace(" ", "") in whole.replace(" ", "")
    assert BRANCHES[3] in whole


@pytest.mark.parametrize(("size", "points"), [("letter", (612, 792)), ("a4", (595, 842))])
def test_paper_has_the_size_that_was_asked_for(press: Press, size: Any, points: tuple[int, int]) -> None:
    reader = PdfReader(BytesIO(press.make(part_of(document(), KINDS["pdf"], "spend"), KINDS["pdf"], size)))
    assert (round(reader.pages[0].mediabox.width), round(reader.pages[0].mediabox.height)) == points
    assert len(reader.pages) == 1, "a single chart has no cover"


def test_a_picture_is_the_card_with_its_title_and_where_it_comes_from(press: Press) -> None:
    page = document(weekly(), replace(by_branch(), says=SCRIPT))
    svg = press.make(part_of(page, KINDS["svg"], "branches"), KINDS["svg"], "letter").decode()
    tree = ET.fromstring(svg)  # noqa: S314 - our own
    names = {element.tag.partition("}")[2] for element in tree.iter()}
    assert not names & {"script", "image", "a", "foreignObject", "iframe"}
    said = " ".join(text for element in tree.iter() if element.tag.endswith("}text") for text in element.itertext())
    assert "Branches: side / by * side [now]?" in said
    assert "onerror=alert(1)" in said, "as text"
    assert BRANCHES[3] in said, "the name of a branch is not markup on the axis either"
    assert "As of 27 November 2026, 10:32 EST" in said
    assert not re.findall(r"""(?:href|src|url\()\s*=?\s*["']?(?:https?:)?//""", svg)
    png = press.make(part_of(page, KINDS["png"], "net-sales"), KINDS["png"], "letter")
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">I", png[16:20])[0] == 1920


def test_a_chromium_that_died_is_replaced(press: Press) -> None:
    card = part_of(document(), KINDS["svg"], "spend")
    press.make(card, KINDS["svg"], "letter")
    assert press.browser is not None
    dead = press.browser.process_id
    os.killpg(dead, signal.SIGKILL)
    assert press.make(card, KINDS["svg"], "letter").startswith(b"<svg")
    assert press.browser.process_id != dead


def test_a_chromium_that_hangs_is_killed_in_time(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    card = part_of(document(), KINDS["svg"], "spend")
    press.make(card, KINDS["svg"], "letter")
    assert press.browser is not None
    hung = press.browser.process_id
    monkeypatch.setattr(press_module, "PICTURE_SECONDS", 1.0)
    os.killpg(hung, signal.SIGSTOP)
    threading.Timer(1.1, lambda: monkeypatch.setattr(press_module, "PICTURE_SECONDS", 20.0)).start()
    assert press.make(card, KINDS["svg"], "letter").startswith(b"<svg")
    assert not Path(f"/proc/{hung}").exists()


def test_work_that_nobody_wants_any_more_ends_at_once(press: Press) -> None:
    class GoneError(Exception):
        pass

    def check(_: float) -> None:
        raise GoneError

    many = document(*[replace(weekly(), key=f"b{number}") for number in range(60)])
    with pytest.raises(GoneError):
        press.make(many, KINDS["pdf"], "letter", check)
    assert press.browser is None


def test_a_figure_that_cannot_be_drawn_is_an_error_and_not_an_empty_page(press: Press) -> None:
    broken = Block("x", "X", "", {"data": [{"type": "no such trace"}], "layout": {"xaxis": {"type": 5}, "height": "tall"}}, None)
    press.make(document(broken), KINDS["pdf"], "letter")  # plotly draws what it understands
    warm = press._warm(lambda _: None)
    with pytest.raises(BrowserFailedError, match="data-figure|undefined|Cannot read"):
        warm.call("fill", {"title": "", "style": "", "body": '<div data-figure="7"></div>', "figures": []}, 20)


def test_the_page_reaches_nobody_and_knows_no_secret(press: Press) -> None:
    asked: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        there = f"http://127.0.0.1:{server.server_port}"
        body = (f'<img src="{there}/img"><iframe src="{there}/frame"></iframe><link rel="stylesheet" href="{there}/css"><object data="{there}/object"></object>'
                f'<svg><image href="{there}/svg"/></svg><p style="background:url({there}/css)">x</p><img src=x onerror="fetch(\'{there}/script\')"><img src="file:///etc/passwd">')
        warm = press._warm(lambda _: None)
        warm.call("fill", {"title": "t", "style": f"@import '{there}/import';", "body": body, "figures": []}, 20)
        pdf = base64.b64decode(warm.print(20))
        server.shutdown()
    assert asked == []
    assert PdfReader(BytesIO(pdf)).pages[0].extract_text().strip() == "x"
    environment = Path(f"/proc/{warm.process_id}/environ")
    if environment.exists():
        assert not re.search(rb"DATABASE_URL|SECRET|PASSWORD|REDIS", environment.read_bytes())


def test_without_chromium_the_reader_is_told_what_helps(settings_of_press: Settings) -> None:
    lacking = Press(settings_of_press.model_copy(update={"chromium_path": "/nowhere/chromium"}))
    with pytest.raises(NoBrowserError, match=r"Chromium, which is not installed .* apt-get install chromium .* Excel and CSV work without it\."):
        lacking.make(document(weekly()), KINDS["pdf"], "letter")


def test_an_idle_chromium_is_ended(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(press, "_idle_seconds", 0.05)
    press.make(part_of(document(), KINDS["svg"], "spend"), KINDS["svg"], "letter")
    waiting = threading.Event()
    for _ in range(100):
        if press.browser is None:
            break
        waiting.wait(0.1)
    assert press.browser is None
