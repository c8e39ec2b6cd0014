"""Brings the tables of a database to the newest revision."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

_LOCK = "SELECT pg_advisory_lock(hashtext('shared.warehouse.migrate'))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtext('shared.warehouse.migrate'))"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(engine: Engine) -> tuple[str | None, str | None]:
    """Upgrade to the newest revision and return (revision before, revision after); None: an empty database.

    Two callers at once take turns; each revision is one transaction, so a crash leaves the last complete one.
    """
    config = _config()
    with engine.connect() as connection:
        connection.execute(text(_LOCK))
        connection.commit()
        try:
            before = MigrationContext.configure(connection).get_current_revision()
            connection.rollback()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
            return before, ScriptDirectory.from_config(config).get_current_head()
        finally:
            connection.rollback()
            connection.execute(text(_UNLOCK))
            connection.commit()
