"""How numbers are written: missing, negative, minus nothing, huge."""

import math

import pytest

from shared.metrics.format import MISSING, write, write_change, write_exact
from shared.metrics.metric import Unit


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_what_is_missing_is_an_em_dash_and_never_zero(value: float | None, unit: Unit) -> None:
    assert write(value, unit) == write_exact(value, unit) == write_change(value, unit) == MISSING


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("value", [-0.0, -1e-9, -5.8e-11])
def test_minus_nothing_is_written_as_nothing(value: float, unit: Unit) -> None:
    assert "-" not in write(value, unit)
    assert "-" not in write_exact(value, unit)


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("value", [1e15, -1e15, 1e300])
def test_huge_numbers_are_written_without_breaking(value: float, unit: Unit) -> None:
    assert any(letter.isdigit() for letter in write(value, unit))
    assert "e+" not in write(value, unit)
    assert write(value, unit).startswith("-") == (value < 0)


@pytest.mark.parametrize(("value", "unit", "short", "exact"), [
    (4_821_377.5, Unit.MONEY, "$4.82M", "$4,821,377.50"), (-4_821_377.5, Unit.MONEY, "-$4.82M", "-$4,821,377.50"), (999_500, Unit.MONEY, "$1.00M", "$999,500.00"),
    (999_499, Unit.MONEY, "$999.5K", "$999,499.00"), (12_345.67, Unit.MONEY, "$12,346", "$12,345.67"), (0, Unit.MONEY, "$0", "$0.00"), (4.5, Unit.MONEY, "$4.50", "$4.50"),
    (-0.004, Unit.MONEY, "$0", "$0.00"), (-0.3, Unit.MONEY, "-$0.30", "-$0.30"), (2.5e9, Unit.MONEY, "$2.50B", "$2,500,000,000.00"), (999_600_000, Unit.MONEY, "$1.00B", "$999,600,000.00"),
    (0.31849, Unit.PERCENT, "31.8%", "31.85%"), (-0.05, Unit.PERCENT, "-5.0%", "-5.00%"), (12.0, Unit.PERCENT, "1,200.0%", "1,200.00%"),
    (3146, Unit.COUNT, "3,146", "3,146"), (-3146, Unit.COUNT, "-3,146", "-3,146"), (1_234_567, Unit.COUNT, "1.23M", "1,234,567"), (-1_234_567, Unit.COUNT, "-1.23M", "-1,234,567"),
    (3.14159, Unit.NUMBER, "3.14", "3.142"), (250.4, Unit.NUMBER, "250", "250.4"), (0, Unit.NUMBER, "0.00", "0"),
    (4.25, Unit.DAYS, "4.2 d", "4.25 d"), (412.4, Unit.MILLISECONDS, "412 ms", "412.4 ms"), (90.0, Unit.MINUTES, "90.0 min", "90 min"), (100, Unit.HOURS, "100 h", "100 h"), (-12.34, Unit.POINTS, "-12.3", "-12.34"),
])
def test_a_number_is_written_short_on_a_tile_and_exact_in_a_table(value: float, unit: Unit, short: str, exact: str) -> None:
    assert write(value, unit) == short
    assert write_exact(value, unit) == exact


@pytest.mark.parametrize(("change", "unit", "words"), [
    (0.084, Unit.MONEY, "8.4%"), (-0.084, Unit.COUNT, "8.4%"), (0.012, Unit.PERCENT, "1.2 pt"), (-0.012, Unit.PERCENT, "1.2 pt"), (-3.26, Unit.POINTS, "3.3 pt"), (11.0, Unit.MONEY, "12x"), (9.99, Unit.COUNT, "999.0%"),
])
def test_a_change_is_written_without_its_sign(change: float, unit: Unit, words: str) -> None:
    assert write_change(change, unit) == words
