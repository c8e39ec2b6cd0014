"""The triggers that mark days dirty: one per table and kind of statement, never per row; each also NOTIFYs once.

The same triggers write down what has just happened, to be told (``app.happening``): a large statement one line per branch, and nothing that
happened before yesterday, so that an import of history tells nobody anything.
"""

import re
from collections.abc import Mapping

from shared.warehouse.catalogue import VIEWS, View

CHANNEL = "dirty_day"
"""The NOTIFY channel; its payload is the table's name."""

_CHANGED = {
    "insert": "SELECT * FROM new_rows",
    "update": "SELECT * FROM old_rows UNION ALL SELECT * FROM new_rows",
    "delete": "SELECT * FROM old_rows",
}
_TRANSITION = {"insert": "NEW TABLE AS new_rows", "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows", "delete": "OLD TABLE AS old_rows"}

_REFERRING = re.compile(r"SELECT .*? FROM changed c JOIN crm\.\w+ (\w+) ON \1\.(lead|appointment|sale|shift)_id = c\.id\b")
"""Days of rows that refer to the changed ones by a foreign key."""
_LARGE = 20
"""Rows from which a statement is told as one line per branch."""
_ADDED, _CHANGED_ROWS = "SELECT n.* FROM new_rows n", "SELECT n.* FROM new_rows n JOIN old_rows o ON o.id = n.id"
_HAPPENINGS = {
    ("sale", "insert"): ("sold", f"{_ADDED} WHERE n.status NOT IN ('cancelled', 'credit_rejected') AND n.sold_at > now() - interval '1 day'", "amount"),
    ("sale", "update"): ("rescinded", (f"{_CHANGED_ROWS} WHERE n.status = 'cancelled' AND o.status <> 'cancelled' AND n.cancelled_on <= n.rescission_ends_on"
                                      " AND n.cancelled_at > now() - interval '1 day'"), "amount"),
    ("appointment", "insert"): ("set", f"{_ADDED} WHERE n.set_at > now() - interval '1 day'", "NULL::numeric"),
    ("job", "insert"): ("installed", f"{_ADDED} WHERE n.status = 'complete' AND n.completed_on >= current_date - 1", "NULL::numeric"),
    ("job", "update"): ("installed", f"{_CHANGED_ROWS} WHERE n.status = 'complete' AND o.status <> 'complete' AND n.completed_on >= current_date - 1", "NULL::numeric"),
    ("ticket", "insert"): ("ticket", f"{_ADDED} WHERE n.opened_at > now() - interval '1 day'", "NULL::numeric"),
}
"""(table, statement) -> kind, its rows, the column of dollars."""


def triggers() -> str:
    """Every trigger function and trigger, idempotent, as one script."""
    return "\n".join(scripts().values())


def scripts() -> dict[str, str]:
    """Table -> its trigger functions and triggers, idempotent."""
    return {table: _table(table) for table in sorted({table for view in VIEWS for table in view.dirtied_by})}


def names(table: str) -> tuple[str, ...]:
    """The functions that ``table``'s triggers call, without schema."""
    return tuple(f"mark_{table}_{kind}" for kind in (*_CHANGED, "truncate"))


def _table(table: str) -> str:
    views = [view for view in VIEWS if table in view.dirtied_by]
    script = [_statement(table, kind, views) for kind in _CHANGED]
    script.append(_truncate(table, views))
    return "\n".join(script)


def _statement(table: str, kind: str, views: list[View]) -> str:
    name = f"mart.mark_{table}_{kind}"
    marks = "\n".join([*_mark({view.name: _days(view, table, kind) for view in views}, _CHANGED[kind]), *_happening(table, kind)])
    return f"""
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
{marks}
    PERFORM pg_notify('{CHANNEL}', '{table}');
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER mark_{kind} AFTER {kind.upper()} ON crm.{table} REFERENCING {_TRANSITION[kind]}
    FOR EACH STATEMENT EXECUTE FUNCTION {name}();"""


def _days(view: View, table: str, kind: str) -> str:
    """The days that a statement may touch; empty: none.  No row can refer to one that is only being inserted (or it marks its own days, being inserted by the same statement)."""
    parts = view.dirtied_by[table].split(" UNION ")
    return " UNION ".join(part for part in parts if kind != "insert" or not _REFERRING.match(part))


def _mark(days: Mapping[str, str], changed: str) -> list[str]:
    """One statement for all views: each statement costs more to begin than a row costs to write."""
    found = "\n        UNION ALL ".join(f"SELECT '{view}', t.branch_id, t.day FROM ({each}) t (branch_id, day)" for view, each in days.items() if each)
    return [f"""    INSERT INTO mart.dirty_day (view, branch_id, day)
    WITH changed AS ({changed})
    SELECT DISTINCT d.view, d.branch_id, d.day FROM (
        {found}
    ) d (view, branch_id, day) WHERE d.day IS NOT NULL;"""] if found else []


def _happening(table: str, kind: str) -> list[str]:
    if (table, kind) not in _HAPPENINGS:
        return []
    name, rows, amount = _HAPPENINGS[table, kind]
    into, which = "INSERT INTO app.happening (kind, branch_id, entity_id, count, amount)", f"FROM ({rows}) r"
    return [f"""    IF (SELECT count(*) FROM new_rows) <= {_LARGE} THEN
        {into} SELECT '{name}', r.branch_id, r.id, 1, {amount} {which} ORDER BY r.id;
    ELSE
        {into} SELECT '{name}', r.branch_id, NULL, count(*), sum({amount}) {which} GROUP BY r.branch_id ORDER BY r.branch_id;
    END IF;"""]


def _truncate(table: str, views: list[View]) -> str:
    # As if every row were deleted (days that enter a view by that too), and every day that the view has.
    marks = "\n".join(
        _mark({view.name: view.dirtied_by[table]}, f"SELECT * FROM crm.{table}")[0]
        + f"\n    INSERT INTO mart.dirty_day (view, branch_id, day) SELECT DISTINCT '{view.name}', branch_id, day FROM mart.{view.name};" for view in views
    )
    return f"""
CREATE OR REPLACE FUNCTION mart.mark_{table}_truncate() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
{marks}
    PERFORM pg_notify('{CHANNEL}', '{table}');
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER mark_truncate BEFORE TRUNCATE ON crm.{table} FOR EACH STATEMENT EXECUTE FUNCTION mart.mark_{table}_truncate();"""
