"""Loads whole tables by COPY: triggers off, constraints and indexes laid once at the end, all in one transaction."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import IO, Any

from sqlalchemy import Connection, Engine, text

Progress = Callable[[str, int, int], None]
"""Called with (what is about to be done, how many steps are done, how many there are)."""


class NotEmptyError(RuntimeError):
    """The operational tables hold a company already; the message names the way out."""


_FOREIGN_KEYS = """
SELECT c.conrelid::regclass::text AS relation, quote_ident(c.conname) AS name, pg_get_constraintdef(c.oid) AS definition
FROM pg_constraint c
WHERE c.contype = 'f' AND c.conparentid = 0
  AND ((SELECT relnamespace FROM pg_class WHERE oid = c.conrelid) = 'crm'::regnamespace OR (SELECT relnamespace FROM pg_class WHERE oid = c.confrelid) = 'crm'::regnamespace)
ORDER BY 1, 2
"""
_UNIQUES = """
SELECT c.conrelid::regclass::text AS relation, quote_ident(c.conname) AS name, pg_get_constraintdef(c.oid) AS definition
FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
WHERE c.contype = 'u' AND c.conparentid = 0 AND t.relnamespace = 'crm'::regnamespace
ORDER BY 1, 2
"""
_INDEXES = """
SELECT i.indexrelid::regclass::text AS name, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') AS definition
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
WHERE t.relnamespace = 'crm'::regnamespace AND NOT i.indisprimary
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('u', 'x'))
  AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)
ORDER BY 1
"""
_TABLES = """
SELECT t.oid::regclass::text AS name FROM pg_class t
WHERE t.relnamespace = 'crm'::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition ORDER BY 1
"""
_SEQUENCES = """
SELECT a.attrelid::regclass::text AS relation, quote_ident(a.attname) AS name, pg_get_serial_sequence(a.attrelid::regclass::text, a.attname) AS sequence
FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid
WHERE t.relnamespace = 'crm'::regnamespace AND NOT t.relispartition AND a.attidentity <> '' ORDER BY 1
"""


@dataclass
class BulkLoad:
    """An open load into bare tables."""

    connection: Connection
    tables: list[str]
    later: list[tuple[str, str]] = field(default_factory=list)
    """(what it is, statement) that lays a unique constraint or an index again."""
    foreign: list[tuple[str, str]] = field(default_factory=list)
    """The same for foreign keys."""

    def copy(self, table: str, columns: Sequence[str], csv: IO[Any]) -> None:
        """COPY ``csv`` (no header, an unquoted empty field is NULL) into ``table``, schema included."""
        raw = self.connection.connection.driver_connection
        if raw is None:
            raise RuntimeError("the connection was closed during the load")
        with raw.cursor() as cursor:
            cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv)", csv)

    def run(self, statement: str, **parameters: object) -> None:
        """Execute one statement of the warehouse's own within the load."""
        self.connection.execute(text(statement), parameters)

    def finish(self, progress: Progress | None = None) -> None:
        """Lay constraints and indexes again, gather statistics, move the sequences on, switch triggers on; called once, at the end."""
        # Statistics before foreign keys: without them each partition is checked by reading the whole table it refers to.
        statistics = [(f"statistics of {table}", f"ANALYZE {table}") for table in self.tables]
        steps = [*self.later, *statistics, *self.foreign]
        self.later, self.foreign = [], []
        for done, (what, statement) in enumerate(steps):
            if progress:
                progress(what, done, len(steps))
            _run(self.connection, statement)
        for row in self.connection.execute(text(_SEQUENCES)).all():
            _run(self.connection, f"SELECT setval('{row.sequence}', max({row.name})) FROM {row.relation} HAVING count(*) > 0")
        for table in self.tables:
            _run(self.connection, f"ALTER TABLE {table} ENABLE TRIGGER USER")
        if progress:
            progress("", len(steps), len(steps))


@contextmanager
def bulk_load(engine: Engine, first: date, last: date, *, replace: bool = False) -> Iterator[BulkLoad]:
    """Yield a load into the crm tables, with partitions from ``first`` to ``last``; call its ``finish`` at the end, then everything is committed.

    Until then nobody else sees anything, and an error or a crash leaves nothing behind.  The ``*_on`` columns are the caller's to
    fill, and views must be built anew afterwards: no trigger runs.  Raises NotEmptyError where branches exist and ``replace`` is off;
    with it the tables are emptied first.
    """
    with engine.begin() as connection:
        # Pages' time limits are not for a load.
        for setting in ("statement_timeout = 0", "idle_in_transaction_session_timeout = 0", "maintenance_work_mem = '256MB'", "synchronous_commit = off"):
            _run(connection, f"SET LOCAL {setting}")
        _run(connection, "LOCK TABLE crm.branch IN ACCESS EXCLUSIVE MODE")
        if not replace and connection.execute(text("SELECT EXISTS (SELECT FROM crm.branch)")).scalar_one():
            raise NotEmptyError("This database holds a company already; load into an empty one, or say --replace to empty it first (demo mode only).")
        tables = [row.name for row in connection.execute(text(_TABLES))]
        connection.execute(text("SELECT crm.ensure_partitions(:first, :last)"), {"first": first, "last": last})
        for table in tables:  # of a new partition too
            _run(connection, f"ALTER TABLE {table} DISABLE TRIGGER USER")
        load = BulkLoad(connection, tables, *_strip(connection))
        if replace:
            _run(connection, f"TRUNCATE {', '.join(tables)} RESTART IDENTITY")
            _run(connection, "DELETE FROM app.source_name")  # what the sources of the company before were called
        yield load
        if load.later:
            raise RuntimeError("a bulk load ended without finish(): its tables would have neither constraints nor indexes")


def _strip(connection: Connection) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Drop foreign keys (others' into crm too), unique constraints and indexes, and remember how to lay them again."""
    foreign, unique, indexes = (connection.execute(text(query)).all() for query in (_FOREIGN_KEYS, _UNIQUES, _INDEXES))
    for row in (*foreign, *unique):
        _run(connection, f"ALTER TABLE {row.relation} DROP CONSTRAINT {row.name}")
    for row in indexes:
        _run(connection, f"DROP INDEX {row.name}")
    lay = [(f"unique {row.name}", f"ALTER TABLE {row.relation} ADD CONSTRAINT {row.name} {row.definition}") for row in unique]
    lay += [(f"index {row.name}", row.definition) for row in indexes]
    return lay, [(f"foreign key {row.name}", f"ALTER TABLE {row.relation} ADD CONSTRAINT {row.name} {row.definition}") for row in foreign]


def _run(connection: Connection, statement: str) -> None:
    """Execute ``statement`` as it stands (no parameter marks are read)."""
    connection.exec_driver_sql(statement.replace("%", "%%"))
