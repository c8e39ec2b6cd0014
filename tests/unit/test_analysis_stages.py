"""Stages of a funnel: effects by hand, and that they always add up."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.analysis.stages import stages


def test_a_change_is_shared_out_as_by_hand() -> None:
    # 100 leads x 0.5 x 0.4 = 20 sales; 200 leads x 0.25 x 0.8 = 40: the set rate takes back what the leads brought, so all of the rise is the close rate's.
    found = stages(("leads", "sets", "sales"), (100, 50, 20), (200, 50, 40))
    assert found is not None
    assert [(each.before, each.after) for each in found] == [(100, 200), (0.5, 0.25), (0.4, 0.8)]
    assert [each.effect for each in found] == pytest.approx([20, -20, 20])
    assert [each.share for each in found] == pytest.approx([1, -1, 1])


@given(st.lists(st.tuples(st.floats(0.01, 1e6), st.floats(0.01, 1e6)), min_size=1, max_size=7))
def test_effects_add_up_to_the_change(pairs: list[tuple[float, float]]) -> None:
    before, after = zip(*pairs, strict=True)
    found = stages([str(n) for n in range(len(pairs))], before, after)
    assert found is not None
    assert math.fsum(each.effect for each in found) == pytest.approx(after[-1] - before[-1], abs=1e-6 * max(before[-1], after[-1]))


def test_an_empty_stage_has_no_rate_and_nothing_changed_has_no_shares() -> None:
    assert stages(("a", "b"), (5, 0), (5, 2)) is None
    assert stages(("a",), (5,), (math.nan,)) is None
    still = stages(("a", "b"), (5, 2), (10, 2))
    assert still is not None
    assert [each.effect for each in still] == pytest.approx([2 * math.log(2), -2 * math.log(2)])
    assert all(math.isnan(each.share) for each in still)
    with pytest.raises(ValueError, match="equally many"):
        stages(("a",), (1, 2), (1, 2))
