"""Why a number changed: worked out by hand, and adding up whatever the rows are."""

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.analysis.calendar_effects import calendar_effect, calendar_share
from shared.analysis.contribution import contributions, mix_and_rate

ROW = st.fixed_dictionaries({"branch": st.sampled_from("ABC"), "source": st.sampled_from("xyz"), "rep": st.sampled_from("12"), "value": st.floats(-1e6, 1e6)})
CELLS = st.dictionaries(st.sampled_from("abcde"), st.integers(1, 500).flatmap(lambda cases: st.tuples(st.integers(0, cases), st.just(cases))), min_size=1)


def row(branch: str, source: str, value: float) -> dict[str, object]:
    return {"branch": branch, "source": source, "value": value}


def test_the_branch_and_source_that_fell_are_named_first_with_their_part() -> None:
    before = [row("A", "x", 10), row("A", "y", 20), row("B", "x", 30), row("B", "y", 40)]
    after = [row("A", "x", 10), row("A", "y", 20), row("B", "x", 6), row("B", "y", 44)]
    first, *_ = found = contributions(before, after, ["branch", "source"])
    assert sorted(first.path) == [("branch", "B"), ("source", "x")]
    assert (first.before, first.after, first.share) == (30, 6, pytest.approx(24 / 20))
    assert "fell by 24, from 30 to 6: 120.0% of the fall" in first.words
    assert math.fsum(part.share for part in found) == pytest.approx(1)
    assert found[-1].path == ()


@given(st.lists(ROW, max_size=25), st.lists(ROW, max_size=25), st.integers(0, 6))
def test_parts_add_up_to_the_whole_change(before: list[dict[str, object]], after: list[dict[str, object]], most: int) -> None:
    found = contributions(before, after, ["branch", "source", "rep"], most)
    for side, rows in (("before", before), ("after", after)):
        assert math.fsum(getattr(part, side) for part in found) == pytest.approx(math.fsum(each["value"] for each in rows), abs=1e-3)  # type: ignore[misc]
    assert len(found) <= most + 1
    shares = [part.share for part in found]
    assert all(map(math.isnan, shares)) or math.fsum(shares) == pytest.approx(1, abs=1e-6)
    assert found == contributions(before[::-1], after[::-1], ["branch", "source", "rep"], most) or any(map(math.isnan, shares))


def test_nothing_that_changed_is_all_in_the_remainder() -> None:
    same = [row("A", "x", 10)]
    found = contributions(same, same, ["branch"])
    assert [(part.path, part.before, part.after) for part in found] == [((), 10, 10)]
    assert math.isnan(found[0].share)


def test_a_mix_that_shifts_to_the_weaker_segment_lowers_the_ratio_without_any_rate_changing() -> None:
    found = mix_and_rate({"strong": (40, 80), "weak": (2, 20)}, {"strong": (20, 40), "weak": (6, 60)})
    assert found is not None
    assert (found.before, found.after) == (0.42, 0.26)
    assert found.rate == pytest.approx(0)
    assert found.mix == pytest.approx(-0.16)
    assert "-16.00 points because the mix" in found.words


@given(CELLS, CELLS)
def test_rate_and_mix_add_up_to_the_change_of_the_ratio(before: dict[str, tuple[float, float]], after: dict[str, tuple[float, float]]) -> None:
    found = mix_and_rate(before, after)
    assert found is not None
    assert found.rate + found.mix == pytest.approx(found.after - found.before, abs=1e-9)
    assert mix_and_rate({}, after) is None


def weight(day: date) -> float:
    return float(day.weekday() < 6)


def test_a_month_with_fewer_working_days_explains_its_fall() -> None:
    january = [date(2026, 1, 1) + timedelta(days=n) for n in range(31)]
    february = [date(2026, 2, 1) + timedelta(days=n) for n in range(28)]
    assert calendar_share(january, february, weight) == pytest.approx(24 / 27 - 1)
    chance = [(day, (10.0 + day.day % 3) * weight(day)) for day in (*january, *february)]
    found = calendar_effect(chance[:31], chance[31:], weight)
    assert found.calendar + found.rest == pytest.approx(found.change)
    assert found.is_explained
    assert "blame nobody" in found.words
    fallen = calendar_effect(chance[:31], [(day, value * 0.7) for day, value in chance[31:]], weight)
    assert not fallen.is_explained
    assert "more than days vary" in fallen.words
    assert math.isnan(calendar_share([date(2026, 1, 4)], january, weight))
