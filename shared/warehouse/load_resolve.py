"""Composes the statement that turns staged rows into candidates: references found, moments placed in their branch's time zone, rules checked.

All names in it come from the declarations and from the catalogue of the database, never from a file.
"""

from shared.warehouse.load_fields import Field, Kind
from shared.warehouse.load_plan import Plan
from shared.warehouse.load_rules import Check


def key_table(one: Field) -> str:
    """Temporary table of the keys that a named reference mentions."""
    return f"key_of_{one.name}"


def collect_keys(one: Field) -> str:
    """Statement that finds each key of a named reference once: by external id, else by name (capitals and blanks around it do not count)."""
    return f"""
CREATE TEMP TABLE {key_table(one)} ON COMMIT DROP AS
SELECT k.key, coalesce(e.id, n.id) AS id, CASE WHEN e.id IS NULL THEN coalesce(n.matches, 0) ELSE 1 END AS matches
FROM (SELECT DISTINCT {one.name} AS key FROM staged WHERE {one.name} IS NOT NULL) k
LEFT JOIN crm.{one.refers_to} e ON e.external_id = k.key
LEFT JOIN (SELECT lower(btrim(name)) AS name, min(id) AS id, count(*) AS matches FROM crm.{one.refers_to} GROUP BY 1) n ON n.name = lower(btrim(k.key))"""


def candidates(plan: Plan, checks: tuple[Check, ...]) -> str:
    """Statement that fills ``candidate``: one row per staged row with every column of the table, what to do with it and why not."""
    columns = ", ".join(f'q."{one.column}"' for one in plan.entity.fields)
    rules = ", ".join(f"CASE WHEN ({check.expression}) IS FALSE THEN {_quoted(check.words)} END" for check in checks)
    said = f"coalesce(q.problem, nullif(concat_ws('; ', {rules}), ''))" if checks else "q.problem"
    changed = " OR ".join(_changed(one) for one in plan.written if one not in plan.key) or "false"
    return f"""
CREATE TEMP TABLE candidate ON COMMIT DROP AS
SELECT q.line, {said} AS reason, CASE WHEN NOT q.is_known THEN 'insert' WHEN {changed} THEN 'update' ELSE 'unchanged' END AS action, {columns}
FROM ({_resolved(plan)} OFFSET 0) q"""  # OFFSET 0 keeps the planner from working each expression out again for each rule


def _changed(one: Field) -> str:
    new = f'coalesce(q."{one.column}", q."old.{one.column}")' if one.filled else f'q."{one.column}"'
    return f'q."old.{one.column}" IS DISTINCT FROM {new}'


def _resolved(plan: Plan) -> str:
    old = "".join(f', t."{one.column}" AS "old.{one.column}"' for one in plan.written)
    days = "".join(f", {expression} AS {column}" for column, expression in _days(plan))
    values = ", ".join(f'{_value(plan, one)} AS "{one.column}"' for one in plan.entity.fields)
    return f"""
    SELECT s.line, nullif(concat_ws('; ', {', '.join(_problems(plan))}), '') AS problem, {known(plan)} AS is_known, {values}{days}{old}
    FROM staged s {' '.join(_joins(plan))}"""


def known(plan: Plan) -> str:
    """Expression that is true where the row is in the table already."""
    return f't."{next(one.column for one in plan.key if one.column not in plan.key_may_be_absent)}" IS NOT NULL'


def on_key(plan: Plan, left: str, right: str) -> str:
    """Condition that a row of ``left`` and one of ``right`` are the same."""
    return " AND ".join(
        f'{left}."{one.column}" {"IS NOT DISTINCT FROM" if one.column in plan.key_may_be_absent else "="} {right}."{one.column}"' for one in plan.key)


def _joins(plan: Plan) -> list[str]:
    joins = []
    for one in plan.fields:
        if one.kind is Kind.REFERENCE:
            target, column = (key_table(one), "key") if one.by_name else (f"crm.{one.refers_to}", "external_id")
            joins.append(f"LEFT JOIN {target} r_{one.name} ON r_{one.name}.{column} = s.{one.name}")
    if plan.entity.branch and any(one.kind is Kind.MOMENT for one in plan.fields):
        joins.append(f"LEFT JOIN crm.branch zone ON zone.id = {_branch(plan)}")
    matches = []
    for one in plan.key:
        nullable = one.column in plan.key_may_be_absent
        matches.append(f't."{one.column}" {"IS NOT DISTINCT FROM" if nullable else "="} {_staged(plan, one)}')
    return [*joins, f"LEFT JOIN {plan.table} t ON {' AND '.join(matches)}"]


def _branch(plan: Plan) -> str:
    given = ["r_branch.id"] if "branch" in plan.mapped else []
    given += [f"r_{one.name}.branch_id" for one in plan.entity.branch_givers(set(plan.mapped))]
    return f"coalesce({', '.join(given)})" if given else "NULL::smallint"


def _staged(plan: Plan, one: Field) -> str:
    """What the file says, in the type of the table; NULL where it says nothing."""
    if one is plan.entity.branch:
        return _branch(plan)
    if one.name not in plan.mapped:
        return "NULL"
    if one.kind is Kind.REFERENCE:
        return f"r_{one.name}.id"
    if one.kind is Kind.MOMENT:
        zone = "zone.time_zone" if plan.entity.branch else "'UTC'"
        return f"s.{one.name} AT TIME ZONE CASE WHEN s.{one.name}__utc THEN 'UTC' ELSE {zone} END"
    if one.kind is Kind.NUMBER:
        return f"round(s.{one.name}, {one.decimals})"
    if one.kind is Kind.WHOLE:
        return f"s.{one.name}::integer"
    return f"s.{one.name}"


def _value(plan: Plan, one: Field) -> str:
    """What the row would hold: an empty cell stands for the default; a column that the file lacks keeps what is there."""
    staged = _staged(plan, one)
    if one.filled:
        return staged if one.name in plan.mapped else f"NULL::{_type(one)}"
    if one.name in plan.mapped or one is plan.entity.branch:
        return staged if one.default is None else f"coalesce({staged}, {one.default})"
    return f't."{one.column}"' if one.default is None else f'coalesce(t."{one.column}", {one.default})'


def _type(one: Field) -> str:
    return {Kind.DAY: "date", Kind.MOMENT: "timestamptz"}.get(one.kind, "text")


def _days(plan: Plan) -> list[tuple[str, str]]:
    """The business days that the table's triggers will derive, for the rules that speak of them."""
    own = {one.column for one in plan.entity.fields}
    days = [(one.column.removesuffix("_at") + "_on", one) for one in plan.entity.fields if one.kind is Kind.MOMENT and plan.entity.branch]
    return [(column, f"({_value(plan, one)} AT TIME ZONE zone.time_zone)::date") for column, one in days if column not in own and one.name in plan.mapped]


def _problems(plan: Plan) -> list[str]:
    """Expressions that say in words what is wrong with a row, NULL where nothing is."""
    problems = ["s.fault"]
    for one in (one for one in plan.fields if one.kind is Kind.REFERENCE):
        what = one.refers_to.replace("_", " ")
        how = "external id or name" if one.by_name else "external id"
        found = f"r_{one.name}.id"
        problems.append(f"CASE WHEN s.{one.name} IS NOT NULL AND {found} IS NULL THEN '{one.name}: no {what} has the {how} ' || '''' || s.{one.name} || '''' END")
        if one.by_name:
            problems.append(f"CASE WHEN r_{one.name}.matches > 1 THEN '{one.name}: ' || r_{one.name}.matches || ' rows of {what} are called ' || '''' || s.{one.name} || ''''"
                            " || ', give the external id' END")
        if one.same_branch:
            problems.append(f"CASE WHEN r_{one.name}.branch_id <> {_branch(plan)} THEN '{one.name}: ' || '''' || s.{one.name} || '''' || ' belongs to another branch' END")
    if plan.needs_branch:
        given = [f"s.{one.name}" for one in plan.fields if one.name == "branch" or one.same_branch]
        problems.append(f"CASE WHEN s.fault IS NULL AND coalesce({', '.join(given)}) IS NULL THEN 'branch: is missing' END")
    return problems


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
