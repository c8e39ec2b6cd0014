"""Both records behind a case, side by side, and which of our rows a record without a counterpart may belong to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, text

from shared.reconciliation.likeness import digits, likeness, plain
from shared.reconciliation.naming import agreement
from shared.reconciliation.source import Source, source_called

_PEOPLE = """LEFT JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id LEFT JOIN crm.prospect h ON h.branch_id = l.branch_id AND h.id = l.prospect_id
LEFT JOIN crm.lead_source o ON o.id = l.source_id LEFT JOIN crm.employee e ON e.id = a.rep_id"""
_CARDS: Final = {
    "appointment": f"""SELECT a.external_id AS "Number", h.name AS "Household", h.address AS "Address", h.phone AS "Telephone", a.kind AS "Kind", a.scheduled_at AS "Scheduled", a.set_at AS "Set", a.issued_at AS "Issued", e.name AS "Representative",
        a.result AS "Result", a.resulted_at AS "Resulted", a.quoted_amount AS "Quoted", l.external_id AS "Lead", l.disregard AS "Lead flagged", o.name AS "Source" FROM crm.appointment a {_PEOPLE} WHERE a.id = :id""",
    "sale": f"""SELECT s.external_id AS "Number", (SELECT b.name FROM crm.branch b WHERE b.id = s.branch_id) AS "Branch", h.name AS "Household", h.address AS "Address", h.phone AS "Telephone", s.sold_on AS "Sold", s.status AS "Status", s.gross AS "List price", s.discount AS "Discount", s.amount AS "Amount",
        (SELECT sum(c.amount) FROM crm.change_order c WHERE c.sale_id = s.id) AS "Change orders", s.financed AS "Financed", s.cancelled_on AS "Cancelled", e.name AS "Representative", o.name AS "Source",
        (SELECT string_agg(w.name || ', ' || p.role || ': ' || trim_scale(p.percent) || ' %, ' || p.amount, '; ' ORDER BY p.id) FROM crm.split p JOIN crm.employee w ON w.id = p.employee_id WHERE p.sale_id = s.id) AS "Splits"
        FROM crm.sale s LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id {_PEOPLE} WHERE s.id = :id""",
    "job": f"""SELECT j.external_id AS "Number", (SELECT b.name FROM crm.branch b WHERE b.id = j.branch_id) AS "Branch", h.name AS "Household", h.address AS "Address", h.phone AS "Telephone", s.external_id AS "Sale", j.status AS "Status", j.crew AS "Crew", j.promised_on AS "Promised", j.started_on AS "Started",
        j.completed_on AS "Completed", s.amount AS "Contract", j.estimated_margin AS "Estimated margin", j.actual_margin AS "Actual margin"
        FROM crm.job j LEFT JOIN crm.sale s ON s.branch_id = j.branch_id AND s.id = j.sale_id LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id {_PEOPLE} WHERE j.id = :id""",
    "payment": f"""SELECT p.external_id AS "Number", (SELECT b.name FROM crm.branch b WHERE b.id = p.branch_id) AS "Branch", h.name AS "Household", h.address AS "Address", h.phone AS "Telephone", s.external_id AS "Sale", p.paid_on AS "Paid", p.method AS "Method", p.amount AS "Amount"
        FROM crm.payment p JOIN crm.sale s ON s.branch_id = p.branch_id AND s.id = p.sale_id LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id {_PEOPLE} WHERE p.id = :id""",
    "external_record": "SELECT r.payload, r.batch, r.key, r.received_at FROM crm.external_record r WHERE r.id = :id",
}
_SNAPSHOT = "SELECT n.payload, n.day FROM crm.snapshot n WHERE n.entity = 'sale' AND n.entity_id = :id ORDER BY n.day DESC LIMIT 1"
_THEIRS: Final = {"reference": "Number", "date": "Date", "amount": "Amount", "status": "Status", "name": "Household", "phone": "Telephone", "address": "Address", "memo": "Text", "branch": "Branch", "currency": "Currency", "line": "Line of the file"}
_DAYS: Final = {"payment": "Paid", "sale": "Sold", "job": "Completed"}
_NEAR = """
SELECT k.id, k.ref, k.day, k.cents, h.name, h.phone, h.address FROM ({book}) k LEFT JOIN crm.sale s ON s.id = k.sale_id LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id
LEFT JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id LEFT JOIN crm.prospect h ON h.branch_id = l.branch_id AND h.id = l.prospect_id
WHERE k.day BETWEEN CAST(:day AS date) - 45 AND CAST(:day AS date) + 45 AND (CAST(:branches AS smallint[]) IS NULL OR k.branch_id = ANY(CAST(:branches AS smallint[])))
  AND NOT EXISTS (SELECT FROM crm.recon_item i WHERE i.source = :source AND i.side = 'crm' AND i.item_id = k.id AND i.state = 'matched')
ORDER BY abs(k.cents - :cents), abs(k.day - CAST(:day AS date)) LIMIT 400"""


@dataclass(frozen=True)
class Pair:
    """One line of two records side by side."""

    label: str
    left: Any
    right: Any
    differs: bool


@dataclass(frozen=True)
class Records:
    """Both records behind a case."""

    left: str
    """What the left one is."""
    right: str
    """Empty: there is no other record."""
    lines: list[Pair]


@dataclass(frozen=True)
class Candidate:
    """One of our rows that a record may belong to."""

    external_id: str
    name: str
    day: Any
    amount: float
    score: float
    reason: str


def records_of(connection: Connection, case: Mapping[str, Any]) -> Records:
    """Return the records of a case side by side, differences marked."""
    if case["entity"] == "external_record":
        return _theirs_and_ours(connection, case)
    ours = _card(connection, case["entity"], case["entity_id"])
    if case["rule"] == "G7":
        kept = connection.execute(text(_SNAPSHOT), {"id": case["entity_id"]}).one_or_none()
        shown = {} if kept is None else {name.replace("_", " ").capitalize(): value for name, value in kept.payload.items()}
        return Records("As the last snapshot holds it" if kept is None else f"As the snapshot of {kept.day} holds it", "As it is now", [Pair(label, value, ours.get(label), differs=True) for label, value in shown.items()])
    if case["other_id"]:
        other = _card(connection, case["entity"], case["other_id"])
        return Records("This one", "The other one", _side_by_side(ours, other))
    if case["rule"] == "missing_outside":
        return Records("Ours", "Theirs", [Pair(label, value, None, differs=False) for label, value in ours.items() if value not in {None, ""}])
    return Records(str(case["entity"]).replace("_", " ").capitalize(), "", [Pair(label, value, None, differs=False) for label, value in ours.items() if value not in {None, ""}])


def _theirs_and_ours(connection: Connection, case: Mapping[str, Any]) -> Records:
    row = connection.execute(text(_CARDS["external_record"]), {"id": case["entity_id"]}).one_or_none()
    theirs = {} if row is None else {label: row.payload.get(name) for name, label in _THEIRS.items() if row.payload.get(name) not in {None, ""}} | {"File": row.batch, "Received": row.received_at}
    if "Branch" in theirs:
        theirs["Branch"] = connection.execute(text("SELECT name FROM crm.branch WHERE lower(external_id) = lower(btrim(:said))"), {"said": theirs["Branch"]}).scalar() or theirs["Branch"]
    ours: dict[str, Any] = {}
    if case["other_id"]:
        entity = source_called(connection, case["source"]).ours.entity
        ours = _card(connection, entity, case["other_id"])
        ours["Date"] = ours.pop(_DAYS[entity], None)
        ours.setdefault("Amount", case["detail"].get("our_amount"))
    if not ours:
        return Records("Theirs", "", [Pair(label, value, None, differs=False) for label, value in theirs.items()])
    source = source_called(connection, case["source"])
    labels = [label for label in dict.fromkeys((*_THEIRS.values(), *ours, *theirs)) if theirs.get(label) not in {None, ""} or ours.get(label) not in {None, ""}]
    compared = {"Number", "Branch", "Date", "Amount", "Status", "Household", "Telephone", "Address"}
    return Records("Theirs", "Ours", [Pair(label, theirs.get(label), ours.get(label), differs=label in compared and label in theirs and label in ours and not _same(label, theirs[label], ours[label], source)) for label in labels])


def _same(label: str, left: Any, right: Any, source: Source) -> bool:
    if label == "Amount":
        return abs(float(left) - float(right)) < 0.005
    if label == "Telephone":
        return digits(str(left)) == digits(str(right))
    if label == "Household":
        return (agreement(plain(str(left)), plain(str(right))) or 0) >= 0.97
    if label == "Address":
        return plain(str(left)) == plain(str(right))
    one, other = str(left).strip().lower(), str(right).strip().lower()
    return one == other or (label == "Status" and source.meaning(one) is not None and source.meaning(one) == source.meaning(other))


def _side_by_side(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[Pair]:
    return [Pair(label, left.get(label), right.get(label), differs=left.get(label) != right.get(label)) for label in left if left.get(label) not in {None, ""} or right.get(label) not in {None, ""}]


def _card(connection: Connection, entity: str, number: int) -> dict[str, Any]:
    row = connection.execute(text(_CARDS[entity]), {"id": number}).mappings().one_or_none()
    return dict(row) if row else {}


def candidates(connection: Connection, case: Mapping[str, Any], branches: frozenset[int] | None, most: int = 5) -> list[Candidate]:
    """Return our rows, not matched yet, that a record without a counterpart may belong to, the likeliest first."""
    if case["rule"] != "missing_in_crm":
        return []
    record = connection.execute(text(_CARDS["external_record"]), {"id": case["entity_id"]}).one_or_none()
    if record is None:
        return []
    payload, cents = record.payload, round(float(case["detail"].get("their_amount") or 0) * 100)
    book = source_called(connection, case["source"]).ours.sql
    rows = connection.execute(text(_NEAR.format(book=book)), {"day": case["day"], "cents": cents, "source": case["source"], "branches": None if branches is None else sorted(branches)})
    found = [_scored(row, payload, case["day"], cents) for row in rows]
    return sorted((one for one in found if one.score >= 0.35), key=lambda one: -one.score)[:most]


def _scored(row: Any, payload: Mapping[str, Any], day: Any, cents: int) -> Candidate:
    name = max(agreement(plain(str(payload.get(each) or "")), plain(row.name or "")) or 0.0 for each in ("name", "memo"))
    phone = digits(str(payload.get("phone") or "")) != "" and digits(str(payload.get("phone") or "")) == digits(row.phone or "")
    money = max(0.0, 1 - abs(row.cents - cents) / max(abs(cents), 1) * 4)
    near = max(0.0, 1 - abs((row.day - day).days) / 30)
    reference = likeness(plain(str(payload.get("reference") or "")), plain(row.ref or "")) or 0.0
    said = [words for words, holds in (("same amount", row.cents == cents), (f"name {name:.0%} alike", name >= 0.5), ("same telephone", phone), (f"{abs((row.day - day).days)} days apart", True), (f"reference {reference:.0%} alike", reference >= 0.7)) if holds]
    return Candidate(row.ref or "", row.name or "", row.day, row.cents / 100, round(0.35 * money + 0.3 * name + 0.15 * phone + 0.1 * near + 0.1 * reference, 3), ", ".join(said))
