"""What the leading live worker does: rounds of looking, computing and publishing, as often as there is a reason."""

import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

import orjson
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from shared.clock import Clock, now
from shared.live.computing import Computer, in_stages, newest, touched
from shared.live.publishing import Outgoing, Publisher, last_fence, read_wishes, write_stats
from shared.live.remembering import RememberingAsk
from shared.live.telling import messages_of
from shared.live.topic import PULSE, Topic
from shared.metrics.day_tables import DayTables
from shared.metrics.exact import ExactAsk
from shared.metrics.reference import Reference
from shared.settings import Settings
from shared.warehouse.changes import Change, Looker
from shared.warehouse.engines import Engines
from shared.warehouse.happenings import take_away, untold
from shared.warehouse.listening import next_fence

if TYPE_CHECKING:
    import redis

log = logging.getLogger(__name__)
_WINDOW: Final = 0.05
"""Seconds from the beginning of one round to the next, at least: what is committed in between shares a round."""
_MINUTE: Final = 60.0
_WISHES_EVERY: Final = 1.0
_PULSE_EVERY: Final = 5.0
_ON_THE_WAY: Final = 1.0
"""Seconds within which a commit is heard of: numbers are vouched for until so long ago."""
_FRESH_AT_ONCE: Final = 30
"""Topics that a round computes because they are new: what was committed meanwhile must not wait for a whole page."""
_PUT_OFF: Final = 3
"""How often in a row levels and leaderboards may be put off."""
_SHORTEST, _LONGEST = 0.1, 2.0
"""Seconds before what failed is tried again: the first time, and at most."""
_JUDGED_BY: Final = frozenset({"target", "calendar_day", "branch"})


@dataclass
class Facts:
    """What the Technology scorecard is told, as it stands in ``live:stats``."""

    leader_since: float
    fence: int = 0
    rounds: int = 0
    messages: int = 0
    topics: int = 0
    milliseconds: float = 0.0
    """Of the last round."""
    written_at: float = 0.0
    """When this was written: facts of a worker that has died stay where they are."""


@dataclass
class _Sent:
    """What was published in an epoch."""

    epoch: str = ""
    data: dict[str, bytes] = field(default_factory=dict)


class Leading:
    """One leadership, from the first look to its end; for one thread.  Nothing of the one before is trusted."""

    def __init__(self, settings: Settings, engines: Engines, client: "redis.Redis", clock: Clock = now, has_news: Callable[[], bool] = lambda: False) -> None:
        """``engines``: best without replicas, so that targets, too, are read as they were just committed.  ``has_news``: whether something was heard that ``note`` was not told yet."""
        self._engines, self._redis, self._clock, self._has_news = engines, client, clock, has_news
        self._put_off = 0
        self._reference = Reference(engines)
        tables = DayTables()
        self._ask = RememberingAsk(ExactAsk(engines, settings, clock, tables), tables)
        self._computer = Computer(self._ask, self._reference, settings, clock)
        self._looker = Looker(engines)
        self._publisher: Publisher | None = None
        self._sent, self._changes = _Sent(), dict[str, Change]()
        self._wanted: tuple[str, ...] = ()
        self._day = self._ask.today
        self._is_marked = self._is_all_due = True
        self._is_epoch_new = False
        self._minute_at = self._wishes_at = self._rested_at = self._pause = self._pulse_at = 0.0
        self.facts = Facts(clock().timestamp())

    def note(self, news: set[str], *, has_wishes: bool = False) -> None:
        """Take in what was heard: tables that changed, and whether somebody began to want something."""
        self._is_marked |= bool(news)
        if news & _JUDGED_BY:
            self._reference.forget()
            self._is_all_due = True
        if has_wishes:
            self._wishes_at = 0.0

    def turn(self) -> float:
        """Do what is due; return the seconds after which to look again.  Raises FencedError where another leads."""
        begun = time.monotonic()
        if begun < self._rested_at:
            return self._rested_at - begun
        try:
            self._do(begun)
        except (RedisError, OSError, DBAPIError) as error:
            self._pause = min(max(_SHORTEST, 2 * self._pause), _LONGEST)
            log.warning("a round failed, trying again: %s", str(error).strip().partition("\n")[0])
            self._rested_at = time.monotonic() + self._pause
            return self._pause
        self._pause = 0.0
        return max(0.0, self._rested_at - time.monotonic()) if self._is_marked or self._is_all_due or not self._wishes_at else _WISHES_EVERY

    def _do(self, begun: float) -> None:
        publisher, moment = self._publisher or self._claim(), self._clock()
        self._mind_the_clock(begun)
        if self._is_marked or self._is_all_due:
            self._tell(publisher)
        if begun < self._wishes_at and not self._is_marked and not self._is_all_due:
            return
        self._read_wishes(publisher, begun)
        wanted = self._computer.read_topics(self._wanted)
        fresh = [text for text in wanted if text not in self._sent.data]
        if self._is_marked or self._is_all_due or fresh:
            self._round(publisher, wanted, fresh)
            taken = time.monotonic() - begun
            self._rested_at = begun + _WINDOW if self._put_off else max(begun + _WINDOW, time.monotonic() + taken / 4)
        if begun >= self._pulse_at and PULSE in self._wanted:
            self._vouch(publisher, begun, moment)

    def _vouch(self, publisher: Publisher, begun: float, moment: datetime) -> None:
        """Say until when every number that was published holds: nothing that changes one is waiting."""
        holds = orjson.dumps({"holds": round(moment.timestamp() - _ON_THE_WAY, 3)})
        self._begin_epoch(publisher.publish([Outgoing(PULSE, holds, moment)]) or self._sent.epoch)
        self._pulse_at = begun + _PULSE_EVERY

    def _claim(self) -> Publisher:
        """Take a number, and make it known before anything is read: whoever led before is refused from here on."""
        publisher = Publisher(self._redis, next_fence(self._engines, last_fence(self._redis)))
        self._begin_epoch(publisher.claim())
        self._publisher, self.facts.fence = publisher, publisher.fence
        log.info("leading with fence %d", publisher.fence)
        return publisher

    def _tell(self, publisher: Publisher) -> None:
        """Tell what happened before anything is computed: it takes two short statements."""
        while happened := untold(self._engines):
            self._begin_epoch(publisher.publish(messages_of(happened)))
            take_away(self._engines, happened)
            log.debug("told %d lines", len(happened))

    def _mind_the_clock(self, begun: float) -> None:
        if self._ask.today != self._day:  # presets mean other days
            self._day, self._is_all_due = self._ask.today, True
        if begun >= self._minute_at:
            self._minute_at = begun + _MINUTE
            self._reference.forget()
            self._ask.forget_unused()
            self._is_all_due = True

    def _read_wishes(self, publisher: Publisher, begun: float) -> None:
        wishes = read_wishes(self._redis)
        self._wanted, self._wishes_at = wishes.topics, begun + _WISHES_EVERY
        if wishes.epoch != self._sent.epoch:
            self._begin_epoch(publisher.claim())
        for text in self._sent.data.keys() - set(wishes.topics):
            del self._sent.data[text]
        self.facts.written_at = self._clock().timestamp()
        write_stats(self._redis, asdict(self.facts))

    def _begin_epoch(self, epoch: str) -> None:
        """Redis was emptied or started anew: nothing was sent yet."""
        if epoch != self._sent.epoch:
            self._sent, self._is_all_due, self._is_epoch_new = _Sent(epoch), True, True

    def _round(self, publisher: Publisher, wanted: Mapping[str, Topic], fresh: list[str]) -> None:
        begun, asked, moment = time.monotonic(), self._ask.asked, self._clock()
        if not wanted:  # nobody looks: what is remembered would grow old
            self._looker.forget()
            self._ask.clear()
            self._is_marked = self._is_all_due = False
            return
        self._take_in(self._looker.look())
        self._ask.as_of = moment
        at_once = dict.fromkeys(fresh[:_FRESH_AT_ONCE])
        due = wanted if self._is_all_due else touched(wanted, self._changes)
        chosen = [topic for text, topic in wanted.items() if text in at_once or (text in due and text in self._sent.data)]
        trace, sent, self._is_epoch_new = secrets.token_hex(4), 0, False
        for number, stage in enumerate(in_stages(chosen)):
            if number and self._put_off < _PUT_OFF and self._has_news():
                self._put_off += 1  # what was just committed comes before levels and leaderboards; their turn comes with it
                break
            sent += self._publish(publisher, stage, moment, trace)
        else:
            self._put_off, self._changes = 0, {}
            self._is_marked, self._is_all_due = False, self._is_epoch_new
        if len(fresh) > len(at_once):
            self._wishes_at = 0.0
        taken = (time.monotonic() - begun) * 1000
        self.facts = replace(self.facts, rounds=self.facts.rounds + 1, messages=self.facts.messages + sent, topics=len(wanted), milliseconds=round(taken, 1))
        log.debug("round %s: %d wanted, %d computed, %d questions asked, %d published, %.1f ms", trace, len(wanted), len(chosen), self._ask.asked - asked, sent, taken)

    def _publish(self, publisher: Publisher, topics: Sequence[Topic], moment: datetime, trace: str) -> int:
        """Compute ``topics`` and publish those whose data changed; return how many."""
        data = self._computer.compute(topics)
        messages = [Outgoing(topic.text, data[topic.text], moment, newest(topic, self._changes), trace)
                    for topic in topics if topic.text in data and data[topic.text] != self._sent.data.get(topic.text)]
        self._begin_epoch(publisher.publish(messages) or self._sent.epoch)
        self._sent.data |= {message.topic: message.data for message in messages}
        return len(messages)

    def _take_in(self, changes: Mapping[str, Change]) -> None:
        """Forget what ``changes`` touch, and keep them until what they changed is published."""
        self._ask.forget_changed(changes)
        for view, change in changes.items():
            self._changes[view] = change.with_earlier(self._changes[view]) if view in self._changes else change
