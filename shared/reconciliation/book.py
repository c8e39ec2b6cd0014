"""Our own books: which rows another's records are held against."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.reconciliation.rule import BASE


@dataclass(frozen=True)
class Book:
    """One book.

    ``sql`` returns (id, ref, day, cents, status, branch_id, sale_id), one row per entry: the business key in capitals, the business day, signed
    cents, and good, cancelled, declined or NULL where the book has no status to compare.
    """

    name: str
    label: str
    entity: str
    """Table of its rows."""
    sql: str
    tables: tuple[str, ...]
    """Marks that say it has changed."""


BOOKS: Final[Mapping[str, Book]] = {book.name: book for book in (
    Book("payments", "Payments", "payment",
         "SELECT p.id, upper(p.external_id) AS ref, p.paid_on AS day, (p.amount * 100)::bigint AS cents, NULL::text AS status, p.branch_id, p.sale_id FROM crm.payment p", ("ledger payments",)),
    Book("financed", "Financed sales", "sale", """
SELECT s.id, upper(s.external_id) AS ref, s.sold_on AS day, (s.amount * 100)::bigint AS cents,
       CASE s.status WHEN 'cancelled' THEN 'cancelled' WHEN 'credit_rejected' THEN 'declined' ELSE 'good' END AS status, s.branch_id, s.id AS sale_id
FROM crm.sale s WHERE s.financed""", ("ledger sales",)),
    Book("invoices", "Invoices of completed jobs", "job", f"""
SELECT j.id, upper(j.external_id) AS ref, j.completed_on AS day, ({BASE} * 100)::bigint AS cents, 'good' AS status, j.branch_id, j.sale_id
FROM crm.job j JOIN crm.sale s ON s.branch_id = j.branch_id AND s.id = j.sale_id WHERE j.status = 'complete'""", ("ledger sales",)),
    Book("sales", "Sales", "sale", """
SELECT s.id, upper(s.external_id) AS ref, s.sold_on AS day, (s.amount * 100)::bigint AS cents,
       CASE s.status WHEN 'cancelled' THEN 'cancelled' WHEN 'credit_rejected' THEN 'declined' ELSE 'good' END AS status, s.branch_id, s.id AS sale_id
FROM crm.sale s""", ("ledger sales",)),
)}

STATUS_WORDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("good", "approved", "active", "booked", "funded", "invoiced", "posted", "paid", "firm", "sold", "scheduled", "in_progress", "open", "closed", "complete", "completed", "settled", "ok", "pending", "in_rescission", "in rescission"), "good"),
    **dict.fromkeys(("cancelled", "canceled", "cancel", "void", "voided", "rescinded", "reversed", "withdrawn"), "cancelled"),
    **dict.fromkeys(("declined", "decline", "rejected", "denied", "credit_rejected", "credit rejected", "refused"), "declined"),
}
"""What others' words mean, where a source does not say otherwise."""
STATUS_PARTS: Final = (
    ("cancelled", re.compile(r"cancel|void|rescind|rescission|withdr[ae]w|revers|charged?.?back|clawback|storno|returned|nsf|bounced")),
    ("declined", re.compile(r"declin|denied|reject|refus|not approved|abgelehnt")),
    ("good", re.compile(r"fund|approv|paid|post|settl|clear|complete|invoic|book|active|final|gezahlt|gebucht")),
)
"""What a longer word means by what stands in it; the first that fits counts."""
