"""Puts the web layer on a Flask server."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from shared.people.attempts import Attempts
from shared.people.roles import DEPARTMENTS, ROLES, SiteName
from shared.people.sessions import Sessions
from shared.people.tokens import Tokens
from shared.settings import Settings
from shared.warehouse.engines import Engines
from shared.web.account_pages import account_pages
from shared.web.alert_pages import alert_pages
from shared.web.annotation_pages import annotation_pages
from shared.web.company_sign_in import install_company_sign_in
from shared.web.errors import install_errors
from shared.web.file_pages import file_pages
from shared.web.gate import identify
from shared.web.health import Health, health
from shared.web.kpi_pages import kpi_pages
from shared.web.ledger_pages import ledger_pages
from shared.web.live_pages import LIVE, Live, live_pages
from shared.web.mailbox_pages import has_mailbox, mailbox_pages
from shared.web.people_pages import people_pages
from shared.web.preference_pages import preference_pages
from shared.web.reconciliation_pages import reconciliation_pages
from shared.web.report_pages import report_pages
from shared.web.request_log import RequestLog, begin_request, install_request_log
from shared.web.security_headers import add_headers
from shared.web.sign_in_pages import sign_in_pages
from shared.web.site import EXTENSION, Site
from shared.web.target_pages import target_pages
from shared.web.templates_folder import pages_folder
from shared.web.tokens_of_forms import form_token, set_visitor_cookie
from shared.web.vendor import asset_url, vendor

_OPERATIONAL: dict[SiteName, tuple[Blueprint, ...]] = {"bi": (alert_pages, target_pages, kpi_pages, annotation_pages, report_pages, mailbox_pages, reconciliation_pages, ledger_pages), "cmo": ()}
"""Routes by which people run the business; the CMO site has none of them."""
_LARGEST_REQUEST = 8 * 1024 * 1024


def install(server: Flask, *, settings: Settings, engines: Engines, site: SiteName, csp_hashes: Callable[[], Iterable[str]] = tuple,
            page_paths: Callable[[], Collection[str]] = tuple, open_paths: tuple[str, ...] = ()) -> Site:
    """Put sign-in, the gate, headers, errors, health, vendor files, people's pages and the request log on ``server``.

    ``csp_hashes`` returns the hashes of inline scripts (``app.csp_hashes``), asked for once, at the first HTML response;
    ``page_paths`` the known page paths, for the request log; ``open_paths`` further path prefixes that need no sign-in.
    """
    here = Site(
        name=site, settings=settings, engines=engines, sessions=Sessions(engines, site, settings.session_hours), tokens=Tokens(engines),
        attempts=Attempts(engines, settings), csp_hashes=_once(csp_hashes), page_paths=page_paths, open_paths=open_paths,
    )
    requests = RequestLog(engines, f"{site}_app")
    server.extensions[EXTENSION] = here
    server.extensions[LIVE] = Live(settings)
    server.extensions["northline-health"] = Health(settings, engines)
    server.extensions["northline-requests"] = requests
    server.secret_key = settings.secret_key.get_secret_value()
    server.config.update(
        MAX_CONTENT_LENGTH=_LARGEST_REQUEST, SESSION_COOKIE_NAME=f"northline_{site}_state", SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax",
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_port=hops)  # type: ignore[method-assign]
    # Before everything that is registered already: Dash 4.4 draws a layout before its first request, which must not happen for a stranger.
    server.before_request_funcs.setdefault(None, [])[:0] = [begin_request, identify]
    install_request_log(server, requests)
    server.after_request(add_headers)
    server.after_request(set_visitor_cookie)
    install_errors(server)
    zone = ZoneInfo(settings.company_time_zone)
    server.jinja_env.globals.update(asset_url=asset_url, form_token=form_token, has_mailbox=has_mailbox, roles=ROLES, departments=DEPARTMENTS)
    server.jinja_env.filters["moment"] = lambda moment: _moment(moment, zone)
    for blueprint in (pages_folder, health, vendor, sign_in_pages, account_pages, file_pages, people_pages, preference_pages, live_pages, *_OPERATIONAL[site]):
        server.register_blueprint(blueprint)
    if settings.oidc_issuer:
        install_company_sign_in(server, settings)
    return here


def _once(hashes: Callable[[], Iterable[str]]) -> Callable[[], Iterable[str]]:
    known: list[tuple[str, ...]] = []

    def first_answer() -> tuple[str, ...]:
        if not known:
            known.append(tuple(hashes()))
        return known[0]

    return first_answer


def _moment(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%-d %b %Y, %H:%M") if moment else "never"
