"""Folds what a run found into the cases: opens, changes, closes and reopens them, each with a line in its history, all in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from shared.reconciliation.evaluating import FOUND, Touched

_OVER: Final = "('resolved', 'accepted', 'written_off')"
_EVENT = "INSERT INTO crm.recon_event (case_id, at, kind, run_id, before, after, words) "
# A fault that a rule could not have found before (no run had looked) is as old as the data say; one that an earlier run did not find is new.
_OPENED = text(f"""
WITH opened AS (
    INSERT INTO crm.recon_case (fingerprint, rule, source, entity, entity_id, other_id, branch_id, rep_id, day, since, amount, label, detail, first_seen_at, first_run_id, status_at)
    SELECT f.fingerprint, f.rule, f.source, f.entity, f.entity_id, f.other_id, f.branch_id, f.rep_id, f.day, CASE WHEN f.rule = ANY(CAST(:known AS text[])) THEN CAST(:today AS date) ELSE f.since END,
           f.amount, f.label, f.detail, :moment, :run, :moment
    FROM {FOUND} f WHERE NOT EXISTS (SELECT FROM crm.recon_case c WHERE c.fingerprint = f.fingerprint)
    RETURNING id, detail
) {_EVENT} SELECT o.id, :moment, 'found', :run, '', 'open', coalesce(o.detail ->> 'why', '') FROM opened o""")
# What was accepted or written off was that amount of that fault: if either changes, somebody has to look again.
_CHANGED = text(f"""
WITH changed AS (
    SELECT c.id, c.status AS before, c.amount AS old_amount, f.*, c.status IN {_OVER} AND (c.amount <> f.amount OR c.detail ->> 'why' IS DISTINCT FROM f.detail ->> 'why') AS reopens
    FROM {FOUND} f JOIN crm.recon_case c ON c.fingerprint = f.fingerprint
    WHERE c.gone_at IS NULL AND (c.amount, c.detail, c.branch_id, c.rep_id, c.day, c.label, c.entity_id, c.other_id)
        IS DISTINCT FROM (f.amount, f.detail, f.branch_id, f.rep_id, f.day, f.label, f.entity_id, f.other_id)
    FOR UPDATE OF c
), written AS (
    UPDATE crm.recon_case c SET amount = n.amount, detail = n.detail, branch_id = n.branch_id, rep_id = n.rep_id, day = n.day, label = n.label, entity_id = n.entity_id, other_id = n.other_id,
           status = CASE WHEN n.reopens THEN 'open' ELSE c.status END, status_at = CASE WHEN n.reopens THEN :moment ELSE c.status_at END, closed_on = CASE WHEN n.reopens THEN NULL ELSE c.closed_on END,
           reason = CASE WHEN n.reopens THEN '' ELSE c.reason END, proposed_by = NULL, proposed_at = NULL, version = c.version + 1
    FROM changed n WHERE n.id = c.id RETURNING c.id, n.before, c.status AS after, n.old_amount, n.amount, n.detail ->> 'why' AS why
) {_EVENT} SELECT w.id, :moment, 'changed', :run, w.before, w.after, concat_ws('; ', CASE WHEN w.old_amount <> w.amount THEN 'at risk ' || w.old_amount || ' became ' || w.amount END, w.why) FROM written w""")
_RETURNED = text(f"""
WITH back AS (
    UPDATE crm.recon_case c SET gone_at = NULL, status = 'open', status_at = :moment, closed_on = NULL, reason = '', proposed_by = NULL, proposed_at = NULL, version = c.version + 1,
           amount = f.amount, detail = f.detail, branch_id = f.branch_id, rep_id = f.rep_id, day = f.day, label = f.label, entity_id = f.entity_id, other_id = f.other_id
    FROM {FOUND} f, (SELECT id, status FROM crm.recon_case WHERE gone_at IS NOT NULL FOR UPDATE) o
    WHERE o.id = c.id AND c.fingerprint = f.fingerprint RETURNING c.id, o.status AS before, c.detail, c.since
) {_EVENT} SELECT b.id, :moment, 'returned', :run, b.before, 'open', 'It is back, and as old as before: since ' || b.since FROM back b""")
# Somebody said it was put right before this run looked, and it is there.
_STILL_THERE = text(f"""
WITH still AS (
    UPDATE crm.recon_case c SET status = 'open', status_at = :moment, closed_on = NULL, reason = '', version = c.version + 1
    FROM {FOUND} f WHERE c.fingerprint = f.fingerprint AND c.gone_at IS NULL AND c.status = 'resolved' AND c.status_at < :snapshot RETURNING c.id
) {_EVENT} SELECT s.id, :moment, 'still_there', :run, 'resolved', 'open', 'It was called resolved, and the fault is still there' FROM still s""")
_GONE = text(f"""
WITH gone AS (
    UPDATE crm.recon_case c SET gone_at = :moment, status = CASE WHEN c.status IN {_OVER} THEN c.status ELSE 'resolved' END, status_at = CASE WHEN c.status IN {_OVER} THEN c.status_at ELSE :moment END,
           closed_on = coalesce(c.closed_on, CAST(:today AS date)), reason = CASE WHEN c.status IN {_OVER} THEN c.reason ELSE 'fixed' END, proposed_by = NULL, proposed_at = NULL, version = c.version + 1
    FROM (SELECT id, status FROM crm.recon_case
          WHERE gone_at IS NULL AND rule = ANY(CAST(:rules AS text[])) AND source = :source AND (CAST(:narrow AS boolean) IS FALSE
              OR entity = 'appointment' AND (entity_id = ANY(CAST(:appointments AS bigint[])) OR other_id = ANY(CAST(:appointments AS bigint[])))
              OR entity = 'sale' AND entity_id = ANY(CAST(:sales AS bigint[])) OR entity = 'job' AND entity_id = ANY(CAST(:jobs AS bigint[])))
          FOR UPDATE) o
    WHERE o.id = c.id AND NOT EXISTS (SELECT FROM {FOUND} f WHERE f.fingerprint = c.fingerprint)
    RETURNING c.id, o.status AS before, c.status AS after
) {_EVENT} SELECT g.id, :moment, 'gone', :run, g.before, g.after, 'The fault is no longer there' FROM gone g""")


@dataclass(frozen=True)
class Folded:
    """How many cases a run moved."""

    opened: int
    changed: int
    returned: int
    still_there: int
    closed: int

    @property
    def moved(self) -> bool:
        """True where any case was moved."""
        return any(self.counts().values())

    def counts(self) -> dict[str, int]:
        """The same as a record keeps it."""
        return asdict(self)


@dataclass(frozen=True)
class Fold:
    """The run whose findings are folded."""

    run: int
    rules: Sequence[str]
    """Rules that were looked at: their cases close where nothing was found."""
    known: Sequence[str]
    """Of these, the rules that an earlier full run has looked at."""
    today: date
    moment: datetime
    snapshot: datetime
    """When the findings were read."""
    source: str = ""
    touched: Touched | None = None


def fold(connection: Connection, of: Fold) -> Folded:
    """Fold ``FOUND`` into the cases; the caller commits."""
    values: dict[str, Any] = {"run": of.run, "today": of.today, "moment": of.moment}
    touched = (of.touched or Touched()).parameters()
    # In this order: a case that returns is not one that is still there.
    changed = connection.execute(_CHANGED, {"run": of.run, "moment": of.moment}).rowcount
    still = connection.execute(_STILL_THERE, {"run": of.run, "moment": of.moment, "snapshot": of.snapshot}).rowcount
    returned = connection.execute(_RETURNED, {"run": of.run, "moment": of.moment}).rowcount
    opened = connection.execute(_OPENED, {**values, "known": list(of.known)}).rowcount
    closed = connection.execute(_GONE, {**values, "rules": list(of.rules), "source": of.source, "narrow": of.touched is not None, **touched}).rowcount
    return Folded(opened, changed, returned, still, closed)
