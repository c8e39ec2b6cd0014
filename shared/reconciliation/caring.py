"""What people do about cases.  Every change names the version of the case that its author saw, and is a line in the case's history."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, text

from shared.clock import Clock, now
from shared.clock import today as day_of
from shared.metrics.scope import Scope
from shared.reconciliation import runs
from shared.reconciliation.sides import RECORD_KEY
from shared.settings import Settings
from shared.warehouse.engines import Engines

STATUSES: Final = {"open": "Open", "investigating": "Investigating", "waiting": "Waiting", "resolved": "Resolved", "accepted": "Accepted", "written_off": "Written off"}
OVER: Final = ("resolved", "accepted", "written_off")
REASONS: Final = {"fixed": "Put right", "approved": "Approved exception", "false_alarm": "False alarm", "timing": "Timing", "uncollectible": "Uncollectible", "immaterial": "Immaterial", "other": "Other"}
_ALLOWED: Final = {"resolved": ("fixed", "other"), "accepted": ("approved", "false_alarm", "timing", "immaterial", "other"), "written_off": ("uncollectible", "immaterial", "other")}
MOST_BYTES: Final = 5 * 1024 * 1024
_EVENT = text("INSERT INTO crm.recon_event (case_id, at, kind, actor_id, actor_name, before, after, words) VALUES (:case, :at, :kind, :actor, :name, :before, :after, :words)")
_LAST = text("SELECT e.actor_name, e.kind, e.after, e.at FROM crm.recon_event e WHERE e.case_id = :case ORDER BY e.id DESC LIMIT 1")


@dataclass(frozen=True)
class Actor:
    """Who does something, and what they may."""

    id: int
    name: str
    scope: Scope
    may_work: bool
    may_sign: bool


class CareError(ValueError):
    """Something that cannot be done; the message is for the person."""


class NotYoursError(PermissionError):
    """Something that is not this person's to do; the message says whose."""


class GoneError(LookupError):
    """There is no such case among this person's."""


class ConflictError(RuntimeError):
    """Somebody else was faster; ``now`` is the case as it stands."""

    def __init__(self, message: str, current: Mapping[str, Any]) -> None:
        """``current``: the case as it stands."""
        super().__init__(message)
        self.current = dict(current)


@dataclass(frozen=True)
class Wish:
    """What somebody wants to become of a case."""

    status: str
    reason: str = ""
    note: str = ""


def hold(connection: Connection, actor: Actor, case: int, version: int | None) -> dict[str, Any]:
    """Return a case, held until the end of the transaction.  Raises GoneError, NotYoursError, ConflictError."""
    row = connection.execute(text("SELECT * FROM crm.recon_case WHERE id = :id FOR UPDATE"), {"id": case}).mappings().one_or_none() if 0 < case < 2**63 else None
    if row is None or not _sees(actor, row["branch_id"]):
        raise GoneError("There is no such case among yours.")
    if not actor.may_work:
        raise NotYoursError("Cases are worked on by analysts, branch managers, leadership and administrators. Ask one of them.")
    if version is not None and row["version"] != version:
        last = connection.execute(_LAST, {"case": case}).one()
        who = last.actor_name or "A run"
        raise ConflictError(f"{who} has changed this case at {last.at:%H:%M} UTC, after you opened it: it is now {STATUSES[row['status']].lower()}. Nothing of yours was saved; look again.", dict(row))
    return dict(row)


def _sees(actor: Actor, branch: int | None) -> bool:
    return actor.scope.is_company if branch is None else actor.scope.allows(branch)


def move(engines: Engines, settings: Settings, actor: Actor, case: int, version: int, wish: Wish, clock: Clock = now) -> dict[str, Any]:
    """Change the status of a case; a write-off above the limit becomes a proposal that a second person has to confirm.  Return the case as it is then."""
    if wish.status not in STATUSES:
        raise CareError(f"Choose one of {', '.join(STATUSES.values())}.")
    if len(wish.note) > 1000:
        raise CareError("A note has up to 1,000 characters.")
    if wish.status in _ALLOWED and wish.reason not in _ALLOWED[wish.status]:
        raise CareError(f"Say why: {', '.join(REASONS[each] for each in _ALLOWED[wish.status])}.")
    with engines.writer() as connection:
        held = hold(connection, actor, case, version)
        day = day_of(settings.company_time_zone, clock)
        if wish.status == "written_off" and held["amount"] > Decimal(str(settings.reconciliation_write_off_limit)):
            return _propose_or_confirm(connection, settings, actor, held, wish, clock(), day)
        return _write(connection, actor, held, wish, clock(), day, "written_off" if wish.status == "written_off" else "status")


def _propose_or_confirm(connection: Connection, settings: Settings, actor: Actor, held: dict[str, Any], wish: Wish, moment: datetime, day: object) -> dict[str, Any]:
    limit = f"${settings.reconciliation_write_off_limit:,.0f}"
    if held["status"] == "written_off":
        raise CareError("It is written off already.")
    if held["proposed_by"] is None:
        values = {"proposed_by": actor.id, "proposed_at": moment, "reason": wish.reason, "note": wish.note or held["note"]}
        if held["status"] in OVER:
            values |= {"status": "open", "status_at": moment, "closed_on": None}
        words = f"{actor.name} wants to write it off ({REASONS[wish.reason].lower()}); above {limit} a second person has to agree."
        return _save(connection, actor, held, values, moment, "proposed", held["status"], "proposed", words)
    if held["proposed_by"] == actor.id:
        raise CareError(f"You have proposed this write-off yourself: above {limit} a second person has to agree.")
    if not actor.may_sign:
        raise NotYoursError(f"A write-off above {limit} is confirmed by a branch manager, leadership or an administrator.")
    return _write(connection, actor, held, Wish("written_off", held["reason"] or wish.reason, wish.note or held["note"]), moment, day, "written_off")


def refuse(engines: Engines, actor: Actor, case: int, version: int, note: str, clock: Clock = now) -> dict[str, Any]:
    """Refuse a proposed write-off, or take one's own back."""
    with engines.writer() as connection:
        held = hold(connection, actor, case, version)
        if held["proposed_by"] is None:
            raise CareError("Nobody has proposed to write it off.")
        if held["proposed_by"] != actor.id and not actor.may_sign:
            raise NotYoursError("A proposed write-off is refused by a branch manager, leadership or an administrator.")
        return _save(connection, actor, held, {"proposed_by": None, "proposed_at": None, "reason": ""}, clock(), "refused", "proposed", held["status"], note or "The write-off was refused.")


def assign(engines: Engines, actor: Actor, cases: Sequence[tuple[int, int]], owner: int | None, owner_name: str, clock: Clock = now) -> tuple[list[dict[str, Any]], list[str]]:
    """Give cases (id, version) to somebody; return those that were given, and why others were not.  Each by itself: one conflict does not stop the rest."""
    done, problems = [], []
    for case, version in cases:
        try:
            with engines.writer() as connection:
                held = hold(connection, actor, case, version)
                if held["owner_id"] == owner:
                    done.append(held)
                    continue
                done.append(_save(connection, actor, held, {"owner_id": owner}, clock(), "owner", "", owner_name, f"Given to {owner_name or 'nobody'}"))
        except (ConflictError, GoneError) as error:
            problems.append(str(error))
    return done, problems


def comment(engines: Engines, actor: Actor, case: int, words: str, clock: Clock = now) -> None:
    """Add a comment; no version is needed, because nothing is replaced."""
    said = words.strip()
    if not said or len(said) > 2000:
        raise CareError("A comment has 1 to 2,000 characters.")
    with engines.writer() as connection:
        held = hold(connection, actor, case, None)
        _tell(connection, actor, held["id"], clock(), "comment", "", "", said)


def attach(engines: Engines, actor: Actor, case: int, name: str, media_type: str, content: bytes, clock: Clock = now) -> int:
    """Keep a file with a case; return its number."""
    if not 0 < len(content) <= MOST_BYTES:
        raise CareError("A file may have up to 5 MB." if content else "The file is empty.")
    with engines.writer() as connection:
        held = hold(connection, actor, case, None)
        number = connection.execute(text("INSERT INTO crm.recon_file (case_id, name, media_type, content, sha256, added_by, added_at) VALUES (:case, :name, :type, :content, :sha256, :by, :at) RETURNING id"), {
            "case": held["id"], "name": name[:200] or "file", "type": media_type[:100], "content": content, "sha256": hashlib.sha256(content).hexdigest(), "by": actor.id, "at": clock()}).scalar_one()
        _tell(connection, actor, held["id"], clock(), "file", "", "", name[:200])
        return int(number)


def pair(engines: Engines, actor: Actor, case: int, version: int, external_id: str, clock: Clock = now) -> dict[str, Any]:
    """Say that a record without a counterpart belongs to our row ``external_id``; the source is held against its book anew."""
    with engines.writer() as connection:
        held = hold(connection, actor, case, version)
        if held["rule"] not in {"missing_in_crm", "duplicate"}:
            raise CareError("Only a record of theirs can be matched by hand.")
        key = connection.execute(text(f"SELECT {RECORD_KEY} FROM crm.external_record r WHERE r.id = :id"), {"id": held["entity_id"]}).scalar()
        if key is None:
            raise GoneError("The record is no longer there.")
        connection.execute(text("INSERT INTO crm.recon_pair (source, record_key, external_id, said_by, said_at) VALUES (:source, :key, :ours, :by, :at)"
                                " ON CONFLICT (source, record_key) DO UPDATE SET external_id = excluded.external_id, said_by = excluded.said_by, said_at = excluded.said_at"),
                           {"source": held["source"], "key": key, "ours": external_id, "by": actor.id, "at": clock()})
        runs.ask(connection, "ledger", "full", held["source"], actor.id)
        return _save(connection, actor, held, {}, clock(), "changed", "", "", f"Matched by hand with {external_id}")


def _write(connection: Connection, actor: Actor, held: dict[str, Any], wish: Wish, moment: datetime, day: object, kind: str) -> dict[str, Any]:
    is_over = wish.status in OVER
    values = {"status": wish.status, "status_at": moment, "closed_on": (held["closed_on"] or day) if is_over else None, "reason": wish.reason if is_over else "", "note": wish.note or held["note"],
              "proposed_by": None, "proposed_at": None}
    said = "; ".join(filter(None, (REASONS.get(wish.reason, "") if is_over else "", wish.note)))
    return _save(connection, actor, held, values, moment, kind, held["status"], wish.status, said)


def _save(connection: Connection, actor: Actor, held: dict[str, Any], values: Mapping[str, Any], moment: datetime, kind: str, before: str, after: str, words: str) -> dict[str, Any]:
    changes = ", ".join([*(f"{name} = :{name}" for name in values), "version = version + 1"])
    row = connection.execute(text(f"UPDATE crm.recon_case SET {changes} WHERE id = :id RETURNING *"), {**values, "id": held["id"]}).mappings().one()
    _tell(connection, actor, held["id"], moment, kind, before, after, words)
    return dict(row)


def _tell(connection: Connection, actor: Actor, case: int, moment: datetime, kind: str, before: str, after: str, words: str) -> None:
    connection.execute(_EVENT, {"case": case, "at": moment, "kind": kind, "actor": actor.id, "name": actor.name, "before": before, "after": after, "words": words[:2000]})
