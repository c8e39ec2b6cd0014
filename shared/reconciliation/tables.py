"""Reads a table or view of another database as if it were a ledger's file."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import MetaData, Table, create_engine, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from shared.settings import Settings

_ROWS = 5000


class TableError(ValueError):
    """A table that cannot be read; the message is for the person."""


def databases(settings: Settings) -> Mapping[str, str]:
    """Return the databases that may be read, name -> address."""
    return dict(pair.get_secret_value().split("=", 1) for pair in settings.ledger_databases)


@contextmanager
def table_rows(settings: Settings, database: str, table: str) -> Iterator[tuple[list[str], Iterator[list[str]]]]:
    """Yield the columns of a table or view and its rows as text, a portion at a time.  Raises TableError."""
    address = databases(settings).get(database)
    if address is None:
        raise TableError(f"There is no database called {database}; LEDGER_DATABASES names: {', '.join(databases(settings)) or 'none'}.")
    engine = create_engine(address, poolclass=NullPool)
    schema, _, name = table.rpartition(".")
    try:
        known = inspect(engine)
        if name not in {*known.get_table_names(schema or None), *known.get_view_names(schema or None)}:
            raise TableError(f"The database {database} has no table or view called {table}.")
        read = Table(name, MetaData(), schema=schema or None, autoload_with=engine)
        with engine.connect().execution_options(stream_results=True, yield_per=_ROWS) as connection:
            result = connection.execute(select(read))
            yield [column.name for column in read.columns], (["" if cell is None else str(cell) for cell in row] for row in result)
    except SQLAlchemyError as error:
        raise TableError(f"The database {database} could not be read: {str(getattr(error, 'orig', None) or error).strip().splitlines()[0]}") from error
    finally:
        engine.dispose()
