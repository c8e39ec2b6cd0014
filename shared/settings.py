"""Every setting of the platform, read from the environment once and handed on.

A wrong value stops the process with a sentence that names the variable.  docs/operations.md lists each of them (a test compares).
"""

from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_SECRETS = Path("/run/secrets")
"""Where containers find a setting as a file of its own, named in lower case; the environment wins."""


class SettingError(ValueError):
    """A setting that cannot be used; the message names the variable and what it must be."""


class Settings(BaseSettings):
    """The settings of one process; immutable."""

    model_config = SettingsConfigDict(env_prefix="", case_sensitive=False, frozen=True, extra="ignore")

    # --- servers
    database_url: SecretStr = Field(description="The primary: postgresql+psycopg2://user:password@host:port/name")
    replica_urls: Annotated[tuple[SecretStr, ...], NoDecode] = Field((), description="Read replicas, separated by commas; none: all reads go to the primary")
    redis_url: SecretStr = Field(description="Redis or Valkey: redis://host:port; database 0 carries tasks, 1 the cache, 2 live messages")
    cache_url: SecretStr = Field(SecretStr(""), description="A Redis or Valkey of its own for cached answers, which may forget them; empty: REDIS_URL")
    replica_max_lag_seconds: float = Field(5.0, ge=0, le=3600, description="A replica further behind than this is passed over for the primary")
    statement_timeout_seconds: int = Field(20, ge=1, le=3600, description="A page's query is cancelled after this many seconds")

    # --- addresses
    bi_port: int = Field(8050, ge=1, le=65535, description="Port of the BI site")
    cmo_port: int = Field(8051, ge=1, le=65535, description="Port of the CMO site")
    gateway_port: int = Field(8052, ge=1, le=65535, description="Port of the WebSocket gateway")
    bind_host: str = Field("127.0.0.1", description="Address the sites listen on; 0.0.0.0 behind a proxy or in a container")
    web_threads: int = Field(8, ge=1, le=128, description="Threads of one web process")
    web_workers: int = Field(1, ge=1, le=64, description="Web processes of each site")

    # --- company
    company_name: str = Field("Northline Home", min_length=1, max_length=80, description="The name on every page")
    company_time_zone: str = Field("America/New_York", description="Head office: decides which day 'today' is; a row's own day is its branch's")
    fiscal_year_start_month: int = Field(1, ge=1, le=12, description="First month of the fiscal year")

    # --- sign-in
    secret_key: SecretStr = Field(description="Signs sessions and tickets; the same in every process, at least 32 characters")
    demo_mode: bool = Field(default=False, description="Demo company and demo sign-ins; never switch it on for a real one")
    demo_password: SecretStr = Field(SecretStr(""), description="Password of every demo sign-in; make run makes one")
    demo_api_token: SecretStr = Field(SecretStr(""), description="API token of the first demo person; make run makes one")
    demo_size: Literal["small", "standard", "large"] = Field("standard", description="Size of the demo company that a first start creates")
    demo_seed: int = Field(1, ge=0, le=2**31 - 1, description="Another seed makes another demo company")
    demo_people_file: str = Field("", description="Where the preparation writes who the demo people are, without passwords; empty: nowhere")
    session_hours: int = Field(12, ge=1, le=720, description="A sign-in lasts this long without use")
    secure_cookies: bool = Field(default=True, description="Cookies only over HTTPS; off only for plain http on this machine")
    sign_in_attempts: int = Field(8, ge=3, le=1000, description="Failed sign-ins per account and address in 15 minutes before a wait")
    trusted_proxies: int = Field(0, ge=0, le=5, description="Proxies in front whose X-Forwarded-* headers are believed")
    oidc_issuer: str = Field("", description="OpenID Connect issuer; empty: off")
    oidc_client_id: str = Field("", description="OpenID Connect client id")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="OpenID Connect client secret")
    oidc_new_role: Literal["", "leadership", "branch_manager", "analyst", "cmo"] = Field(
        "", description="Role of an account made at the first OpenID Connect sign-in of somebody unknown; empty: refused"
    )
    bi_public_url: str = Field("", pattern=r"^(https?://[^\s/]+/?)?$", description="Address of the BI site as people type it; empty: the host asked for, with BI_PORT")
    bi_internal_url: str = Field("", pattern=r"^(https?://[^\s/]+/?)?$", description="Address at which the platform's own processes reach the BI site, such as http://bi:8050; empty: this machine's BI_PORT")
    cmo_public_url: str = Field("", pattern=r"^(https?://[^\s/]+/?)?$", description="Address of the CMO site as people type it; empty: the host asked for, with CMO_PORT")

    # --- live connections
    gateway_public_url: str = Field("", pattern=r"^(wss?://[^\s;,?#]+)?$", description="Address of the WebSocket gateway as browsers reach it, such as wss://live.example.com/; empty: the host asked for, with GATEWAY_PORT")
    gateway_internal_url: str = Field("", pattern=r"^(https?://[^\s/]+/?)?$", description="Address at which the platform's own processes reach the gateway, such as http://gateway:8052; empty: GATEWAY_PUBLIC_URL, or this machine's GATEWAY_PORT")
    gateway_origins: Annotated[tuple[str, ...], NoDecode] = Field((), description="Further origins that may open live connections, such as https://bi.example.com, separated by commas")
    gateway_connections: int = Field(10_000, ge=1, le=1_000_000, description="Live connections that one gateway process takes")
    gateway_connections_per_person: int = Field(50, ge=1, le=100_000, description="Live connections of one person that one gateway process takes")
    gateway_topics: int = Field(500, ge=1, le=10_000, description="Topics that one live connection may listen to")
    gateway_pace_ms: int = Field(100, ge=10, le=10_000, description="A live connection gets at most one frame in so many milliseconds, unless it asks for fewer")
    gateway_slow_seconds: float = Field(15.0, ge=1, le=600, description="A live connection that takes nothing for so long is closed")

    # --- freshness
    cache_seconds: int = Field(300, ge=1, le=86_400, description="An answer nobody invalidated is kept this long")
    cache_stale_seconds: int = Field(3600, ge=0, le=86_400, description="A heavy answer may be shown this much longer while it is computed anew")
    recent_months: int = Field(2, ge=1, le=24, description="Closed months that stay in the recent, often refreshed part of each view")
    refresh_recent_minutes: int = Field(5, ge=1, le=1440, description="The recent part of each view is refreshed this often")
    refresh_archive_at: str = Field("02:30", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="Head-office time at which archives with late changes are refreshed")
    refresh_timeout_seconds: int = Field(900, ge=5, le=86_400, description="A refresh that takes longer is cancelled, logged and retried")

    # --- jobs
    heartbeat_seconds: float = Field(3.0, ge=0.5, le=60, description="The worker stamps the row that replicas are measured by this often")
    alive_file: str = Field("", description="Worker, beat and live worker touch this file every few seconds while they work, for health checks; empty: none")
    refresh_log_days: int = Field(90, ge=1, le=3650, description="Refreshes logged longer ago than this are forgotten")

    # --- forecast
    forecast_at: str = Field("03:30", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="Head-office time from which the night's revenue forecast is made; where there is none at all, one is made at once")
    forecast_timeout_seconds: int = Field(600, ge=30, le=3600, description="A training of the forecast that takes longer is cut off, and tried again ten minutes later")
    forecast_keep_days: int = Field(400, ge=35, le=3650, description="What was forecast longer ago than this is forgotten")

    # --- early warning
    alert_digest_minutes: int = Field(60, ge=1, le=1440, description="Each person gets at most one mail of warnings in so many minutes; critical ones come at once")
    alert_webhook_secret: SecretStr = Field(SecretStr(""), description="Signs calls of webhooks (HMAC-SHA256); empty: webhooks are not called, and their rules say so")
    alert_webhook_hosts: Annotated[tuple[str, ...], NoDecode] = Field((), description="host:port of webhooks inside the own network, which may use http and private addresses, separated by commas; none: https and public addresses only")
    smtp_url: SecretStr = Field(SecretStr(""), description="Mail server: smtp://user:password@host:port, smtps:// or smtp+starttls://; empty: no mail is sent")
    smtp_ca_file: str = Field("", description="File (PEM) of a certificate authority that the mail server is trusted by, beside those of the system (and of SSL_CERT_FILE); empty: none")
    mail_from: str = Field("Northline <northline@northline.example>", min_length=3, max_length=200, description="Sender of mails")

    # --- delivery
    delivery_addresses: Annotated[tuple[str, ...], NoDecode] = Field((), description="Addresses outside that schedules may send to, such as bank@example.com or @example.com for a whole domain, separated by commas; none: people with accounts only")
    delivery_archive_days: int = Field(90, ge=1, le=3650, description="What a schedule sent can be looked at for so many days; who got it stays in the log")
    delivery_minutes_by_hand: int = Field(20, ge=0, le=480, description="Minutes that putting one report together by hand is assumed to take: what the hours that deliveries save are estimated from; 0: no estimate is shown")
    mail_folder: str = Field("", description="Where the demo's mail server keeps mails, for the mailbox page of the demo; empty: no such page")

    # --- files
    export_days: int = Field(7, ge=1, le=365, description="An exported file can be fetched for so many days")
    paper_size: Literal["letter", "a4"] = Field("letter", description="Paper that exported pages are made for")
    chromium_path: str = Field("", description="Chromium or Chrome that draws pictures and PDF; empty: the one that is installed")
    chromium_sandbox: bool = Field(default=True, description="Chromium's own sandbox; never used as root, to be switched off where a container is the sandbox")

    # --- reconciliation
    reconciliation_at: str = Field("00:15", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="Head-office time from which the day's full reconciliation runs; changes are looked at within seconds all day")
    reconciliation_job_days: int = Field(3, ge=0, le=365, description="A sold appointment without a job is a ghost after so many days")
    reconciliation_overlap_minutes: int = Field(120, ge=1, le=1440, description="Two appointments of one representative that begin within fewer minutes collide")
    reconciliation_household_days: int = Field(30, ge=1, le=366, description="Two new appointments of one household within so many days are one too many")
    reconciliation_write_off_limit: float = Field(500, ge=0, le=1e9, description="A write-off of more dollars than this needs a second person")
    ledger_folder: str = Field("", description="Folder that is watched for ledgers of others: LEDGER_FOLDER/<source>/file; empty: none")
    ledger_databases: Annotated[tuple[SecretStr, ...], NoDecode] = Field((), description="Other databases whose tables may be read as ledgers: name=address as SQLAlchemy writes it, separated by blanks")
    reconciliation_credit_roles: Annotated[tuple[str, ...], NoDecode] = Field(
        ("Canvass=canvasser", "Telemarketing=setter"), description="Which role must have a part of a sale, by the channel of its lead's source: channel=role, separated by commas")

    # --- logs
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least severe message that is logged")

    @field_validator("replica_urls", "gateway_origins", "alert_webhook_hosts", "delivery_addresses", "reconciliation_credit_roles", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("ledger_databases", mode="before")
    @classmethod
    def _part_by_blanks(cls, value: object) -> object:
        return tuple(value.split()) if isinstance(value, str) else value

    @field_validator("ledger_databases", mode="after")
    @classmethod
    def _name_and_address(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any("://" not in pair.get_secret_value().partition("=")[2] for pair in value):
            raise ValueError("must look like erp=postgresql+psycopg2://user:password@host/name")
        return value

    @field_validator("database_url", "replica_urls", mode="after")
    @classmethod
    def _name_the_driver(cls, value: SecretStr | tuple[SecretStr, ...]) -> SecretStr | tuple[SecretStr, ...]:
        if isinstance(value, tuple):
            return tuple(_with_driver(url) for url in value)
        return _with_driver(value)

    @field_validator("reconciliation_credit_roles", mode="after")
    @classmethod
    def _channel_and_role(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not channel or role not in {"setter", "closer", "canvasser", "manager"} for channel, _, role in (pair.partition("=") for pair in value)):
            raise ValueError("must look like Canvass=canvasser; roles are setter, closer, canvasser and manager")
        return value

    @field_validator("delivery_addresses", mode="after")
    @classmethod
    def _addresses_or_domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not domain or " " in each or "@" in domain for each in value for _, _, domain in [each.partition("@")]):
            raise ValueError("must name addresses such as bank@example.com, or domains such as @example.com")
        return value

    @field_validator("smtp_url", mode="after")
    @classmethod
    def _known_transport(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not value.get_secret_value().startswith(("smtp://", "smtps://", "smtp+starttls://")):
            raise ValueError("must start with smtp://, smtps:// or smtp+starttls://")
        return value

    @field_validator("secret_key", mode="after")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < 32:
            raise ValueError("must be at least 32 characters long")
        return value

    @field_validator("company_time_zone", mode="after")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("must be a time zone such as America/New_York") from error
        return value


def _with_driver(url: SecretStr) -> SecretStr:
    """SQLAlchemy 2.1 reads plain postgresql:// as psycopg 3, which is not what we ship."""
    text = url.get_secret_value()
    for plain in ("postgresql://", "postgres://"):
        if text.startswith(plain):
            return SecretStr("postgresql+psycopg2://" + text.removeprefix(plain))
    if not text.startswith("postgresql+psycopg2://"):
        raise ValueError("must start with postgresql://")
    return url


def load_settings(**overrides: Any) -> Settings:
    """Return the settings of this process's environment; ``overrides`` win (tests use them).

    Raises SettingError naming every variable that cannot be used.
    """
    try:
        return Settings(_secrets_dir=_SECRETS if _SECRETS.is_dir() else None, **overrides)
    except ValidationError as error:
        raise SettingError(sentences(error, Settings)) from error


def sentences(error: ValidationError, model: type[BaseSettings]) -> str:
    """Say what is wrong with each variable; the values of secrets are not shown."""
    return "; ".join(_sentence(problem, model) for problem in error.errors(include_url=False))


def _sentence(problem: ErrorDetails, model: type[BaseSettings]) -> str:
    name, message = str(problem["loc"][0]).lower(), problem["msg"]
    field = model.model_fields[name]
    if problem["type"] == "missing":
        return f"{name.upper()} is not set ({field.description})"
    message = message.removeprefix("Value error, ").removeprefix("Input ")
    shown = "" if "SecretStr" in str(field.annotation) else f", not {problem['input']!r}"
    return f"{name.upper()} {message[0].lower()}{message[1:]}{shown}"
