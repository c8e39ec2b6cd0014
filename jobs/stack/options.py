"""What `make run` reads from the environment; see docs/operations.md."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import SettingError, sentences


class StackSettings(BaseSettings):
    """The settings of the platform on one machine; immutable."""

    model_config = SettingsConfigDict(env_prefix="", case_sensitive=False, frozen=True, extra="ignore", env_ignore_empty=True)

    state_dir: Path = Field(Path("var"), description="Folder of all state: databases, logs, secrets")
    database_url: SecretStr | None = Field(None, description="A primary of your own instead of the embedded one")
    replica_urls: SecretStr | None = Field(None, description="Read replicas of your own, separated by commas")
    redis_url: SecretStr | None = Field(None, description="A Redis or Valkey of your own instead of the embedded one")
    secret_key: SecretStr | None = Field(None, description="Signs sessions; made once and kept in the state folder where not given")

    bind_host: str = Field("127.0.0.1", description="Address the sites listen on")
    bi_port: int = Field(8050, ge=1, le=65535, description="Port of the BI site")
    cmo_port: int = Field(8051, ge=1, le=65535, description="Port of the CMO site")
    gateway_port: int = Field(8052, ge=1, le=65535, description="Port of the WebSocket gateway")
    postgres_port: int | None = Field(None, ge=1, le=65535, description="Port of the embedded primary; not given: 54320, or a free one if that is taken")
    replica_port: int | None = Field(None, ge=1, le=65535, description="Port of the embedded replica; not given: 54321, or a free one")
    valkey_port: int | None = Field(None, ge=1, le=65535, description="Port of the embedded Valkey; not given: 54379, or a free one")

    demo_mode: bool = Field(default=True, description="Demo company and demo sign-ins; make run switches it on unless told otherwise")
    demo_size: Literal["small", "standard", "large"] = Field("standard", description="Size of the demo company that the first start creates")
    demo_seed: int = Field(1, ge=0, le=2**31 - 1, description="Another seed makes another demo company")
    demo_live: bool = Field(default=True, description="Goes on writing believable events into the demo company")
    demo_password: SecretStr | None = Field(None, description="Password of every demo sign-in; made once and kept where not given")
    demo_api_token: SecretStr | None = Field(None, description="API token of the demo administrator; made once and kept where not given")

    smtp_url: SecretStr | None = Field(None, description="A mail server of your own; not given: the demo keeps its mails as files under mail in the state folder")

    worker_processes: int = Field(2, ge=1, le=64, description="Processes of the Celery worker")


def load_options() -> StackSettings:
    """Return the options of this process's environment.  Raises SettingError naming every variable that cannot be used."""
    try:
        return StackSettings()
    except ValidationError as error:
        raise SettingError(sentences(error, StackSettings)) from error
