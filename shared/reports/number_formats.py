"""How numbers of a unit are shown by a spreadsheet: the twin of ``shared.metrics.format`` for cells that hold the number itself."""

from collections.abc import Iterable
from typing import Final

from shared.metrics.format import CURRENCY, SUFFIXES
from shared.metrics.metric import Unit

DAY: Final = "yyyy-mm-dd"
MOMENT: Final = "yyyy-mm-dd hh:mm"
_SIGN: Final = f'"{CURRENCY}"'


def number_format(unit: Unit | None, values: Iterable[object] = ()) -> str:
    """Return the format of a column in ``unit``; ``values`` decide how many decimals money needs."""
    if unit is Unit.MONEY:
        size = "#,##0" if _are_whole(values) else "#,##0.00"
        return f"{_SIGN}{size};[Red]-{_SIGN}{size}"
    if unit is Unit.PERCENT:
        return "0.0%;[Red]-0.0%"
    if unit is Unit.COUNT:
        return "#,##0;[Red]-#,##0"
    if unit is Unit.NUMBER:
        return "#,##0.00;[Red]-#,##0.00"
    if unit is None:
        return "General"
    return f'#,##0.0"{SUFFIXES[unit]}"' if SUFFIXES[unit] else "#,##0.0"


def _are_whole(values: Iterable[object]) -> bool:
    numbers = [value for value in values if isinstance(value, int | float)]
    return bool(numbers) and all(value == value and float(value).is_integer() for value in numbers)  # noqa: PLR0124 - NaN is not itself
