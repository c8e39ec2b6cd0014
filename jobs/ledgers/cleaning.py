"""Makes records of the rows below a header: leaves out what is none, and writes out what others abbreviate (CR and DR behind amounts, days without a year)."""

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

from jobs.imports.mapping import Mapped
from jobs.imports.spool import Spool, SpoolWriter
from jobs.ledgers.totals import TotalsRow, is_totals
from shared.reconciliation.records import CREDITS, DEBITS

Row = tuple[int, str | None, list[str]]
"""Line, what is torn about it, cells."""
_SUFFIX = re.compile(r"(?P<number>.*[\d).])\s*(?P<side>CR|DR|C|D|H|S)\.?\s*", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"[-+(]?[\s$€£]*\d[\d.,'\s]*[-)]?")
_MARK_FIRST = re.compile(r"\s*([^\d(]*)\((.*)\)\s*", re.DOTALL)
_SERIAL = re.compile(r"\s*([34]\d{4})(\.\d*)?\s*")
_FIRST_OF_EXCEL = date(1899, 12, 30)
_DAY_AND_MONTH = re.compile(r"\s*(\d{1,2})(\d{2})\s*")
_MONEY = ("amount", "credit", "debit")


def clean(spool: Spool, mapped: list[Mapped], path: Path, period: tuple[date, date] | None) -> tuple[Spool, list[TotalsRow]]:
    """Return the records alone, and what was left out; ``period``: of a file whose days have no year."""
    places = {one.field: number for number, one in enumerate(mapped) if one.field}
    money = [places[name] for name in _MONEY if name in places]
    left_out: list[TotalsRow] = []
    names = [name if not re.fullmatch(r"column \d+", name) else "" for name in spool.header]
    with SpoolWriter(path, len(spool.header)) as writer:
        for batch in spool.batches():
            for line, torn, *found in zip(*(batch.column(name).to_pylist() for name in ("line", "torn", *map(str, range(len(spool.header))))), strict=True):
                cells = [cell or "" for cell in found]
                if [cell.strip() for cell in cells] == names:
                    left_out.append(TotalsRow(line, "the names of the columns again"))
                elif _is_none(cells, torn, places["date"], money):
                    left_out.append(TotalsRow(line, " ".join(cell for cell in cells if cell)[:200], _amounts(cells, torn, money)))
                elif not torn and _is_lone(cells, money):
                    left_out.append(TotalsRow(line, " ".join(cell for cell in cells if cell)[:200], _amounts(cells, torn, money), is_lone=True))
                elif torn:
                    writer.add_torn(line, cells, torn, 0)
                else:
                    _write_out(cells, places["date"], money, period)
                    writer.add(line, cells, sum(map(len, cells)))
    return Spool(path, spool.header, spool.note), left_out


def _is_none(cells: Sequence[str], torn: str | None, day: int, money: Sequence[int]) -> bool:
    is_whole_line = torn is not None and not torn.startswith("the row has") and not any(cells[1:])
    parts = re.split(r"[;,\t|]", cells[0]) if is_whole_line else cells
    if is_totals(parts, None if torn else cells[day]):
        return True
    filled = [place for place, cell in enumerate(parts) if cell.strip()]
    # A heading between records, or a line below them: one cell that is neither a day nor an amount.
    return len(filled) == 1 and (torn is not None or filled[0] not in {day, *money}) and not _NUMBER.fullmatch(parts[filled[0]].strip())


def _is_lone(cells: Sequence[str], money: Sequence[int]) -> bool:
    """An amount and nothing else: a total, if it is one."""
    filled = [place for place, cell in enumerate(cells) if cell.strip()]
    return bool(filled) and {*filled} <= {*money}


def _amounts(cells: Sequence[str], torn: str | None, money: Sequence[int]) -> tuple[str, ...]:
    return () if torn else tuple(cells[place] for place in money)


def _write_out(cells: list[str], day: int, money: Sequence[int], period: tuple[date, date] | None) -> None:
    for place in money:
        if cells[place][-1:].isalpha() or cells[place][-1:] == ".":
            cells[place] = signed(cells[place])
        elif cells[place][-1:] == ")" and (found := _MARK_FIRST.fullmatch(cells[place])):
            cells[place] = f"({found[1]}{found[2]})"
    if found := _SERIAL.fullmatch(cells[day]):
        cells[day] = (_FIRST_OF_EXCEL + timedelta(days=int(found[1]))).isoformat()
    if period is not None and (found := _DAY_AND_MONTH.fullmatch(cells[day])):
        cells[day] = _with_year(int(found[1]), int(found[2]), period) or cells[day]


def signed(cell: str) -> str:
    """Return an amount without CR or DR behind it, as a minus where it is a debit; anything else as it is."""
    found = _SUFFIX.fullmatch(cell)
    if not found:
        return cell
    number = found["number"].strip()
    return f"-{number}" if found["side"].lower() in DEBITS and number[:1] not in {"-", "("} else number


def _with_year(day: int, month: int, period: tuple[date, date]) -> str | None:
    for year in range(period[0].year, period[1].year + 1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if period[0] <= found <= period[1]:
            return found.isoformat()
    return None


def period_of_datev(path: Path, encoding: str) -> tuple[date, date] | None:
    """Return the days that the first line of a DATEV export names; None: it is none.  Its days have no year."""
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        cells = [cell.strip('"') for cell in file.readline(4000).lstrip("\ufeff").split(";")]
    if cells[0] not in {"EXTF", "DTVF"} or len(cells) < 16:
        return None
    try:
        return date.fromisoformat(cells[14]), date.fromisoformat(cells[15])
    except ValueError:
        return None


def side_by_words(spool: Spool, mapped: Sequence[Mapped], is_free: Callable[[Mapped], bool]) -> int | None:
    """Return the place of the one free column in which every row says debit or credit; None: there is none, or two."""
    words, free = {*DEBITS, *CREDITS}, [number for number, one in enumerate(mapped) if is_free(one)]
    for batch in spool.batches():
        sound = [torn is None for torn in batch.column("torn").to_pylist()]
        for number in list(free):
            cells = [cell for cell, fits in zip(batch.column(str(number)).to_pylist(), sound, strict=True) if fits]
            filled = [cell.strip(" .").lower() for cell in cells if cell and cell.strip()]
            if len(filled) < 0.8 * len(cells) or not {*filled} <= words:
                free.remove(number)
        if not free:
            return None
    return free[0] if len(free) == 1 else None
