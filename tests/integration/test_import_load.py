"""What an import does to the database."""

import csv
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from jobs.imports.refusal import ImportRefusedError
from jobs.imports.run import Outcome, Request, run_import
from jobs.imports.spool import Spool
from jobs.progress import Bar
from shared.settings import Settings
from shared.warehouse.build import build_views
from shared.warehouse.engines import Engines
from shared.warehouse.load_entities import ENTITIES
from shared.warehouse.load_log import Counts

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
Import = Callable[..., Outcome]


class Deaf:
    """Hears an import and keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.before_writing: Callable[[], None] = lambda: None

    @contextmanager
    def step(self, label: str, total: float | None, unit: str) -> Iterator[Bar]:
        assert unit
        assert total is None or total >= 0
        if label == "Writing":
            self.before_writing()

        class Still:
            def advance(self, amount: float = 1) -> None:
                assert amount >= 0

            def describe(self, label: str) -> None: ...

            def total(self, amount: float) -> None: ...

        yield Still()

    def understood(self, spool: Spool, mapped: object, plan: object, style_of: str) -> None:
        self.said.append(f"{spool.note}; {style_of}")

    def say(self, sentence: str) -> None:
        self.said.append(sentence)


@pytest.fixture
def company(fresh: Engines, settings: Settings, tmp_path: Path) -> Engines:
    """An empty company but for the sample branches, people, products, sources and prospects; its views mark dirty days."""
    build_views(fresh.primary, settings)
    for entity in ("branch", "employee", "product", "lead_source", "prospect"):
        run_import(fresh.primary, Request(entity, SAMPLES / f"{entity}.csv", rejects=tmp_path / "none.csv"), Deaf())
    return fresh


@pytest.fixture
def imported(company: Engines, tmp_path: Path) -> Import:
    """Imports a text as a file of an entity: ``imported("lead", text, dates="us")``."""

    def run(entity: str, content: str, watcher: Deaf | None = None, name: str = "file.csv", **options: object) -> Outcome:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return run_import(company.primary, Request(entity, path, **options), watcher or Deaf())  # type: ignore[arg-type]

    return run


def rows(engines: Engines, statement: str) -> list[tuple[object, ...]]:
    with engines.primary.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def rejected(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


LEADS = """external_id,prospect_external_id,source,created_at
L1,C-1,Paid search,2026-05-04 09:12
L2,C-2,Referral,2026-05-05 10:00
"""


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


def test_a_rejects_file_can_be_corrected_and_imported_as_it_is(imported: Import, company: Engines, tmp_path: Path) -> None:
    outcome = imported("lead", 'external_id,prospect_external_id,source,created_at,note\nL1,C-1,Referral,2026-05-04,"two\nlines"\nL2,C-2,Radio,tomorrow,x\n')
    assert outcome.rejects == tmp_path / "file.rejects.csv"
    found = rejected(outcome.rejects)
    assert found == [{"external_id": "L2", "prospect_external_id": "C-2", "source": "Radio", "created_at": "tomorrow", "note": "x", "rejected_line": "4",
                      "rejected_because": "created_at: 'tomorrow' is not a date; source: no lead source has the external id or name 'Radio'"}]
    corrected = outcome.rejects.read_text(encoding="utf-8-sig").replace("Radio", "Referral").replace("tomorrow", "2026-05-05", 1)
    again = imported("lead", corrected, name="corrected.csv")
    assert again.counts == Counts(read=1, inserted=1)
    assert rows(company, "SELECT count(*) FROM crm.lead") == [(2,)]


def test_an_external_id_that_stands_twice_is_rejected_with_both_lines(imported: Import, company: Engines) -> None:
    outcome = imported("lead", LEADS + "L1,C-3,Referral,2026-05-06\n")
    assert outcome.counts == Counts(read=3, inserted=1, rejected=2)
    assert [row["rejected_because"] for row in rejected(outcome.rejects)] == ["external_id: 'L1' stands on lines 2, 4"] * 2
    assert rows(company, "SELECT external_id FROM crm.lead") == [("L2",)]


def test_ten_thousand_rows_with_one_external_id_are_told_apart_quickly(imported: Import) -> None:
    content = "external_id,prospect_external_id,source,created_at\n" + "L1,C-1,Referral,2026-05-04\n" * 10_000
    outcome = imported("lead", content)
    assert outcome.counts == Counts(read=10_000, rejected=10_000)
    assert rejected(outcome.rejects)[0]["rejected_because"] == "external_id: 'L1' stands on lines 2, 3, 4, 5, 6 and 9995 more"


@pytest.mark.parametrize(("row", "because"), [
    ("L1,C-9,Referral,,2026-05-04", "prospect_external_id: no prospect has the external id 'C-9'"),
    ("L1,C-1,Radio,,2026-05-04", "source: no lead source has the external id or name 'Radio'"),
    ("L1,C-1,Referral,Chris Doe,2026-05-04", "canvasser: 2 rows of employee are called 'Chris Doe', give the external id"),
    ("L1,,Referral,,2026-05-04", "prospect_external_id: is missing"),
    (",C-1,Referral,,2026-05-04", "external_id: is missing"),
    ("L1,C-1,Referral,,2026-02-30", "created_at: '2026-02-30' is no day of the calendar"),
    (f"{'L' * 201},C-1,Referral,,2026-05-04", f"external_id: '{'L' * 59}…' has 201 characters, at most 200 fit"),
    ("L1,C-1,Referral", "the row has 3 cells, the header has 5"),
    ("L1,C-1,Referral,,2026-05-04,more", "the row has 6 cells, the header has 5"),
    ('L1,"C-1"x,Referral,,2026-05-04', "the row's quotes are wrong (',' expected after '\"')"),
    ("L1,C-1,Re\x00ferral,,2026-05-04", "the row holds a NUL character"),
])
def test_a_bad_row_is_rejected_in_words_and_the_good_one_is_loaded(imported: Import, company: Engines, row: str, because: str) -> None:
    imported("employee", "id,branch,name,roles,active_from\nE-90,Columbus,Chris Doe,canvasser,2020-01-01\nE-91,Chicago,Chris Doe,canvasser,2020-01-01\n", name="people.csv")
    outcome = imported("lead", f"external_id,prospect_external_id,source,canvasser,created_at\n{row}\nL2,c-2,referral,E-90,2026-05-05\n".replace("c-2", "C-2"))
    assert [(one["rejected_line"], one["rejected_because"]) for one in rejected(outcome.rejects)] == [("2", because)]
    assert rows(company, "SELECT external_id FROM crm.lead") == [("L2",)]


def test_rules_of_the_tables_are_told_row_by_row_in_words(imported: Import, company: Engines) -> None:
    head = "external_id,branch,product,sold_at,gross,discount,financed,status,cancelled_at,rescission_ends_on\n"
    outcome = imported("sale", head + "\n".join((
        "S1,Columbus,Windows,2026-05-04,100,0,no,firm,,", "S2,Columbus,Windows,2026-05-04,100,200,no,firm,,", "S3,Columbus,Windows,2026-05-04,100,0,no,cancelled,,",
        "S4,Columbus,Windows,2026-05-04,100,0,no,credit rejected,2026-05-05,", "S5,Columbus,Windows,2026-05-04,100,0,no,cancelled,2026-05-03,",
        "S6,Columbus,Windows,2026-05-04,100,0,no,firm,,2026-05-01", "S7,Columbus,Windows,2026-05-04,-1,,no,firm,,")))
    assert [(one["external_id"], one["rejected_because"]) for one in rejected(outcome.rejects)] == [
        ("S2", "discount: is negative or greater than gross"),
        ("S3", "cancelled_at: must be given if the status is cancelled or credit_rejected, and only then"),
        ("S4", "status: only a financed sale can be credit_rejected"),
        ("S5", "cancelled_at: is before sold_at"),
        ("S6", "rescission_ends_on: is before the day of sale"),
        ("S7", "discount: is negative or greater than gross; gross: is negative"),
    ]
    assert rows(company, "SELECT external_id, rescission_ends_on::text FROM crm.sale") == [("S1", "2026-05-07")]


def test_every_rule_over_several_columns_is_put_into_words(company: Engines) -> None:
    unsaid = rows(company, "SELECT c.conrelid::regclass::text, c.conname FROM pg_constraint c JOIN pg_class k ON k.oid = c.conrelid WHERE c.contype = 'c'"
                           " AND c.connamespace = 'crm'::regnamespace AND NOT k.relispartition AND cardinality(c.conkey) > 1 AND obj_description(c.oid, 'pg_constraint') IS NULL")
    assert unsaid == []


def test_a_later_sale_day_moves_its_rescission_end_where_the_file_has_none(imported: Import, company: Engines) -> None:
    sale = "external_id,branch,product,sold_at,gross,status\nS1,Columbus,Windows,2026-05-04,100,firm\n"
    imported("sale", sale)
    assert imported("sale", sale.replace("05-04", "05-18")).counts == Counts(read=1, updated=1)
    assert rows(company, "SELECT rescission_ends_on::text FROM crm.sale") == [("2026-05-21",)]


def test_a_row_takes_its_parent_s_branch_and_may_not_belong_to_another(imported: Import, company: Engines) -> None:
    imported("lead", LEADS)
    assert rows(company, "SELECT DISTINCT b.name FROM crm.lead l JOIN crm.branch b ON b.id = l.branch_id") == [("Columbus",)]
    outcome = imported("lead", "external_id,branch,prospect_external_id,source,created_at\nL3,Chicago,C-1,Referral,2026-05-04\n")
    assert rejected(outcome.rejects)[0]["rejected_because"] == "prospect_external_id: 'C-1' belongs to another branch"


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


def test_a_name_that_belongs_to_another_row_is_rejected(imported: Import) -> None:
    outcome = imported("product", "external_id,name\nP-NEW,Windows\nP-A,Doors\nP-B,Doors\nP-C,Siding\n")
    assert [(one["external_id"], one["rejected_because"]) for one in rejected(outcome.rejects)] == [
        ("P-NEW", "name: 'Windows' belongs to another row already"), ("P-A", "name: 'Doors' stands on lines 3, 4"), ("P-B", "name: 'Doors' stands on lines 3, 4")]
    assert outcome.counts == Counts(read=4, inserted=1, rejected=3)


def test_a_row_that_only_the_database_can_refuse_is_found_and_the_others_are_loaded(imported: Import, company: Engines) -> None:
    imported("lead", LEADS)
    imported("prospect", (SAMPLES / "prospect.csv").read_text())
    outcome = imported("prospect", "external_id,branch,name\nC-1,Chicago,Moved\nC-2,Columbus,Renamed\n" + "".join(f"N-{n},Chicago,New {n}\n" for n in range(50)))
    assert outcome.counts == Counts(read=52, inserted=50, updated=1, rejected=1)
    because = rejected(outcome.rejects)[0]["rejected_because"]
    assert because.startswith("the database refuses it: update or delete on table")
    assert "lead" in because


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


def test_numeric_dates_are_understood_over_the_whole_file_or_refused(imported: Import, company: Engines) -> None:
    def leads(*days: str) -> str:
        return "external_id,prospect_external_id,source,created_at\n" + "".join(f"L{n},C-1,Referral,{day}\n" for n, day in enumerate(days))

    with pytest.raises(ImportRefusedError, match=r"month or the day: '03/04/2026' on line 2 \(column 'created_at'\); say --dates us"):
        imported("lead", leads("03/04/2026", "05/05/2026"))
    with pytest.raises(ImportRefusedError, match=r"two ways: month first, '04/13/2026' on line 3.*'13/04/2026' on line 2"):
        imported("lead", leads("13/04/2026", "04/13/2026"))
    imported("lead", leads("03/04/2026", "13/04/2026"))
    assert rows(company, "SELECT created_on::text FROM crm.lead WHERE external_id = 'L0'") == [("2026-04-03",)]
    outcome = imported("lead", leads("03/04/2026", "13/04/2026"), dates="us")
    assert rows(company, "SELECT created_on::text FROM crm.lead WHERE external_id = 'L0'") == [("2026-03-04",)]
    assert rejected(outcome.rejects)[0]["rejected_because"] == "created_at: '13/04/2026' is no day of the calendar with the month first"


def test_decimal_marks_are_understood_over_the_whole_file_or_refused(imported: Import, company: Engines) -> None:
    def spend(*amounts: str) -> str:
        return "id;branch;source;date;kind;amount\n" + "".join(f"M{n};Columbus;Referral;2026-05-04;media;{amount}\n" for n, amount in enumerate(amounts))

    with pytest.raises(ImportRefusedError, match="whether a comma in a number is its decimal mark: '1,234' on line 2"):
        imported("marketing_spend", spend("1,234"))
    with pytest.raises(ImportRefusedError, match="numbers in two ways"):
        imported("marketing_spend", spend("1,234.50", "1.234,50"))
    imported("marketing_spend", spend("1.234", "12,5", "7"))
    assert rows(company, "SELECT amount FROM crm.marketing_spend ORDER BY external_id") == [(Decimal("1234.00"),), (Decimal("12.50"),), (Decimal("7.00"),)]


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


def test_a_rejects_file_that_cannot_be_written_stops_the_import_before_it_begins(imported: Import, company: Engines, tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError, match="--rejects"):
        imported("lead", LEADS, rejects=tmp_path / "nowhere" / "r.csv")
    with pytest.raises(ImportRefusedError, match="must not be written"):
        imported("lead", LEADS, rejects=tmp_path / "file.csv")
    assert rows(company, "SELECT count(*) FROM crm.lead") == [(0,)]
