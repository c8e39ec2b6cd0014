"""What the sites do for live pages: tickets, the fallback while no socket is open, who is looking, and closing connections when rights change."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import orjson
import pytest
import redis
from flask import Flask
from werkzeug.test import TestResponse

from shared.cache import redis_address
from shared.live import names
from shared.live.publishing import Outgoing, Publisher
from shared.live.reading import vouch_call
from shared.live.ticket import Tickets
from shared.people.changes import create_person
from shared.people.person import Person
from tests.integration.own_servers import at_most, silent
from tests.sites import PASSWORD, Company, Visitor, build_site

JSON = {"Accept": "application/json"}
_numbers = iter(range(10_000))


@pytest.fixture
def live(company: Company) -> Iterator[redis.Redis]:
    """The Redis of live messages, empty."""
    made: redis.Redis = redis.Redis.from_url(redis_address(company.settings, names.LIVE_DATABASE), protocol=2)
    made.flushdb()
    yield made
    made.close()


def signed_in(bi: Flask, company: Company, who: str) -> Visitor:
    return Visitor(bi, f"198.51.100.{len(who)}").as_person(company.people[who])


def ask_ticket(visitor: Visitor, path: object = "/", **options: object) -> TestResponse:
    return visitor.client.post("/live/ticket", json={"path": path}, **options)


def publish(live: redis.Redis, *messages: tuple[str, object]) -> None:
    Publisher(live, 0).publish([Outgoing(topic, orjson.dumps(data), datetime.now(UTC)) for topic, data in messages])


def poll(visitor: Visitor, *topics: str, **more: object) -> TestResponse:
    return visitor.client.get("/live/poll", query_string={"topic": topics, **more})


# --- tickets


def test_a_page_gets_a_ticket_for_what_its_person_may_hear(bi: Flask, company: Company) -> None:
    answer = ask_ticket(signed_in(bi, company, "manager"), "/trends")
    assert answer.status_code == 200
    ticket = Tickets(company.settings).read(answer.json["ticket"])
    assert (ticket.person, ticket.site, ticket.path, ticket.scope.branches, ticket.is_admin) == (company.people["manager"].id, "bi", "/trends", {company.pittsburgh}, False)
    assert abs(answer.json["expires"] - ticket.issued.timestamp() - 30) <= 1
    assert answer.json["url"] == "ws://localhost:8052/"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("host", "scheme", "setting", "url"), [
    ("bi.test:8050", "http", "", "ws://bi.test:8052/"), ("bi.test", "https", "", "wss://bi.test:8052/"), ("[::1]:8050", "http", "", "ws://[::1]:8052/"),
    ("bi.test", "https", "wss://live.test/sockets/", "wss://live.test/sockets/"),
])
def test_the_gateway_is_where_the_policy_of_pages_lets_them_connect(company: Company, host: str, scheme: str, setting: str, url: str) -> None:
    server = build_site(company, gateway_public_url=setting)
    cookie = Visitor(server).as_person(company.people["boss"]).client.get_cookie("northline_bi")
    assert cookie
    client, options = server.test_client(use_cookies=False), {"base_url": f"{scheme}://{host}", "headers": {"Cookie": f"northline_bi={cookie.value}"}}
    assert client.post("/live/ticket", json={"path": "/"}, **options).json["url"] == url
    page = client.get("/", **options)
    allowed = next(part for part in page.headers["Content-Security-Policy"].split("; ") if part.startswith("connect-src"))
    assert allowed == f"connect-src 'self' {'/'.join(url.split('/')[:3])}"


def test_nobody_gets_a_ticket_without_signing_in_or_from_another_site(bi: Flask, company: Company) -> None:
    stranger = ask_ticket(Visitor(bi))
    assert (stranger.status_code, stranger.json["sign_in"]) == (401, "/login")
    visitor = signed_in(bi, company, "boss")
    assert ask_ticket(visitor, headers={"Origin": "http://evil.test"}).status_code == 403
    assert ask_ticket(visitor, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert visitor.client.post("/live/ticket", data={"path": "/"}).status_code == 400


def test_a_role_that_does_not_open_a_page_gets_no_ticket_for_it(bi: Flask, company: Company) -> None:
    answer = ask_ticket(signed_in(bi, company, "head"), "/reconciliation")
    assert answer.status_code == 403
    assert "Department head" in answer.json["error"]


@pytest.mark.parametrize("path", [None, 5, "", "trends", "/" + "x" * 300, ["/"]])
def test_a_ticket_is_for_a_page(bi: Flask, company: Company, path: object) -> None:
    assert ask_ticket(signed_in(bi, company, "boss"), path).status_code == 400


# --- the fallback


def test_polling_gives_the_newest_of_values_and_what_was_missed_of_streams(bi: Flask, company: Company, live: redis.Redis) -> None:
    visitor = signed_in(bi, company, "boss")
    publish(live, ("b:mtd:*", 1), ("b:mtd:*", 2), ("e:1", "a"), ("e:1", "b"), ("e:1", "c"))
    first = poll(visitor, "b:mtd:*", "e:1", rewind=2).json
    assert (first["op"], first["reset"], first["refused"]) == ("msgs", [], [])
    assert [(one["topic"], one["seq"], one["data"]) for one in first["msgs"]] == [("b:mtd:*", 2, 2), ("e:1", 2, "b"), ("e:1", 3, "c")]
    again = {"epoch": first["epoch"], "seq": ["2", "1"]}
    assert [one["data"] for one in poll(visitor, "b:mtd:*", "e:1", **again).json["msgs"]] == ["b", "c"]
    assert poll(visitor, "b:mtd:*", "e:1", epoch=first["epoch"], seq=["2", "3"]).json["msgs"] == []
    other = poll(visitor, "b:mtd:*", "e:1", epoch="another", seq=["2", "3"]).json
    assert ([one["data"] for one in other["msgs"]], other["reset"]) == ([2, "a", "b", "c"], ["e:1"])
    assert poll(visitor, "b:mtd:1", "e:2", epoch=first["epoch"], seq=["", ""]).json["msgs"] == []


def test_polling_keeps_what_it_asks_for_computed(bi: Flask, company: Company, live: redis.Redis) -> None:
    with live.pubsub() as wants:
        wants.subscribe(names.WANTS)
        assert wants.get_message(timeout=5)
        poll(signed_in(bi, company, "boss"), "b:mtd:*", "e:1", "nonsense")
        said = wants.get_message(timeout=5)
        assert said is not None
        assert orjson.loads(said["data"]) == ["b:mtd:*", "e:1"]
        assert {topic.decode() for topic in live.zrange(names.WANTED, 0, -1)} == {"b:mtd:*", "e:1"}


def test_polling_refuses_what_a_person_may_not_see_by_name(bi: Flask, company: Company, live: redis.Redis) -> None:
    mine, other = f"e:{company.pittsburgh}", f"e:{company.columbus}"
    publish(live, (mine, "mine"), (other, "theirs"), ("b:mtd:*", 1))
    answer = poll(signed_in(bi, company, "manager"), mine, other, "b:mtd:*", "p:bi:/", "nonsense", rewind=5).json
    assert [one["data"] for one in answer["msgs"]] == ["mine"]
    assert [one["topic"] for one in answer["refused"]] == [other, "b:mtd:*", "p:bi:/", "nonsense"]
    assert all(one["why"] for one in answer["refused"])
    assert live.zrange(names.WANTED, 0, -1) == [mine.encode()]


@pytest.mark.parametrize("query", ["", "topic=e:1&seq=1&seq=2", "topic=e:1&seq=x", "topic=e:1&seq=-1", "&".join(f"topic=e:{number}" for number in range(101))])
def test_a_poll_that_cannot_be_read_is_answered_in_words(bi: Flask, company: Company, live: redis.Redis, query: str) -> None:
    answer = signed_in(bi, company, "boss").get(f"/live/poll?{query}")
    assert answer.status_code == 400
    assert answer.json["error"]
    assert Visitor(bi).get("/live/poll?topic=e:1").status_code == 401


def test_without_redis_polling_says_so_in_a_sentence_and_makes_nobody_wait(company: Company) -> None:
    with silent() as server:
        visitor = Visitor(build_site(company, redis_url=type(company.settings.redis_url)(f"redis://127.0.0.1:{server.port}"))).as_person(company.people["boss"])
        with at_most(20):
            answers = [poll(visitor, "e:1") for _ in range(10)]
        assert {answer.status_code for answer in answers} == {503}
        assert "goes on asking" in answers[0].json["error"]
        assert answers[0].headers["Retry-After"] == "5"
        assert ask_ticket(visitor).status_code == 200, "a ticket needs no Redis"
        admin = Visitor(build_site(company, redis_url=type(company.settings.redis_url)(f"redis://127.0.0.1:{server.port}"))).as_person(company.people["admin"])
        assert admin.get("/live/presence").status_code == 503


# --- who is looking


def test_administrators_alone_are_told_who_is_looking(bi: Flask, company: Company, live: redis.Redis) -> None:
    visitor = {"page": "bi:/", "person": 5, "name": "Ada", "since": 1.5, "connection": "secret"}
    live.eval(*vouch_call([orjson.dumps(visitor)], []))
    live.zadd(names.PRESENCE, {orjson.dumps({**visitor, "name": "left long ago"}): 1})
    assert signed_in(bi, company, "admin").get("/live/presence").json == {"people": [{"page": "bi:/", "person": 5, "name": "Ada", "since": 1.5}]}
    assert signed_in(bi, company, "boss").get("/live/presence").status_code == 403


# --- rights that change


@pytest.fixture
def heard(live: redis.Redis) -> Iterator[Callable[[], list[int]]]:
    """Returns the people whose connections gateways were told to close since it was last asked."""
    with live.pubsub() as control:
        control.subscribe(names.CONTROL)
        assert control.get_message(timeout=5)

        def people() -> list[int]:
            found = []
            while said := control.get_message(timeout=0.3):
                found.append(orjson.loads(said["data"])["close"]["person"])
            return found

        yield people


def made(company: Company, **fields: object) -> Person:
    values: dict[str, object] = {"role": "branch_manager", "branches": [company.columbus], **fields}
    return create_person(company.engines, email=f"g{next(_numbers)}@gateway.test", name="Somebody", password=PASSWORD, **values)  # type: ignore[arg-type]


def test_what_an_administrator_changes_closes_the_connections_of_that_person(bi: Flask, company: Company, live: redis.Redis, heard: Callable[[], list[int]]) -> None:
    admin, subject = signed_in(bi, company, "admin"), made(company)
    fields = {"email": subject.email, "name": subject.name, "role": subject.role, "version": subject.version, "branches": [company.pittsburgh]}
    assert admin.post(f"/admin/people/{subject.id}", fields).status_code == 303
    assert heard() == [subject.id]
    void = live.zscore(names.VOID, str(subject.id))
    assert void is not None
    assert void > datetime.now(UTC).timestamp(), "other processes remember the account for some seconds"
    admin.post(f"/admin/people/{subject.id}/active", {"active": "no"}, form_on=f"/admin/people/{subject.id}")
    assert heard() == [subject.id]
    assert admin.post(f"/admin/people/{subject.id}/password", form_on=f"/admin/people/{subject.id}").status_code == 200
    assert heard() == [subject.id]


def test_whoever_signs_out_or_changes_the_password_is_disconnected(bi: Flask, company: Company, heard: Callable[[], list[int]]) -> None:
    subject = made(company)
    visitor = Visitor(bi, "203.0.113.9").as_person(subject)
    assert visitor.post("/account/other-sessions", form_on="/account").status_code == 303
    assert heard() == [subject.id]
    assert visitor.post("/account/password", {"current": PASSWORD, "new": "eight loud lanterns", "again": "eight loud lanterns"}).status_code == 303
    assert heard() == [subject.id]
    assert visitor.post("/sign-out", form_on="/account").status_code == 303
    assert heard() == [subject.id]


def test_an_account_is_changed_even_while_redis_is_away(company: Company, caplog: pytest.LogCaptureFixture) -> None:
    subject = made(company)
    server = build_site(company, redis_url=type(company.settings.redis_url)("redis://127.0.0.1:1"))
    admin = Visitor(server).as_person(company.people["admin"])
    answer = admin.post(f"/admin/people/{subject.id}/active", {"active": "no"}, form_on=f"/admin/people/{subject.id}")
    assert answer.status_code == 303
    assert f"live connections of person {subject.id} could not be closed" in caplog.text
