"""The triggers that mark days dirty: one per table and kind of statement, never per row; each also NOTIFYs once.

The same triggers write down what has just happened, to be told (``app.happening``): a large statement one line per branch, and nothing that
happened before yesterday, so that an import of history tells nobody anything.
"""

from shared.warehouse.catalogue import VIEWS, View

CHANNEL = "dirty_day"
"""The NOTIFY channel; its payload is the table's name."""

_CHANGED = {
    "insert": "SELECT * FROM new_rows",
    "update": "SELECT * FROM old_rows UNION ALL SELECT * FROM new_rows",
    "delete": "SELECT * FROM old_rows",
}
_TRANSITION = {"insert": "NEW TABLE AS new_rows", "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows", "delete": "OLD TABLE AS old_rows"}

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
    marks = "\n".join([*(_mark(view, table, _CHANGED[kind]) for view in views), *_happening(table, kind)])
    return f"""
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
{marks}
    PERFORM pg_notify('{CHANNEL}', '{table}');
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER mark_{kind} AFTER {kind.upper()} ON crm.{table} REFERENCING {_TRANSITION[kind]}
    FOR EACH STATEMENT EXECUTE FUNCTION {name}();"""


def _mark(view: View, table: str, changed: str) -> str:
    return f"""    INSERT INTO mart.dirty_day (view, branch_id, day)
    WITH changed AS ({changed})
    SELECT DISTINCT '{view.name}', t.branch_id, t.day FROM ({view.dirtied_by[table]}) t (branch_id, day) WHERE t.day IS NOT NULL;"""


def _happening(table: str, kind: str) -> list[str]:
    if (table, kind) not in _HAPPENINGS:
        return []
    name, rows, amount = _HAPPENINGS[table, kind]
    return [f"""    INSERT INTO app.happening (kind, branch_id, entity_id, count, amount)
    SELECT '{name}', h.branch_id, h.entity_id, count(*), sum(h.amount)
    FROM (SELECT r.branch_id, CASE WHEN count(*) OVER () <= {_LARGE} THEN r.id END AS entity_id, r.id, {amount} AS amount FROM ({rows}) r) h
    GROUP BY h.branch_id, h.entity_id ORDER BY min(h.id);"""]


def _truncate(table: str, views: list[View]) -> str:
    # As if every row were deleted (days that enter a view by that too), and every day that the view has.
    marks = "\n".join(
        _mark(view, table, f"SELECT * FROM crm.{table}")
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
