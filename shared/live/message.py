"""A headline as the data of a live message: every text that a tile shows, ready to be put in place."""

import math

from shared.metrics import headline_words as words
from shared.metrics.headline import Headline


def of(headline: Headline) -> dict[str, object]:
    """Return the fields that docs/live.md lists; texts that do not apply are empty, ``value`` is None where it is missing."""
    return {
        "text": headline.text, "value": None if math.isnan(headline.value) else headline.value, "unit": headline.metric.unit.value, "label": headline.metric.label,
        "direction": headline.direction, "judged": words.judged(headline), "arrow": words.ARROWS[headline.direction], "change": words.change(headline),
        "words": headline.words, "against": words.against(headline), "status": headline.status, "status_words": headline.status_words,
        "share": words.share(headline), "goal": words.goal(headline), "landing": words.landing(headline), "width": words.width(headline), "mark": words.mark(headline),
        "spark": words.points(headline.series), "sample_text": words.sample(headline),
        "pace": words.pace(headline), "standing": words.standing(headline), "light": words.light(headline), "judgement": words.judgement(headline), "meter_words": words.meter_words(headline),
    }
