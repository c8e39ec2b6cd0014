"""The store of early warning: rules, how their instances stand, and the history of what happened.  Reads go to the primary."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from shared.warehouse.engines import Engines

_LOCK: Final = text("SELECT pg_try_advisory_xact_lock(hashtext('shared.alerts.evaluate'))")
_RULE_COLUMNS: Final = "r.id, r.seed, r.name, r.definition, r.enabled, r.silenced_until, r.version, r.updated_at"
_RULES: Final = text(f"SELECT {_RULE_COLUMNS}, p.name AS updated_by FROM app.alert_rule r LEFT JOIN app.person p ON p.id = r.updated_by WHERE r.removed_at IS NULL ORDER BY r.id")
_INSTANCE_COLUMNS: Final = (
    "i.rule_id, i.instance, i.branch_id, i.state, i.since, i.breached_since, i.breaches, i.missing, i.is_open, i.is_acknowledged, i.notified_at, i.sequence, i.evaluated_at, i.opened_at,"
    " i.owner_id, i.outcome, i.note, i.finding"
)
_SAVE: Final = text("""
INSERT INTO app.alert_instance AS i (rule_id, instance, branch_id, state, since, breached_since, breaches, missing, is_open, is_acknowledged, notified_at, sequence, evaluated_at, opened_at, finding)
VALUES (:rule_id, :instance, :branch_id, :state, :since, :breached_since, :breaches, :missing, :is_open, :is_acknowledged, :notified_at, :sequence, :evaluated_at, :opened_at, CAST(:finding AS jsonb))
ON CONFLICT (rule_id, instance) DO UPDATE SET state = excluded.state, since = excluded.since, breached_since = excluded.breached_since, breaches = excluded.breaches, missing = excluded.missing,
  is_open = excluded.is_open, is_acknowledged = excluded.is_acknowledged, notified_at = excluded.notified_at, sequence = excluded.sequence, evaluated_at = excluded.evaluated_at,
  opened_at = excluded.opened_at, finding = excluded.finding,
  owner_id = CASE WHEN :is_new THEN NULL ELSE i.owner_id END, outcome = CASE WHEN :is_new THEN '' ELSE i.outcome END, note = CASE WHEN :is_new THEN '' ELSE i.note END""")
_EVENT: Final = text("""
INSERT INTO app.alert_event (rule_id, instance, sequence, branch_id, at, kind, before, after, actor_id, title, words, severity)
VALUES (:rule_id, :instance, :sequence, :branch_id, :at, :kind, :before, :after, :actor_id, :title, :words, :severity) RETURNING id""")
_HAPPENED: Final = text("""
INSERT INTO app.happening (at, kind, branch_id, entity_id, count)
SELECT clock_timestamp(), 'alert', b.id, CASE WHEN CAST(:branch AS smallint) IS NULL THEN NULL ELSE CAST(:event AS bigint) END, 1
FROM crm.branch b WHERE b.id = coalesce(CAST(:branch AS smallint), (SELECT min(id) FROM crm.branch))""")
_NOTIFY: Final = text("SELECT pg_notify('dirty_day', 'happening')")
_CARDS: Final = text(f"""
SELECT {_INSTANCE_COLUMNS}, r.name, r.definition, r.silenced_until, r.enabled, b.name AS branch, o.name AS owner
FROM app.alert_instance i JOIN app.alert_rule r ON r.id = i.rule_id AND r.removed_at IS NULL AND r.enabled
LEFT JOIN crm.branch b ON b.id = i.branch_id LEFT JOIN app.person o ON o.id = i.owner_id
WHERE (CAST(:branches AS smallint[]) IS NULL OR i.branch_id = ANY(CAST(:branches AS smallint[])))
ORDER BY i.since DESC, i.rule_id, i.instance""")
_HISTORY: Final = text("""
SELECT e.id, e.rule_id, e.instance, e.sequence, e.branch_id, e.at, e.kind, e.before, e.after, e.title, e.words, e.severity, p.name AS actor
FROM app.alert_event e LEFT JOIN app.person p ON p.id = e.actor_id
WHERE e.kind NOT IN ('pending', 'calm') AND (CAST(:branches AS smallint[]) IS NULL OR e.branch_id = ANY(CAST(:branches AS smallint[])))
ORDER BY e.at DESC, e.id DESC LIMIT :most""")


@dataclass(frozen=True)
class RuleRow:
    """A rule as it is kept."""

    id: int
    name: str
    definition: dict[str, Any]
    enabled: bool
    silenced_until: datetime | None
    version: int
    seed: str | None = None
    updated_at: datetime | None = None
    updated_by: str | None = None


@dataclass(frozen=True)
class GoneRule:
    """The rule of an instance, whether or not it is still there."""

    row: RuleRow
    is_removed: bool
    subject: str
    """Branch or view by name; empty: the company."""


def rule_of(connection: Connection, rule: int, instance: str) -> GoneRule:
    """Return the rule that an instance belongs to; rules are never deleted, only marked as removed."""
    found = dict(connection.execute(text(
        f"SELECT {_RULE_COLUMNS}, p.name AS updated_by, r.removed_at IS NOT NULL AS is_removed, coalesce(b.name, replace(substring(:instance FROM '^view:.*'), ':', ' '), '') AS subject"
        " FROM app.alert_rule r LEFT JOIN app.person p ON p.id = r.updated_by LEFT JOIN crm.branch b ON :instance = 'branch:' || b.id WHERE r.id = :rule"),
        {"rule": rule, "instance": instance}).mappings().one())
    is_removed, subject = found.pop("is_removed"), found.pop("subject")
    return GoneRule(RuleRow(**found), is_removed, subject)


def try_to_be_the_one(connection: Connection) -> bool:
    """Say whether this transaction is the one that evaluates; until its end nobody else is."""
    return bool(connection.execute(_LOCK).scalar_one())


def rules_in(connection: Connection) -> list[RuleRow]:
    """Every rule that was not removed, oldest first."""
    return [RuleRow(**row) for row in connection.execute(_RULES).mappings()]


def load_rules(engines: Engines) -> list[RuleRow]:
    """Every rule that was not removed, oldest first."""
    with engines.primary_reader() as connection:
        return rules_in(connection)


def add_rule(connection: Connection, name: str, definition: Mapping[str, Any], actor: int | None = None, seed: str | None = None) -> int | None:
    """Keep a new rule and return its id; None where one with this ``seed`` exists (or existed: what somebody removed does not come back)."""
    row = connection.execute(text("INSERT INTO app.alert_rule (seed, name, definition, updated_by) VALUES (:seed, :name, CAST(:definition AS jsonb), :actor) ON CONFLICT (seed) DO NOTHING RETURNING id"),
                             {"seed": seed, "name": name, "definition": json.dumps(dict(definition)), "actor": actor}).one_or_none()
    return row.id if row else None


def change_rule(connection: Connection, rule: int, version: int, name: str, definition: Mapping[str, Any], actor: int) -> bool:
    """Write a rule that the person saw in ``version``; False: somebody else changed or removed it meanwhile.  Its instances begin anew."""
    return connection.execute(
        text("UPDATE app.alert_rule SET name = :name, definition = CAST(:definition AS jsonb), updated_by = :actor, updated_at = now(), version = version + 1"
             " WHERE id = :id AND version = :version AND removed_at IS NULL"),
        {"id": rule, "version": version, "name": name, "definition": json.dumps(dict(definition)), "actor": actor}).rowcount == 1


def set_rule(connection: Connection, rule: int, actor: int, *, enabled: bool | None = None, silence: bool = False, until: datetime | None = None, removed: bool = False) -> bool:
    """Switch a rule on or off, silence it until a moment (None: no longer), or remove it; False: there is none."""
    changes = ["enabled = :enabled"] * (enabled is not None) + ["silenced_until = :until"] * silence + ["removed_at = now()"] * removed
    return connection.execute(text(f"UPDATE app.alert_rule SET {', '.join(changes)}, updated_by = :actor, updated_at = now() WHERE id = :id AND removed_at IS NULL"),
                              {"id": rule, "enabled": enabled, "until": until, "actor": actor}).rowcount == 1


def hold_instances(connection: Connection) -> dict[tuple[int, str], dict[str, Any]]:
    """Every instance by rule and name, held until the end of the transaction, so that nobody acknowledges one meanwhile."""
    return {(row["rule_id"], row["instance"]): dict(row) for row in connection.execute(text(f"SELECT {_INSTANCE_COLUMNS} FROM app.alert_instance i ORDER BY i.rule_id, i.instance FOR UPDATE")).mappings()}


def hold_instance(connection: Connection, rule: int, instance: str) -> dict[str, Any] | None:
    """One instance, held until the end of the transaction; None: there is none."""
    row = connection.execute(text(f"SELECT {_INSTANCE_COLUMNS}, r.name, r.definition FROM app.alert_instance i JOIN app.alert_rule r ON r.id = i.rule_id WHERE i.rule_id = :rule AND i.instance = :instance FOR UPDATE OF i"),
                             {"rule": rule, "instance": instance}).mappings().one_or_none()
    return dict(row) if row else None


def save_instances(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write instances as they stand after a look; ``is_new``: a new warning, which nobody owns yet."""
    if rows:
        connection.execute(_SAVE, [dict(row, finding=json.dumps(row["finding"])) for row in rows])


def save_care(connection: Connection, rule: int, instance: str, values: Mapping[str, Any]) -> None:
    """Write what a person did about an instance: state, acknowledgement, owner, outcome, note."""
    allowed = ("state", "since", "is_acknowledged", "owner_id", "outcome", "note", "sequence")
    names = [name for name in allowed if name in values]
    connection.execute(text(f"UPDATE app.alert_instance SET {', '.join(f'{name} = :{name}' for name in names)} WHERE rule_id = :rule AND instance = :instance"), {**values, "rule": rule, "instance": instance})


def forget_missing(connection: Connection, keep: Sequence[tuple[int, str]]) -> None:
    """Remove instances that no rule watches any more; their history stays."""
    connection.execute(text("DELETE FROM app.alert_instance i WHERE NOT EXISTS (SELECT FROM unnest(CAST(:rules AS integer[]), CAST(:names AS text[])) AS k(rule_id, name) WHERE k.rule_id = i.rule_id AND k.name = i.instance)"),
                       {"rules": [rule for rule, _ in keep], "names": [name for _, name in keep]})


def add_event(connection: Connection, values: Mapping[str, Any]) -> int:
    """Write one transition, and that it happened, for open pages; raises IntegrityError where this sequence number was used."""
    event = int(connection.execute(_EVENT, dict(values)).scalar_one())
    if values["kind"] not in {"pending", "calm"}:
        connection.execute(_HAPPENED, {"branch": values["branch_id"], "event": event})
        connection.execute(_NOTIFY)
    return event


def next_sequence(connection: Connection, rule: int, instance: str) -> int:
    """The number after the last event's, also of an instance that was forgotten meanwhile."""
    return int(connection.execute(text("SELECT coalesce(max(sequence), 0) + 1 FROM app.alert_event WHERE rule_id = :rule AND instance = :instance"), {"rule": rule, "instance": instance}).scalar_one())


def finish_run(connection: Connection, moment: datetime, milliseconds: int, instances: int) -> None:
    """Note that an evaluation was finished."""
    connection.execute(text("INSERT INTO app.alert_run VALUES (1, :at, :ms, :count) ON CONFLICT (id) DO UPDATE SET finished_at = excluded.finished_at, milliseconds = excluded.milliseconds, instances = excluded.instances"),
                       {"at": moment, "ms": milliseconds, "count": instances})


def last_run(engines: Engines) -> datetime | None:
    """When the rules were last evaluated; None: never."""
    with engines.primary_reader() as connection:
        found: datetime | None = connection.execute(text("SELECT finished_at FROM app.alert_run")).scalar_one_or_none()
        return found


def load_cards(engines: Engines, branches: frozenset[int] | None) -> list[dict[str, Any]]:
    """Instances of enabled rules with rule, branch and owner; ``branches`` None: every one, also the company's."""
    with engines.primary_reader() as connection:
        return [dict(row) for row in connection.execute(_CARDS, {"branches": None if branches is None else sorted(branches)}).mappings()]


def load_history(engines: Engines, branches: frozenset[int] | None, most: int = 100) -> list[dict[str, Any]]:
    """The last events, newest first; pending ones are left out."""
    with engines.primary_reader() as connection:
        return [dict(row) for row in connection.execute(_HISTORY, {"branches": None if branches is None else sorted(branches), "most": most}).mappings()]
