"""Deliveries over mail servers that hang, refuse, go away or cannot be trusted: nothing is lost, nothing is two mails, and the reason is said in words."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from pydantic import SecretStr

from shared.settings import Settings
from tests.integration.delivering import DUE, World, body
from tests.integration.smtp_faults import Authority, Server, smtp


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def company(database: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(database(), tmp_path_factory.mktemp("nothing"))
    yield made
    made.engines.dispose()


@pytest.fixture
def world(company: World) -> Iterator[World]:
    """The company without a schedule, an hour before what is due."""
    before = company.settings
    company.moment = DUE - timedelta(hours=1)
    company.studio.mail_pause.end()
    yield company
    company.run("DELETE FROM app.delivery")
    company.settings = before


def to_server(world: World, server: Server, scheme: str = "smtp", host: str = "127.0.0.1", **more: object) -> None:
    world.settings = world.settings.model_copy(update={"smtp_url": SecretStr(f"{scheme}://{host}:{server.port}"), **more})


def errors(world: World) -> set[str]:
    return {error for (error,) in world.rows("SELECT error FROM app.delivery_mail WHERE state IN ('waiting', 'failed') AND recipient LIKE 'person:%'")}


@pytest.mark.parametrize(("mood", "says"), [("hangs", "silent for 0.3 seconds"), ("421", "refused: 421 too busy"), ("451", "refused one@x.example: 451"), ("drops after DATA", "ended the conversation")])
def test_what_passes_is_tried_again_and_every_reader_has_one_mail_in_the_end(world: World, monkeypatch: pytest.MonkeyPatch, mood: str, says: str) -> None:
    monkeypatch.setattr("shared.mail.SECONDS", 0.3)
    world.schedule(f"person:{world.boss.id}", f"person:{world.one.id}", f"person:{world.two.id}")
    with smtp() as server:
        to_server(world, server)
        server.mood = mood
        for _ in range(2):
            world.deliver()
            world.again()
        waiting = dict(world.rows("SELECT state, count(*) FROM app.delivery_mail GROUP BY state"))
        assert waiting == ({"sent": 2, "waiting": 1} if mood == "451" else {"waiting": 3})
        if mood != "451":
            assert sum(attempts for (attempts,) in world.rows("SELECT attempts FROM app.delivery_mail")) == 2, "who does not answer is asked once in a round, and holds up nothing"
        assert any(says in error for error in errors(world)), errors(world)
        server.mood = "takes"
        world.again()
        world.deliver()
        assert world.rows("SELECT state FROM app.delivery_run") == [("done",)]
        assert len(set(server.identities())) == 3  # whoever looks at the Message-ID has each once
        assert len(server.taken) == (5 if mood == "drops after DATA" else 3)
        assert len(set(server.taken)) == 3  # and what came again is the same to the byte


@pytest.mark.parametrize(("mood", "code"), [("550", "550"), ("552", "552")])
def test_what_is_refused_for_good_is_given_up_at_once_and_the_owner_hears(world: World, mood: str, code: str) -> None:
    world.schedule(f"person:{world.one.id}")
    with smtp() as server:
        to_server(world, server)
        server.mood = mood
        world.deliver()
        assert world.rows("SELECT state, attempts FROM app.delivery_mail WHERE recipient LIKE 'person:%'") == [("failed", 1)]
        assert code in next(iter(errors(world)))
        assert [str(message_from_bytes(each)["Subject"]) for each in server.taken] == ["Not sent: Daily"]
        assert code in body(message_from_bytes(server.taken[0]))


def test_a_server_that_is_trusted_by_an_authority_of_ones_own_takes_mails_encrypted(world: World, folder: Path) -> None:
    authority = Authority(folder)
    world.schedule()
    with smtp(authority.certified()) as server:
        to_server(world, server, "smtps", "localhost", smtp_ca_file=str(authority.file))
        assert world.deliver().sent == 1
        assert server.plain_words == []
    world.schedule()
    with smtp(authority.certified(), starttls=True) as server:
        to_server(world, server, "smtp+starttls", "localhost")
        world.deliver(DUE + timedelta(days=1))
        assert len(server.taken) == 2
        assert [word[:4].upper() for word in server.plain_words] == [b"EHLO", b"STAR"], "nothing of a mail before the connection is secure"


def test_the_authority_may_also_be_named_by_the_environment(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(folder, "Of the environment")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    world.schedule()
    with smtp(authority.certified()) as server:
        to_server(world, server, "smtps", "localhost")
        assert world.deliver().sent == 1


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
@pytest.mark.parametrize(("wrong", "says"), [("unknown authority", "not trusted (unable to get local issuer certificate); SMTP_CA_FILE"), ("another name", "not trusted (Hostname mismatch"), ("no encryption", "")])
def test_a_server_that_cannot_be_trusted_gets_no_mail_and_the_reason_is_said(world: World, folder: Path, scheme: str, wrong: str, says: str) -> None:
    authority, other = Authority(folder), Authority(folder, "Another authority")
    world.schedule()
    certificate = {"unknown authority": other.certified(), "another name": authority.certified("mail.elsewhere.example"), "no encryption": None}[wrong]
    with smtp(certificate, starttls=scheme != "smtps" and certificate is not None) as server:
        to_server(world, server, scheme, "localhost", smtp_ca_file=str(authority.file))
        done = world.deliver()
        assert (done.sent, server.taken) == (0, [])
        assert world.rows("SELECT state FROM app.delivery_mail") == [("waiting",)]
        assert all(says in error and error.endswith(".") for error in errors(world)), errors(world)
        assert not any(word[:4].upper() in {b"MAIL", b"DATA"} for word in server.plain_words)
