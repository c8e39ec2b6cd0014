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
    own = {one.column for one in plan.entity.fields}
    partition = {plan.entity.partitioned_by} if plan.entity.partitioned_by else set()
    return tuple(tuple(columns) for columns in rows if set(columns) <= own and set(columns) - partition != key)


def repeated_keys(plan: Plan) -> str:
    """Statement that refuses every row whose key stands more than once in the file, naming the lines."""
    columns = ", ".join(f'"{one.column}"' for one in plan.key)
    given = " AND ".join(f'"{one.column}" IS NOT NULL' for one in plan.key if one.column not in plan.key_may_be_absent)
    same = " AND ".join(f'c."{one.column}" IS NOT DISTINCT FROM d."{one.column}"' for one in plan.key)
    shown = " || ', ' || ".join(f"coalesce(quote_literal(d.\"{one.column}\"), 'none')" for one in plan.key)
    name = " and ".join(one.name for one in plan.key)
    return f"""
WITH twice AS MATERIALIZED (SELECT {columns} FROM candidate WHERE {given} GROUP BY {columns} HAVING count(*) > 1),
     d AS MATERIALIZED (SELECT {', '.join(f'c."{one.column}"' for one in plan.key)}, count(*) AS lines, (array_agg(c.line ORDER BY c.line))[1:5] AS first
           FROM candidate c JOIN twice d ON {same} GROUP BY {', '.join(f'c."{one.column}"' for one in plan.key)})
UPDATE candidate c SET reason = concat_ws('; ', c.reason, '{name}: ' || {shown} || ' stands on lines ' || array_to_string(d.first, ', ')
       || CASE WHEN d.lines > 5 THEN ' and ' || (d.lines - 5) || ' more' ELSE '' END)
FROM d WHERE {same}"""


def repeated_values(plan: Plan, columns: tuple[str, ...], key_match: str) -> tuple[str, str]:
    """Statements that refuse rows whose unique ``columns`` stand twice in the file, or belong to another row of the table."""
    names = {one.column: one.name for one in plan.entity.fields}
    what = " and ".join(names[column] for column in columns)
    listed = ", ".join(f'"{column}"' for column in columns)
    shown = " || ', ' || ".join(f"coalesce(quote_literal(c.\"{column}\"), 'none')" for column in columns)
    same = " AND ".join(f'c."{column}" IS NOT DISTINCT FROM d."{column}"' for column in columns)
    taken = " AND ".join(f't."{column}" IS NOT DISTINCT FROM c."{column}"' for column in columns)
    return (f"""
UPDATE candidate c SET reason = '{what}: ' || {shown} || ' stands on lines ' || array_to_string(d.lines[1:5], ', ')
FROM (SELECT {listed}, array_agg(line ORDER BY line) AS lines FROM candidate WHERE reason IS NULL GROUP BY {listed} HAVING count(*) > 1) d
WHERE c.reason IS NULL AND {same}""", f"""
UPDATE candidate c SET reason = '{what}: ' || {shown} || ' belongs to another row already' WHERE c.reason IS NULL AND c.action <> 'unchanged'
AND EXISTS (SELECT FROM {plan.table} t WHERE {taken} AND NOT ({key_match}))""")
