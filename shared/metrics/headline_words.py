"""What is shown of a headline, as texts: one definition for pages, live messages and mails."""

import math
from collections.abc import Sequence
from typing import Final, Literal

from shared.metrics.format import write
from shared.metrics.headline import Headline

ARROWS: Final = {"up": "▲", "down": "▼", "flat": "–"}
JUDGED_WORDS: Final = {"good": ", which is good", "bad": ", which is bad", "flat": ""}
"""What a screen reader says after the change."""
NO_COMPARISON: Final = "no comparison"
_FAR = 9.99
"""A share of a target above this many times is a typing error or a tiny target; its figure says nothing."""


def judged(headline: Headline) -> Literal["good", "bad", "flat"]:
    """Whether the change is a good one; flat: neither."""
    return "flat" if headline.is_good is None else "good" if headline.is_good else "bad"


def change(headline: Headline) -> str:
    """The change without its sign; empty where there is nothing to compare with."""
    return "" if headline.change is None else headline.change_text


def against(headline: Headline) -> str:
    """Which days it is compared with."""
    return f"vs {headline.comparison.period.words}"


def percent(share: float) -> str:
    """Return a share of a target as a whole percentage."""
    return "over 999%" if share > _FAR else f"{share:.0%}"


def share(headline: Headline) -> str:
    """The share of the target; empty where it cannot be said."""
    return "" if headline.goal is None or headline.attainment is None else percent(headline.attainment)


def goal(headline: Headline) -> str:
    """What follows the share, such as of $5.20M; where there is no share, why."""
    if share(headline) and headline.goal is not None:
        return f"of {write(headline.goal.value, headline.metric.unit)}"
    return "No target for this day" if headline.goal and not headline.goal.value else "No target set"


def landing(headline: Headline) -> str:
    """Where a running flow lands at this pace; empty where that cannot be said."""
    if not share(headline) or headline.projected is None or headline.pace is None:
        return ""
    return f"lands at {write(headline.projected, headline.metric.unit)}"


def width(headline: Headline) -> str:
    """How far the meter is filled, such as 63.0%; empty where there is no share."""
    return f"{min(headline.attainment, 1):.1%}" if share(headline) and headline.attainment is not None else ""


def mark(headline: Headline) -> str:
    """Where on the meter the elapsed share of a running period stands; empty where the period is over or there is no share."""
    return f"{headline.goal.elapsed_share:.1%}" if share(headline) and headline.goal is not None and headline.period.is_running else ""


def meter_words(headline: Headline) -> str:
    """What the meter shows, in words."""
    return f"{headline.status_words}. The mark shows how much of the period has passed."


def sample(headline: Headline) -> str:
    """How few cases there are, instead of a judgement; empty where there are enough."""
    return "" if headline.has_sample else f"{headline.sample:.0f} cases"


def standing(headline: Headline) -> str:
    """How it stands, in as few characters as a small tile has room for: the share of the target, or how few cases there are; empty where neither."""
    return sample(headline) or share(headline)


def pace(headline: Headline) -> str:
    """The share of pace (or of target, once the period is over); empty without a target."""
    measure = headline.pace if headline.pace is not None else headline.attainment
    return "" if measure is None else percent(measure)


def light(headline: Headline) -> str:
    """The colour of the dot beside ``standing``: the status; empty (no dot) without a target or with too few cases."""
    return headline.status if share(headline) and headline.has_sample else ""


def judgement(headline: Headline) -> str:
    """The number with its change, and how it stands to its target, in two sentences."""
    return f"{headline.words}. {headline.status_words[:1].upper()}{headline.status_words[1:]}."


def points(values: Sequence[float]) -> str:
    """Return numbers as spark.js reads them; a gap is empty."""
    return ",".join("" if math.isnan(value) else f"{value:.6g}" for value in values)
