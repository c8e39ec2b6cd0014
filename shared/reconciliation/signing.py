"""Signing for a period: the numbers as they stand, their hash, and what differs where the data change afterwards."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from shared.reconciliation.caring import Actor, CareError, NotYoursError
from shared.warehouse.engines import Engines

_SIDES = text("""
SELECT source, side, count(*) AS total_count, sum(cents)::bigint AS total_cents, count(*) FILTER (WHERE state = 'matched') AS matched_count, coalesce(sum(cents) FILTER (WHERE state = 'matched'), 0)::bigint AS matched_cents,
       count(*) FILTER (WHERE state <> 'matched') AS broken_count, coalesce(sum(cents) FILTER (WHERE state <> 'matched'), 0)::bigint AS broken_cents
FROM crm.recon_item WHERE day BETWEEN :first AND :last AND (CAST(:branch AS smallint) IS NULL OR branch_id = :branch) GROUP BY 1, 2 ORDER BY 1, 2""")
_CASES = text("""
SELECT rule, source, count(*) FILTER (WHERE closed_on IS NULL) AS open_count, coalesce(sum(amount) FILTER (WHERE closed_on IS NULL), 0) AS open_amount,
       count(*) FILTER (WHERE status = 'accepted') AS accepted_count, coalesce(sum(amount) FILTER (WHERE status = 'accepted'), 0) AS accepted_amount,
       count(*) FILTER (WHERE status = 'written_off') AS written_off_count, coalesce(sum(amount) FILTER (WHERE status = 'written_off'), 0) AS written_off_amount
FROM crm.recon_case WHERE day BETWEEN :first AND :last AND (CAST(:branch AS smallint) IS NULL OR branch_id = :branch) AND NOT (status = 'resolved' AND gone_at IS NOT NULL) GROUP BY 1, 2 ORDER BY 1, 2""")
_COLUMNS: Final = "s.id, s.period_from, s.period_to, s.branch_id, s.numbers, s.hash, s.note, s.signed_name, s.signed_at, s.reopened_at, s.difference"


@dataclass(frozen=True)
class SignOff:
    """A signature, standing or opened again."""

    id: int
    period_from: date
    period_to: date
    branch_id: int | None
    numbers: Mapping[str, Any]
    hash: str
    note: str
    signed_name: str
    signed_at: datetime
    reopened_at: datetime | None
    difference: list[dict[str, Any]]


def numbers_of(connection: Connection, first: date, last: date, branch: int | None) -> dict[str, Any]:
    """Return what somebody would sign for: both sides of every source and the cases by rule, of days in the period (both included)."""
    values = {"first": first, "last": last, "branch": branch}
    sides = {f"{row.source} {row.side}": {name: int(getattr(row, name)) for name in ("total_count", "total_cents", "matched_count", "matched_cents", "broken_count", "broken_cents")} for row in connection.execute(_SIDES, values)}
    cases = {" ".join(filter(None, (row.source, row.rule))): {name: str(getattr(row, name)) if name.endswith("amount") else int(getattr(row, name)) for name in
             ("open_count", "open_amount", "accepted_count", "accepted_amount", "written_off_count", "written_off_amount")} for row in connection.execute(_CASES, values)}
    return {"period": [first.isoformat(), last.isoformat()], "branch": branch, "sides": sides, "cases": {name: counts for name, counts in cases.items() if any(str(each) not in {"0", "0.00"} for each in counts.values())}}


def text_of(numbers: Mapping[str, Any]) -> str:
    """Return numbers as the text that is hashed: JSON with sorted keys, without blanks, in ASCII."""
    return json.dumps(numbers, sort_keys=True, separators=(",", ":"))


def hash_of(numbers: Mapping[str, Any]) -> str:
    """Return the SHA-256 of numbers, the same for the same numbers."""
    return hashlib.sha256(text_of(numbers).encode()).hexdigest()


def sign(engines: Engines, actor: Actor, first: date, last: date, branch: int | None, seen: str, note: str) -> SignOff:
    """Sign for a period; ``seen``: the hash that stood on the page.  Raises NotYoursError, CareError."""
    if not actor.may_sign:
        raise NotYoursError("A period is signed by a branch manager, leadership or an administrator.")
    if not (actor.scope.is_company if branch is None else actor.scope.allows(branch)):
        raise NotYoursError("This branch is not among yours.")
    with engines.writer() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('shared.reconciliation.signing'))"))
        numbers = numbers_of(connection, first, last, branch)
        found = hash_of(numbers)
        if found != seen:
            raise CareError("The numbers have changed since you opened the page: look at them again before you sign.")
        if _standing(connection, first, last, branch) is not None:
            raise CareError("This period is signed already.")
        number = connection.execute(text("INSERT INTO crm.recon_sign_off (period_from, period_to, branch_id, numbers, signed_text, hash, note, signed_by, signed_name) VALUES (:first, :last, :branch, CAST(:numbers AS jsonb), :text, :hash, :note, :by, :name) RETURNING id"),
                                    {"first": first, "last": last, "branch": branch, "numbers": json.dumps(numbers), "text": text_of(numbers), "hash": found, "note": note.strip()[:1000], "by": actor.id, "name": actor.name}).scalar_one()
        return _read(connection, "s.id = :id", {"id": number})[0]


def signed_text_of(connection: Connection, branches: frozenset[int] | None, number: int) -> str | None:
    """Return the text whose hash is that of a signature among these branches; None: there is none, or it was signed before the text was kept."""
    values = {"id": number, "branches": None if branches is None else sorted(branches)}
    found = connection.execute(text("SELECT signed_text FROM crm.recon_sign_off s WHERE s.id = :id AND (CAST(:branches AS smallint[]) IS NULL OR s.branch_id = ANY(CAST(:branches AS smallint[])))"), values).scalar() if 0 < number < 2**63 else None
    return found or None


def sign_offs(connection: Connection, branches: frozenset[int] | None) -> list[SignOff]:
    """Return every signature among these branches (None: all, and the company's), the newest first."""
    return _read(connection, "CAST(:branches AS smallint[]) IS NULL OR s.branch_id = ANY(CAST(:branches AS smallint[]))", {"branches": None if branches is None else sorted(branches)})


def reopen_what_differs(connection: Connection) -> list[SignOff]:
    """Open those periods again whose numbers are no longer those that were signed, within the caller's transaction; return them with the difference."""
    opened = []
    for one in _read(connection, "s.reopened_at IS NULL", {}):
        numbers = numbers_of(connection, one.period_from, one.period_to, one.branch_id)
        if hash_of(numbers) != one.hash:
            connection.execute(text("UPDATE crm.recon_sign_off SET reopened_at = clock_timestamp(), difference = CAST(:difference AS jsonb) WHERE id = :id AND reopened_at IS NULL"),
                               {"id": one.id, "difference": json.dumps(difference(one.numbers, numbers))})
            opened += _read(connection, "s.id = :id", {"id": one.id})
    return opened


def difference(signed: Mapping[str, Any], present: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what two sets of numbers do not agree on: what, as signed, as it is now (None: not there)."""
    found = []
    for part in ("sides", "cases"):
        for name in sorted({*signed[part], *present[part]}):
            before, after = signed[part].get(name, {}), present[part].get(name, {})
            found += [{"what": f"{name}: {each.replace('_', ' ')}", "signed": before.get(each), "now": after.get(each)} for each in sorted({*before, *after}) if float(before.get(each) or 0) != float(after.get(each) or 0)]
    return found


def _standing(connection: Connection, first: date, last: date, branch: int | None) -> SignOff | None:
    found = _read(connection, "s.reopened_at IS NULL AND s.period_from = :first AND s.period_to = :last AND s.branch_id IS NOT DISTINCT FROM CAST(:branch AS smallint)", {"first": first, "last": last, "branch": branch})
    return found[0] if found else None


def _read(connection: Connection, where: str, values: Mapping[str, Any]) -> list[SignOff]:
    return [SignOff(**row) for row in connection.execute(text(f"SELECT {_COLUMNS} FROM crm.recon_sign_off s WHERE {where} ORDER BY s.signed_at DESC"), values).mappings()]
