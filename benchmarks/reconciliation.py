"""Reconciliation: ``python -m benchmarks.reconciliation``.  The last line is JSON.

On servers of its own: a million records against a million payments with every type of break, the demo company's planted truth, and the public
record-linkage set febrl4 (BENCH_DATA names the folder with the public data, ``../shared/data``; what is missing is said, and left out).
"""

import json
import os
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks.febrl import measure_febrl4
from benchmarks.platform import ROOT, platform
from benchmarks.timing import step
from jobs.demo.load import load_company
from shared.clock import now
from shared.reconciliation.ledger import LedgerDone, run_ledger
from shared.reconciliation.running import run_rules
from shared.reconciliation.source import Source, save_source
from shared.settings import Settings
from shared.warehouse.engines import Engines
from shared.warehouse.migrate import migrate

DATA = Path(os.environ.get("BENCH_DATA", str(ROOT.parent / "shared" / "data")))
ROWS = int(os.environ.get("BENCH_RECON_ROWS", "1000000"))
_FILL = """
INSERT INTO crm.branch (id, name, time_zone) VALUES (1, 'Akron', 'America/New_York');
INSERT INTO crm.product (id, name) VALUES (1, 'Roof');
INSERT INTO crm.lead_source (id, name, channel) VALUES (1, 'Web', 'Digital');
INSERT INTO crm.prospect (id, branch_id, name, phone) SELECT n, 1, 'Household ' || md5(n::text), lpad(n::text, 10, '4') FROM generate_series(1, 50000) n;
INSERT INTO crm.lead (id, branch_id, prospect_id, source_id, created_at, created_on) SELECT n, 1, n, 1, '2026-01-01', '2026-01-01' FROM generate_series(1, 50000) n;
INSERT INTO crm.appointment (id, branch_id, lead_id, set_at, set_on, scheduled_at, scheduled_on) SELECT n, 1, n, '2026-01-02', '2026-01-02', '2026-01-03', '2026-01-03' FROM generate_series(1, 50000) n;
INSERT INTO crm.sale (id, branch_id, appointment_id, product_id, sold_at, sold_on, gross, status, rescission_ends_on) SELECT n, 1, n, 1, '2026-01-03', '2026-01-03', 90000, 'firm', '2026-01-07' FROM generate_series(1, 50000) n;
INSERT INTO crm.payment (id, external_id, branch_id, sale_id, paid_at, paid_on, amount, method)
    SELECT n, 'PY-' || lpad(n::text, 9, '0'), 1, 1 + n % 50000, DATE '2026-02-01' + (n % 89)::integer, DATE '2026-02-01' + (n % 89)::integer, (1000 + n * 7919 % 900000) / 100.0, 'check' FROM generate_series(1, {rows}::bigint) n;
"""
# One row in a thousand carries a break: of each 8,000, eight of one kind each.
_RECORDS = """
INSERT INTO crm.external_record (source, batch, key, payload)
SELECT 'bank', 'all', p.id || '-' || c.copy, jsonb_build_object('reference', CASE p.id % 8000 WHEN 5000 THEN '' WHEN 6000 THEN 'XX-' || p.id ELSE p.external_id END,
    'date', p.paid_on + CASE p.id % 8000 WHEN 2000 THEN 20 ELSE 0 END, 'amount', CASE WHEN p.id % 8000 = 6000 THEN 9500 + p.id / 8000.0 ELSE p.amount + CASE p.id % 8000 WHEN 1000 THEN 12.5 ELSE 0 END END,
    'status', 'check', 'branch', 'Akron', 'name', CASE p.id % 8000 WHEN 6000 THEN 'Unknown' ELSE h.name END, 'phone', CASE p.id % 8000 WHEN 6000 THEN '' ELSE h.phone END)
FROM crm.payment p JOIN crm.prospect h ON h.id = p.sale_id CROSS JOIN LATERAL generate_series(1, CASE p.id % 8000 WHEN 3000 THEN 2 ELSE 1 END) c (copy)
WHERE p.id % 8000 <> 4000 ORDER BY p.id"""
# A record under a number that we do not know leaves our own row without one.
_PLANTED = (("amount_differs", 1000), ("date_differs", 2000), ("duplicate", 3000), ("missing_outside", 4000), ("missing_outside", 6000), ("missing_in_crm", 6000))


class Memory(threading.Thread):
    """Watches how much memory this process and the server's back ends take together, in MB beyond what the server shares among them."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak, self._over = 0.0, threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.2):
            self.peak = max(self.peak, sum(_own_mb(each) for each in Path("/proc").glob("[0-9]*") if _is_ours(each)))

    def stop(self) -> float:
        self._over.set()
        return self.peak


def _is_ours(process: Path) -> bool:
    try:
        return process.name == str(os.getpid()) or (process / "cmdline").read_bytes().startswith(b"postgres: bi ")
    except OSError:
        return False


def _own_mb(process: Path) -> float:
    try:
        lines = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line)
        return int(lines["RssAnon"].split()[0]) / 1024
    except (OSError, KeyError):
        return 0.0


def measure_match(engines: Engines, settings: Settings) -> dict[str, Any]:
    """Hold a million records against a million payments."""
    engine = engines.primary
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica; SET LOCAL statement_timeout = 0"))
        for statement in _FILL.format(rows=ROWS).strip().split(";\n"):
            connection.execute(text(statement.rstrip(";")))
        connection.execute(text(_RECORDS))
        save_source(connection, Source("bank", "Bank", "payments"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))
    memory = Memory()
    memory.start()
    begun = time.perf_counter()
    done = run_ledger(engine, settings, "bank")
    seconds = time.perf_counter() - begun
    peak = memory.stop()
    assert done is not None
    again = time.perf_counter()
    assert run_ledger(engine, settings, "bank") is not None
    right = _typed_right(engines)
    print(f"{ROWS:,} x {ROWS:,}: {seconds:.1f} s the first time, {time.perf_counter() - again:.1f} s again; {dict(done.found)}; {right:.4f} of the breaks typed right", file=sys.stderr)
    return {"seconds": seconds, "peak_mb": peak, "types_right": right, "balanced": _is_balanced(done)}


def _typed_right(engines: Engines) -> float:
    planted = {(rule, number) for rule, place in _PLANTED for number in range(place, ROWS + 1, 8000)}
    with engines.primary.connect() as connection:
        found = {(row[0], int(row[1])) for row in connection.execute(text(
            "SELECT c.rule, coalesce(split_part(r.key, '-', 1)::bigint, c.entity_id) FROM crm.recon_case c LEFT JOIN crm.external_record r ON c.entity = 'external_record' AND r.id = c.entity_id WHERE c.source = 'bank'"))}
    return len(planted & found) / len(planted | found)


def _is_balanced(done: LedgerDone) -> bool:
    return all(side.matched_count + side.broken_count == side.total_count and side.matched_cents + side.broken_cents == side.total_cents for side in done.sides)


def measure_demo(engines: Engines, settings: Settings) -> dict[str, Any]:
    """Find what is planted in the demo company."""
    load_company(engines, settings, size=os.environ.get("DEMO_SIZE", "standard"), replace=True, views=False)
    begun = time.perf_counter()
    assert run_rules(engines.primary, settings) is not None
    rules = time.perf_counter() - begun
    for source in ("bank", "lender", "accounting"):
        assert run_ledger(engines.primary, settings, source) is not None
    with engines.primary.connect() as connection:
        truth = {(row.kind, row.rule, frozenset(filter(None, (row.entity_id, row.other)))) for row in connection.execute(text(
            "SELECT kind, rule, entity_id, (detail ->> 'other_id')::bigint AS other FROM app.demo_truth WHERE kind IN ('ghost', 'split', 'ledger')"))}
        found = {("ledger" if row.source else "ghost" if row.rule[0] == "G" else "split", row.rule, frozenset({row.entity_id} | ({row.other_id} if row.rule == "G6" else set()))) for row in connection.execute(text(
            "SELECT source, rule, entity_id, other_id FROM crm.recon_case WHERE closed_on IS NULL"))}
    print(f"demo company: {len(truth)} planted, {len(found)} found; all rules in {rules:.1f} s", file=sys.stderr)
    return {"ghosts": _figures(truth, found, "ghost"), "splits": _figures(truth, found, "split"), "breaks": {"accuracy": _figures(truth, found, "ledger")["accuracy"]}}


def _figures(truth: set[Any], found: set[Any], kind: str) -> dict[str, float]:
    planted, seen = {each for each in truth if each[0] == kind}, {each for each in found if each[0] == kind}
    hit = len(planted & seen)
    figures = {"precision": hit / max(len(seen), 1), "recall": hit / max(len(planted), 1)}
    return {"accuracy": hit / max(len(planted | seen), 1)} if kind == "ledger" else figures


def main() -> int:
    """Measure and print."""
    result: dict[str, Any] = {}
    with platform() as servers:
        settings = servers.settings.model_copy(update={"replica_urls": (), "refresh_timeout_seconds": 3600, "demo_mode": True})
        engines = Engines(settings)
        migrate(engines.primary)
        with step(f"{ROWS:,} records against {ROWS:,} payments"):
            result["match_1m"] = measure_match(engines, settings)
        with step("The demo company"):
            result |= measure_demo(engines, settings)
        engines.dispose()
    with step("febrl4"):
        result["febrl4"] = measure_febrl4(DATA / "recon")
    result["own_peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result["at"] = now().date().isoformat()
    print(json.dumps(_rounded(result)))
    return 0


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return round(value, 4) if isinstance(value, float) else value


if __name__ == "__main__":
    sys.exit(main())
