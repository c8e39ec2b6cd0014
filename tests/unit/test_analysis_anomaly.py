"""Odd days and odd moments: found, told once, never by knowing the future."""

import itertools
import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import nab
from shared.analysis.anomaly import Verdict, judge_daily
from shared.analysis.streams import WINDOW, StreamDetector, alerts, score_stream

DAYS = [date(2024, 1, 1) + timedelta(days=n) for n in range(500)]


def counts(seed: int = 1, level: float = 30.0) -> list[float]:
    chance = np.random.default_rng(seed)
    return chance.poisson([level * (0.3 if day.weekday() == 6 else 1.0) for day in DAYS]).astype(float).tolist()


def odd(verdicts: list[Verdict]) -> list[date]:
    return [each.day for each in verdicts if each.is_anomaly]


@pytest.mark.parametrize(("value", "side"), [(80.0, "far above"), (3.0, "far below")])
def test_an_odd_day_is_told_on_its_day(value: float, side: str) -> None:
    values = counts()
    values[402] = value
    found = judge_daily(DAYS, values)
    assert DAYS[402] in odd(found)
    assert side in found[402].words
    assert not found[402].low <= value <= found[402].high


def test_a_quiet_sunday_is_usual_and_a_busy_one_is_not() -> None:
    values, sunday = counts(), next(n for n in range(400, 410) if DAYS[n].weekday() == 6)
    assert not judge_daily(DAYS, values)[sunday].is_anomaly
    values[sunday] = 35.0
    assert judge_daily(DAYS, values)[sunday].is_anomaly


def test_ordinary_series_alarm_less_than_once_a_year() -> None:
    years = 30 * (len(DAYS) - 60) / 365
    assert sum(len(odd(judge_daily(DAYS, counts(seed, level)))) for seed in range(10) for level in (0.4, 4.0, 40.0)) / years < 1


def test_holidays_are_neither_judged_nor_learned_from() -> None:
    values, holiday = counts(), DAYS[400]
    values[400] = 0.0
    found = judge_daily(DAYS, values, holidays={holiday})
    assert not found[400].is_anomaly
    assert math.isnan(found[400].expected)
    values[400] = 900.0
    more = judge_daily(DAYS, values, holidays={holiday})[401:]
    assert more == judge_daily(DAYS, values, left_out={holiday})[401:]
    assert [each.expected for each in more] == [each.expected for each in found[401:]]


def test_what_a_holiday_left_undone_may_be_made_up_for_and_no_more() -> None:
    values = counts()
    values[400], values[401] = 0.0, values[401] + values[393]
    day = judge_daily(DAYS, values)[401]
    eased = judge_daily(DAYS, values, holidays={DAYS[400]})[401]
    assert (day.is_anomaly, eased.is_anomaly) == (True, False)
    assert eased.low <= eased.value <= eased.high
    values[402] = values[401] + 6.0  # made up for already
    assert judge_daily(DAYS, values, holidays={DAYS[400]})[402].is_anomaly
    values[401] = 130.0
    assert judge_daily(DAYS, values, holidays={DAYS[400]})[401].is_anomaly


def test_a_season_that_comes_every_year_is_half_expected() -> None:
    days = [date(2022, 1, 1) + timedelta(days=n) for n in range(4 * 365)]
    values = np.random.default_rng(1).poisson([78 if 4 <= day.month <= 9 else 60 for day in days]).astype(float).tolist()
    springs = {each.day.year for each in judge_daily(days, values) if each.is_anomaly and "weeks together" in each.words and each.score > 0}
    assert 2022 in springs
    assert len(springs) < 4


@given(st.integers(80, 499), st.integers(0, 3))
@settings(max_examples=15, deadline=None)
def test_a_verdict_is_the_same_whatever_comes_after(until: int, seed: int) -> None:
    values = counts(seed)
    assert judge_daily(DAYS[:until], values[:until])[-1] == judge_daily(DAYS, values)[until - 1] or math.isnan(judge_daily(DAYS, values)[until - 1].expected)


def test_a_lasting_fall_is_told_as_a_run_and_once() -> None:
    values = counts(3, 12.0)
    values[420:] = counts(4, 7.5)[420:]
    runs = [each for each in judge_daily(DAYS, values)[420:] if each.is_anomaly and "weeks together" in each.words]
    assert [each.score < 0 for each in runs] == [True]
    assert runs[0].day <= DAYS[440]


def test_a_rate_of_few_cases_needs_more_to_be_odd() -> None:
    chance = np.random.default_rng(1)
    sizes = np.full(500, 40.0)
    rates = chance.binomial(40, 0.35, 500) / 40
    rates[450], rates[470], sizes[470] = 0.85, 1.0, 2.0
    found = judge_daily(DAYS, rates.tolist(), kind="rate", sizes=sizes.tolist())
    assert found[450].is_anomaly
    assert not found[470].is_anomaly


def test_the_first_weeks_and_missing_days_are_not_judged() -> None:
    values = counts()
    values[300] = math.nan
    found = judge_daily(DAYS, values)
    assert all(math.isnan(each.low) and not each.is_anomaly for each in found[:28])
    assert (found[300].score, found[300].is_anomaly, found[300].words) == (0.0, False, "no value")
    assert judge_daily([], []) == []
    with pytest.raises(ValueError, match="ascend"):
        judge_daily([DAYS[1], DAYS[0]], [1.0, 2.0])


def test_a_series_that_never_moves_is_never_odd_and_its_first_step_is() -> None:
    values = [0.0] * 500
    assert odd(judge_daily(DAYS, values)) == []
    values[400] = 9.0
    assert odd(judge_daily(DAYS, values))[0] == DAYS[400]


def test_higher_sensitivity_tells_all_that_lower_tells_and_more() -> None:
    values = counts(6)
    values[300], values[400] = 58.0, 70.0
    low, normal, high = (set(odd(judge_daily(DAYS, values, sensitivity=each))) for each in ("low", "normal", "high"))
    assert DAYS[400] in low
    assert len(low) <= len(normal) < len(high)


def test_the_shape_distance_equals_a_plain_search() -> None:
    values = np.random.default_rng(3).normal(0, 1, 150).round(3).tolist()
    detector, window = StreamDetector(window=12), 12
    for place, value in enumerate(values):
        found = detector._profile(value)
        detector._values.append(value)
        ends = list(range(window - 1, place - detector._apart)) if place >= window else []
        plain = [math.dist(values[other - window + 1 : other + 1], values[place - window + 1 : place + 1]) for other in ends]
        assert found == (pytest.approx(min(plain), abs=1e-6) if plain else None)


def test_a_stream_is_odd_where_its_level_jumps_and_the_alert_rests() -> None:
    values = np.random.default_rng(5).normal(10, 1, 1500)
    values[1200:1203] += 15
    scores = score_stream(values.tolist())
    found = alerts(scores, 225)
    assert any(1200 <= place <= 1203 for place in found)
    assert all(later - earlier > round(0.15 * 225) for earlier, later in itertools.pairwise(found))
    assert score_stream([5.0] * (3 * WINDOW)) == [0.0] * (3 * WINDOW)
    assert score_stream([math.nan]) == [0.0]


def test_the_benchmark_scores_nothing_as_nought_and_perfection_as_hundred() -> None:
    corpus = [nab.Series("one", (0.0,) * 1000, ((400, 499), (700, 799)))]
    assert nab.score(corpus, lambda *_: []) == {"standard": 0, "low_fp": 0, "low_fn": 0}
    assert nab.score(corpus, lambda *_: [400, 700]) == {"standard": 100, "low_fp": 100, "low_fn": 100}
    assert nab.raw_score(1000, corpus[0].windows, [10, 400, 450, 700], nab.PROFILES["standard"]) == pytest.approx(2.0)  # probation; only the first in a window
    assert nab.raw_score(1000, corpus[0].windows, [300], nab.PROFILES["standard"]) == pytest.approx(-2 - 0.11)
    late = nab.raw_score(1000, corpus[0].windows, [499], nab.PROFILES["standard"])
    assert late == pytest.approx(nab.weight(-0.01) / nab.weight(-1.0) - 1)
