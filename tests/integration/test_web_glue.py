"""Headers, errors, health, shared files and the request log of a site."""

import gzip
import logging
import re
import time

import brotli
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from shared.settings import Settings
from shared.warehouse.engines import Engines
from shared.web import asset_url, vendor
from tests.sites import CALLBACK, HASH, Company, Visitor, build_site, words

CLOSED = "127.0.0.1:1"


@pytest.mark.parametrize("path", ["/login", "/nowhere", "/healthz", "/vendor/pages.css", "/vendor/none.css"])
def test_every_answer_carries_the_headers_that_protect_it(visitor: Visitor, path: str) -> None:
    headers = visitor.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert re.fullmatch(r"[0-9a-f]{16}", headers["X-Request-ID"])


def test_scripts_run_from_our_own_files_and_the_given_hashes_only(visitor: Visitor) -> None:
    policy = dict(part.split(" ", 1) for part in visitor.get("/login").headers["Content-Security-Policy"].split("; "))
    assert policy["script-src"] == f"'self' {HASH}"
    assert policy["object-src"] == "'none'"
    assert "unsafe-eval" not in str(policy)


def test_a_host_header_cannot_write_into_the_policy(visitor: Visitor) -> None:
    policy = visitor.client.get("/login", headers={"Host": "evil; script-src *"}).headers.get("Content-Security-Policy", "")
    assert "script-src *" not in policy


def test_no_template_carries_an_inline_script_or_handler(visitor: Visitor, company: Company, bi: Flask) -> None:
    admin = Visitor(bi).as_person(company.people["admin"])
    pages = [visitor.get("/login"), *(admin.get(path) for path in ("/account", "/account/password", "/admin/people", "/admin/people/new", "/vendor/none"))]
    for page in pages:
        assert not re.search(r"<script(?![^>]*\bsrc=)", page.text)
        assert not re.search(r"\son[a-z]+=", page.text)


def test_pages_are_kept_by_no_cache(visitor: Visitor, company: Company) -> None:
    visitor.as_person(company.people["boss"])
    assert visitor.get("/").headers["Cache-Control"] == "no-store"
    assert visitor.client.post("/_dash-update-component", json=CALLBACK).headers["Cache-Control"] == "no-store"


def test_an_error_is_a_page_for_people_and_json_for_programs_and_never_a_traceback(
    visitor: Visitor, company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    visitor.as_person(company.people["boss"])
    with caplog.at_level(logging.WARNING):
        answer = visitor.get("/boom")
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] in words(answer)
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text
    assert any(answer.headers["X-Request-ID"] in record.getMessage() and record.exc_info for record in caplog.records)
    missing = visitor.get("/api/v9/none")
    assert (missing.status_code, sorted(missing.json)) == (404, ["error", "request_id"]) if missing.status_code == 404 else (missing.status_code, [])
    assert visitor.client.post("/").status_code == 405


def test_a_request_that_is_too_large_is_refused_in_words(visitor: Visitor) -> None:
    answer = visitor.client.post("/login", data={"form_token": "x" * 9_000_000})
    assert answer.status_code == 413
    assert "larger than this site takes" in words(answer)


def test_health_names_every_server(visitor: Visitor) -> None:
    answer = visitor.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok", "servers": {"database": "ok", "replica 1": "ok", "redis": "ok"}})


@pytest.mark.parametrize(("broken", "status", "said"), [
    ({"redis_url": f"redis://{CLOSED}"}, 200, "degraded"),
    ({"replica_urls": f"postgresql://u:p@{CLOSED}/x"}, 200, "degraded"),
    ({"database_url": f"postgresql://u:p@{CLOSED}/x"}, 200, "degraded"),
    ({"database_url": f"postgresql://u:p@{CLOSED}/x", "replica_urls": ""}, 503, "down"),
])
def test_health_is_degraded_while_pages_can_be_served_and_down_only_without_any_database(
    company: Company, broken: dict[str, str], status: int, said: str
) -> None:
    given = company.settings
    urls = {"database_url": given.database_url.get_secret_value(), "replica_urls": ",".join(url.get_secret_value() for url in given.replica_urls),
            "redis_url": given.redis_url.get_secret_value(), "secret_key": "k" * 40, **broken}
    settings = Settings(**urls)  # type: ignore[arg-type]
    engines = Engines(settings)
    visitor = Visitor(build_site(Company(settings, engines, 1, 2, {})))
    answer = visitor.get("/healthz")
    assert (answer.status_code, answer.json["status"]) == (status, said)
    engines.dispose()


def test_without_any_database_a_page_says_so_and_a_program_is_told_when_to_try_again() -> None:
    settings = Settings(database_url=f"postgresql://u:p@{CLOSED}/x", redis_url=f"redis://{CLOSED}", secret_key="k" * 40)  # type: ignore[arg-type]
    engines = Engines(settings)
    visitor = Visitor(build_site(Company(settings, engines, 1, 2, {}), secure_cookies=False))
    assert visitor.get("/login").status_code == 200
    visitor.client.set_cookie("northline_bi", "something")
    answer = visitor.get("/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "database does not answer" in words(answer)
    assert visitor.get("/api/v1/metrics").json["error"]
    visitor.client.delete_cookie("northline_bi")
    assert visitor.sign_in("a@b.c").status_code == 503


def test_somebody_signed_in_stays_so_while_the_primary_is_away(company: Company) -> None:
    boss = Visitor(build_site(company)).as_person(company.people["boss"])
    engines = Engines(company.settings.model_copy(update={"database_url": Settings(
        database_url=f"postgresql://u:p@{CLOSED}/x", redis_url="redis://x", secret_key="k" * 40).database_url}))  # type: ignore[arg-type]
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and not _replayed(engines, company):
        time.sleep(0.05)
    visitor = Visitor(build_site(Company(company.settings, engines, 1, 2, {})))
    visitor.client.set_cookie("northline_bi", boss.client.get_cookie("northline_bi").value)
    assert visitor.get("/").status_code == 200
    with pytest.raises(OperationalError), engines.primary_reader():
        pass
    engines.dispose()


def _replayed(engines: Engines, company: Company) -> bool:
    with engines.replicas[0].engine.connect() as connection:
        count = connection.execute(text("SELECT count(*) FROM app.session WHERE person_id = :id AND last_seen_at > now() - interval '5 seconds'"),
                                   {"id": company.people["boss"].id})
        return bool(count.scalar_one())


def test_a_shared_file_is_kept_for_a_year_under_its_version_and_asked_for_again_under_any_other(visitor: Visitor) -> None:
    assert visitor.get(asset_url("pages.css")).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for query in ("", "?v=0000"):
        answer = visitor.get("/vendor/pages.css" + query)
        assert "max-age=0" in answer.headers["Cache-Control"]
        again = visitor.get("/vendor/pages.css" + query, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304


@pytest.mark.parametrize(("accepts", "encoding"), [("br, gzip", "br"), ("gzip", "gzip"), ("identity", None), ("br;q=0, gzip", "gzip"), ("", None)])
def test_a_large_shared_file_comes_packed_as_the_browser_takes_it(visitor: Visitor, accepts: str, encoding: str | None) -> None:
    answer = visitor.get("/vendor/vendor/bootstrap.min.css", headers={"Accept-Encoding": accepts})
    assert answer.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in answer.headers["Vary"]
    plain = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[encoding](answer.data)
    assert plain == (vendor._FOLDERS[0] / "vendor/bootstrap.min.css").read_bytes()
    assert answer.mimetype == "text/css"


@pytest.mark.parametrize("path", ["/vendor/../site.py", "/vendor/%2e%2e/site.py", "/vendor//etc/passwd", "/vendor/fonts", "/vendor/pages.css%00", "/vendor/vendor/icons.css.br"])
def test_nothing_but_the_shared_files_is_sent(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code in {302, 308, 404}
    assert "import" not in answer.text


def test_served_requests_become_rows_that_the_technology_numbers_count(company: Company) -> None:
    server = build_site(company)
    visitor = Visitor(server).as_person(company.people["boss"])
    visitor.get("/trends?branch=7")
    visitor.get("/made/up/path/42")
    visitor.get("/boom")
    visitor.client.post("/_dash-update-component", json=CALLBACK)
    visitor.get("/healthz")
    with company.engines.writer() as connection:
        connection.execute(text("TRUNCATE crm.request_log"))
    server.extensions["northline-requests"].flush()
    with company.engines.primary_reader() as connection:
        rows = connection.execute(text("SELECT service, route, status, milliseconds FROM crm.request_log")).all()
    assert {row.service for row in rows} == {"bi_app"}
    counted = {(row.route, row.status) for row in rows}
    assert {("/trends", 200), ("/<path:path>", 200), ("/<path:path>", 500), ("/_dash-update-component", 200), ("/login", 303)} <= counted
    assert not [row for row in rows if "42" in row.route or "branch" in row.route or row.route == "/healthz"]
    assert all(row.milliseconds >= 0 for row in rows)


def test_requests_wait_in_a_bounded_buffer_while_the_database_is_away(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    from shared.clock import now
    from shared.warehouse.request_log import ServedRequest
    from shared.web import request_log

    settings = Settings(database_url=f"postgresql://u:p@{CLOSED}/x", redis_url=f"redis://{CLOSED}", secret_key="k" * 40)  # type: ignore[arg-type]
    monkeypatch.setattr(request_log, "_BUFFER", 10)
    monkeypatch.setattr(request_log, "_FLUSH_SECONDS", 3600)
    requests = request_log.RequestLog(Engines(settings), "test")
    for number in range(15):
        requests.add(ServedRequest("/x", now(), 200, number))
    with caplog.at_level(logging.WARNING):
        assert requests.flush() == 0
    assert "5 requests were not written" in caplog.text
    assert [one.milliseconds for one in requests._waiting] == list(range(5, 15))


def test_the_address_of_a_client_is_believed_from_a_proxy_only_where_one_is_trusted(company: Company) -> None:
    for trusted, address in ((0, "192.0.2.1"), (1, "203.0.113.200")):
        server = build_site(company, trusted_proxies=trusted)
        server.add_url_rule("/vendor-address", view_func=lambda: __import__("flask").request.remote_addr)
        visitor = Visitor(server).as_person(company.people["boss"])
        assert visitor.get("/vendor-address", headers={"X-Forwarded-For": "203.0.113.200"}).text == address
