"""What pages read: the queue, one case with its history, runs, and rules with how right they have been."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, text

MOST_ROWS: Final = 5000
_SEEN: Final = "(CAST(:branches AS smallint[]) IS NULL OR c.branch_id = ANY(CAST(:branches AS smallint[])))"
_CASE: Final = """
c.id, c.rule, c.source, c.entity, c.entity_id, c.other_id, c.branch_id, b.name AS branch, c.rep_id, e.name AS rep, c.day, c.since, CAST(:today AS date) - c.since AS age, c.amount, c.label, c.detail, c.gone_at, c.status, c.status_at,
c.closed_on, c.owner_id, o.name AS owner, c.reason, c.note, c.proposed_by, q.name AS proposer, c.version, c.first_seen_at, c.fingerprint
FROM crm.recon_case c LEFT JOIN crm.branch b ON b.id = c.branch_id LEFT JOIN crm.employee e ON e.id = c.rep_id LEFT JOIN app.person o ON o.id = c.owner_id LEFT JOIN app.person q ON q.id = c.proposed_by"""
_QUEUE = text(f"SELECT {_CASE} WHERE {_SEEN} AND (CASE CAST(:which AS text) WHEN 'open' THEN c.closed_on IS NULL WHEN 'closed' THEN c.closed_on IS NOT NULL WHEN 'proposed' THEN c.proposed_by IS NOT NULL ELSE true END)"
              " AND (CAST(:owner AS integer) IS NULL OR c.owner_id = :owner) AND (CAST(:rules AS text[]) IS NULL OR c.rule = ANY(CAST(:rules AS text[])))"
              " ORDER BY c.closed_on IS NOT NULL, c.amount DESC, c.id LIMIT :most")
_ONE = text(f"SELECT {_CASE} WHERE c.id = :id AND {_SEEN}")
_EVENTS = text("SELECT id, at, kind, actor_name, before, after, words FROM crm.recon_event WHERE case_id = :id ORDER BY id DESC LIMIT 200")
_FILES = text("SELECT f.id, f.name, f.media_type, length(f.content) AS size, f.added_at, p.name AS who FROM crm.recon_file f LEFT JOIN app.person p ON p.id = f.added_by WHERE f.case_id = :id ORDER BY f.id")
_FILE = text("SELECT name, media_type, content FROM crm.recon_file WHERE id = :file AND case_id = :id")
_RUNS = text("SELECT r.id, r.kind, r.reach, r.source, p.name AS asker, r.asked_at, r.started_at, r.finished_at, r.outcome, r.step, r.steps_done, r.steps_total, r.result, r.error FROM crm.recon_run r"
             " LEFT JOIN app.person p ON p.id = r.asked_by WHERE r.reach = 'full' OR r.started_at IS NOT NULL AND (r.result ->> 'moved' IS DISTINCT FROM 'false'"
             " OR r.id = (SELECT max(n.id) FROM crm.recon_run n WHERE n.kind = 'ledger' AND n.source = r.source AND n.outcome = 'done')) ORDER BY r.id DESC LIMIT :most")
_RUN = text("SELECT r.*, p.name AS asker FROM crm.recon_run r LEFT JOIN app.person p ON p.id = r.asked_by WHERE r.id = :id")
_SIDES = text("SELECT side, total_count, total_cents, matched_count, matched_cents, broken_count, broken_cents FROM crm.recon_balance WHERE run_id = :id ORDER BY side DESC")
# A false alarm is what somebody accepted as one; a fault that was put right, written off or approved was rightly found.
_RULES = text(f"""
SELECT c.rule, count(*) FILTER (WHERE c.closed_on IS NULL) AS open, coalesce(sum(c.amount) FILTER (WHERE c.closed_on IS NULL), 0) AS amount, count(*) AS found,
       count(*) FILTER (WHERE c.closed_on IS NOT NULL) AS judged, count(*) FILTER (WHERE c.status = 'accepted' AND c.reason = 'false_alarm') AS false_alarms
FROM crm.recon_case c WHERE {_SEEN} GROUP BY 1""")


@dataclass(frozen=True)
class Which:
    """Which cases a queue holds."""

    which: str = "open"
    """open, closed, proposed or all."""
    owner: int | None = None
    rules: Sequence[str] | None = None


def queue(connection: Connection, branches: frozenset[int] | None, today: date, wanted: Which) -> list[dict[str, Any]]:
    """Return cases, those with most at risk first, at most ``MOST_ROWS``."""
    values = {"branches": _listed(branches), "today": today, "which": wanted.which, "owner": wanted.owner, "rules": None if wanted.rules is None else list(wanted.rules), "most": MOST_ROWS}
    return [dict(row) for row in connection.execute(_QUEUE, values).mappings()]


def case_of(connection: Connection, branches: frozenset[int] | None, today: date, number: int) -> dict[str, Any] | None:
    """Return one case with ``events`` (the newest first) and ``files``; None: there is none among these branches."""
    row = connection.execute(_ONE, {"id": number, "branches": _listed(branches), "today": today}).mappings().one_or_none() if 0 < number < 2**63 else None
    if row is None:
        return None
    events, files = ([dict(each) for each in connection.execute(statement, {"id": number}).mappings()] for statement in (_EVENTS, _FILES))
    return {**row, "events": events, "files": files}


def file_of(connection: Connection, case: int, file: int) -> tuple[str, str, bytes] | None:
    """Return name, media type and content of a file of a case; whoever asks must have been shown the case."""
    row = connection.execute(_FILE, {"id": case, "file": file}).one_or_none()
    return None if row is None else (row.name, row.media_type, bytes(row.content))


def recent_runs(connection: Connection, most: int = 60) -> list[dict[str, Any]]:
    """Return runs, the newest first."""
    return [dict(row) for row in connection.execute(_RUNS, {"most": most}).mappings()]


def run_of(connection: Connection, number: int) -> dict[str, Any] | None:
    """Return one run with ``sides``; None: there is none."""
    row = connection.execute(_RUN, {"id": number}).mappings().one_or_none() if 0 < number < 2**63 else None
    return None if row is None else {**row, "sides": [dict(each) for each in connection.execute(_SIDES, {"id": number}).mappings()]}


def rule_counts(connection: Connection, branches: frozenset[int] | None) -> Mapping[str, Mapping[str, Any]]:
    """Return per rule: open, amount, found, judged and false_alarms; precision so far is 1 - false_alarms / judged."""
    return {row["rule"]: dict(row) for row in connection.execute(_RULES, {"branches": _listed(branches)}).mappings()}


def _listed(branches: frozenset[int] | None) -> list[int] | None:
    return None if branches is None else sorted(branches)
