"""The platform of one machine: which services, with which settings, in which order."""

import json
import os
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from jobs.stack import postgres, valkey
from jobs.stack.errors import StackError
from jobs.stack.options import StackSettings
from jobs.stack.ports import LOCAL, is_free, prefer
from jobs.stack.postgres import Primary, Standby
from jobs.stack.service import Service
from jobs.stack.state import State

DATABASE = "northline"


class Platform:
    """What ``options`` ask for, with state in ``state``; ports are chosen when this is made."""

    def __init__(self, options: StackSettings, state: State) -> None:
        """Choose ports and addresses.  Raises StackError where a port that was asked for is taken."""
        self.options, self.state = options, state
        self._check_ports()
        self.primary: Primary | None = None
        self.standby: Standby | None = None
        self.valkey: valkey.Valkey | None = None
        self.mail_port = prefer(54025) if options.demo_mode and options.smtp_url is None else None
        if options.database_url is None:
            postgres.check_platform()
            self.primary = Primary(state.folder / "postgres", options.postgres_port or prefer(54320))
            self.standby = Standby(self.primary, options.replica_port or prefer(54321))
        if options.redis_url is None:
            postgres.check_platform()
            self.valkey = valkey.Valkey(state.folder / "valkey", options.valkey_port or prefer(54379))

    def _check_ports(self) -> None:
        wanted = {"BI_PORT": self.options.bi_port, "CMO_PORT": self.options.cmo_port, "GATEWAY_PORT": self.options.gateway_port}
        if self.options.database_url is None:
            wanted |= {name: port for name, port in (("POSTGRES_PORT", self.options.postgres_port), ("REPLICA_PORT", self.options.replica_port)) if port}
        if self.options.redis_url is None and self.options.valkey_port:
            wanted["VALKEY_PORT"] = self.options.valkey_port
        seen: dict[int, str] = {}
        for name, port in wanted.items():
            if port in seen:
                raise StackError(f"{name} and {seen[port]} are both {port}; give each a port of its own")
            seen[port] = name
            host = self.options.bind_host if name in {"BI_PORT", "CMO_PORT", "GATEWAY_PORT"} else LOCAL
            if not is_free(port, host):
                raise StackError(f"port {port} is taken by another program; end that one, or choose another port: {name}={port + 100} make run")

    # --- addresses

    @property
    def database_url(self) -> str:
        """Address of the primary."""
        return self.primary.url(DATABASE) if self.primary else _reveal(self.options.database_url)

    @property
    def replica_urls(self) -> list[str]:
        """Addresses of the replicas."""
        if self.standby:
            return [self.standby.url(DATABASE)]
        return [url.strip() for url in _reveal(self.options.replica_urls).split(",") if url.strip()]

    @property
    def redis_url(self) -> str:
        """Address of Redis, without a database number."""
        return self.valkey.url if self.valkey else _reveal(self.options.redis_url)

    @property
    def host(self) -> str:
        """The host that people on this machine type."""
        return LOCAL if self.options.bind_host in {LOCAL, "0.0.0.0", "::"} else self.options.bind_host  # noqa: S104 - compared, not bound

    @property
    def urls(self) -> dict[str, str]:
        """Addresses of the sites and the gateway."""
        return {"bi": f"http://{self.host}:{self.options.bi_port}", "cmo": f"http://{self.host}:{self.options.cmo_port}",
                "gateway": f"ws://{self.host}:{self.options.gateway_port}"}

    def environment(self) -> dict[str, str]:
        """Return the settings that every process of the platform gets."""
        options, secret = self.options, self.state.secret
        found = {
            "DATABASE_URL": self.database_url,
            "REPLICA_URLS": ",".join(self.replica_urls),
            "REDIS_URL": self.redis_url,
            "SECRET_KEY": secret("SECRET_KEY", _reveal(options.secret_key)),
            "DEMO_MODE": str(int(options.demo_mode)),
            "BIND_HOST": options.bind_host,
            "BI_PORT": str(options.bi_port),
            "CMO_PORT": str(options.cmo_port),
            "GATEWAY_PORT": str(options.gateway_port),
        }
        if self.mail_port is not None:
            found |= {"SMTP_URL": f"smtp://{LOCAL}:{self.mail_port}", "MAIL_FOLDER": str((self.state.folder / "mail").resolve())}
        if options.demo_mode:
            found |= {"DEMO_PASSWORD": self.demo_password, "DEMO_API_TOKEN": self.demo_api_token, "DEMO_SIZE": options.demo_size, "DEMO_SEED": str(options.demo_seed),
                      "DEMO_PEOPLE_FILE": str(self.state.folder / "people.json")}
        return found

    @property
    def demo_password(self) -> str:
        """Password of every demo sign-in."""
        return self.state.secret("DEMO_PASSWORD", _reveal(self.options.demo_password), _readable_password())

    @property
    def demo_api_token(self) -> str:
        """API token of the demo administrator."""
        return self.state.secret("DEMO_API_TOKEN", _reveal(self.options.demo_api_token), _token())

    def people(self) -> list[dict[str, Any]]:
        """Return who can sign in to the demo: email, password, role and names of the branches seen; written by the step `prepare`."""
        found: list[dict[str, Any]] = json.loads((self.state.folder / "people.json").read_text())
        return [{"email": one["email"], "password": self.demo_password, "role": one["role"], "branches": one["branches"]} for one in found]

    # --- services

    def services(self, defaults: dict[str, str]) -> list[Service]:
        """Return the services, each after what it needs; ``defaults`` are settings that the processes get too."""
        servers = [*self._databases(), *self._queues()]
        env = {**defaults, **self.environment()}
        needed = tuple(service.name for service in servers if service.name != "replica")  # who reads passes over a replica that is still catching up
        prepare = Service("prepare", lambda: _python("-m", "jobs", "prepare"), after=needed, env=env, once=True, grace=30)
        # Once prepared, the next preparation has little to do and the others can load meanwhile; "ready" is said after all.
        loading = needed if self._was_prepared() else (*needed, "prepare")
        queue = tuple(name for name in needed if name == "valkey")
        return [*servers, prepare, *self._sites(env, loading), self._gateway(env, queue), *self._celery(env, loading),
                self._live_worker(env, (*needed, "prepare")), *self._demo_live(env, (*needed, "prepare")), *self._mail(env)]

    def _was_prepared(self) -> bool:
        return self.primary is not None and (self.state.folder / "prepared").exists()

    def _databases(self) -> list[Service]:
        if self.primary is None or self.standby is None:
            return []
        primary, standby = self.primary, self.standby
        common = {"stop_signal": postgres.STOP_SIGNAL, "popen": primary.account.popen(), "cwd": primary.folder, "grace": 60.0}
        return [
            Service("postgres", primary.argv, prepare=primary.prepare, ready=lambda: primary.answers() and _has_database(primary), env=primary.environment(), **common),  # type: ignore[arg-type]
            Service("replica", standby.argv, after=("postgres",), prepare=standby.prepare, ready=standby.answers, env=standby.environment(), **common),  # type: ignore[arg-type]
        ]

    def _queues(self) -> list[Service]:
        if self.valkey is None:
            return []
        return [Service("valkey", self.valkey.argv, prepare=self.valkey.prepare, ready=self.valkey.answers, stop_signal=valkey.STOP_SIGNAL, cwd=self.valkey.folder)]

    def _sites(self, env: dict[str, str], after: tuple[str, ...]) -> list[Service]:
        return [self._site(name, port, env, after) for name, port in (("bi", self.options.bi_port), ("cmo", self.options.cmo_port))]

    def _site(self, name: str, port: int, env: dict[str, str], after: tuple[str, ...]) -> Service:
        address = f"[{self.options.bind_host}]:{port}" if ":" in self.options.bind_host else f"{self.options.bind_host}:{port}"
        return Service(name, lambda: _python("-m", "gunicorn", "-c", "python:shared.web.server", "--bind", address, f"{name}_app.wsgi:server"), after=after, env=env,
                       ready=_healthy(f"{self.urls[name]}/healthz"))

    def _gateway(self, env: dict[str, str], after: tuple[str, ...]) -> Service:
        address = f"http://{self.host}:{self.options.gateway_port}/healthz"
        return Service("gateway", lambda: _python("-m", "jobs.gateway"), after=after, env=env, ready=_healthy(address))

    def _demo_live(self, env: dict[str, str], after: tuple[str, ...]) -> list[Service]:
        if not (self.options.demo_mode and self.options.demo_live):
            return []
        return [Service("demo-live", lambda: _python("-m", "jobs", "demo", "--live"), after=after, env=env)]

    def _mail(self, env: dict[str, str]) -> list[Service]:
        """The demo's mails, as files under the state folder."""
        port, folder = self.mail_port, str(self.state.folder / "mail")
        if port is None:
            return []
        return [Service("mail", lambda: _python("-m", "jobs.mail", "--port", str(port), "--folder", folder), env=env, ready=lambda: not is_free(port))]

    def _celery(self, env: dict[str, str], after: tuple[str, ...]) -> list[Service]:
        alone = ("--without-mingle", "--without-gossip")
        return [
            self._celery_process("worker", env, after, "worker", f"--concurrency={self.options.worker_processes}", *alone),
            self._celery_process("exports", env, after, "worker", "--queues=exports", "--concurrency=2", "--hostname=exports@%h", *alone),
            self._celery_process("beat", env, after, "beat", "--pidfile="),
        ]

    def _celery_process(self, name: str, env: dict[str, str], after: tuple[str, ...], *arguments: str) -> Service:
        level = f"--loglevel={os.environ.get('LOG_LEVEL', 'INFO')}"
        return self._touching(name, _python("-m", "celery", "--quiet", "-A", "jobs.worker:app", *arguments, level), env, after, grace=30)

    def _live_worker(self, env: dict[str, str], after: tuple[str, ...]) -> Service:
        return self._touching("live-worker", _python("-m", "jobs.live"), env, after, grace=15)

    def _touching(self, name: str, argv: list[str], env: dict[str, str], after: tuple[str, ...], grace: float) -> Service:
        """A process that shows by touching ALIVE_FILE that it works."""
        alive = self.state.folder / "alive" / name
        alive.parent.mkdir(exist_ok=True)
        begun = {"at": 0.0}

        def prepare() -> None:
            begun["at"] = time.time()

        def ready() -> bool:
            return alive.exists() and alive.stat().st_mtime >= begun["at"]

        return Service(name, lambda: argv, after=after, prepare=prepare, ready=ready, grace=grace, env={**env, "ALIVE_FILE": str(alive)})


def _python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def _reveal(secret: object) -> str:
    return "" if secret is None else str(secret.get_secret_value())  # type: ignore[attr-defined]


def _has_database(primary: Primary) -> bool:
    if not primary.has_database(DATABASE):
        primary.create_database(DATABASE, "template0")
    return True


def _healthy(url: str) -> Callable[[], bool]:
    def ask() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own http address
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return ask


def _readable_password() -> str:
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))


def _token() -> str:
    return "nbi_" + secrets.token_urlsafe(32)
