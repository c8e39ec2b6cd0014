"""A question is valid from the moment it is built; what is wrong is said with its name and the nearest right one."""

import subprocess
import sys
from datetime import date

import pytest

from shared.metrics.dimension import BY_DIMENSION, dimensions_of
from shared.metrics.errors import OutOfScopeError, QuestionError, UnknownDimensionError, UnknownMetricError
from shared.metrics.period import Period
from shared.metrics.question import Question
from shared.metrics.registry import metric, metrics
from shared.metrics.scope import COMPANY, Scope

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(("changes", "parameter", "words"), [
    ({"metrics": ()}, "metrics", "name at least one metric"),
    ({"metrics": ("leads", "leads")}, "metrics", "named twice"),
    ({"metrics": ("close_rat",)}, "metrics", "no metric is called 'close_rat'; did you mean"),
    ({"metrics": ("xyzzy",)}, "metrics", "no metric is called 'xyzzy'$"),
    ({"grain": "mnth"}, "grain", "no grain is called 'mnth'; did you mean 'month'"),
    ({"split": ("branhc",)}, "split", "no dimension is called 'branhc'; did you mean 'branch'"),
    ({"split": ("product",)}, "split", "leads cannot be split or filtered by product; it can be by branch, canvasser, source"),
    ({"split": ("branch", "branch")}, "split", "at most 4 different"),
    ({"split": ("branch", "source", "channel", "medium", "campaign")}, "split", "at most 4 different"),
    ({"where": (("rep", ("1",)),)}, "where", "cannot be split or filtered by rep"),
    ({"branches": frozenset({0})}, "branch", "numbered from 1"),
    ({"branches": frozenset({99_999})}, "branch", "numbered from 1"),
    ({"where": (("channel", ("a\0b",)),)}, "where.channel", "a character that no text"),
    *(({"where": (("source", (key,)),)}, "where.source", "keys of source are whole numbers") for key in ("--5", "²", "", "1.0", "1234567890", "1;", "٣")),
])
def test_what_is_wrong_is_refused_by_name(changes: dict[str, object], parameter: str, words: str) -> None:
    with pytest.raises(QuestionError, match=words) as refused:
        Question(**{"metrics": ("leads",), "period": NOVEMBER, **changes})  # type: ignore[arg-type]
    assert refused.value.parameter == parameter


def test_each_kind_of_refusal_is_its_own() -> None:
    with pytest.raises(UnknownMetricError):
        Question(("nslii",), NOVEMBER)
    with pytest.raises(UnknownDimensionError):
        Question(("nsli",), NOVEMBER, split=("crew",))


def test_every_metric_can_be_asked_by_each_of_its_dimensions_and_by_no_other() -> None:
    for name in metrics():
        allowed = dimensions_of(metric(name))
        for each in BY_DIMENSION.values():
            if each in allowed:
                assert Question((name,), NOVEMBER, split=(each.name,)).keys == (each.name,)
            else:
                with pytest.raises(UnknownDimensionError):
                    Question((name,), NOVEMBER, split=(each.name,))


BASE = Question(("leads", "set_rate"), NOVEMBER, "day", ("branch", "source"), (("channel", ("a", "b")),), frozenset({1, 2}))
SAME = (
    Question(("set_rate", "leads"), NOVEMBER, "day", ("branch", "source"), (("channel", ("b", "a")),), frozenset({2, 1})),
    Question(("leads", "set_rate"), Period(NOVEMBER.start, NOVEMBER.end, "mtd", date(2026, 12, 31)), "day", ("branch", "source"), (("channel", ("a", "b")),), frozenset({1, 2})),
)


def test_equal_questions_have_equal_fingerprints_in_every_process() -> None:
    assert BASE.fingerprint(TODAY) == SAME[1].fingerprint(TODAY)
    code = ("from datetime import date; from shared.metrics.question import Question; from shared.metrics.period import Period;"
            "print(Question(('leads', 'set_rate'), Period(date(2026, 11, 1), date(2026, 11, 30)), 'day', ('branch', 'source'), (('channel', ('b', 'a')),), frozenset({2, 1}))"
            ".fingerprint(date(2026, 11, 22)))")
    for seed in ("0", "1"):
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."})
        assert told.stdout.strip() == BASE.fingerprint(TODAY)


@pytest.mark.parametrize("other", [
    Question(("leads",), NOVEMBER, "day", ("branch", "source"), (("channel", ("a", "b")),), frozenset({1, 2})),
    Question(("leads", "set_rate"), Period(NOVEMBER.start, date(2026, 11, 29)), "day", ("branch", "source"), (("channel", ("a", "b")),), frozenset({1, 2})),
    Question(("leads", "set_rate"), NOVEMBER, "week", ("branch", "source"), (("channel", ("a", "b")),), frozenset({1, 2})),
    Question(("leads", "set_rate"), NOVEMBER, "day", ("source", "branch"), (("channel", ("a", "b")),), frozenset({1, 2})),
    Question(("leads", "set_rate"), NOVEMBER, "day", ("branch", "source"), (("channel", ("a,b",)),), frozenset({1, 2})),
    Question(("leads", "set_rate"), NOVEMBER, "day", ("branch", "source"), (("medium", ("a", "b")),), frozenset({1, 2})),
    Question(("leads", "set_rate"), NOVEMBER, "day", ("branch", "source"), (("channel", ("a", "b")),), frozenset({1})),
    Question(("leads", "set_rate"), NOVEMBER, "day", ("branch", "source"), (("channel", ("a", "b")),), frozenset()),
    Question(("leads", "set_rate"), NOVEMBER, "day", ("branch", "source"), (("channel", ("a", "b")),)),
])
def test_any_other_question_has_another_fingerprint(other: Question) -> None:
    assert other.fingerprint(TODAY) != BASE.fingerprint(TODAY)


def test_tomorrow_the_same_question_is_another() -> None:
    assert BASE.fingerprint(TODAY) != BASE.fingerprint(date(2026, 11, 23))


def test_no_two_metrics_share_a_fingerprint() -> None:
    assert len({Question((name,), NOVEMBER).fingerprint(TODAY) for name in metrics()}) == len(metrics())


def test_a_scope_narrows_to_its_branches_and_refuses_others_by_name() -> None:
    scope = Scope(frozenset({1, 3}))
    assert scope.narrowed(None) == {1, 3}
    assert scope.narrowed(frozenset({3})) == {3}
    assert scope.narrowed(frozenset()) == set()
    with pytest.raises(OutOfScopeError, match="branch 2, 9 is not one of yours"):
        scope.narrowed(frozenset({1, 2, 9}))
    assert scope.allows(1)
    assert not scope.allows(2)
    assert not scope.is_company


def test_the_company_sees_all_and_nobody_sees_nothing() -> None:
    assert COMPANY.narrowed(None) is None
    assert COMPANY.narrowed(frozenset({7})) == {7}
    nobody = Scope(frozenset())
    assert nobody.narrowed(None) == set()
    with pytest.raises(OutOfScopeError):
        nobody.narrowed(frozenset({1}))
