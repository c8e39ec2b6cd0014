"""Cheap databases for tests: one is migrated per state of the migrations, the others are copies of it."""

import hashlib
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

import shared.warehouse
from shared.warehouse.migrate import migrate

_WAREHOUSE = Path(shared.warehouse.__file__).parent


class Databases:
    """Makes databases on one primary, waits until its replica has them, and removes them."""

    def __init__(self, primary_url: str, replica_url: str) -> None:
        """Connect to nothing yet."""
        self._primary = make_url(primary_url)
        self._replica = make_url(replica_url)
        self._admin = create_engine(primary_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self._run = secrets.token_hex(4)
        self._made: list[str] = []

    def fresh(self, name: str = "", template: str | None = None) -> tuple[str, str]:
        """Return the addresses, on primary and replica, of a new copy of ``template`` (None: the migrated, empty one)."""
        source = template or self.template("empty", _migration_checksum(), migrate_only)
        target = f"t_{self._run}_{name or len(self._made)}"
        with self._admin.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{target}" TEMPLATE "{source}"'))
            self._made.append(target)
            self._await_replica(connection)
        return self._url(self._primary, target), self._url(self._replica, target)

    def template(self, name: str, checksum: str, fill: Callable[[str], None]) -> str:
        """Return the name of a database that ``fill(url)`` has filled once for ``checksum``; kept as long as the servers."""
        target = f"template_{name}_{checksum[:12]}"
        with self._admin.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(hashtext(:name))"), {"name": target})  # two runs share the servers
            if connection.scalar(text("SELECT count(*) FROM pg_database WHERE datname = :name"), {"name": target}) == 0:
                draft = f"draft_{self._run}_{name}"
                connection.execute(text(f'CREATE DATABASE "{draft}"'))
                try:
                    fill(self._url(self._primary, draft))
                    connection.execute(text(f'ALTER DATABASE "{draft}" RENAME TO "{target}"'))
                except BaseException:
                    connection.execute(text(f'DROP DATABASE IF EXISTS "{draft}" WITH (FORCE)'))
                    raise
        return target

    def remove_all(self) -> None:
        """Remove what ``fresh`` made."""
        with self._admin.connect() as connection:
            for name in self._made:
                connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))

    def _await_replica(self, connection: Connection) -> None:
        position = connection.scalar(text("SELECT pg_current_wal_lsn()::text"))
        engine = create_engine(self._replica, poolclass=NullPool)
        deadline = time.monotonic() + 30
        with engine.connect() as replica:
            while not replica.scalar(text("SELECT NOT pg_is_in_recovery() OR pg_last_wal_replay_lsn() >= CAST(:p AS pg_lsn)"), {"p": position}):
                if time.monotonic() > deadline:
                    raise TimeoutError("the replica does not follow")
                time.sleep(0.01)

    @staticmethod
    def _url(server: object, database: str) -> str:
        return make_url(server).set(database=database).render_as_string(hide_password=False)  # type: ignore[arg-type]


def migrate_only(url: str) -> None:
    """Bring the empty database at ``url`` to the newest revision."""
    engine = create_engine(url, poolclass=NullPool)
    migrate(engine)
    engine.dispose()


def _migration_checksum() -> str:
    """Return what changes whenever a migration does."""
    files = sorted(path for path in (_WAREHOUSE / "migrations").rglob("*") if path.suffix in {".sql", ".py"})
    return hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()
