"""Files: ``python -m benchmarks.exports [--rows N] [--quick]``.  The last line is JSON.

Pictures a second by the warm page and by kaleido, the time of a printed report, and a table of a million rows and ten columns as XLSX and CSV beside pandas and xlsxwriter.
1,000 schedules of one minute are delivered, with the demo company (``benchmarks/deliveries.py``).
Each table is written by a process of its own, whose peak memory is what the kernel says.  With DATABASE_URL set that server is read (nothing is written), else one of the benchmark's own.
``--quick``: a tenth of the rows, and without pandas.
"""

import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

from sqlalchemy import create_engine, text

from benchmarks.timing import median, step
from jobs.stack.ports import free_port
from jobs.stack.postgres import Primary
from shared.charts.template import layout
from shared.charts.trend import Ahead, weekly_trend
from shared.metrics.metric import Unit
from shared.reports.document import Block, Column, Document, Table
from shared.reports.kinds import KINDS
from shared.reports.large_table import LargeColumn, head_of, write_large_workbook
from shared.reports.making import part_of
from shared.settings import Settings, load_settings
from shared.warehouse.copying import batches, copy_csv

ROWS = 1_000_000
ZONE = ZoneInfo("America/New_York")
COLUMNS = (
    LargeColumn("id", "number", Unit.COUNT), LargeColumn("branch", "text"), LargeColumn("customer", "text"), LargeColumn("day", "day"), LargeColumn("at", "moment"), LargeColumn("amount", "number", Unit.MONEY),
    LargeColumn("cost", "number", Unit.MONEY), LargeColumn("share", "number", Unit.PERCENT), LargeColumn("count", "number", Unit.COUNT), LargeColumn("note", "text"),
)
SOURCE = """
SELECT i AS id, 'Branch ' || i % 5 AS branch, 'Customer ' || i || ' & sons' AS customer, date '2024-01-01' + i % 900 AS day, timestamptz '2024-01-01' + i * interval '37 seconds' AS at,
       (i * 1.37)::float8 AS amount, (i * 0.51)::float8 AS cost, (i % 1000 / 1000.0)::float8 AS share, i % 17 AS count, CASE WHEN i % 10 = 0 THEN '=1+1' ELSE 'as agreed' END AS note
FROM generate_series(1, CAST(:rows AS int)) AS i"""


def report() -> Document:
    """Eight charts, their sentences and a table of 120 rows."""
    monday = date(2025, 12, 1)
    trends = [Block(f"trend-{number}", f"Net sales of branch {number}", "Net sales rose 12.4% on the year before.", weekly_trend(monday, [4e5 + 1e4 * ((week * 7 + number) % 11) for week in range(48)], [3.6e5 + 9e3 * (week % 9) for week in range(52)], Ahead([5e5] * 4, [4e5] * 4, [6e5] * 4)))
              for number in range(4)]
    bars = [Block(f"bars-{number}", f"Leads by branch {number}", "Columbus brought most.", {"data": [{"type": "bar", "name": "Leads", "x": [f"Branch {place}" for place in range(8)], "y": [100 + 30 * ((place + number) % 5) for place in range(8)]}], "layout": layout(280)}) for number in range(4)]
    rows = tuple((f"Row {number}", 1000.5 * number, number / 200, number) for number in range(120))
    table = Block("rows", "Every row", "120 rows.", None, Table((Column("Name"), Column("Amount", Unit.MONEY), Column("Share", Unit.PERCENT), Column("Count", Unit.COUNT)), rows))
    return Document("Report", "1 to 27 November 2026", datetime(2026, 11, 27, 12, tzinfo=UTC), (*trends, *bars, table), (("Period", "This month"),), {"Net sales": "Contract amount of sales that were not cancelled."}, "Northline Home")


def measure_pages(settings: Settings) -> dict[str, Any]:
    """Pictures a second (one at a time), and seconds of a report, with the browser warm and cold."""
    import kaleido
    from pypdf import PdfReader

    from jobs.paper.press import Press

    page = report()
    press = Press(settings)
    begun = time.perf_counter()
    pdf = press.make(page, KINDS["pdf"], "letter")
    cold = time.perf_counter() - begun
    pages = len(PdfReader(io.BytesIO(pdf)).pages)
    warm = median([_seconds(lambda: press.make(page, KINDS["pdf"], "letter")) for _ in range(7)])
    rates = {}
    for form in ("png", "svg"):
        cards = [part_of(page, KINDS[form], block.key) for block in page.blocks if block.figure is not None]
        rates[form] = _rate(40, lambda number, form=form, cards=cards: press.make(cards[number % len(cards)], KINDS[form], "letter"))  # type: ignore[misc]
    press.close()
    figures = [block.figure for block in page.blocks if block.figure is not None]
    options = {"format": "png", "width": 960, "height": 400, "scale": 2}
    kaleido.start_sync_server(n=1, mathjax=False, silence_warnings=True)
    kaleido.calc_fig_sync(figures[0], opts=options)
    server = _rate(20, lambda number: kaleido.calc_fig_sync(figures[number % len(figures)], opts=options))
    kaleido.stop_sync_server(silence_warnings=True)
    alone = _rate(3, lambda number: kaleido.calc_fig_sync(figures[number % len(figures)], opts=options, kopts={"mathjax": False}))
    print(f"a report of {pages} pages: {warm:.2f} s warm, {cold:.2f} s cold", file=sys.stderr)
    return {"chart_images_per_s": {"warm": rates["png"], "warm_svg": rates["svg"], "kaleido": server, "kaleido_each_time_anew": alone}, "pdf_report_s": round(warm, 3), "pdf_report_cold_s": round(cold, 2), "pdf_report_pages": pages}


# --- tables, each in a process of its own


def write(what: str, rows: int, folder: Path) -> dict[str, float]:
    """Write one table and return seconds, peak memory and size; runs in a child."""
    engine, file = create_engine(os.environ["DATABASE_URL"]), folder / f"{what}.out"
    writers: dict[str, Callable[[Any], object]] = {
        "xlsx_1m": lambda connection: _into(file, lambda out: write_large_workbook(out, "Rows", COLUMNS, batches(connection, SOURCE, {"rows": rows}), ZONE, rows=rows)),
        "csv_1m": lambda connection: _into(file, lambda out: copy_csv(connection, out, SOURCE, {"rows": rows}, [(column.label, column.label, column.kind) for column in COLUMNS], "America/New_York", header=head_of(COLUMNS))),
        "pandas_to_excel": lambda connection: _frame(connection, rows).to_excel(file, index=False, engine="xlsxwriter"),
        "xlsxwriter_constant_memory": lambda connection: _plain_xlsxwriter(connection, rows, file),
        "pandas_to_csv": lambda connection: _frame(connection, rows).to_csv(file, index=False),
    }
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        before = _peak_mb()
        begun, worked = time.perf_counter(), time.process_time()
        writers[what](connection)
    return {"seconds": round(time.perf_counter() - begun, 1), "cpu_seconds": round(time.process_time() - worked, 1), "peak_mb": _peak_mb(), "of_which_before_mb": before, "file_mb": round(file.stat().st_size / 1e6, 1)}


def _into(file: Path, work: Callable[[IO[bytes]], object]) -> object:
    with file.open("wb") as out:
        return work(out)


def _peak_mb() -> int:
    """Most memory that this process ever held.  On Linux getrusage would give that of the parent, from which it was forked, where that is more."""
    status = Path("/proc/self/status")
    if status.exists():
        return round(int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:")).split()[1]) / 1024)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024))


def _frame(connection: Any, rows: int) -> Any:
    import pandas as pd

    frame = pd.read_sql(text(SOURCE), connection, params={"rows": rows})
    frame["at"] = frame["at"].dt.tz_convert("America/New_York").dt.tz_localize(None)
    return frame


def _plain_xlsxwriter(connection: Any, rows: int, file: Path) -> None:
    from xlsxwriter import Workbook

    book = Workbook(file, {"constant_memory": True, "remove_timezone": True})
    sheet, day, moment = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    styles = [{"day": day, "moment": moment}.get(column.kind) for column in COLUMNS]
    line = 0
    for batch in batches(connection, SOURCE, {"rows": rows}):
        for row in batch:
            line += 1
            for number, value in enumerate(row):
                sheet.write(line, number, value, styles[number])
    book.close()


def measure_tables(rows: int, quick: bool) -> dict[str, Any]:
    """Write each kind of table in a child."""
    found: dict[str, Any] = {"rows": rows}
    with tempfile.TemporaryDirectory() as folder:
        for what in ("csv_1m", "xlsx_1m", *(() if quick else ("pandas_to_csv", "xlsxwriter_constant_memory", "pandas_to_excel"))):
            with step(f"{what}, {rows:,} rows"):
                done = subprocess.run([sys.executable, "-m", "benchmarks.exports", "--write", what, str(rows), folder], check=True, stdout=subprocess.PIPE, text=True)
            found[what] = json.loads(done.stdout.splitlines()[-1])
            print(f"  {found[what]}", file=sys.stderr)
    return found


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _rate(count: int, work: Callable[[int], object]) -> float:
    begun = time.perf_counter()
    for number in range(count):
        work(number)
    return round(count / (time.perf_counter() - begun), 2)


@contextmanager
def _server() -> Iterator[None]:
    """DATABASE_URL as it is set, or a server of our own."""
    if os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg2://", 1)
        yield
        return
    folder = Path(tempfile.mkdtemp(prefix="northline-bench-"))
    folder.chmod(0o711)
    primary = Primary(folder / "postgres", free_port())
    try:
        primary.start()
        os.environ["DATABASE_URL"] = primary.url()
        yield
    finally:
        primary.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: list[str]) -> None:
    """Measure everything, or write one table as a child."""
    if arguments[:1] == ["--write"]:
        print(json.dumps(write(arguments[1], int(arguments[2]), Path(arguments[3]))))
        return
    quick = "--quick" in arguments
    rows = int(arguments[arguments.index("--rows") + 1]) if "--rows" in arguments else ROWS // (10 if quick else 1)
    with step("pictures and pages"):
        found = measure_pages(load_settings(database_url="postgresql://nobody:x@localhost/none", redis_url="redis://localhost", secret_key="-" * 48))
    with _server():
        found |= measure_tables(rows, quick)
    from benchmarks import deliveries  # here, so that who writes a table does not carry it along: its memory is measured

    found |= deliveries.run("small" if quick else "standard")
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
