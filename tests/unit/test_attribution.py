"""Attribution models: published examples, brute force, and what must hold for any journeys."""

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.analysis.attribution import markov
from shared.analysis.attribution.credit import RULES
from shared.analysis.attribution.decision import disagreements
from shared.analysis.attribution.journeys import Journeys, of_paths
from shared.analysis.attribution.markov import chain_of, removal_effects
from shared.analysis.attribution.paths import Paths
from shared.analysis.attribution.result import Attribution, attribute
from shared.analysis.attribution.rounding import apportion
from shared.analysis.attribution.tally import Tally, tally_of

KEYS = 4
Rows = list[tuple[list[int], int, int, int]]
PATH = st.lists(st.integers(0, KEYS - 1), max_size=6)
ROWS = st.lists(st.tuples(PATH, st.integers(0, 3), st.integers(0, 10**9), st.integers(0, 3)), min_size=1, max_size=12)


def journeys_of(rows: Rows, *, days: bool = False) -> Journeys:
    worth = [cents if conversions else 0 for _, conversions, cents, _ in rows]
    ages = [[float((len(path) - place) * 3) for place in range(len(path))] for path, *_ in rows] if days else None
    return of_paths([path for path, *_ in rows], [row[1] for row in rows], worth, [row[3] if row[0] else 0 for row in rows], [True, False, True, True], ages)


def attributed(rows: Rows, **chosen: Any) -> Attribution:
    return attribute(tally_of([journeys_of(rows, days=True)], KEYS, **chosen), replicates=20)


def credits_of(found: Attribution) -> dict[str, list[float]]:
    return {credit.name: [value / 100 for value in credit.conversions] for credit in found.credits}


def test_the_tutorial_case_of_the_markov_chain() -> None:
    tally = Tally(3, has_days=False)
    tally.add(of_paths([[0, 1, 2], [0], [1, 2]], [1, 0, 0], [100_000, 0, 0], [0, 1, 1]))
    found = attribute(tally, replicates=10)
    assert found.removal.tolist() == pytest.approx([0.5, 1.0, 1.0])
    assert found.credits[-1].cents.tolist() == [20_000, 40_000, 40_000, 0]


@pytest.mark.parametrize(("name", "days", "wanted"), [
    ("first_touch", [9, 6, 4, 1], [1, 0, 0, 0]), ("last_touch", [9, 6, 4, 1], [0, 0, 0, 1]), ("last_paid_touch", [9, 6, 4, 1], [0, 0, 1, 0]),
    ("linear", [9, 6, 4, 1], [0.25, 0.25, 0.25, 0.25]), ("position_based", [9, 6, 4, 1], [0.4, 0.1, 0.1, 0.4]), ("shapley", [9, 6, 4, 1], [1 / 3, 1 / 3, 0, 1 / 3]),
    ("time_decay", [21, 14, 7, 0], [1 / 15, 2 / 15, 4 / 15, 8 / 15]),
])
def test_the_shares_of_a_journey_of_four_touches(name: str, days: list[float], wanted: list[float]) -> None:
    journeys = of_paths([[0, 2, 0, 1]], [1], [100], paid=[True, False, True], days=[days])
    rule = next(rule for rule in RULES if rule.name == name)
    assert rule.share(journeys, 7.0).tolist() == pytest.approx(wanted)


def test_short_journeys_by_position() -> None:
    rule = next(rule for rule in RULES if rule.name == "position_based")
    assert rule.share(of_paths([[0], [1, 2], []], [1, 1, 1], [1, 1, 1]), 7.0).tolist() == [1.0, 0.5, 0.5]


def test_where_nothing_was_paid_the_last_paid_touch_is_the_last_one() -> None:
    rule = next(rule for rule in RULES if rule.name == "last_paid_touch")
    assert rule.share(of_paths([[1, 1], [], [0, 1]], [1, 1, 1], [1, 1, 1], paid=[True, False]), 7.0).tolist() == [0.0, 1.0, 1.0, 0.0]


def test_time_decay_of_very_old_journeys_does_not_vanish() -> None:
    rule = next(rule for rule in RULES if rule.name == "time_decay")
    assert rule.share(of_paths([[0, 1]], [1], [1], days=[[90_007.0, 90_000.0]]), 7.0).tolist() == pytest.approx([1 / 3, 2 / 3])


@settings(deadline=None)
@given(st.lists(st.tuples(st.lists(st.integers(0, 3), min_size=1, max_size=5), st.integers(1, 4)), min_size=1, max_size=6))
def test_shapley_equals_brute_force_over_every_coalition(rows: list[tuple[list[int], int]]) -> None:
    players = range(KEYS)

    def worth(coalition: frozenset[int]) -> int:
        return sum(count for path, count in rows if set(path) <= coalition)

    wanted = []
    for player in players:
        others = [other for other in players if other != player]
        value = Fraction(0)
        for size in range(KEYS):
            weight = Fraction(math.factorial(size) * math.factorial(KEYS - size - 1), math.factorial(KEYS))
            value += sum((weight * (worth(frozenset({*chosen, player})) - worth(frozenset(chosen))) for chosen in itertools.combinations(others, size)), Fraction(0))
        wanted.append(float(value))
    tally = tally_of([of_paths([path for path, _ in rows], [count for _, count in rows], [0] * len(rows))], KEYS, has_days=False)
    number = next(number for number, rule in enumerate(tally.rules) if rule.name == "shapley")
    assert tally.counts[number].sum(axis=0)[:-1].tolist() == pytest.approx(wanted)


@settings(deadline=None)
@given(ROWS, st.sampled_from([1, 2, 3]), st.sampled_from([0.5, 7.0, 60.0]))
def test_every_model_adds_up_to_every_conversion_and_to_the_cent(rows: Rows, order: int, half_life: float) -> None:
    found = attributed(rows, order=order, half_life=half_life)
    conversions, cents = sum(row[1] for row in rows), sum(row[2] for row in rows if row[1])
    assert (found.conversions, found.cents) == (conversions, cents)
    bare = sum(row[1] for row in rows if not row[0])
    assert found.unattributed == bare
    for credit in found.credits:
        assert int(credit.conversions.sum()) == conversions * 100, credit.name
        assert int(credit.cents.sum()) == cents, credit.name
        assert (credit.cents >= 0).all()
        assert (credit.conversions >= 0).all()
        assert int(credit.conversions[-1]) == bare * 100, credit.name
        assert abs(int(credit.cents[-1]) - sum(row[2] for row in rows if row[1] and not row[0])) <= 1, credit.name


@settings(deadline=None)
@given(ROWS)
def test_the_shares_of_every_journey_add_up_to_one(rows: Rows) -> None:
    journeys = journeys_of(rows, days=True)
    for rule in RULES:
        share = rule.share(journeys, 7.0)
        sums = np.bincount(journeys.rows, share, len(journeys.lengths))
        assert sums[journeys.lengths > 0].tolist() == pytest.approx([1.0] * int((journeys.lengths > 0).sum())), rule.name
        assert (share >= 0).all()


@settings(deadline=None)
@given(ROWS, st.sampled_from([1, 2, 3]))
def test_parts_of_any_size_make_the_same_sums(rows: Rows, order: int) -> None:
    whole, parts = (tally_of(pieces, KEYS, order=order) for pieces in ([journeys_of(rows, days=True)], [journeys_of([row], days=True) for row in rows]))
    assert whole.counts.sum(axis=1) == pytest.approx(parts.counts.sum(axis=1))
    assert whole.values.sum(axis=1) == pytest.approx(parts.values.sum(axis=1))
    assert removal_effects(chain_of(whole))[0] == pytest.approx(removal_effects(chain_of(parts))[0])


@settings(deadline=None)
@given(ROWS, st.sampled_from([1, 2, 3]))
def test_the_removal_effect_equals_walking_through_the_chain(rows: Rows, order: int) -> None:
    found, wanted = attributed(rows, order=order), walked(rows, order)
    assert found.removal.tolist() == pytest.approx(wanted, abs=1e-6)


def walked(rows: Rows, order: int) -> list[float]:
    """Step by step from the begin, without matrices: dictionaries of transitions, and a flow that is followed until nothing is left of it."""
    moves: dict[tuple[Any, ...], dict[Any, float]] = {}
    for path, conversions, _, nulls in rows:
        states = [(*("begin",) * order, *path)[place : place + order] for place in range(len(path) + 1)]
        for amount, end in ((conversions, "sale"), (nulls, "none")):
            for state, after in zip(states, [*states[1:], end], strict=True) if path and amount else ():
                moves.setdefault(state, {})
                moves[state][after] = moves[state].get(after, 0.0) + amount
    every = sold(moves, order, None)
    return [1 - sold(moves, order, key) / every if every else 0.0 for key in range(KEYS)]


def sold(moves: dict[tuple[Any, ...], dict[Any, float]], order: int, without: int | None) -> float:
    flow, found = {("begin",) * order: 1.0}, 0.0
    while flow:
        after: dict[Any, float] = {}
        for state, amount in flow.items():
            for target, count in moves.get(state, {}).items():
                after[target] = after.get(target, 0.0) + amount * count / sum(moves[state].values())
        found += after.get("sale", 0.0)
        flow = {state: amount for state, amount in after.items() if state not in {"sale", "none"} and state[-1] != without and amount > 1e-12}
    return found


@settings(deadline=None)
@given(ROWS, st.sampled_from([1, 2, 3]))
def test_large_chains_are_solved_as_small_ones_are(rows: Rows, order: int) -> None:
    chain = chain_of(tally_of([journeys_of(rows)], KEYS, order=order, has_days=False))
    dense = removal_effects(chain)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(markov, "_MOST_DENSE", 0)
        assert removal_effects(chain)[0] == pytest.approx(dense[0], abs=1e-9)
        assert removal_effects(chain)[1] == pytest.approx(dense[1], abs=1e-9)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=20), st.integers(0, 10**13))
def test_parts_add_up_and_are_at_most_a_unit_off(parts: list[float], whole: int) -> None:
    values = np.array(parts)
    if values.sum() <= 0:
        assert apportion(values, 0).tolist() == [0] * len(parts)
        return
    found = apportion(values, whole)
    assert int(found.sum()) == whole
    assert (abs(found - values * whole / values.sum()) <= 1 + whole * 1e-12).all()


def test_equal_remainders_go_to_the_first() -> None:
    assert apportion(np.array([1.0, 1.0, 1.0]), 100).tolist() == [34, 33, 33]
    with pytest.raises(ValueError, match="nobody|zero"):
        apportion(np.zeros(2), 5)


def test_no_conversions_at_all_is_an_answer_too() -> None:
    found = attributed([([0, 1], 0, 0, 3)])
    assert found.conversions == 0
    assert all(not credit.conversions.any() and np.isnan(credit.low).all() for credit in found.credits)
    assert np.isnan(found.shares(found.credits[0])).all()


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    rng, inside, tries = np.random.default_rng(3), 0, 60
    for seed in range(tries):
        lengths = rng.integers(1, 4, 600)
        paths = [rng.choice(3, length, p=(0.5, 0.3, 0.2)).tolist() for length in lengths]
        tally = Tally(3, has_days=False, seed=seed)
        tally.add(of_paths(paths, [1] * 600, [0] * 600))
        linear = next(credit for credit in attribute(tally, replicates=200).credits if credit.name == "linear")
        inside += linear.low[0] <= 0.5 <= linear.high[0]
    assert 0.85 <= inside / tries <= 1.0


def test_the_same_journeys_give_the_same_intervals() -> None:
    rows: Rows = [([0, 1], 3, 900, 2), ([2], 2, 500, 1), ([1, 3, 0], 1, 100, 4)]
    first, second = attributed(rows), attributed(rows)
    assert all(one.low.tolist() == other.low.tolist() and one.high.tolist() == other.high.tolist() for one, other in zip(first.credits, second.credits, strict=True))


def opened_and_closed(sales: int) -> Attribution:
    """Key 0 opens every journey, key 1 closes it."""
    return attribute(tally_of([of_paths([[0, 1]], [sales], [sales * 100_000])], KEYS, has_days=False), replicates=100)


def test_a_channel_that_pays_by_one_model_and_not_by_another_is_named() -> None:
    found = opened_and_closed(200)
    spend = np.array([50_000 * 100, 50_000 * 100, 0, 0])
    every = disagreements(found, spend, 0.45)
    assert [(each.kind, each.sides[0].key) for each in every][:2] == [("keep_or_cut", 0), ("keep_or_cut", 1)]
    assert "first_touch" in every[0].sides[0].models
    assert "last_touch" in every[0].sides[1].models
    assert ("next_dollar", {0, 1}) in [(each.kind, {side.key for side in each.sides}) for each in every]


def test_models_that_differ_without_changing_a_decision_are_not_named() -> None:
    cheap, dear = np.array([1_000, 1_000_000_00, 0, 0]), np.array([0, 0, 0, 0])
    assert [each.kind for each in disagreements(opened_and_closed(200), cheap, 0.45) if each.kind == "next_dollar"] == []
    assert disagreements(opened_and_closed(200), dear, 0.45) == []


def test_what_chance_may_have_done_is_no_disagreement() -> None:
    tally = tally_of([of_paths([[0, 1], [1], [0]], [1, 1, 1], [100_000, 90_000, 95_000])], KEYS, has_days=False)
    assert disagreements(attribute(tally), np.array([60_000, 60_000, 0, 0]), 0.45) == []


def test_paths_are_counted_whatever_the_parts() -> None:
    rows: Rows = [([0, 1], 3, 300, 0), ([1, 0], 2, 50, 0), ([0], 4, 40, 9), ([0, 1], 1, 7, 0), ([], 5, 5, 0), ([2] * 15, 1, 1, 0)]
    paths = Paths(KEYS)
    for row in rows:
        paths.add(journeys_of([row], days=True))
    assert [(path.keys, path.conversions, path.cents) for path in paths.commonest(3)] == [((0,), 4, 40), ((0, 1), 4, 307), ((1, 0), 2, 50)]
    assert (paths.commonest(9)[-1].touches, len(paths.commonest(9)[-1].keys)) == (15, 12)
    assert (paths.conversions, paths.alone.tolist(), int(paths.opened[0, 1]), int(paths.opened[2, 2])) == (11, [4, 0, 0, 0], 4, 1)


@pytest.mark.parametrize("chosen", [{"half_life": 0}, {"order": 4}])
def test_settings_that_mean_nothing_are_refused(chosen: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="half-life|order"):
        Tally(2, **chosen)


def test_journeys_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValueError, match="rise"):
        Journeys(np.array([0, 3]), np.array([1]), np.array([1]), np.array([1]), np.array([0]), np.array([True]))
    with pytest.raises(ValueError, match="outside"):
        tally_of([of_paths([[5]], [1], [1])], KEYS)
