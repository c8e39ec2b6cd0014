"""The states of a warning, whatever is looked at in whatever order; and what may stand in a rule."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alerts.finding import compared
from shared.alerts.machine import PATIENCE, Instance, Look, Policy, acknowledged, step
from shared.alerts.rule import RuleError, rule_from

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
LOOKS: tuple[Look, ...] = ("breach", "between", "clear", "nodata", "error", "rest")


def run(policy: Policy, looks: list[Look], **more: Any) -> list[str]:
    instance, told = Instance(START), []
    for minute, look in enumerate(looks):
        instance, transition = step(policy, instance, look, START + timedelta(minutes=minute), **more)
        if transition:
            told.append(transition.kind)
    return told


def test_a_breach_fires_once_and_resolves_once() -> None:
    assert run(Policy(), ["breach", "breach", "breach", "clear", "clear"]) == ["fired", "resolved"]


def test_a_breach_is_pending_until_it_has_lasted() -> None:
    assert run(Policy(for_minutes=3), ["breach"] * 3) == ["pending"]
    assert run(Policy(for_minutes=3), ["breach"] * 4) == ["pending", "fired"]
    assert run(Policy(for_evaluations=3), ["breach", "breach", "clear", "breach", "breach", "breach"]) == ["pending", "calm", "pending", "fired"]


def test_between_the_lines_neither_warns_nor_ends_a_warning() -> None:
    assert run(Policy(), ["between", "breach", "between", "breach", "between", "clear"]) == ["fired", "resolved"]


def test_a_warning_survives_the_lack_of_data_and_says_so() -> None:
    assert run(Policy(), ["breach", *["nodata"] * PATIENCE, "breach", "clear"]) == ["fired", "nodata", "returned", "resolved"]
    assert run(Policy(), [*["error"] * (PATIENCE - 1), "clear"]) == []
    assert run(Policy(), [*["error"] * 10, "clear"]) == ["error", "recovered"]


def test_a_reminder_comes_until_somebody_takes_note() -> None:
    policy = Policy(remind_minutes=2)
    assert run(policy, ["breach"] * 6) == ["fired", "reminded", "reminded"]
    instance, _ = step(policy, Instance(START), "breach", START)
    _, transition = step(policy, acknowledged(instance, START), "breach", START + timedelta(hours=9))
    assert transition is None


def test_what_fired_in_silence_is_told_when_the_silence_ends() -> None:
    instance, fired = step(Policy(), Instance(START), "breach", START, silenced=True)
    assert fired is not None
    assert not fired.tells
    _, told = step(Policy(), instance, "breach", START + timedelta(minutes=1))
    assert told is not None
    assert (told.kind, told.tells) == ("reminded", True)


def test_nothing_can_be_acknowledged_that_is_not_open() -> None:
    with pytest.raises(ValueError, match="no warning is open"):
        acknowledged(Instance(START), START)


@given(st.lists(st.tuples(st.sampled_from(LOOKS), st.booleans(), st.booleans()), max_size=80), st.integers(0, 4), st.integers(1, 3), st.integers(0, 5))
def test_no_sequence_of_looks_fires_twice_without_a_resolution_or_moves_without_an_event(turns: list[tuple[Look, bool, bool]], minutes: int, evaluations: int, remind: int) -> None:
    policy, instance, is_open = Policy(minutes, evaluations, remind), Instance(START), False
    for minute, (look, silenced, takes_note) in enumerate(turns):
        moment = START + timedelta(minutes=minute)
        before = instance
        instance, transition = step(policy, instance, look, moment, silenced=silenced)
        assert (transition is not None) or instance.state == before.state
        if transition is not None:
            assert (transition.before, transition.after) == (before.state, instance.state)
            assert not (silenced and transition.tells)
            assert transition.kind != "fired" or not is_open
            assert transition.kind not in {"resolved", "reminded", "returned"} or is_open
            is_open = is_open or transition.kind == "fired"
            is_open = is_open and transition.kind != "resolved"
        assert instance.is_open == is_open
        assert look in {"breach", "between", "nodata", "error", "rest"} or not is_open
        assert instance.state not in {"firing", "acknowledged"} or is_open
        if takes_note and instance.is_open:
            instance = acknowledged(instance, moment)


@pytest.mark.parametrize(("value", "side", "look"), [(0.84, "below", "breach"), (0.85, "below", "between"), (0.9, "below", "clear"), (float("nan"), "below", "nodata"),
                                                     (0.96, "above", "breach"), (0.85, "above", "clear")])
def test_a_number_is_held_against_two_lines(value: float, side: str, look: str) -> None:
    assert compared(value, 0.85 if side == "below" else 0.95, 0.9, side) == look


@pytest.mark.parametrize(("given_rule", "field", "said"), [
    ({"kind": "gut"}, "kind", "Choose one of threshold"), ({"kind": "pace", "metric": "leeds"}, "metric", "did you mean 'leads'"), ({"kind": "pace", "metric": "cancel_rate"}, "metric", "not a sum"),
    ({"kind": "pace", "metric": "leads", "limit": 9}, "limit", "0.1 to 2"), ({"kind": "threshold", "metric": "leads", "limit": float("nan")}, "limit", "must be a number"),
    ({"kind": "pace", "metric": "leads", "limit": 0.9, "clear": 0.8}, "clear", "cannot end below"), ({"kind": "threshold", "metric": "leads", "side": "above", "limit": 5, "clear": 6}, "clear", "cannot end above"),
    ({"kind": "threshold", "metric": "availability", "per": "branch"}, "per", "whole company"), ({"kind": "staleness", "view": "nonsense", "limit": 5}, "view", "No view"),
    ({"kind": "pace", "metric": "leads", "for_minutes": -1}, "for_minutes", "whole number"), ({"kind": "pace", "metric": "leads", "webhook": "ftp://x"}, "webhook", "https"),
    ({"kind": "pace", "metric": "leads", "period": "eternity"}, "period", "no period"), ({"kind": "pace", "metric": "leads", "colour": "red"}, "colour", "no 'colour'"),
    ({"kind": "pace", "metric": "leads", "branches": [True]}, "branches", "list of branch numbers")])
def test_a_rule_that_cannot_be_is_refused_in_words(given_rule: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(RuleError) as caught:
        rule_from("A rule", given_rule)
    assert caught.value.field == field
    assert said.lower() in str(caught.value).lower()


def test_a_rule_is_the_same_after_it_was_kept() -> None:
    rule = rule_from("Pace", {"kind": "pace", "metric": "leads", "limit": 0.8, "clear": 0.9, "branches": [3, 1]})
    assert rule_from("Pace", rule.document()) == rule
