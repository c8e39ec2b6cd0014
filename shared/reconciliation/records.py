"""Takes the rows of a file into the records of a source: all of them or none."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import IO, Any, Final

from sqlalchemy import Connection, text

from shared.reconciliation.source import Source
from shared.warehouse.load_fields import STAGED, Entity, Field, Kind, day, money
from shared.warehouse.load_fields import text as words

RECORD: Final = Entity("external_record", "What another party says: one payment, sale or invoice in a row.", (
    words("reference", "ref", "reference_number", "reference_no", "ref_no", "payment_id", "payment_number", "sale_id", "sale_number", "job_id", "job_number", "invoice", "invoice_number", "invoice_no", "invoice_id", "contract",
          "contract_number", "loan_number", "loan_id", "application_id", "app_id", "transaction_id", "transaction_number", "trx_id", "id", "external_id", "document", "document_number", "doc_no", "our_reference", "your_reference",
          "customer_reference", "customer_ref", "num", "belegnummer", "belegfeld_1", "belegfeld", "belegnr", "rechnungsnummer", "rechnungsnr", "kundenreferenz", "referenz", "check_number", "check_no", "cheque_number", most=200),
    day("date", "day", "posted", "posted_on", "posting_date", "post_date", "transaction_date", "trans_date", "value_date", "booking_date", "payment_date", "paid_on", "sold_on", "sale_date", "funded_on", "funding_date", "invoice_date",
        "effective_date", "completed_on", "datum", "buchungstag", "buchungsdatum", "belegdatum", "rechnungsdatum", "valuta", "valutadatum", "wertstellung", required=True),
    money("credit", "credits", "credit_amount", "deposit", "deposits", "paid_in", "money_in", "haben", "eingang"),
    money("debit", "debits", "debit_amount", "withdrawal", "withdrawals", "paid_out", "money_out", "soll", "ausgang"),
    money("amount", "amt", "value", "total", "sum", "net_amount", "gross_amount", "payment", "payment_amount", "funded", "funded_amount", "invoice_amount", "invoice_total", "transaction_amount", "betrag", "umsatz",
          "umsatz_ohne_soll_haben_kz", "bruttobetrag", "net"),
    words("side", "dr_cr", "cr_dr", "debit_credit", "credit_debit", "d_c", "c_d", "debit_credit_indicator", "credit_debit_indicator", "soll_haben", "soll_haben_kennzeichen", "soll_haben_kz", "s_h", "sh", most=40),
    words("status", "state", "stage", "decision", most=100),
    words("office", "branch", "branch_name", "location", "store", "division", "filiale", most=200),
    words("name", "customer", "customer_name", "client", "client_name", "payer", "payee", "payer_name", "payee_name", "account_name", "contact_name", "contact", "received_from", "counterparty", "household", "borrower", "borrower_name", "applicant",
          "homeowner", "kunde", "zahlungspflichtiger", "beguenstigter_zahlungspflichtiger", "auftraggeber_beguenstigter", "empfaenger_zahlungspflichtiger", "name_zahlungsbeteiligter", "auftraggeber", "buchungstext_name", most=300),
    words("memo", "description", "memo_description", "transaction_description", "details", "narrative", "particulars", "text", "note", "notes", "verwendungszweck", "vorgang_verwendungszweck", "buchungstext", most=1000),
    words("phone", "telephone", "phone_number", "mobile", "telefon", most=60),
    words("address", "street", "street_address", "property_address", "service_address", "adresse", most=300),
    words("currency", "ccy", "curr", "currency_code", "waehrung", "wkz_umsatz", "wkz", most=10),
), keys=(("date",),))
_STAGE: Final = "recon_stage"
DEBITS: Final = ("d", "dr", "debit", "debits", "db", "s", "soll", "withdrawal", "paid out", "out", "belastung")
CREDITS: Final = ("c", "cr", "credit", "credits", "h", "haben", "deposit", "paid in", "in", "gutschrift")
_SIDE = "lower(btrim(side, ' .'))"
_FAULTS = f"""
SELECT line, coalesce(fault, CASE WHEN date IS NULL THEN 'date: is missing' WHEN coalesce(amount, credit, debit) IS NULL THEN 'amount: is missing' ELSE 'side: ''' || left(side, 40) || ''' is neither debit nor credit' END) AS words FROM {_STAGE}
WHERE fault IS NOT NULL OR date IS NULL OR coalesce(amount, credit, debit) IS NULL OR {_SIDE} NOT IN {DEBITS + CREDITS} ORDER BY line LIMIT 200"""
# A column that says debit or credit gives amounts their sign, unless they carry one already.
_SIGN = f"""
UPDATE {_STAGE} SET amount = -amount WHERE {_SIDE} IN {DEBITS} AND amount IS NOT NULL AND NOT EXISTS (SELECT FROM {_STAGE} WHERE {_SIDE} IN {DEBITS} AND amount < 0)"""
# Of a book of customers' accounts what customers owe stands under debit: where nearly everything does, debit is plus.
_TURNED = f"""
SELECT count(*) >= 20 AND count(*) FILTER (WHERE coalesce(debit, 0) <> 0 OR {_SIDE} IN {DEBITS}) >= 0.9 * count(*) FROM {_STAGE} WHERE coalesce(debit, credit) <> 0 OR side IS NOT NULL"""
_TURN = f"UPDATE {_STAGE} SET amount = -amount, credit = debit, debit = credit WHERE coalesce(debit, credit) IS NOT NULL OR side IS NOT NULL"
_AMOUNT = "coalesce(amount, 0) + coalesce(abs(credit), 0) - coalesce(abs(debit), 0)"
_COUNTS = f"SELECT count(*) AS rows, coalesce(sum(round(({_AMOUNT}) * 100)), 0)::bigint AS cents, min(date) AS first, max(date) AS last FROM {_STAGE}"
_ADD_UP = text(f"""
SELECT t.line, coalesce(sum(s.cents), 0) AS above, coalesce(sum(s.cents) FILTER (WHERE s.line > t.previous), 0) AS since
FROM (SELECT line, lag(line, 1, 0::bigint) OVER (ORDER BY line) AS previous FROM unnest(CAST(:lines AS bigint[])) l (line)) t
LEFT JOIN (SELECT line, round(({_AMOUNT}) * 100) AS cents FROM {_STAGE}) s ON s.line < t.line GROUP BY t.line ORDER BY t.line""")
_BRANCHES = f"""SELECT array_agg(DISTINCT s.office) FROM {_STAGE} s WHERE s.office IS NOT NULL
    AND NOT EXISTS (SELECT FROM crm.branch b WHERE lower(btrim(s.office)) IN (lower(b.name), lower(b.external_id)))"""
# What two files of a source both hold, because their days overlap, is one record: as many of it as the file with the most holds.
_REPEATED: Final = f"""
CREATE TEMPORARY TABLE recon_again AS
WITH span AS (SELECT min(date) AS first, max(date) AS last FROM {_STAGE}), old AS (
    SELECT content, max(held) AS held, min(batch) AS batch FROM (
        SELECT r.batch, md5(concat_ws('|', upper(btrim(r.payload ->> 'reference')), r.payload ->> 'date', round((r.payload ->> 'amount')::numeric * 100), lower(r.payload ->> 'status'), lower(r.payload ->> 'branch'), lower(r.payload ->> 'name'), r.payload ->> 'phone',
            lower(r.payload ->> 'address'), lower(r.payload ->> 'memo'))) AS content, count(*) AS held
        FROM crm.external_record r, span WHERE r.source = :source AND r.batch <> :batch AND r.payload ->> 'date' BETWEEN span.first::text AND span.last::text AND r.payload ->> 'amount' ~ '^-?\\d{{1,13}}(\\.\\d+)?$' GROUP BY 1, 2) b GROUP BY 1
), new AS (
    SELECT line, content, row_number() OVER (PARTITION BY content ORDER BY line) AS nth FROM (
        SELECT line, md5(concat_ws('|', upper(btrim(coalesce(reference, ''))), date, round(({_AMOUNT}) * 100), lower(status), lower(office), lower(name), phone, lower(address), lower(memo))) AS content FROM {_STAGE}) s
)
SELECT n.line, o.batch FROM new n JOIN old o ON o.content = n.content WHERE n.nth <= o.held"""
_INSERT = text(f"""
INSERT INTO crm.external_record (source, batch, key, payload, received_at)
SELECT :source, :batch, :batch || '-' || line, jsonb_strip_nulls(jsonb_build_object('reference', coalesce(reference, ''), 'date', date, 'amount', {_AMOUNT}, 'status', status, 'branch', office, 'name', name, 'phone', phone,
    'address', address, 'memo', memo, 'currency', currency, 'line', line)), clock_timestamp() FROM {_STAGE} s WHERE NOT EXISTS (SELECT FROM recon_again a WHERE a.line = s.line) ORDER BY line""")
_CENTS = text("SELECT coalesce(sum(round((payload ->> 'amount')::numeric * 100)), 0)::bigint FROM crm.external_record WHERE source = :source AND batch = :batch")
_BATCH = text("""
INSERT INTO crm.recon_batch (source, batch, period_from, period_to, file_name, sha256, row_count, cents, left_out, added_by)
VALUES (:source, :batch, :period_from, :period_to, :file_name, :sha256, :rows, :cents, CAST(:left_out AS jsonb), :person)
ON CONFLICT (source, batch) DO UPDATE SET period_from = excluded.period_from, period_to = excluded.period_to, file_name = excluded.file_name, sha256 = excluded.sha256, row_count = excluded.row_count, cents = excluded.cents, left_out = excluded.left_out,
  added_by = excluded.added_by, added_at = clock_timestamp()""")


@dataclass(frozen=True)
class Problem:
    """Why a line cannot be taken."""

    line: int
    """As the file counts; 0: the file as a whole."""
    words: str


@dataclass(frozen=True)
class Staged:
    """What a file holds, before it is taken."""

    rows: int
    cents: int
    first: date | None
    last: date | None
    problems: Sequence[Problem] = ()
    unknown_branches: Sequence[str] = ()
    """Names that none of our branches has: these records are seen by those only who see every branch."""
    turned: bool = False
    """Debits count as plus, because nearly all of the file is one."""


@dataclass(frozen=True)
class Batch:
    """What a batch is called and reports on."""

    name: str
    file_name: str
    sha256: str
    period: tuple[date, date] | None = None
    person: int | None = None
    left_out: Sequence[Mapping[str, Any]] = ()
    """Lines of the file that are no records: line, words, agrees, says."""


class AlreadyThereError(ValueError):
    """This very file was taken before; the message says when."""


def stage_records(connection: Connection, fields: Sequence[Field], portions: Iterable[IO[Any]]) -> Staged:
    """Stage the rows of a file in a table of this session and say what they hold; ``portions``: CSV of line, fault and ``fields``."""
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # pages' time limits are not for a load
    columns = ", ".join(f"{one.name} {STAGED.get(one.kind, 'text')}" for one in RECORD.fields)
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS pg_temp.{_STAGE}")
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {_STAGE} (line bigint, fault text, {columns})")
    raw = connection.connection.driver_connection
    assert raw is not None
    with raw.cursor() as cursor:
        for portion in portions:
            cursor.copy_expert(f"COPY {_STAGE} (line, fault, {', '.join(one.name for one in fields)}) FROM STDIN (FORMAT csv)", portion)
    problems = [Problem(each.line, each.words) for each in connection.exec_driver_sql(_FAULTS)]
    connection.exec_driver_sql(_SIGN)
    turned = bool(connection.exec_driver_sql(_TURNED).scalar_one())
    if turned:
        connection.exec_driver_sql(_TURN)
    row = connection.exec_driver_sql(_COUNTS).one()
    return Staged(row.rows, row.cents, row.first, row.last, problems, connection.exec_driver_sql(_BRANCHES).scalar_one() or [], turned)


def add_up(connection: Connection, lines: Sequence[int]) -> list[tuple[int, int]]:
    """Return for each of these lines, in ascending order, what the staged records add up to: all above it, and those since the line before; cents."""
    found = connection.execute(_ADD_UP, {"lines": list(lines)}).all()
    return [(int(row.above), int(row.since)) for row in found]


def repeated_lines(connection: Connection, source: str, batch: str) -> list[tuple[int, str]]:
    """Return the staged lines that another batch of the source holds, too, and which; they are not taken again."""
    connection.exec_driver_sql("DROP TABLE IF EXISTS pg_temp.recon_again")
    connection.execute(text(_REPEATED), {"source": source, "batch": batch})
    return [(int(row.line), str(row.batch)) for row in connection.exec_driver_sql("SELECT line, batch FROM recon_again ORDER BY line")]


def take_records(connection: Connection, source: Source, batch: Batch) -> int:
    """Take what was staged as ``batch``, in place of an earlier one of that name, within the caller's transaction; return how many records.  ``repeated_lines`` comes first.

    Raises AlreadyThereError for a file that was taken before under another name.
    """
    earlier = connection.execute(text("SELECT batch, added_at::date AS day FROM crm.recon_batch WHERE source = :source AND sha256 = :sha256 AND batch <> :batch"),
                                 {"source": source.name, "sha256": batch.sha256, "batch": batch.name}).one_or_none()
    if earlier is not None and batch.sha256:
        raise AlreadyThereError(f"This very file was taken on {earlier.day} as {earlier.batch}: nothing was changed.")
    connection.execute(text("DELETE FROM crm.external_record WHERE source = :source AND batch = :batch"), {"source": source.name, "batch": batch.name})
    taken = connection.execute(_INSERT, {"source": source.name, "batch": batch.name}).rowcount
    period = batch.period or (None, None)
    connection.execute(_BATCH, {"source": source.name, "batch": batch.name, "period_from": period[0], "period_to": period[1], "file_name": batch.file_name, "sha256": batch.sha256,
                                "rows": taken, "cents": connection.execute(_CENTS, {"source": source.name, "batch": batch.name}).scalar_one(), "left_out": json.dumps(list(batch.left_out)), "person": batch.person})
    return taken


def described(staged: Staged) -> dict[str, Any]:
    """What a person is shown of a staged file."""
    return {**asdict(staged), "first": staged.first and staged.first.isoformat(), "last": staged.last and staged.last.isoformat(), "problems": [], "kinds": [one.name for one in RECORD.fields if one.kind is not Kind.FLAG]}
