"""Pages of the BI site as they are sent: asked for over HTTP by a worker, with the numbers of the screen in the reader's scope, and by nobody else."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import quote

import orjson
import pytest
import requests
from pydantic import SecretStr
from redis.exceptions import RedisError
from sqlalchemy import text
from werkzeug.serving import make_server

from bi_app.app import create_app
from bi_app.site import Site
from jobs.stack.ports import free_port
from shared.cache import Cache
from shared.clock import now
from shared.delivery import fitness
from shared.delivery.audience import key_of
from shared.delivery.caring import Caretaker
from shared.delivery.problems import GoneError, NotFitError
from shared.delivery.registry import sources_over
from shared.delivery.site_request import HEADER, PATH, signed
from shared.delivery.sources import Sources, draw, find
from shared.metrics.ask import Answer, CachedAsk
from shared.metrics.period import period
from shared.metrics.question import Question
from shared.metrics.reference import Reference
from shared.metrics.scope import COMPANY, Scope
from shared.people.changes import create_person, set_active
from shared.people.person import Person
from shared.reconciliation.reading import Which
from shared.reports.document import Amount, Document
from shared.settings import Settings
from shared.warehouse.report_store import Viewer, create_report
from shared.web.live_pages import LIVE
from tests.databases import Databases
from tests.integration.delivering import PASSWORD
from tests.integration.refresh_data import Warehouse, copy_of_company
from tests.oracles import company
from tests.sites import Visitor, words

ONE = Scope(frozenset({1}))


@dataclass
class Office:
    """A company with rows, its BI site on a port, and the worker's sources that ask it."""

    warehouse: Warehouse
    app: Site
    settings: Settings
    boss: Person
    manager: Person
    head: Person

    def worker(self, **overrides: object) -> Sources:
        settings, reference = self.settings.model_copy(update=overrides), self.app.sources.reference
        return sources_over(self.warehouse.engines, self.app.sources.ask, self.app.sources.headlines, reference, settings)

    def document(self, key: str, person: Person, scope: Scope, **overrides: object) -> Document:
        return draw(self.worker(**overrides), f"page:{key}", person, scope)

    def post(self, body: bytes, signature: str, **options: object) -> requests.Response:
        return requests.post(f"http://127.0.0.1:{self.settings.bi_port}{PATH}", data=body, headers={HEADER: signature}, timeout=60, **options)  # type: ignore[arg-type]

    def asked(self, person: Person, scope: Scope, path: str, query: str = "") -> requests.Response:
        return self.post(*signed(person.id, key_of(scope), path, query, self.settings))


@pytest.fixture(scope="module")
def office(databases: Databases, redis_url: str) -> Iterator[Office]:
    made = copy_of_company(databases, redis_url, bi_port=free_port(), secure_cookies=False)
    app = create_app(made.settings, made.engines, CachedAsk(made.engines, Cache(made.settings), made.settings, company.clock), Reference(made.engines))
    server = make_server("127.0.0.1", made.settings.bi_port, app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    people = [create_person(made.engines, email=f"{name}@x.example", name=name.title(), role=role, password=PASSWORD, branches=branches) for name, role, branches in (("boss", "leadership", None), ("manager", "branch_manager", [1]), ("admin", "admin", None))]
    people.insert(2, create_person(made.engines, email="head@x.example", name="Head", role="department_head", department="sales", password=PASSWORD, branches=[1]))
    yield Office(made, app, made.settings, *people[:3])
    server.shutdown()
    thread.join(10)
    made.engines.dispose()


def value(document: Document, key: str, row: str) -> float | None:
    block = document.block(key)
    assert block is not None
    assert block.table is not None
    cell = next(each[1] for each in block.table.rows if each[0] == row)
    return cell.value if isinstance(cell, Amount) else float(cell)  # type: ignore[arg-type]


@pytest.mark.parametrize("scope", [COMPANY, ONE])
def test_a_page_is_sent_with_the_numbers_of_the_scope_and_its_relative_period(office: Office, scope: Scope) -> None:
    person = office.boss if scope is COMPANY else office.manager
    document = office.document("/?period=last_month", person, scope)
    fitness.check(document, company.NOW)
    assert document.title == "Executive overview"
    answer = office.app.sources.ask(Question(("leads",), period("last_month", company.TODAY)), scope)
    assert value(document, "flow", "Leads") == answer.value("leads") > 0
    assert "1–28 Feb 2026" in document.about
    branches = document.block("branches")
    assert branches is not None
    assert branches.table is not None
    assert len(branches.table.rows) == (1 if scope is ONE else len(company.ZONES))


def test_a_branch_in_the_address_that_is_not_the_readers_shows_them_their_own(office: Office) -> None:
    assert value(office.document("/?period=ytd&branch=2", office.manager, ONE), "flow", "Leads") == value(office.document("/?period=ytd", office.manager, ONE), "flow", "Leads")
    assert value(office.document("/?period=ytd&branch=1", office.boss, COMPANY), "flow", "Leads") == value(office.document("/?period=ytd", office.manager, ONE), "flow", "Leads")


def test_workpaper_sign_off_and_summary_of_reconciliation_are_pages_like_any(office: Office) -> None:
    titles = [office.document(f"/reconciliation{query}", office.boss, COMPANY).title for query in ("", "?show=cases", "?show=sign")]
    assert titles == ["Reconciliation", "Reconciliation: workpaper of the work queue", "Reconciliation: sign-off of a month"]
    signed_for = office.document("/reconciliation?show=sign", office.boss, COMPANY)
    assert any("February 2026" in block.title for block in signed_for.blocks), [block.title for block in signed_for.blocks]


def test_what_is_one_persons_own_is_left_out_of_what_goes_to_several(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Which] = []
    monkeypatch.setattr("bi_app.pages.reconciliation.queue", lambda _connection, _branches, _today, which: (asked.append(which), [])[1])
    assert office.asked(office.boss, COMPANY, "/reconciliation", "show=cases&mine=mine&which=closed").status_code == 200
    assert asked == [Which("closed", None, None)]


@pytest.mark.parametrize(("wrong", "status"), [("forged", 401), ("unsigned", 401), ("changed", 401), ("old", 401), ("from the future", 401), ("larger than any", 413)])
def test_a_request_that_no_worker_signed_just_now_is_refused(office: Office, wrong: str, status: int) -> None:
    arguments = (office.boss.id, "company", "/", "")
    body, signature = signed(*arguments, office.settings)
    if wrong == "forged":
        body, signature = signed(*arguments, office.settings.model_copy(update={"secret_key": SecretStr("t" * 48)}))
    elif wrong == "unsigned":
        signature = ""
    elif wrong == "changed":
        body = orjson.dumps({**orjson.loads(body), "person": office.manager.id})
    elif wrong == "larger than any":
        body = body + b" " * 10_000
    elif wrong in {"old", "from the future"}:
        shift = timedelta(seconds=40 if wrong == "from the future" else -40)
        body, signature = signed(*arguments, office.settings, lambda: now() + shift)
    answer = office.post(body, signature)
    assert (answer.status_code, next(iter(answer.json()))) == (status, "error")


def test_a_request_is_good_once(office: Office) -> None:
    body, signature = signed(office.boss.id, "company", "/trends", "", office.settings)
    assert office.post(body, signature).status_code == 200
    again = office.post(body, signature)
    assert (again.status_code, again.json()["error"]) == (401, "This request was used before.")


def test_a_session_opens_nothing_and_a_signature_opens_nothing_else(office: Office) -> None:
    visitor = Visitor(office.app.server).as_person(office.boss)
    assert visitor.client.post(PATH, data=b"{}").status_code == 401
    body, signature = signed(office.boss.id, "company", "/", "", office.settings)
    assert requests.get(f"http://127.0.0.1:{office.settings.bi_port}/api/v1/metrics", data=body, headers={HEADER: signature}, timeout=30).status_code == 401
    assert requests.get(f"http://127.0.0.1:{office.settings.bi_port}{PATH}", data=body, headers={HEADER: signature}, timeout=30, allow_redirects=False).status_code in {401, 302, 405}
    assert office.post(body, signature, cookies={"northline_bi": "x"}).cookies.get("northline_bi") is None


def test_what_is_not_the_readers_is_refused_whatever_was_signed(office: Office) -> None:
    assert office.asked(office.manager, COMPANY, "/").status_code == 403
    assert office.asked(office.manager, Scope(frozenset({1, 2})), "/").status_code == 403
    assert office.asked(office.head, ONE, "/reconciliation").status_code == 403
    assert office.asked(office.boss, COMPANY, "/nowhere").status_code == 404
    assert office.asked(office.boss, COMPANY, "/reports/99999").status_code == 404
    gone = create_person(office.warehouse.engines, email="gone@x.example", name="Gone", role="analyst", password=PASSWORD)
    cmo = create_person(office.warehouse.engines, email="cmo@x.example", name="Cmo", role="cmo", password=PASSWORD)
    assert office.asked(gone, COMPANY, "/").status_code == 200
    set_active(office.warehouse.engines, gone.id, active=False, actor=office.boss)
    assert office.asked(gone, COMPANY, "/").status_code == 403
    assert office.asked(cmo, COMPANY, "/").status_code == 403
    with pytest.raises(GoneError, match="not exist any more"):
        office.document("/reconciliation", office.head, ONE)


def test_a_report_is_sent_from_its_own_page_with_its_filters_to_whom_it_is_shared_with(office: Office) -> None:
    block = {"id": "a", "kind": "bar", "place": {"x": 0, "y": 0, "w": 6, "h": 4}, "metrics": ["leads"], "split": "branch"}
    definition = {"schema": 1, "title": "Leads by branch", "description": "", "limits": {"period": "ytd"}, "blocks": [block]}
    number = create_report(office.warehouse.engines, Viewer(office.boss.id, office.boss.name, office.boss.role, is_admin=False), orjson.dumps(definition).decode(), "Leads by branch", "")
    address = f"/reports/{number}?period=last_month&branch=1"
    viewer = Visitor(office.app.server).as_person(office.boss).get(address)
    assert f"/reports/schedules?new={quote(f'page:{address}', safe='')}" in viewer.text
    assert find(office.worker(), f"page:{address}", office.manager) is None
    assert office.asked(office.manager, ONE, f"/reports/{number}").status_code == 404
    found = find(office.worker(), f"page:{address}", office.boss)
    assert found is not None
    assert found.label == "Leads by branch"
    assert found.about.startswith("last month, ")
    document = office.document(address, office.boss, COMPANY)
    fitness.check(document, company.NOW)
    table = document.blocks[0].table
    assert table is not None
    assert [row[1] for row in table.rows] == [office.app.sources.ask(Question(("leads",), period("last_month", company.TODAY)), ONE).value("leads")]


def test_every_page_that_can_be_sent_has_files_and_says_so_in_their_menu(office: Office) -> None:
    boss = Visitor(office.app.server).as_person(office.boss)
    pages = [page for page in office.app.pages.values() if page.is_in_navigation]
    for page in pages:
        assert ("Send this on a schedule" in boss.get(page.path).text) == bool(page.on_schedule), page.path
        for each in page.sent:
            assert office.asked(office.boss, COMPANY, each.path, each.query).status_code == 200, each.address
            assert 'aria-label="Save this page"' in boss.get(each.address).text, each.address
    assert [page.path for page in pages if not page.on_schedule] == ["/reports", "/reports/schedules"], "what these hold is each reader's own"
    for path in ("/reports", "/reports/schedules", "/account", "/reports/frozen/" + "x" * 24):
        assert office.asked(office.boss, COMPANY, path).status_code == 404


def test_a_site_that_is_away_or_fails_is_a_failure_that_passes(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = office.worker(bi_port=free_port())
    for says in ("does not answer", "did not answer a moment ago"):
        with pytest.raises(NotFitError, match=says):
            draw(nowhere, "page:/", office.boss, COMPANY)
    with pytest.raises(NotFitError, match="SECRET_KEY"):
        office.document("/", office.boss, COMPANY, secret_key=SecretStr("t" * 48))
    monkeypatch.setattr("bi_app.site._document", fails)
    assert office.asked(office.boss, COMPANY, "/").status_code == 500
    with pytest.raises(NotFitError):
        office.document("/", office.boss, COMPANY)


def fails(*_: object) -> Document:
    raise ZeroDivisionError


def test_a_card_that_failed_or_a_number_that_is_not_of_now_keeps_the_page_back(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("bi_app.executive.pipeline.pipeline_card", fails)
        with pytest.raises(NotFitError, match="'Open pipeline' could not be read"):
            fitness.check(office.document("/", office.boss, COMPANY), company.NOW)
    real = CachedAsk._told
    with monkeypatch.context() as patch:
        patch.setattr(CachedAsk, "_told", lambda self, question, found, look, _: degraded(real(self, question, found, look, "")))
        with pytest.raises(NotFitError, match="last known numbers"):
            fitness.check(office.document("/", office.boss, COMPANY), company.NOW)
    fitness.check(office.document("/", office.boss, COMPANY), company.NOW)


def degraded(answer: Answer) -> Answer:
    return replace(answer, degraded="The database does not answer: these are the last known numbers.") if "open_items" in answer.question.metrics else answer


def test_without_redis_the_site_cannot_know_a_second_use_and_refuses_for_now(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise RedisError("away")

    monkeypatch.setattr(office.app.server.extensions[LIVE].redis, "set", away)
    assert office.asked(office.boss, COMPANY, "/").status_code == 503
    with pytest.raises(NotFitError, match="Redis is away"):
        office.document("/", office.boss, COMPANY)


def test_what_should_have_gone_out_and_did_not_stands_above_the_warnings_of_whoever_may_see_to_it(office: Office) -> None:
    care = Caretaker(office.warehouse.engines, office.settings, office.worker())
    number = care.create(office.manager, {"name": "Our <morning>", "definition": {"subject": "brief:morning", "timing": "every day at 7:30", "zone": "UTC"}, "recipients": [f"person:{office.manager.id}"]})
    colleague = create_person(office.warehouse.engines, email="colleague@x.example", name="Colleague", role="branch_manager", password=PASSWORD, branches=[2])
    visitors = {person.name: Visitor(office.app.server).as_person(person) for person in (office.boss, office.manager, colleague)}

    def told() -> tuple[list[str], list[str]]:
        """Who reads it above the warnings, and who on the page of deliveries."""
        return ([name for name, visitor in visitors.items() if "Our <morning>” should have gone out by mail and did not" in words(visitor.get("/alerts"))],
                [name for name, visitor in visitors.items() if "nobody has looked at it: worker or beat may be away" in words(visitor.get("/reports/schedules"))])

    assert told() == ([], [])
    with office.warehouse.engines.writer() as connection:
        connection.execute(text("UPDATE app.delivery SET next_at = now() - interval '16 minutes' WHERE id = :id"), {"id": number})
    assert told() == (["Boss", "Manager"], ["Boss", "Manager"])
    care.remove(office.manager, number)
    assert told() == ([], [])
