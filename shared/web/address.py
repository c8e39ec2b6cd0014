"""What a page is limited to, as it stands in its address: the same grammar on both sites."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Self
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from flask import request

from shared.metrics.errors import QuestionError
from shared.metrics.period import Period, custom, period
from shared.metrics.scope import Scope

DEFAULT_PERIOD = "mtd"
_LONGEST_CHOICE = 200
_MOST_PARTS = 20
_NUMBER, _TOKEN = re.compile("[1-9][0-9]{0,14}"), re.compile("[A-Za-z0-9_-]{20,64}")


@dataclass(frozen=True)
class Address:
    """The choices of one view.  ``branches`` empty: all that the person may see; ``period`` is a preset or ``2026-01-01..2026-01-31``."""

    period: str = DEFAULT_PERIOD
    branches: tuple[int, ...] = ()
    own: tuple[tuple[str, str], ...] = ()
    """What the page itself lets its reader choose (``Page.choices``), sorted; the page checks the values."""

    def parts(self) -> dict[str, str]:
        """Return name -> value of everything that is not at its default; the period always."""
        return {"period": self.period, **({"branch": ",".join(map(str, self.branches))} if self.branches else {}), **dict(self.own)}

    def query(self, **changes: object) -> str:
        """Return these choices with ``changes`` as a query string without the question mark."""
        return urlencode(replace(self, **changes).parts(), safe=",.")  # type: ignore[arg-type]

    def link(self, **changes: object) -> str:
        """Return the same page's address with ``changes``."""
        return "?" + self.query(**changes)

    def choice(self, name: str, default: str = "") -> str:
        """Return what the address says of one of the page's own choices."""
        return dict(self.own).get(name, default)

    def choosing(self, **own: str | None) -> str:
        """Return the same page's address with other choices of its own; None or empty: not chosen any more."""
        return self.link(own=tuple(sorted((name, value) for name, value in {**dict(self.own), **own}.items() if value)))

    def toggled(self, branch: int, every: tuple[int, ...]) -> tuple[int, ...]:
        """Return the branches after a click on ``branch``; all of ``every`` chosen is the same as none."""
        chosen = set(self.branches) ^ {branch}
        return () if chosen == set(every) else tuple(sorted(chosen))

    def span(self, today: date, fiscal_start_month: int) -> Period:
        """Return the days these choices mean on ``today``."""
        if ".." in self.period:
            start, _, end = self.period.partition("..")
            return custom(start, end)
        return period(self.period, today, fiscal_start_month)

    @property
    def branch_set(self) -> frozenset[int] | None:
        """The chosen branches for a question; None: all that the person may see."""
        return frozenset(self.branches) or None

    @classmethod
    def read(cls, query: Mapping[str, str], scope: Scope, known: tuple[int, ...], today: date, choices: tuple[str, ...] = (), default: str = DEFAULT_PERIOD) -> Self:
        """Read a query; what cannot be used is left at its default, and a branch outside ``scope`` is dropped: a link shows each reader their own.

        ``choices``: names of what the page lets its reader choose besides; ``default``: its period.
        """
        wanted = query.get("period", default)
        try:
            cls(period=wanted).span(today, 1)
        except QuestionError:
            wanted = default
        numbers = (int(part) for part in query.get("branch", "").split(",") if part.isascii() and part.isdigit() and len(part) < 6)
        branches = tuple(sorted({number for number in numbers if number in known and scope.allows(number)}))
        own = tuple(sorted((name, query[name]) for name in choices if 0 < len(query.get(name, "")) <= _LONGEST_CHOICE))
        return cls(wanted, branches, own)


def pattern_of(path: str, patterns: Collection[str]) -> str | None:
    """Return which of ``patterns`` the path fits: itself, or one in which ``<number>`` stands for a number and ``<token>`` for 20 to 64 letters, digits, - and _; None: none."""
    if path in patterns:
        return path
    parts = ["<number>" if _NUMBER.fullmatch(part) else "<token>" if _TOKEN.fullmatch(part) else part for part in path.split("/")]
    found = "/".join(parts)
    return found if found in patterns else None


def asked_page() -> tuple[str, dict[str, str]]:
    """Return path and query of the page that this request draws: its own, or for dash-renderer's request the page that it comes from.

    An address without a query gets the filters that this browser used last on that page.
    """
    address = urlsplit(request.headers.get("Referer", "/")) if request.path.startswith("/_dash") else urlsplit(request.full_path)
    path = address.path or "/"
    return path, query_of(address.query) or query_of(unquote(request.cookies.get("filters" + path.replace("/", "%2F"), "")))


def query_of(text: str) -> dict[str, str]:
    """Return the first value of each name of a query string; what is no query is empty."""
    return dict(reversed(parse_qsl(text.lstrip("?")[:2000], max_num_fields=_MOST_PARTS))) if text.count("&") < _MOST_PARTS else {}
