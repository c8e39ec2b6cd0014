"""Requests of the worker for a page's document: forged, changed, old or for another purpose they are refused; and what an address of a page means."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.delivery.pages import LONGEST, Pages, SentPage, site_address
from shared.delivery.site_request import LIFETIME_SECONDS, RequestRefusedError, read, signed
from shared.delivery.site_request import LONGEST as LONGEST_BODY
from shared.people.person import Person
from shared.settings import Settings, load_settings

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


def settings(**overrides: object) -> Settings:
    return load_settings(**{"database_url": "postgresql://x@127.0.0.1/x", "redis_url": "redis://127.0.0.1", "secret_key": "s" * 48, **overrides})


def at(moment: datetime = NOW) -> Callable[[], datetime]:
    return lambda: moment


def test_what_was_signed_is_read_back_and_no_two_requests_are_the_same() -> None:
    first, second = (signed(7, "branches:1,2", "/scorecards/branch", "period=mtd", settings(), at()) for _ in range(2))
    asked = read(*first, settings(), at())
    assert (asked.person, asked.scope, asked.path, asked.query, asked.at) == (7, "branches:1,2", "/scorecards/branch", "period=mtd", NOW.timestamp())
    assert read(*second, settings(), at()).identity != asked.identity
    assert len(asked.identity) >= 24


@given(st.data())
def test_a_request_of_which_any_bit_was_changed_is_refused(data: st.DataObject) -> None:
    body, signature = signed(7, "branches:1", "/", "", settings(), at())
    place, bit = data.draw(st.integers(0, len(body) - 1)), data.draw(st.integers(0, 7))
    changed = body[:place] + bytes([body[place] ^ (1 << bit)]) + body[place + 1:]
    with pytest.raises(RequestRefusedError, match="not signed"):
        read(changed, signature, settings(), at())


@pytest.mark.parametrize("signature", ["", "0" * 64, "é" * 64, "\udcff", "f" * 10_000])
def test_a_signature_that_is_none_is_refused(signature: str) -> None:
    with pytest.raises(RequestRefusedError, match="not signed"):
        read(signed(7, "company", "/", "", settings(), at())[0], signature, settings(), at())


def test_a_signature_of_another_platform_or_for_another_purpose_is_refused() -> None:
    body, signature = signed(7, "company", "/", "", settings(), at())
    with pytest.raises(RequestRefusedError):
        read(body, signature, settings(secret_key="t" * 48), at())
    with pytest.raises(RequestRefusedError):
        read(body, hmac.new(b"s" * 48, body, hashlib.sha256).hexdigest(), settings(), at())
    with pytest.raises(RequestRefusedError):
        read(b" " * (LONGEST_BODY + 1), signature, settings(), at())


@pytest.mark.parametrize(("seconds", "is_taken"), [(0, True), (LIFETIME_SECONDS, True), (-LIFETIME_SECONDS, True), (LIFETIME_SECONDS + 1, False), (-LIFETIME_SECONDS - 1, False)])
def test_a_request_is_good_for_seconds(seconds: int, is_taken: bool) -> None:
    request = signed(7, "company", "/", "", settings(), at())
    if is_taken:
        assert read(*request, settings(), at(NOW + timedelta(seconds=seconds))).person == 7
        return
    with pytest.raises(RequestRefusedError, match="clocks of worker and site"):
        read(*request, settings(), at(NOW + timedelta(seconds=seconds)))


BOSS, HEAD = (Person(number, f"{role}@x.example", role, role, all_branches=role == "leadership", branches=frozenset({1})) for number, role in ((1, "leadership"), (2, "department_head")))
LISTED = (SentPage("/", "", "Executive"), SentPage("/reconciliation", "", "Reconciliation", ("mine",)), SentPage("/reconciliation", "show=cases", "Workpaper", ("mine",)))


def pages(listed: tuple[SentPage, ...] | None = LISTED) -> Pages:
    branches = [SimpleNamespace(id=number, name=name) for number, name in ((1, "Columbus"), (2, "Pittsburgh"), (3, "Nashville"))]
    reports = SimpleNamespace(find=lambda key, person: SimpleNamespace(label="Leads by source") if key == "7" and person is BOSS else None)
    return Pages(settings(), cast("Any", SimpleNamespace(branches=lambda: branches)), cast("Any", reports), listed)


@pytest.mark.parametrize(("key", "label", "about", "kept"), [
    ("/", "Executive", "", "/"), ("/?period=last_month&branch=2", "Executive", "last month, Pittsburgh", "/?period=last_month&branch=2"), ("/?branch=1,2,3", "Executive", "3 branches", "/?branch=1,2,3"),
    ("/?period=2026-01-01..2026-01-31", "Executive", "2026-01-01 to 2026-01-31", "/?period=2026-01-01..2026-01-31"), ("/reconciliation?period=mtd", "Reconciliation", "month to date", "/reconciliation?period=mtd"),
    ("/reconciliation?period=mtd&show=cases&mine=mine", "Workpaper", "month to date", "/reconciliation?period=mtd&show=cases"), ("/reports/7?period=ytd", "Leads by source", "year to date", "/reports/7?period=ytd"),
])
def test_an_address_is_named_in_words_and_loses_what_is_one_persons_own(key: str, label: str, about: str, kept: str) -> None:
    found = pages().find(key, BOSS)
    assert found is not None
    assert (found.label, found.about, found.subject) == (label, about, f"page:{kept}")


@pytest.mark.parametrize("key", ["", "live", "/live", "//x/", "/../etc", "http://x/", "/?a b", "/?a#b", "/\n", "/reports/8", "/reports/7/edit", "/?" + "a=1&" * 20 + "b=2", "/?a=" + "x" * LONGEST])
def test_what_is_no_page_of_this_site_is_not_found(key: str) -> None:
    assert pages().find(key, BOSS) is None


def test_pages_are_for_those_who_may_open_them_also_where_the_site_is_elsewhere() -> None:
    assert [each.label for each in pages().listed(BOSS)] == ["Executive", "Reconciliation", "Workpaper"]
    assert [each.label for each in pages().listed(HEAD)] == ["Executive"]
    for known in (pages(), pages(None)):
        assert known.find("/reconciliation", HEAD) is None
        assert known.find("/reports/7", HEAD) is None
        assert known.find("/", HEAD) is not None
        assert known.find("/", Person(3, "c@x.example", "C", "cmo", all_branches=True)) is None


@pytest.mark.parametrize(("given_settings", "address"), [
    ({}, "http://127.0.0.1:8050"), ({"bi_port": 9000, "bind_host": "::"}, "http://127.0.0.1:9000"), ({"bind_host": "10.0.0.7"}, "http://10.0.0.7:8050"), ({"bind_host": "::1"}, "http://[::1]:8050"),
    ({"bi_internal_url": "http://bi:8050/", "bi_public_url": "https://bi.example.com"}, "http://bi:8050"),
])
def test_where_the_worker_reaches_the_site(given_settings: dict[str, object], address: str) -> None:
    assert site_address(settings(**given_settings)) == address


def test_the_body_is_plain_json_that_a_log_can_show() -> None:
    assert set(orjson.loads(signed(7, "company", "/", "", settings(), at())[0])) == {"person", "scope", "path", "query", "identity", "at"}
