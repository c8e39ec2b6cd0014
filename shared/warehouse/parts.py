"""Makes every part of a view from the one statement that lists its rows.

A rows statement marks where days are restricted by two comments that leave it valid SQL as it stands:

- ``true /* days: B, D */`` restricts to the wanted days (``B``: branch, ``D``: business day);
- ``true /* near: C, N */`` adds, for a day that is computed, a bound that an index on ``C`` can serve: ``C`` lies at most ``N`` days before the day.

Of a view ``v`` there are, in schema ``mart``:

- ``v_archive`` (materialized): days before the recent window;
- ``v_recent`` (materialized): the recent window and anything after it;
- ``v_opening`` (materialized, views with levels): what was still open when the recent window began;
- ``v`` : archive and recent without their dirty days, and the dirty days aggregated from the base tables: exact at commit;
- ``v_balance`` (views with levels): the same for levels, history folded into one opening row per key.
"""

import re

from shared.warehouse.catalogue import View

_DAYS = re.compile(r"true /\* days: (?P<branch>[^,]+), (?P<day>[^*]+?) \*/")
_NEAR = re.compile(r"true /\* near: (?P<column>[^,]+), (?P<days>\d+) \*/")

ROWS_DAYS = r"(\g<day> BETWEEN :start AND :end AND \g<branch> = ANY(CAST(:branches AS smallint[])))"
ROWS_NEAR = r"\g<column> BETWEEN CAST(:start AS date) - \g<days> AND CAST(:end AS date)"


def rows_between(view: View) -> str:
    """The rows statement with parameters start, end (both included) and branches (array; {0} for a view without branches)."""
    return restrict(view, ROWS_DAYS, ROWS_NEAR)


def restrict(view: View, days: str, near: str = "true") -> str:
    """The rows statement with its marks replaced (regular-expression templates with groups branch, day, column, days)."""
    return _NEAR.sub(near, _DAYS.sub(days, view.rows))


def every_day(view: View) -> str:
    """The whole view computed from the base tables, the slow way: what ``mart.<view>`` must always equal."""
    return _aggregate(view, view.rows)


def archive(view: View) -> str:
    """Aggregate the days before the recent window."""
    start = _recent_from(view)
    return _aggregate(view, restrict(view, rf"\g<day> < {start}", rf"\g<column> < {start}"))


def recent(view: View) -> str:
    """Aggregate the recent window and later days."""
    start = _recent_from(view)
    # The upper bound says nothing and does much: of an open range whose end it does not know PostgreSQL expects a third of the table and scans it all,
    # of a closed one a two-hundredth, and takes the index. Without it a refresh grows with history.
    return _aggregate(view, restrict(view, rf"\g<day> BETWEEN {start} AND 'infinity'", rf"\g<column> BETWEEN {start} - \g<days> AND 'infinity'"))


def dirty(view: View) -> str:
    """Aggregate the dirty days from the base tables."""
    marks = f"mart.dirty_day d WHERE d.view = '{view.name}'"
    return _aggregate(view, restrict(
        view,
        rf"(\g<branch>, \g<day>) IN (SELECT d.branch_id, d.day FROM {marks})",
        rf"\g<column> BETWEEN (SELECT min(d.day) FROM {marks}) - \g<days> AND (SELECT max(d.day) FROM {marks})",
    ))


def reading(view: View, suffix: str = "") -> str:
    """What readers query: archive and recent without their dirty days, and the dirty days from the base tables."""
    columns = ", ".join(view.columns)
    return "\nUNION ALL\n".join((
        *(f"SELECT {columns} FROM mart.{view.name}_{part}{suffix} p WHERE {_clean(view)}" for part in ("archive", "recent")),
        f"SELECT {columns} FROM (\n{dirty(view)}\n) dirty",
    ))


def opening(view: View, suffix: str = "") -> str:
    """What is still open at the start of the recent window: per key, all that entered less all that left; nothing where that is nothing."""
    grouped = ", ".join(("branch_id", *view.keys))
    sums = ", ".join(f"sum({measure}) AS {measure}" for measure in view.measures)
    still = " OR ".join(f"sum({measure}) <> 0" for measure in view.measures if not measure.startswith(("in_", "out_")))
    for inflow, outflow in level_pairs(view):
        still = " OR ".join(filter(None, (still, f"sum({inflow}) <> sum({outflow})")))
    return f"SELECT {grouped}, {sums} FROM mart.{view.name}_archive{suffix} GROUP BY {grouped} HAVING {still}"


def balance(view: View, suffix: str = "") -> str:
    """For levels: the opening as rows of the day before the recent window, corrected by dirty days of the archive; recent and dirty days."""
    keys, measures = ", ".join(view.keys), ", ".join(view.measures)
    before = f"({_recent_from(view)} - 1)"
    minus = ", ".join(f"-{measure}" for measure in view.measures)
    key_list = f"branch_id, {keys}"
    return "\nUNION ALL\n".join((
        f"SELECT {before} AS day, {key_list}, {measures} FROM mart.{view.name}_opening{suffix}",
        # IN, not NOT NOT EXISTS: the planner then finds the few dirty days by index instead of reading the whole archive.
        (f"SELECT {before}, {key_list}, {minus} FROM mart.{view.name}_archive{suffix} p"
         f" WHERE (p.branch_id, p.day) IN (SELECT d.branch_id, d.day FROM mart.dirty_day d WHERE d.view = '{view.name}')"),
        f"SELECT day, {key_list}, {measures} FROM mart.{view.name}_recent{suffix} p WHERE {_clean(view)}",
        f"SELECT greatest(day, {before}), {key_list}, {measures} FROM (\n{dirty(view)}\n) dirty",
    ))


def level_pairs(view: View) -> tuple[tuple[str, str], ...]:
    """The (in, out) columns of a view with levels: in_x/out_x, and opened_count/closed_count."""
    pairs = [(name, "out_" + name.removeprefix("in_")) for name in view.measures if name.startswith("in_")]
    if "opened_count" in view.measures:
        pairs.append(("opened_count", "closed_count"))
    return tuple(pairs)


def _recent_from(view: View) -> str:
    return f"(SELECT w.recent_from FROM mart.view_state w WHERE w.view = '{view.name}')"


def _clean(view: View) -> str:
    return f"NOT EXISTS (SELECT FROM mart.dirty_day d WHERE d.view = '{view.name}' AND d.branch_id = p.branch_id AND d.day = p.day)"


def _aggregate(view: View, rows: str) -> str:
    keys = ", ".join(f"coalesce(r.{key}, {none}) AS {key}" for key, none in view.keys.items())
    sums = ", ".join(f"sum(r.{measure}) AS {measure}" for measure in view.measures)
    grouped = ", ".join(str(number) for number in range(1, 3 + len(view.keys)))
    return f"SELECT r.day, r.branch_id, {keys}, {sums}\nFROM (\n{rows}\n) r\nWHERE r.day IS NOT NULL\nGROUP BY {grouped}"
