"""Runs rules into a table of this session, from one snapshot: what a run found, before any case is touched."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, text

from shared.reconciliation.rule import COLUMNS, Rule, Terms

Step = Callable[[str, int, int], None]
"""Called with (what begins, how many steps are done, how many there are)."""
FOUND: Final = "pg_temp.recon_found"
"""What a run found, one row per fault, as ``fold`` reads it."""
_BARE = f"""
DROP TABLE IF EXISTS {FOUND};
CREATE TEMPORARY TABLE recon_found (
    fingerprint text NOT NULL, rule text NOT NULL, source text NOT NULL, entity text NOT NULL, entity_id bigint NOT NULL, other_id bigint, branch_id smallint, rep_id integer,
    day date NOT NULL, since date NOT NULL, amount numeric(14, 2) NOT NULL, label text NOT NULL, detail jsonb NOT NULL
)"""
_POPULATION: Final = {
    "appointment": "SELECT count(*) FROM crm.appointment", "job": "SELECT count(*) FROM crm.job",
    "sale": "SELECT count(*) FROM crm.sale", "split": "SELECT count(*) FROM crm.split",
}


@dataclass(frozen=True)
class Touched:
    """Rows to look at again, by id."""

    appointments: frozenset[int] = frozenset()
    sales: frozenset[int] = frozenset()
    jobs: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        """True where there is anything to look at."""
        return bool(self.appointments or self.sales or self.jobs)

    def parameters(self) -> dict[str, list[int]]:
        """The arrays that narrowed statements and ``fold`` are run with."""
        return {"appointments": sorted(self.appointments), "sales": sorted(self.sales), "jobs": sorted(self.jobs)}


@dataclass(frozen=True)
class Evaluation:
    """What a run found."""

    found: Mapping[str, int]
    """Rule -> faults."""
    looked_at: Mapping[str, int] = field(default_factory=dict)
    """Table -> rows there were to look at."""


def bare_table(connection: Connection) -> None:
    """Make the empty table of this session."""
    for statement in _BARE.split(";"):
        connection.exec_driver_sql(statement)


def evaluate(connection: Connection, rules: Iterable[Rule], terms: Terms, today: date, touched: Touched | None, step: Step) -> Evaluation:
    """Find the faults of ``rules`` (``touched`` None: everywhere; else only of these rows) and keep them in ``FOUND``."""
    rules, found = tuple(rules), {}
    bare_table(connection)
    for done, rule in enumerate(rules):
        step(f"{rule.name} {rule.title}", done, len(rules))
        found[rule.name] = connection.execute(*_insert(rule, terms, today, touched)).rowcount
    looked_at = {table: int(connection.execute(text(count)).scalar_one()) for table, count in _POPULATION.items()} if touched is None else {}
    return Evaluation(found, looked_at)


def _insert(rule: Rule, terms: Terms, today: date, touched: Touched | None) -> tuple[Any, dict[str, Any]]:
    statement = rule.sql if touched is None else rule.narrowed
    names = ", ".join(COLUMNS)
    parameters = {"today": today, **terms.parameters(), **({} if touched is None else touched.parameters()), "rule": rule.name, "entity": rule.entity}
    whole = text(f"""
INSERT INTO {FOUND} (fingerprint, rule, source, entity, entity_id, other_id, branch_id, rep_id, day, since, amount, label, detail)
SELECT concat_ws(':', :rule, f.key, nullif(f.variant, '')), :rule, '', :entity, f.entity_id, f.other_id, f.branch_id, f.rep_id, f.day, least(f.since, CAST(:today AS date)),
       round(f.amount, 2), coalesce(f.label, f.key), jsonb_strip_nulls(f.detail)
FROM ({statement}) f ({names})""")
    wanted = set(whole.compile().params)
    return whole, {name: value for name, value in parameters.items() if name in wanted}
