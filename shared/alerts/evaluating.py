"""One evaluation of all rules: look, step, and write what happened, in one transaction that nobody else holds at the same time."""

import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from shared.alerts.audience import told
from shared.alerts.finding import Finding
from shared.alerts.machine import Instance, Policy, Transition, step
from shared.alerts.rule import RuleError, rule_from
from shared.alerts.watching import Watch, Watcher
from shared.clock import Clock, now
from shared.people.accounts import list_people
from shared.people.person import Person
from shared.settings import Settings
from shared.warehouse import alert_store as store
from shared.warehouse.alert_outbox import add_notifications
from shared.warehouse.engines import Engines

log = logging.getLogger(__name__)
_KEPT = ("state", "since", "breached_since", "breaches", "missing", "is_open", "is_acknowledged", "notified_at")


@dataclass(frozen=True)
class Evaluated:
    """What one evaluation did."""

    instances: int
    events: int
    milliseconds: int


def evaluate(engines: Engines, settings: Settings, watcher: Watcher, clock: Clock = now) -> Evaluated | None:
    """Evaluate every enabled rule once; None: somebody else is at it.

    States, events and what is to be told are written together or not at all: whoever dies in between leaves the next evaluation what it found.
    """
    begun = time.monotonic()
    with engines.primary.begin() as connection:
        if not store.try_to_be_the_one(connection):
            return None
        found = watcher.look(store.rules_in(connection))
        people = list_people(engines)
        held = store.hold_instances(connection)
        moment, rows, events = clock(), [], 0
        for watch, finding in found:
            row, transition = _stepped(connection, held.get((watch.row.id, watch.instance)), watch, finding, moment)
            rows.append(row)
            if transition is not None:
                events += 1
                if transition.kind == "fired":
                    row["finding"]["why"] = _why(watcher, watch)
                _tell(connection, settings, people, watch, f"{finding.words} {row['finding'].get('why', '')}".strip(), row, transition, moment)
        watched = {(watch.row.id, watch.instance) for watch, _ in found}
        events += _close(connection, settings, people, [row for key, row in held.items() if key not in watched and row["is_open"]], moment)
        store.save_instances(connection, rows)
        store.forget_missing(connection, [(watch.row.id, watch.instance) for watch, _ in found])
        done = Evaluated(len(found), events, int(1000 * (time.monotonic() - begun)))
        store.finish_run(connection, moment, done.milliseconds, done.instances)
    return done


def _stepped(connection: Connection, held: Mapping[str, Any] | None, watch: Watch, finding: Finding, moment: datetime) -> tuple[dict[str, Any], Transition | None]:
    before = Instance(**{name: held[name] for name in _KEPT}) if held else Instance(since=moment)
    silenced = watch.row.silenced_until is not None and watch.row.silenced_until > moment
    after, transition = step(watch.rule.policy if watch.rule else Policy(), before, finding.look, moment, silenced=silenced)
    sequence = (held["sequence"] + 1 if held else store.next_sequence(connection, watch.row.id, watch.instance)) if transition else (held["sequence"] if held else 0)
    is_new = transition is not None and transition.kind == "fired"
    shown = finding.document() if finding.look != "rest" or not held else held["finding"]
    if held and after.is_open:
        shown = {**shown, "why": held["finding"].get("why", "")}
    return {
        **asdict(after), "rule_id": watch.row.id, "instance": watch.instance, "branch_id": watch.branch, "sequence": sequence, "evaluated_at": moment,
        "opened_at": moment if is_new else held["opened_at"] if held else None, "finding": shown, "is_new": is_new,
    }, transition


def _why(watcher: Watcher, watch: Watch) -> str:
    """Who and what moved it; a warning that cannot be explained is told all the same."""
    try:
        return watcher.why(watch)
    except Exception:
        log.warning("the warning of rule %d for %s cannot be explained", watch.row.id, watch.instance, exc_info=True)
        return ""


def _close(connection: Connection, settings: Settings, people: list[Person], rows: list[dict[str, Any]], moment: datetime) -> int:
    """Close open warnings that nothing watches any more: in words, in the history, and to those who had been told; return how many."""
    for row in rows:
        gone = store.rule_of(connection, row["rule_id"], row["instance"])
        by = f" by {gone.row.updated_by}" if gone.row.updated_by else ""
        why = f"the rule was removed{by}" if gone.is_removed else f"the rule was switched off{by}" if not gone.row.enabled else "the rule does not watch this any more"
        try:
            rule = rule_from(gone.row.name, gone.row.definition)
        except RuleError:
            rule = None
        closed = {**row, "sequence": row["sequence"] + 1, "is_open": True}
        ended = Transition("resolved", row["state"], "resolved", tells=row["notified_at"] is not None)
        _tell(connection, settings, people, Watch(gone.row, rule, row["instance"], gone.subject or settings.company_name, row["branch_id"]), f"Closed without being over: {why}.", closed, ended, moment)
    return len(rows)


def _tell(connection: Connection, settings: Settings, people: list[Person], watch: Watch, words: str, row: Mapping[str, Any], transition: Transition, moment: datetime) -> None:
    severity = watch.rule.severity if watch.rule else "warning"
    event = store.add_event(connection, {
        "rule_id": watch.row.id, "instance": watch.instance, "sequence": row["sequence"], "branch_id": watch.branch, "at": moment, "kind": transition.kind, "before": transition.before,
        "after": transition.after, "actor_id": None, "title": f"{watch.row.name}: {watch.subject}", "words": words, "severity": severity,
    })
    if transition.tells:
        broken = transition.kind in {"nodata", "error", "recovered"} and not row["is_open"]
        add_notifications(connection, event, told(people, watch, about_the_rule=broken, mail=bool(settings.smtp_url.get_secret_value())))
    log.info("alert %s %s: %s -> %s (%s)", watch.row.id, watch.instance, transition.before, transition.after, words)
