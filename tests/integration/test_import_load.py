"""What an import does to the database."""

import threading
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.imports.refusal import ImportRefusedError
from jobs.imports.run import Outcome, Request, run_import
from shared.settings import Settings
from shared.warehouse.build import build_views
from shared.warehouse.engines import Engines
from shared.warehouse.load_entities import ENTITIES
from shared.warehouse.load_log import Counts
from tests.integration.importing import LEADS, SAMPLES, Deaf, Import, company, imported, rejected, rows
from tests.integration.test_import_files import workbook

__all__ = ["company", "imported"]


def test_the_samples_imported_in_order_give_a_company_and_change_nothing_the_second_time(fresh: Engines, settings: Settings, tmp_path: Path) -> None:
    build_views(fresh.primary, settings)
    for entity in ENTITIES:
        path = SAMPLES / f"{entity}.csv"
        count = len(rejected(path))
        outcome = run_import(fresh.primary, Request(entity, path, rejects=tmp_path / "none.csv"), Deaf())
        assert outcome.counts == Counts(read=count, inserted=count), entity
        assert rows(fresh, f"SELECT count(*) FROM crm.{entity}") == [(count,)]
    assert rows(fresh, "SELECT name FROM crm.prospect WHERE external_id = 'C-5'") == [('Marcus "Mac" Bell',)]
    assert rows(fresh, "SELECT sum(amount) FROM crm.sale") == [(Decimal("67400.00"),)]
    marks = "SELECT count(*) FROM mart.dirty_day"
    before = rows(fresh, marks)
    for entity in ENTITIES:
        counts = run_import(fresh.primary, Request(entity, SAMPLES / f"{entity}.csv", rejects=tmp_path / "none.csv"), Deaf()).counts
        assert counts == Counts(read=counts.read, unchanged=counts.read), entity
    assert rows(fresh, marks) == before
    assert not (tmp_path / "none.csv").exists()


def test_a_changed_row_is_updated_and_dirties_only_its_own_days(imported: Import, company: Engines) -> None:
    imported("lead", LEADS)
    last = rows(company, "SELECT coalesce(max(id), 0) FROM mart.dirty_day")[0][0]
    outcome = imported("lead", LEADS.replace("2026-05-05 10:00", "2026-05-06 10:00"))
    assert outcome.counts == Counts(read=2, updated=1, unchanged=1)
    assert rows(company, "SELECT created_on::text FROM crm.lead WHERE external_id = 'L2'") == [("2026-05-06",)]
    assert rows(company, f"SELECT DISTINCT day::text FROM mart.dirty_day WHERE id > {last} ORDER BY 1") == [("2026-05-05",), ("2026-05-06",)]


def test_columns_that_a_file_lacks_keep_their_values_and_an_empty_cell_empties(imported: Import, company: Engines) -> None:
    imported("lead", "external_id,prospect_external_id,source,created_at,first_attempt_at,disregard\nL1,C-1,Referral,2026-05-04,2026-05-04 10:00,test\n")
    imported("lead", "external_id,prospect_external_id,source,created_at,first_attempt_at\nL1,C-1,Referral,2026-05-04,\n")
    assert rows(company, "SELECT first_attempt_at, disregard FROM crm.lead") == [(None, "test")]


def test_a_dry_run_tells_what_would_happen_and_loads_nothing(imported: Import, company: Engines) -> None:
    bad = LEADS + "L3,C-9,Referral,2026-05-05\n"
    dry = imported("lead", bad, dry_run=True)
    assert dry.outcome == "dry run"
    assert dry.rejects is not None
    assert rows(company, "SELECT count(*) FROM crm.lead") == [(0,)]
    assert rows(company, "SELECT count(*) FROM app.import_mapping WHERE entity = 'lead'") == [(0,)]
    assert rows(company, "SELECT is_dry_run, outcome, inserted FROM app.import_log WHERE entity = 'lead'") == [(True, "dry run", 2)]
    assert imported("lead", bad).counts == dry.counts == Counts(read=3, inserted=2, rejected=1)


def test_all_or_nothing_loads_nothing_if_a_single_row_is_rejected(imported: Import, company: Engines) -> None:
    outcome = imported("lead", LEADS + "L3,C-9,Referral,2026-05-05\n", all_or_nothing=True)
    assert outcome.outcome == "rejected"
    assert rows(company, "SELECT count(*) FROM crm.lead") == [(0,)]
    assert [row["external_id"] for row in rejected(outcome.rejects)] == ["L3"]
    assert rows(company, "SELECT outcome FROM app.import_log WHERE entity = 'lead'") == [("rejected",)]


def test_a_later_sale_day_moves_its_rescission_end_where_the_file_has_none(imported: Import, company: Engines) -> None:
    sale = "external_id,branch,product,sold_at,gross,status\nS1,Columbus,Windows,2026-05-04,100,firm\n"
    imported("sale", sale)
    assert imported("sale", sale.replace("05-04", "05-18")).counts == Counts(read=1, updated=1)
    assert rows(company, "SELECT rescission_ends_on::text FROM crm.sale") == [("2026-05-21",)]


def test_local_times_follow_the_branch_and_its_clock_changes(imported: Import, company: Engines) -> None:
    imported("lead", """external_id,prospect_external_id,source,created_at
EAST,C-1,Referral,2026-05-04 23:30
CENTRAL,C-4,Referral,2026-05-04 23:30
OFFSET,C-4,Referral,2026-05-05T04:30:00Z
GAP,C-1,Referral,2026-03-08 02:30
TWICE,C-1,Referral,2026-11-01 01:30
""")
    found = dict(rows(company, "SELECT external_id, created_at FROM crm.lead"))
    assert found == {"EAST": datetime(2026, 5, 5, 3, 30, tzinfo=UTC), "CENTRAL": datetime(2026, 5, 5, 4, 30, tzinfo=UTC), "OFFSET": datetime(2026, 5, 5, 4, 30, tzinfo=UTC),
                     "GAP": datetime(2026, 3, 8, 7, 30, tzinfo=UTC), "TWICE": datetime(2026, 11, 1, 6, 30, tzinfo=UTC)}
    assert rows(company, "SELECT DISTINCT created_on::text FROM crm.lead WHERE external_id IN ('EAST', 'CENTRAL', 'OFFSET')") == [("2026-05-04",)]


def test_a_call_that_moves_to_another_month_stays_one_row_in_its_partition(imported: Import, company: Engines) -> None:
    call = "external_id,branch,agent,direction,started_at,seconds,disposition\nC1,Columbus,Mei Tanaka,outbound,2026-05-04 09:00,60,busy\n"
    imported("call", call)
    assert imported("call", call.replace("05-04", "07-04")).counts == Counts(read=1, updated=1)
    assert imported("call", call.replace("05-04", "07-04")).counts == Counts(read=1, unchanged=1)
    assert rows(company, "SELECT tableoid::regclass::text, started_on::text FROM crm.call") == [("crm.call_202607", "2026-07-04")]


def test_targets_are_known_by_kpi_branch_and_month_even_without_a_branch(imported: Import, company: Engines) -> None:
    target = "kpi,branch,month,value\nnet_sales,,2026-05,100\nnet_sales,Chicago,2026-05,50\nnet_sales,,2026-05-09,1\n"
    outcome = imported("target", target)
    assert outcome.counts == Counts(read=3, inserted=2, rejected=1)
    assert rejected(outcome.rejects)[0]["rejected_because"] == "month: must be the first day of a month"
    assert imported("target", "kpi,month,value\nnet_sales,May 2026,120\n").counts == Counts(read=1, updated=1)
    assert rows(company, "SELECT branch_id IS NULL, value FROM crm.target ORDER BY 2") == [(False, Decimal("50.0000")), (True, Decimal("120.0000"))]
    assert imported("target", "kpi,month,value\nnet_sales,2026-05,1\nnet_sales,2026-05,2\n").counts == Counts(read=2, rejected=2)


def test_a_mapping_is_remembered_for_files_with_the_same_header(imported: Import, company: Engines) -> None:
    content = "no,who,from where,when,ignored\nL1,C-1,Referral,2026-05-04,x\n"
    with pytest.raises(ImportRefusedError, match="no column gives external_id and prospect_external_id and source and created_at"):
        imported("lead", content)
    told = {"no": "external_id", "who": "prospect_external_id", "from where": "source", "when": "created_at"}
    imported("lead", content, told=told)
    assert imported("lead", content.replace("L1", "L2"), name="next.csv").counts == Counts(read=1, inserted=1)
    assert rows(company, "SELECT mapping ->> 'no', mapping ->> 'ignored' FROM app.import_mapping WHERE entity = 'lead'") == [("external_id", "")]


def test_one_value_for_all_rows_can_be_set(imported: Import, company: Engines) -> None:
    imported("marketing_spend", "id,source,date,cost\nM1,Referral,2026-05-04,$10\n", constants={"branch": "Columbus", "kind": "media"})
    assert rows(company, "SELECT kind, amount, spent_to::text FROM crm.marketing_spend") == [("media", Decimal("10.00"), "2026-05-04")]


def test_a_second_import_of_an_entity_waits_for_the_first_and_says_so(company: Engines, tmp_path: Path) -> None:
    path, other = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_text(LEADS)
    other.write_text(LEADS)
    first, second = Deaf(), Deaf()
    told, outcomes = threading.Event(), list[Outcome]()
    say = second.say
    second.say = lambda sentence: (say(sentence), told.set())  # type: ignore[assignment,method-assign]
    thread = threading.Thread(target=lambda: outcomes.append(run_import(company.primary, Request("lead", other), second)))

    def start_the_other() -> None:
        thread.start()
        assert told.wait(20)

    first.before_writing = start_the_other
    assert run_import(company.primary, Request("lead", path), first).counts == Counts(read=2, inserted=2)
    thread.join(20)
    assert second.said[-1] == "Another import of lead is under way; this one begins when that has ended."
    assert outcomes[0].counts == Counts(read=2, unchanged=2)


def test_an_import_that_breaks_off_leaves_nothing_and_is_logged(company: Engines, tmp_path: Path) -> None:
    path, watcher = tmp_path / "a.csv", Deaf()
    path.write_text(LEADS)

    def stop() -> None:
        raise KeyboardInterrupt

    watcher.before_writing = stop
    with pytest.raises(KeyboardInterrupt):
        run_import(company.primary, Request("lead", path), watcher)
    assert rows(company, "SELECT count(*) FROM crm.lead") == [(0,)]
    assert rows(company, "SELECT outcome FROM app.import_log WHERE entity = 'lead'") == [("failed",)]
    assert [one.name for one in tmp_path.iterdir() if "rejects" in one.name] == []


def test_a_workbook_a_parquet_file_and_a_text_file_load_the_same_rows(imported: Import, company: Engines, tmp_path: Path) -> None:
    header = ["external_id", "branch", "source", "spent_on", "amount", "kind"]
    given: list[list[str | float | bool | None]] = [["M1", "Columbus", "Referral", "2026-05-04", 10.5, "media"], ["M2", "Chicago", "Referral", "2026-05-05", 7.0, "tools"]]
    text_file = ",".join(header) + "\n" + "".join(",".join(map(str, row)) + "\n" for row in given)
    assert imported("marketing_spend", text_file).counts == Counts(read=2, inserted=2)
    workbook(tmp_path / "a.xlsx", {"S": [header, *given]})
    pq.write_table(pa.table(dict(zip(header, map(list, zip(*given, strict=True)), strict=True))), tmp_path / "a.parquet")
    for name in ("a.xlsx", "a.parquet"):
        assert run_import(company.primary, Request("marketing_spend", tmp_path / name), Deaf()).counts == Counts(read=2, unchanged=2)


def test_a_file_whose_rows_are_all_blank_loads_nothing_and_is_done(imported: Import) -> None:
    outcome = imported("lead", "external_id,prospect_external_id,source,created_at\n,,,\n")
    assert (outcome.outcome, outcome.counts) == ("done", Counts())


def test_a_rejects_file_that_cannot_be_written_stops_the_import_before_it_begins(imported: Import, company: Engines, tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError, match="--rejects"):
        imported("lead", LEADS, rejects=tmp_path / "nowhere" / "r.csv")
    with pytest.raises(ImportRefusedError, match="must not be written"):
        imported("lead", LEADS, rejects=tmp_path / "file.csv")
    assert rows(company, "SELECT count(*) FROM crm.lead") == [(0,)]
