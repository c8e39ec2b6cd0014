"""How numbers of a unit are shown by a spreadsheet: the twin of ``shared.metrics.format`` for cells that hold the number itself."""

from collections.abc import Iterable
from typing import Final

from shared.metrics.format import CURRENCY, SUFFIXES
from shared.metrics.metric import Unit
from shared.reports.shown import has_cents

DAY: Final = "yyyy-mm-dd"
MOMENT: Final = "yyyy-mm-dd hh:mm"
_SIGN: Final = f'"{CURRENCY}"'


def number_format(unit: Unit | None, values: Iterable[object] = ()) -> str:
    """Return the format of a column in ``unit``; ``values`` decide whether money is shown with cents (the cell holds them in any case)."""
    if unit is Unit.MONEY:
        size = "#,##0.00" if has_cents(values) else "#,##0"
        return f"{_SIGN}{size};-{_SIGN}{size}"
    if unit is Unit.PERCENT:
        return "0.0%"
    if unit is Unit.COUNT:
        return "#,##0"
    if unit is Unit.NUMBER:
        return "#,##0.00"
    if unit is None:
        return "General"
    return f'#,##0.0"{SUFFIXES[unit]}"' if SUFFIXES[unit] else "#,##0.0"

