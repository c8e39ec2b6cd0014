"""Makes the company's history several times as long: copies of its facts, each shifted by the whole history into the past."""

from sqlalchemy import Connection, Engine, text

TABLES = ("lead", "appointment", "sale", "job", "payment", "ticket")
"""Parents first.  Prospects are shared by the copies; calls, doors and requests would only lengthen the benchmark."""
VIEWS = ("sales", "sales_by_rep", "lead_funnel", "lead_response", "sales_cycle", "collections", "pipeline", "quote_outcomes", "production", "job_durations", "service",
         "ticket_durations")
"""The views whose history grows with those tables."""
_OWN_ID = {"id", *(f"{table}_id" for table in TABLES)}
_COLUMNS = """
SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type FROM pg_attribute a
WHERE a.attrelid = to_regclass(:table) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum
"""


def rows(connection: Connection) -> int:
    """How many facts there are in the tables that grow."""
    return int(connection.execute(text("SELECT " + " + ".join(f"(SELECT count(*) FROM crm.{table})" for table in TABLES))).scalar_one())


def multiply(engine: Engine, times: int) -> None:
    """Add ``times - 1`` copies of the history before it, triggers off; the views must be built anew afterwards."""
    with engine.begin() as connection:
        for setting in ("statement_timeout = 0", "idle_in_transaction_session_timeout = 0", "synchronous_commit = off", "session_replication_role = replica"):
            connection.execute(text(f"SET LOCAL {setting}"))
        # Whole weeks, so that each copied day falls on the same weekday.
        days = int(connection.execute(text("SELECT ((max(created_on) - min(created_on)) / 7 + 1) * 7 FROM crm.lead")).scalar_one())
        highest = " UNION ALL ".join(f"SELECT max(id) AS id FROM crm.{table}" for table in TABLES)
        offset = int(connection.execute(text(f"SELECT max(id) FROM ({highest}) x")).scalar_one())
        for table in TABLES:
            _copy(connection, table, times, days, offset)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM (ANALYZE) " + ", ".join(f"crm.{table}" for table in TABLES)))


def _copy(connection: Connection, table: str, times: int, days: int, offset: int) -> None:
    columns = connection.execute(text(_COLUMNS), {"table": f"crm.{table}"}).all()
    values = ", ".join(_shifted(column.name, column.type, days, offset) for column in columns)
    names = ", ".join(column.name for column in columns)
    connection.execute(text(f"INSERT INTO crm.{table} ({names}) SELECT {values} FROM crm.{table} t CROSS JOIN generate_series(1, :copies) k ORDER BY k DESC, t.id"), {"copies": times - 1})


def _shifted(name: str, kind: str, days: int, offset: int) -> str:
    if name in _OWN_ID:
        return f"t.{name} + k * {offset}::bigint"
    if name == "external_id":
        return "k || '/' || t.external_id"
    if kind == "date":
        return f"t.{name} - k * {days}"
    if kind == "timestamp with time zone":
        return f"t.{name} - k * interval '{days} days'"
    return f"t.{name}"
