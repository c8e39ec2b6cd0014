"""Writes accepted candidates into their table, slice by slice, and finds the row that the database refuses after all."""

from collections.abc import Iterator

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from shared.warehouse.load_plan import Plan
from shared.warehouse.load_resolve import on_key

SLICE = 200_000
"""Rows of one statement: it bounds the memory that PostgreSQL needs for foreign keys and transition tables."""
_MOST_REFUSED = 200
_OF_A_ROW = ("22", "23", "54", "P0")
"""Classes of SQLSTATE that a single row's values cause."""


class TooManyRefusedError(ValueError):
    """The database refuses so many rows that looking for each would take for ever; the message gives its last reason."""


def insert(plan: Plan) -> str:
    """Statement that inserts the new rows of a range of lines."""
    columns = ", ".join(f'"{one.column}"' for one in plan.written)
    values = ", ".join(f'coalesce(c."{one.column}", {one.filled})' if one.filled and one.filled != "NULL" else f'c."{one.column}"' for one in plan.written)
    return f"INSERT INTO {plan.table} ({columns}) SELECT {values} FROM candidate c WHERE c.action = 'insert' AND c.reason IS NULL AND c.line BETWEEN :first AND :last"


def update(plan: Plan) -> str | None:
    """Statement that updates the changed rows of a range of lines; None: the file has nothing but the key."""
    columns = [one for one in plan.written if one not in plan.key]
    if not columns:
        return None
    values = ", ".join(f'"{one.column}" = coalesce(c."{one.column}", t."{one.column}")' if one.filled else f'"{one.column}" = c."{one.column}"' for one in columns)
    return (f"UPDATE {plan.table} t SET {values} FROM candidate c"
            f" WHERE c.action = 'update' AND c.reason IS NULL AND c.line BETWEEN :first AND :last AND {on_key(plan, 't', 'c')}")


def write(connection: Connection, plan: Plan) -> Iterator[int]:
    """Write every accepted candidate; yield the number of rows that each step has written.

    A row that the database refuses gets its words as the candidate's reason and the others go on.
    Raises TooManyRefusedError, and DBAPIError for what no row is to blame for (a full disk, a lost connection).
    """
    spans = {row.action: (row.first, row.last) for row in connection.execute(
        text("SELECT action, min(line) AS first, max(line) AS last FROM candidate WHERE reason IS NULL GROUP BY action"))}
    refused = _Refused()
    for action, statement in (("update", update(plan)), ("insert", insert(plan))):
        if action not in spans or statement is None:
            continue  # even a statement that changes nothing would fire the triggers
        least, most = spans[action]
        for first in range(least, most + 1, SLICE):
            yield _range(connection, statement, first, min(first + SLICE - 1, most), refused)


class _Refused:
    def __init__(self) -> None:
        self.count = 0

    def add(self, words: str) -> None:
        self.count += 1
        if self.count > _MOST_REFUSED:
            raise TooManyRefusedError(f"the database refuses more than {_MOST_REFUSED} rows; the last time it said: {words}")


def _range(connection: Connection, statement: str, first: int, last: int, refused: _Refused) -> int:
    try:
        with connection.begin_nested():
            return connection.execute(text(statement), {"first": first, "last": last}).rowcount
    except DBAPIError as error:
        words = _words(error)
        if words is None:
            raise
    if first == last:
        connection.execute(text("UPDATE candidate SET reason = :reason WHERE line = :line"), {"reason": words, "line": first})
        refused.add(words)
        return 0
    middle = (first + last) // 2
    return _range(connection, statement, first, middle, refused) + _range(connection, statement, middle + 1, last, refused)


def _words(error: DBAPIError) -> str | None:
    """Return what the database says about a row, or None if no row is to blame."""
    state, said = getattr(error.orig, "pgcode", None) or "", getattr(error.orig, "diag", None)
    if not state.startswith(_OF_A_ROW) or said is None:
        return None
    detail = f" ({said.message_detail})" if said.message_detail else ""
    return f"the database refuses it: {said.message_primary}{detail}".replace("\n", " ")
