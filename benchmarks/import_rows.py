"""Imports of leads: rows a second from the file to the committed table, beside pandas.to_sql and beside what PostgreSQL's own INSERT takes for the same rows."""

import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from jobs.imports.run import Request, run_import
from jobs.imports.spool import Spool
from jobs.progress import Bar
from shared.settings import load_settings
from shared.warehouse.build import build_views
from shared.warehouse.migrate import migrate

ROWS = 200_000
SAMPLES = Path(__file__).parents[1] / "docs" / "samples"
_SOURCES = ("Paid search", "Referral", "Door canvass")


def run(url: str = "", rows: int = ROWS) -> dict[str, float]:
    """Rows a second; ``url``: a server where a scratch database can be made and removed (else DATABASE_URL).

    ``import_rows_per_s``: new leads from a CSV file; ``import_again``: the same file once more, nothing changes; ``pandas_to_sql``: the same rows by
    read_csv, merges that resolve the references, and to_sql; ``bare_insert``: INSERT ... SELECT of rows that are resolved already, the ceiling of any import.
    """
    with _scratch(url or os.environ["DATABASE_URL"]) as engine, tempfile.TemporaryDirectory() as folder:
        leads = _company(engine, Path(folder), rows)
        first = _rate(rows, lambda: _import(engine, "lead", leads))
        again = _rate(rows, lambda: _import(engine, "lead", leads))
        pandas = _rate(rows, lambda: _pandas(engine, leads))
        bare = _rate(rows, lambda: _bare(engine))
        with engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM crm.lead")).scalar_one() == 3 * rows
    return {"import_rows_per_s": first, "import_again_rows_per_s": again, "pandas_to_sql_rows_per_s": pandas, "bare_insert_rows_per_s": bare}


class _Silent:
    def advance(self, amount: float = 1) -> None: ...

    def describe(self, label: str) -> None: ...

    def total(self, amount: float) -> None: ...

    @contextmanager
    def step(self, _label: str, _total: float | None, _unit: str) -> Iterator[Bar]:
        yield self

    def understood(self, _spool: Spool, _mapped: object, _plan: object, _style_of: str) -> None: ...

    def say(self, _sentence: str) -> None: ...


@contextmanager
def _scratch(url: str) -> Iterator[Engine]:
    """Yield a migrated database with views and triggers, as a real one has them; removed afterwards."""
    settings = load_settings(database_url=url, redis_url="redis://127.0.0.1:1", secret_key="s" * 48, replica_urls="")
    server = make_url(settings.database_url.get_secret_value())
    name = f"bench_import_{secrets.token_hex(4)}"
    admin = create_engine(server.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
    engine = create_engine(server.set(database=name), poolclass=NullPool)
    try:
        migrate(engine)
        build_views(engine, settings)
        yield engine
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def _company(engine: Engine, folder: Path, rows: int) -> Path:
    """Import the sample company and as many prospects as there will be leads; return the file of leads."""
    for entity in ("branch", "employee", "product", "lead_source"):
        _import(engine, entity, SAMPLES / f"{entity}.csv")
    prospects, leads = folder / "prospects.csv", folder / "leads.csv"
    with prospects.open("w") as file:
        file.write("Customer ID,Branch,Customer Name,Street\n")
        file.writelines(f"C{n},{'Columbus' if n % 3 else 'Chicago'},Name {n},{n} Elm St\n" for n in range(rows))
    _import(engine, "prospect", prospects)
    begin = datetime(2023, 3, 14, 9, 0)  # noqa: DTZ001 - local times, as CRMs export them
    with leads.open("w") as file:
        file.write("Lead ID,Customer ID,Lead Source,Created Date,First Attempt\n")
        for n in range(rows):
            created = begin + timedelta(days=n % 1000, minutes=n % 600)
            file.write(f"L{n},C{n},{_SOURCES[n % 3]},{created:%Y-%m-%d %H:%M:%S},{created + timedelta(minutes=7):%Y-%m-%d %H:%M:%S}\n")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE) crm.prospect"))
    return leads


def _import(engine: Engine, entity: str, path: Path) -> None:
    outcome = run_import(engine, Request(entity, path, rejects=Path(tempfile.gettempdir()) / "bench.rejects.csv"), _Silent())
    assert not outcome.counts.rejected, outcome.counts


def _rate(rows: int, work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return round(rows / (time.perf_counter() - begun))


def _pandas(engine: Engine, path: Path) -> None:
    """Do what one would write in a notebook: no checks, no update of known rows, and every row resolved in memory."""
    frame = pd.read_csv(path)
    with engine.begin() as connection:
        prospects = pd.read_sql(text("SELECT p.external_id, p.id AS prospect_id, p.branch_id, b.time_zone FROM crm.prospect p JOIN crm.branch b ON b.id = p.branch_id"), connection)
        sources = pd.read_sql(text("SELECT name, id AS source_id FROM crm.lead_source"), connection)
        frame = frame.merge(prospects, left_on="Customer ID", right_on="external_id").merge(sources, left_on="Lead Source", right_on="name")
        for column, title in (("created_at", "Created Date"), ("first_attempt_at", "First Attempt")):
            local = pd.to_datetime(frame[title])
            zones = frame.groupby("time_zone").groups.items()
            frame[column] = pd.concat([local.loc[rows].dt.tz_localize(zone, ambiguous="NaT", nonexistent="shift_forward").dt.tz_convert("UTC") for zone, rows in zones])
        frame["external_id"] = "pandas-" + frame["Lead ID"]
        columns = ["external_id", "branch_id", "prospect_id", "source_id", "created_at", "first_attempt_at"]
        frame[columns].to_sql("lead", connection, schema="crm", if_exists="append", index=False)


def _bare(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO crm.lead (external_id, branch_id, prospect_id, source_id, created_at, first_attempt_at)"
                                " SELECT 'bare-' || external_id, branch_id, prospect_id, source_id, created_at, first_attempt_at FROM crm.lead WHERE external_id NOT LIKE 'pandas-%'"))
