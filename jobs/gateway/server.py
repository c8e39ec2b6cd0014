"""The port of the gateway: WebSockets, and /healthz and /metrics over plain HTTP."""

import asyncio
import logging
import signal
import socket
from collections.abc import Iterable
from urllib.parse import parse_qs

import orjson
from picows import WSListener, WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener, ws_create_server

from jobs.gateway.client import LARGEST_FRAME, Client
from jobs.gateway.gateway import Gateway
from jobs.gateway.origins import Origins
from shared.settings import Settings

log = logging.getLogger(__name__)
_HANDSHAKE_SECONDS = 5.0
_SEND_BUFFER_BYTES = 64 * 1024
"""What the system holds for a connection that takes nothing is old by the time it is taken: little of it."""
_BACKLOG = 4096

Answer = WSListener | WSUpgradeResponseWithListener


async def serve(settings: Settings, *, port: int, share_port: bool = False) -> None:
    """Serve until SIGTERM or SIGINT, then ask clients to move and end.

    ``share_port``: other gateways on this machine may listen on the same port, and the system shares connections out among them.
    """
    gateway, origins = Gateway(settings), Origins(settings)
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gateway.loop.add_signal_handler(number, ending.set)
    tasks = gateway.start()
    for task in tasks:
        task.add_done_callback(lambda _: ending.set())  # none ends by itself: better a new process than a gateway without its feed
    listener = _listener(settings.bind_host, port, share_port=share_port)
    server = await ws_create_server(
        lambda request: _answer(gateway, origins, request), sock=listener, backlog=_BACKLOG, websocket_handshake_timeout=_HANDSHAKE_SECONDS,
        max_frame_size=LARGEST_FRAME, read_buffer_init_size=1024, enable_auto_pong=False,
        logger_name=logging.LoggerAdapter(_quiet(), {}))  # an adapter: picows makes a logger for each connection of a plain one
    log.warning("gateway listens on %s:%d", settings.bind_host, port)
    await ending.wait()
    failed = [task for task in tasks if task.done()]
    if share_port:
        server.close()  # the others get the new connections
    await gateway.drain()
    server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await gateway.close()
    for task in failed:
        task.result()


def _listener(host: str, port: int, *, share_port: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if share_port:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)  # accepted sockets inherit it
    listener.bind((host, port))
    return listener


def _quiet() -> logging.Logger:
    """Return a logger that says our own failures and leaves out what strangers can cause."""
    found = logging.getLogger("picows.gateway")
    found.setLevel(logging.ERROR)
    found.addFilter(lambda record: bool(record.exc_info) or "exception from" in str(record.msg))
    return found


def _answer(gateway: Gateway, origins: Origins, request: WSUpgradeRequest) -> Answer:
    try:
        return _accept(gateway, origins, request)
    except Exception:  # picows would tell the stranger what it was, and nobody else
        log.exception("a request could not be answered")
        return _reply(500, b"something went wrong here, it was logged\n")


def _accept(gateway: Gateway, origins: Origins, request: WSUpgradeRequest) -> Answer:
    path, _, query = request.path.decode("latin-1").partition("?")
    if "upgrade" not in request.headers:
        return _page(gateway, path)
    if gateway.is_draining:
        return _reply(503, b"this gateway ends, connect anew\n")
    if not origins.allows(request.headers.get("origin"), request.headers.get("host")):
        gateway.meter.closed["origin"] += 1
        return _reply(403, b"live connections are opened by pages of the sites only\n")
    ticket = parse_qs(query).get("ticket", [""])[0]
    return Client(gateway, ticket, gateway.connection_id(), gateway.settings.gateway_pace_ms / 1000)


def _page(gateway: Gateway, path: str) -> Answer:
    if path == "/healthz":
        status = "ends" if gateway.is_draining else "ok" if gateway.feed.is_up else "degraded"
        told = {"status": status, "redis": "ok" if gateway.feed.is_up else "does not answer", "clients": len(gateway.clients)}
        return _reply(503 if gateway.is_draining else 200, orjson.dumps(told) + b"\n", (("Content-Type", "application/json"),))
    if path == "/metrics":
        return _reply(200, gateway.meter.text(gateway.gauges()).encode(), (("Content-Type", "text/plain; version=0.0.4; charset=utf-8"),))
    return _reply(404, b"there are /healthz, /metrics and WebSockets here\n")


def _reply(status: int, body: bytes, headers: Iterable[tuple[str, str]] = ()) -> WSUpgradeResponseWithListener:
    listed = [*headers, ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
    made = WSUpgradeResponse.create_ok_response(body, listed) if status == 200 else WSUpgradeResponse.create_error_response(status, body, listed)
    return WSUpgradeResponseWithListener(made, None)
