"""Topics: what a page subscribes to, in one line of text that is the same in every process.

``n:<metric>:<period>:<against>:<branches>:<where>``   a headline, such as ``n:leads:mtd:previous:*:`` or ``n:open_pipeline:2026-11-01..2026-11-07:last_year:1,3:stage=quote``
``b:<period>:<branches>``                              the leaderboard of representatives
``e:<branch>``                                         what happens in a branch: a stream, of which nobody misses one
``p:<site>:<path>``                                    who is looking at a page, for administrators
``h:``                                                 until when every number holds: what makes an unchanged number young

Branches are ``*`` (the company) or ids in order.  Two people who may see different things share a topic only where they asked for the same branches.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args
from urllib.parse import quote, unquote

from shared.metrics.comparison import Against
from shared.metrics.errors import QuestionError
from shared.metrics.headline import Wanted
from shared.metrics.period import Period, custom, period
from shared.metrics.question import Question
from shared.metrics.scope import Scope

Kind = Literal["number", "board", "events", "presence", "pulse"]
PULSE = "h:"
LONGEST_TOPIC = 400
_KINDS: dict[str, Kind] = {"n": "number", "b": "board", "e": "events", "p": "presence", "h": "pulse"}
_BRANCHES = re.compile(r"[0-9]{1,5}(,[0-9]{1,5}){0,199}")
_PATH = re.compile(r"(bi|cmo):/[a-z0-9/_-]{0,80}")


class TopicError(ValueError):
    """A topic that does not exist; the message is for the person."""


@dataclass(frozen=True)
class Topic:
    """One topic, checked against what exists."""

    text: str
    kind: Kind
    branches: frozenset[int] | None
    """What it tells of; None: the whole company."""
    metric: str = ""
    period: str = ""
    """A preset, which means other days tomorrow, or two days with .. between."""
    against: Against = "previous"
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    page: str = ""

    def span(self, today: date, fiscal_start_month: int) -> Period:
        """The days that ``period`` means on ``today``."""
        return _span(self.period, today, fiscal_start_month)

    def wanted(self, today: date, fiscal_start_month: int) -> Wanted:
        """The headline of a topic of kind ``number``, on ``today``."""
        return Wanted(self.metric, self.span(today, fiscal_start_month), self.against, self.branches, self.where)

    def is_open_to(self, scope: Scope, *, is_admin: bool) -> bool:
        """Whether somebody who may see ``scope`` may listen; never a part of it silently."""
        if self.kind == "presence":
            return is_admin
        if self.kind == "pulse":
            return True
        return scope.is_company if self.branches is None else all(scope.allows(branch) for branch in self.branches)


def number_topic(wanted: Wanted, scope: Scope) -> str:
    """The topic of a headline as somebody with ``scope`` sees it.  Raises OutOfScopeError like ``ask``."""
    where = ";".join(f"{name}={','.join(quote(key, safe='') for key in sorted(keys))}" for name, keys in sorted(wanted.where))
    return f"n:{wanted.metric}:{period_code(wanted.period)}:{wanted.against}:{_branches(scope.narrowed(wanted.branches))}:{where}"


def board_topic(span: Period, branches: frozenset[int] | None, scope: Scope) -> str:
    """The topic of the leaderboard as somebody with ``scope`` sees it."""
    return f"b:{period_code(span)}:{_branches(scope.narrowed(branches))}"


def event_topics(branches: frozenset[int]) -> list[str]:
    """The topics of what happens in ``branches``."""
    return [f"e:{branch}" for branch in sorted(branches)]


def period_code(span: Period) -> str:
    """A preset by its name (it moves on with the days), other days as themselves."""
    return f"{span.start}..{span.end}" if span.preset == "custom" else span.preset


def parse(text: str, today: date) -> Topic:
    """Return the topic that ``text`` names; raises TopicError."""
    letter, _, rest = text.partition(":")
    if len(text) > LONGEST_TOPIC or letter not in _KINDS:
        raise TopicError(f"there is no topic {text[:60]!r}")
    try:
        return _READERS[_KINDS[letter]](text, rest, today)
    except (QuestionError, ValueError) as error:
        raise TopicError(f"there is no topic {text[:60]!r}: {error}") from error


def _number(text: str, rest: str, today: date) -> Topic:
    metric, code, against, branches, where = rest.split(":")
    if against not in get_args(Against):
        raise ValueError(f"nothing is compared with {against!r}")
    conditions = tuple(_condition(part) for part in where.split(";")) if where else ()
    topic = Topic(text, "number", _branch_set(branches), metric, code, against, conditions)  # type: ignore[arg-type]
    Question((metric,), _span(code, today, 1), where=conditions, branches=topic.branches)  # refuses what does not exist
    return topic


def _board(text: str, rest: str, today: date) -> Topic:
    code, branches = rest.split(":")
    _span(code, today, 1)
    return Topic(text, "board", _branch_set(branches), period=code)


def _events(text: str, rest: str, _today: date) -> Topic:
    if "," in rest or rest == "*":
        raise ValueError("what happens is told branch by branch")
    return Topic(text, "events", _branch_set(rest))


def _presence(text: str, rest: str, _today: date) -> Topic:
    if not _PATH.fullmatch(rest):
        raise ValueError("a page is named by its site and path")
    return Topic(text, "presence", None, page=rest)


def _pulse(text: str, rest: str, _today: date) -> Topic:
    if rest:
        raise ValueError("there is one pulse for all")
    return Topic(text, "pulse", None)


_READERS = {"number": _number, "board": _board, "events": _events, "presence": _presence, "pulse": _pulse}


def _condition(part: str) -> tuple[str, tuple[str, ...]]:
    name, _, keys = part.partition("=")
    return name, tuple(unquote(key) for key in keys.split(","))


def _span(code: str, today: date, fiscal_start_month: int) -> Period:
    if ".." in code:
        start, _, end = code.partition("..")
        return custom(start, end)
    return period(code, today, fiscal_start_month)


def _branches(branches: frozenset[int] | None) -> str:
    return "*" if branches is None else ",".join(map(str, sorted(branches)))


def _branch_set(text: str) -> frozenset[int] | None:
    if text == "*":
        return None
    if not _BRANCHES.fullmatch(text):
        raise ValueError("branches are * or ids with commas between")
    return frozenset(map(int, text.split(",")))
