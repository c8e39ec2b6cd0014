"""Cases and ledgers."""

from tests.oracles.oracle import Divide, Facts, Open, Oracle, Select

_TABLES = "crm.recon_case c JOIN crm.branch b ON b.id = c.branch_id"
_BY = {"branch": "b.id", "rep": "c.rep_id", "rule": "c.rule", "family": "(CASE WHEN c.source = '' AND left(c.rule, 1) = 'G' THEN 'ghost' WHEN c.source = '' THEN 'split' ELSE 'break' END)"}
_OPEN = Facts(_TABLES, "", _BY, "c.since <= :day AND (c.closed_on IS NULL OR c.closed_on > :day)")
_CLOSED = Facts(_TABLES, "c.closed_on", _BY, "c.closed_on IS NOT NULL AND c.source <> ''")
_RECORDS = Facts("crm.recon_item i JOIN crm.branch b ON b.id = i.branch_id", "i.day", {"branch": "b.id", "ledger": "i.source", "side": "i.side"}, "i.side = 'outside'")
_MATCHED = _RECORDS.only("i.state = 'matched'")
_GHOST, _SPLIT, _BREAK = _OPEN.only("c.source = '' AND c.rule LIKE 'G%'"), _OPEN.only("c.source = '' AND c.rule LIKE 'S%'"), _OPEN.only("c.source <> ''")

ORACLES: dict[str, Oracle] = {
    "ghosts": Open(_GHOST), "ghosts_amount": Open(_GHOST, "sum(c.amount)"), "split_errors": Open(_SPLIT), "split_errors_amount": Open(_SPLIT, "sum(c.amount)"),
    "open_breaks": Open(_BREAK), "open_breaks_amount": Open(_BREAK, "sum(c.amount)"),
    "match_rate": Divide(Select(_MATCHED), Select(_RECORDS)), "match_rate_amount": Divide(Select(_MATCHED, "sum(abs(i.cents))"), Select(_RECORDS, "sum(abs(i.cents))")),
    "break_age": Divide(Select(_CLOSED, "sum(c.closed_on - c.since)"), Select(_CLOSED)),
}
