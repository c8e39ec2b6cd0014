"""Which column of a ledger is what: told, remembered for its source, or guessed from names; the better name wins where two would do."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from jobs.imports.choices import plain as spelled_plainly
from jobs.imports.mapping import Mapped, listed
from jobs.imports.refusal import ImportRefusedError, shown
from shared.reconciliation.records import RECORD

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_OTHER_MONEY = re.compile(r"balance|saldo|bal$|tax|vat|mwst|steuer|fee|discount|skonto|rate|count|commission|type|account|konto")
"""Words of columns that hold money, and not the amount of a row."""
_DAY = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}")


def columns_of(header: Sequence[str], told: Mapping[str, str], remembered: Mapping[str, str]) -> list[Mapped]:
    """Return what becomes of each column.  Raises ImportRefusedError where day or amount cannot be found, or what is told cannot be."""
    if day := next((name for name in header if _DAY.fullmatch(name.strip())), None):
        raise ImportRefusedError(f"the line that should name the columns holds a day ({shown(day)}), so it is a record: put a line with the names of the columns above it")
    _known(header, told)
    chosen = {column: Mapped(column, "" if name == "-" else name, "told") for column, name in told.items()}
    taken = {one.field for one in chosen.values() if one.field}
    for column, name in remembered.items():
        if column in header and column not in chosen and (not name or (name in RECORD.by_field and name not in taken)):
            chosen[column] = Mapped(column, name, "remembered")
            taken |= {name} if name else set()
    spelled = {column: plain(column) for column in header if column not in chosen}
    # What is said exactly comes first, or "Debit Amount" would be an amount.
    for look in (_exactly, _loosely):
        for one in RECORD.fields:
            if one.name in taken or (one.name == "amount" and {"credit", "debit"} <= taken):
                continue
            best = look((one.name, *one.synonyms), spelled)
            if best is not None and not (look is _loosely and _OTHER_MONEY.search(spelled[best]) and one.name in {"amount", "credit", "debit"}):
                chosen[best] = Mapped(best, one.name, "by its name")
                taken.add(one.name)
                del spelled[best]
    _one_amount(chosen, taken)
    _complete(header, taken)
    return [chosen.get(column) or Mapped(column, "", "") for column in header]


def _known(header: Sequence[str], told: Mapping[str, str]) -> None:
    for column, name in told.items():
        if column not in header:
            close = get_close_matches(column, header, n=1)
            raise ImportRefusedError(f"the file has no column {shown(column)}" + (f"; did you mean {shown(close[0])}?" if close else f"; it has: {listed(header)}"))
        if name not in {"", "-"} and name not in RECORD.by_field:
            raise ImportRefusedError(f"a record has no field {shown(name)}; its fields: {', '.join(RECORD.by_field)}")
    named = [name for name in told.values() if name not in {"", "-"}]
    if twice := next((name for name in named if named.count(name) > 1), None):
        raise ImportRefusedError(f"two columns are said to be {twice}; choose one")


def plain(words: str) -> str:
    """Return a column's name in one spelling, umlauts written out."""
    return spelled_plainly(words.lower().translate(_UMLAUTS) if not words.isascii() else words)


def _one_amount(chosen: dict[str, Mapped], taken: set[str]) -> None:
    """Where an amount and only one of credit and debit were guessed, the amount says both."""
    if "amount" in taken and len({"credit", "debit"} & taken) == 1:
        for column, one in list(chosen.items()):
            if one.field in {"credit", "debit"} and one.how == "by its name":
                del chosen[column]
                taken.discard(one.field)


def _exactly(names: Sequence[str], spelled: Mapping[str, str]) -> str | None:
    return next((column for name in names for column, words in spelled.items() if words == name), None)


def _loosely(names: Sequence[str], spelled: Mapping[str, str]) -> str | None:
    """A column may say a little more than the name."""
    return next((column for name in names for column, words in spelled.items() if (len(name) > 3 and words.startswith(f"{name}_")) or words.endswith(f"_{name}")), None)


def _complete(header: Sequence[str], taken: set[str]) -> None:
    missing = [words for words, names in (("the day", {"date"}), ("the amount", {"amount", "credit", "debit"})) if not names & taken]
    if missing:
        raise ImportRefusedError(f"no column says {' and '.join(missing)}; say which column is what. The columns: {listed(header)}")
