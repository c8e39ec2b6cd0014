"""Loads a file's rows into their table: copied into a staging table, resolved and checked as sets, merged by key.  One transaction per file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from shared.warehouse.load_fields import Kind
from shared.warehouse.load_log import Counts
from shared.warehouse.load_plan import Plan, staged_columns
from shared.warehouse.load_resolve import candidates, collect_keys, on_key
from shared.warehouse.load_rules import checks, repeated, taken, uniques
from shared.warehouse.load_write import SLICE, write

_MOST_PARTITIONS = 240


class Load:
    """One file on its way into one table, inside one transaction."""

    def __init__(self, connection: Connection, plan: Plan) -> None:
        """Create the staging table; it goes with the transaction."""
        self.connection, self.plan = connection, plan
        columns = ", ".join(f'"{name}" {kind}' for name, kind in staged_columns(plan))
        connection.execute(text(f"CREATE TEMP TABLE staged ({columns}) ON COMMIT DROP"))
        self._copy = "COPY staged ({}) FROM STDIN WITH (FORMAT csv)".format(", ".join(f'"{name}"' for name, _ in staged_columns(plan)))

    def stage(self, rows: IO[bytes]) -> None:
        """Copy rows (CSV without a header, in the order of ``staged_columns``) into the staging table."""
        cursor = self.connection.connection.cursor()
        cursor.copy_expert(self._copy, rows)
        cursor.close()

    def ensure_partitions(self, engine: Engine) -> None:
        """Make the monthly partitions that the staged rows need, in a transaction of its own: it must not lock readers out until the load ends.

        Where that cannot be done quickly, rows go to the default partition.
        """
        moment = self.plan.entity.partitioned_by
        if not moment:
            return
        months = self.connection.execute(text(f"SELECT DISTINCT date_trunc('month', {moment})::date FROM staged WHERE {moment} IS NOT NULL AND fault IS NULL")).scalars().all()
        if len(months) > _MOST_PARTITIONS:
            return
        with suppress(DBAPIError), engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            for month in sorted(months):
                connection.execute(text("SELECT crm.ensure_partitions(:month, :month)"), {"month": month})

    def resolve(self) -> None:
        """Find references, place moments, check every rule that can be checked before writing."""
        run = self.connection.execute
        run(text("ANALYZE staged"))
        for one in self.plan.fields:
            if one.kind is Kind.REFERENCE and one.by_name:
                run(text(collect_keys(one)))
        # exec_driver_sql: a rule's expression may hold a colon, which text() would read as a parameter.
        self.connection.exec_driver_sql(candidates(self.plan, checks(self.connection, self.plan)).replace("%", "%%"), ())
        run(text("DROP TABLE staged"))
        if run(text("SELECT max(line) > :slice FROM candidate"), {"slice": SLICE}).scalar_one():
            run(text("CREATE INDEX ON candidate (line)"))
        run(text("ANALYZE candidate"))
        run(text(repeated(self.plan, tuple(one.column for one in self.plan.key))))
        for columns in uniques(self.connection, self.plan):
            run(text(repeated(self.plan, columns)))
            run(text(taken(self.plan, columns, on_key(self.plan, "t", "c"))))

    def write(self) -> Iterator[int]:
        """Write what was accepted; yield how many rows each step wrote."""
        yield from write(self.connection, self.plan)

    def counts(self) -> Counts:
        """Rows by what becomes (or became) of them."""
        rows = self.connection.execute(text("SELECT CASE WHEN reason IS NULL THEN action ELSE 'rejected' END AS what, count(*) AS rows FROM candidate GROUP BY 1"))
        found: dict[str, int] = {row.what: row.rows for row in rows}
        reasons = self.connection.execute(text("SELECT regexp_replace(split_part(reason, '; ', 1), '''.*''', '…') AS reason, count(*) AS rows FROM candidate"
                                               " WHERE reason IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 8"))
        return Counts(read=sum(found.values()), inserted=found.get("insert", 0), updated=found.get("update", 0), unchanged=found.get("unchanged", 0),
                      rejected=found.get("rejected", 0), reasons={row.reason: row.rows for row in reasons})

    def rejected(self) -> Iterator[tuple[int, str]]:
        """Yield line and reason of each rejected row, by line; read in portions."""
        last = -1
        while True:
            rows = self.connection.execute(text("SELECT line, reason FROM candidate WHERE reason IS NOT NULL AND line > :last ORDER BY line LIMIT 10000"), {"last": last}).all()
            if not rows:
                return
            yield from ((row.line, row.reason) for row in rows)
            last = rows[-1].line


@contextmanager
def open_load(engine: Engine, plan: Plan, waits: Callable[[], None]) -> Iterator[Load]:
    """Yield a load inside a transaction that is rolled back unless the caller commits ``load.connection``.

    Imports of one entity take turns: ``waits`` is called once if another one is under way, and the load begins when that has ended.
    """
    with engine.connect() as connection:
        for setting in ("statement_timeout = 0", "idle_in_transaction_session_timeout = 0", "work_mem = '64MB'", "jit = off"):
            connection.execute(text(f"SET LOCAL {setting}"))
        lock = {"lock": f"import.{plan.entity.name}"}
        if not connection.execute(text("SELECT pg_try_advisory_xact_lock(hashtext(:lock))"), lock).scalar_one():
            waits()
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:lock))"), lock)
        yield Load(connection, plan)


def time_zones(connection: Connection) -> frozenset[str]:
    """Names of the time zones that the database knows."""
    return frozenset(connection.execute(text("SELECT name FROM pg_timezone_names")).scalars())
