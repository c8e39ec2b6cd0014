"""What topics say now: headlines and leaderboards as the data of messages."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import orjson
from sqlalchemy.exc import DBAPIError

from shared.clock import Clock, now
from shared.live import message
from shared.live.remembering import RememberingAsk
from shared.live.topic import Topic, TopicError, parse
from shared.metrics.headline import Headlines
from shared.metrics.leaderboard import BESIDE, SOLD, leaderboard
from shared.metrics.leaderboard_rows import rows
from shared.metrics.metric import Basis, Level
from shared.metrics.reference import Reference
from shared.metrics.registry import metric
from shared.metrics.scope import COMPANY
from shared.settings import Settings
from shared.warehouse.changes import Change

log = logging.getLogger(__name__)
_REST_SECONDS = 60.0
"""A topic that could not be computed is left alone for so long."""
_TIMED_OUT = "57014"
_BOARD_VIEWS: Final = tuple(sorted({view for name in (*BESIDE, *SOLD) for view in metric(name).views}))
Data = dict[str, bytes]
"""Topic -> JSON."""


class Computer:
    """Computes topics of kind ``number`` and ``board``; for one thread."""

    def __init__(self, ask: RememberingAsk, reference: Reference, settings: Settings, clock: Clock = now) -> None:
        """Hand in what it needs."""
        self._ask, self._reference, self._settings = ask, reference, settings
        self._headlines = Headlines(ask, reference, settings, clock)
        self._resting: dict[str, float] = {}

    def read_topics(self, texts: Sequence[str]) -> dict[str, Topic]:
        """Return the topics among ``texts`` that can be computed here."""
        found = {}
        for text in texts:
            if text[:2] not in {"n:", "b:"} or self._resting.get(text, 0.0) > time.monotonic():
                continue
            try:
                found[text] = parse(text, self._ask.today)
            except TopicError as error:
                self._rest(text, error)
        return found

    def compute(self, topics: Sequence[Topic]) -> Data:
        """Return the data of each topic.  One that cannot be computed is left out, and logged; raises DBAPIError where the database does not answer."""
        numbers = [topic for topic in topics if topic.kind == "number"]
        found = self._each(numbers, self._numbers)
        for topic in topics:
            if topic.kind == "board":
                found |= self._each([topic], self._board)
        return found

    def _each(self, topics: Sequence[Topic], work: Callable[[Sequence[Topic]], Data]) -> Data:
        """All together; where that fails, one by one, so that one wrong topic takes nobody else along."""
        if not topics:
            return {}
        try:
            return work(topics)
        except Exception as error:
            if isinstance(error, DBAPIError) and getattr(error.orig, "pgcode", None) != _TIMED_OUT:
                raise
            if len(topics) == 1:
                self._rest(topics[0].text, error)
                return {}
        found: Data = {}
        for topic in topics:
            found |= self._each([topic], work)
        return found

    def _numbers(self, topics: Sequence[Topic]) -> Data:
        today, fiscal = self._ask.today, self._settings.fiscal_year_start_month
        found = self._headlines([topic.wanted(today, fiscal) for topic in topics], COMPANY)
        return {topic.text: orjson.dumps(message.of(headline)) for topic, headline in zip(topics, found, strict=True)}

    def _board(self, topics: Sequence[Topic]) -> Data:
        span = topics[0].span(self._ask.today, self._settings.fiscal_year_start_month)
        places = leaderboard(self._ask, self._reference, span, COMPANY, branches=topics[0].branches)
        return {topics[0].text: orjson.dumps({"rows": rows(places)})}

    def _rest(self, text: str, error: Exception) -> None:
        log.warning("topic %s cannot be computed, trying again in a minute: %s", text, error, exc_info=not isinstance(error, TopicError | DBAPIError))
        self._resting = {other: until for other, until in self._resting.items() if until > time.monotonic()} | {text: time.monotonic() + _REST_SECONDS}


def views_of(topic: Topic) -> tuple[str, ...]:
    """The views behind a topic."""
    if topic.kind == "board":
        return _BOARD_VIEWS
    declared = metric(topic.metric)
    return (*declared.views, "sales_cycle") if declared.basis is Basis.COHORT else declared.views  # how long a cohort takes to ripen


def touched(topics: Mapping[str, Topic], changes: Mapping[str, Change]) -> dict[str, Topic]:
    """The topics that ``changes`` may have changed."""
    return {text: topic for text, topic in topics.items() if any(view in changes and changes[view].touches_branch(topic.branches) for view in views_of(topic))}


def in_stages(topics: Sequence[Topic]) -> list[list[Topic]]:
    """The same topics, those that are computed quickly first: nobody waits for a leaderboard with a plain number."""
    stages: dict[int, list[Topic]] = {}
    for topic in topics:
        stages.setdefault(2 if topic.kind == "board" else int(isinstance(metric(topic.metric).formula, Level)), []).append(topic)
    return [stages[number] for number in sorted(stages)]


def newest(topic: Topic, changes: Mapping[str, Change]) -> float | None:
    """Epoch second of the newest mark behind a topic; None: nothing was committed."""
    marks = [changes[view].newest for view in views_of(topic) if view in changes and changes[view].touches_branch(topic.branches)]
    return max((mark for mark in marks if mark is not None), default=None)
