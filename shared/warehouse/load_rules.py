"""The rules that the database itself keeps (CHECK, UNIQUE), read from its catalogue, so that a row that breaks one is told before it is written."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from shared.warehouse.load_plan import Plan

_CHECKS = """
SELECT pg_get_expr(c.conbin, c.conrelid) AS expression, coalesce(obj_description(c.oid, 'pg_constraint'), '') AS words,
       (SELECT array_agg(a.attname::text) FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)) AS columns
FROM pg_constraint c WHERE c.conrelid = CAST(:table AS regclass) AND c.contype = 'c' ORDER BY c.conname"""

_UNIQUES = """
SELECT (SELECT array_agg(a.attname::text ORDER BY array_position(c.conkey, a.attnum)) FROM pg_attribute a
        WHERE a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)) AS columns
FROM pg_constraint c WHERE c.conrelid = CAST(:table AS regclass) AND c.contype IN ('u', 'p') ORDER BY c.conname"""


@dataclass(frozen=True)
class Check:
    """A CHECK of the table and what it means in words."""

    expression: str
    words: str


def checks(connection: Connection, plan: Plan) -> tuple[Check, ...]:
    """The CHECKs that speak only of columns a candidate has; their words are the constraint's comment, else the rule as it stands."""
    own = {one.column for one in plan.entity.fields}
    days = {one.column.removesuffix("_at") + "_on" for one in plan.fields if one.column.endswith("_at")}
    return tuple(Check(row.expression, row.words or f"breaks the rule {row.expression}")
                 for row in connection.execute(text(_CHECKS), {"table": plan.table}) if set(row.columns) <= own | days)


def uniques(connection: Connection, plan: Plan) -> tuple[tuple[str, ...], ...]:
    """Sets of columns that must be unique besides the row's own id and the key that the file is matched by."""
    key = {one.column for one in plan.key}
    rows = connection.execute(text(_UNIQUES), {"table": plan.table}).scalars()
    own = {one.column for one in plan.fields} | ({plan.entity.branch.column} if plan.entity.branch else set())
    partition = {plan.entity.partitioned_by} if plan.entity.partitioned_by else set()
    return tuple(tuple(columns) for columns in rows if set(columns) <= own and set(columns) - partition != key)


def _same(plan: Plan, columns: tuple[str, ...], left: str, right: str) -> str:
    """Condition of equal columns; only a branch may be absent on both sides (anything else would keep the planner from hashing)."""
    branch = plan.entity.branch
    return " AND ".join(f'{left}."{column}" {"IS NOT DISTINCT FROM" if branch and column == branch.column and not plan.needs_branch else "="} {right}."{column}"'
                        for column in columns)


def repeated(plan: Plan, columns: tuple[str, ...]) -> str:
    """Statement that refuses every row whose ``columns`` stand more than once in the file, naming the lines."""
    names = {one.column: one.name for one in plan.entity.fields}
    listed = ", ".join(f'"{column}"' for column in columns)
    given = " AND ".join(f'"{column}" IS NOT NULL' for column in columns if plan.needs_branch or column != "branch_id")
    lines = ", ".join(f'c."{column}"' for column in columns)
    return f"""
WITH twice AS MATERIALIZED (SELECT {listed} FROM candidate WHERE {given} GROUP BY {listed} HAVING count(*) > 1),
     d AS MATERIALIZED (SELECT {lines}, count(*) AS lines, (array_agg(c.line ORDER BY c.line))[1:5] AS first
                        FROM candidate c JOIN twice t ON {_same(plan, columns, 'c', 't')} GROUP BY {lines})
UPDATE candidate c SET reason = concat_ws('; ', c.reason, '{" and ".join(names[column] for column in columns)}: ' || {_shown(columns)} || ' stands on lines '
       || array_to_string(d.first, ', ') || CASE WHEN d.lines > 5 THEN ' and ' || (d.lines - 5) || ' more' ELSE '' END)
FROM d WHERE {_same(plan, columns, 'c', 'd')}"""


def taken(plan: Plan, columns: tuple[str, ...], key_match: str) -> str:
    """Statement that refuses rows whose unique ``columns`` belong to another row of the table; ``key_match``: that ``t`` and ``c`` are the same row."""
    names = {one.column: one.name for one in plan.entity.fields}
    return f"""
UPDATE candidate c SET reason = '{" and ".join(names[column] for column in columns)}: ' || {_shown(columns)} || ' belongs to another row already'
WHERE c.reason IS NULL AND c.action <> 'unchanged' AND EXISTS (SELECT FROM {plan.table} t WHERE {_same(plan, columns, 't', 'c')} AND NOT ({key_match}))"""


def _shown(columns: tuple[str, ...]) -> str:
    return " || ', ' || ".join(f"coalesce('''' || c.\"{column}\" || '''', 'none')" for column in columns)
