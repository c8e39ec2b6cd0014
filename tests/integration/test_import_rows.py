"""Which rows an import rejects, and in which words."""

from decimal import Decimal
from pathlib import Path

import pytest

from jobs.imports.refusal import ImportRefusedError
from shared.warehouse.engines import Engines
from shared.warehouse.load_entities import ENTITIES
from shared.warehouse.load_log import Counts
from tests.integration.importing import LEADS, SAMPLES, Import, company, imported, rejected, rows

__all__ = ["company", "imported"]


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
    lines = [
        "S1,Columbus,Windows,2026-05-04,100,0,no,firm,,", "S2,Columbus,Windows,2026-05-04,100,200,no,firm,,", "S3,Columbus,Windows,2026-05-04,100,0,no,cancelled,,",
        "S4,Columbus,Windows,2026-05-04,100,0,no,credit rejected,2026-05-05,", "S5,Columbus,Windows,2026-05-04,100,0,no,cancelled,2026-05-03,",
        "S6,Columbus,Windows,2026-05-04,100,0,no,firm,,2026-05-01", "S7,Columbus,Windows,2026-05-04,-1,,no,firm,,",
    ]
    outcome = imported("sale", head + "\n".join(lines))
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
    said_of = ", ".join(f"'{name}'" for name in ENTITIES)
    unsaid = rows(company, "SELECT c.conrelid::regclass::text, c.conname FROM pg_constraint c JOIN pg_class k ON k.oid = c.conrelid WHERE c.contype = 'c'"
                           " AND c.connamespace = 'crm'::regnamespace AND NOT k.relispartition AND cardinality(c.conkey) > 1 AND obj_description(c.oid, 'pg_constraint') IS NULL"
                           f" AND k.relname IN ({said_of})")
    assert unsaid == []


def test_a_row_takes_its_parent_s_branch_and_may_not_belong_to_another(imported: Import, company: Engines) -> None:
    imported("lead", LEADS)
    assert rows(company, "SELECT DISTINCT b.name FROM crm.lead l JOIN crm.branch b ON b.id = l.branch_id") == [("Columbus",)]
    outcome = imported("lead", "external_id,branch,prospect_external_id,source,created_at\nL3,Chicago,C-1,Referral,2026-05-04\n")
    assert rejected(outcome.rejects)[0]["rejected_because"] == "prospect_external_id: 'C-1' belongs to another branch"


def test_a_name_that_belongs_to_another_row_is_rejected(imported: Import) -> None:
    outcome = imported("product", "external_id,name\nP-NEW,Windows\nP-A,Doors\nP-B,Doors\nP-C,Siding\n")
    assert [(one["external_id"], one["rejected_because"]) for one in rejected(outcome.rejects)] == [
        ("P-NEW", "name: 'Windows' belongs to another row already"), ("P-A", "name: 'Doors' stands on lines 3, 4"), ("P-B", "name: 'Doors' stands on lines 3, 4")]
    assert outcome.counts == Counts(read=4, inserted=1, rejected=3)


def test_a_row_that_only_the_database_can_refuse_is_found_and_the_others_are_loaded(imported: Import) -> None:
    imported("lead", LEADS)
    imported("prospect", (SAMPLES / "prospect.csv").read_text())
    outcome = imported("prospect", "external_id,branch,name\nC-1,Chicago,Moved\nC-2,Columbus,Renamed\n" + "".join(f"N-{n},Chicago,New {n}\n" for n in range(50)))
    assert outcome.counts == Counts(read=52, inserted=50, updated=1, rejected=1)
    because = rejected(outcome.rejects)[0]["rejected_because"]
    assert because.startswith("the database refuses it: update or delete on table")
    assert "lead" in because


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
