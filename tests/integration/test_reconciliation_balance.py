"""Ledgers that nobody wrote by hand: nothing is left over or counted twice, and every kind of break is called by its name."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as checked
from hypothesis import strategies as st
from sqlalchemy import text

from shared.metrics.scope import COMPANY
from shared.reconciliation.caring import Actor, pair
from shared.reconciliation.ledger import run_ledger
from shared.reconciliation.source import Source, save_source
from shared.settings import Settings
from shared.warehouse.engines import Engines

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
FIRST = date(2026, 9, 1)
PEOPLE = [(f"{given} {family}", f"(412) 555-{number:04d}") for number, (given, family) in enumerate(
    (given, family) for given in ("Ada", "Bruno", "Carla", "Dmitri", "Esther", "Farid", "Greta", "Hugo", "Ines", "Jakub", "Kwame", "Lena", "Marek", "Nora") for family in
    ("Abernathy", "Bukowski", "Castellano", "Dvorak", "Eriksson", "Fitzgerald", "Gutierrez", "Hoffmann", "Ivanova", "Jablonski", "Kowalczyk", "Lindqvist"))]
_numbers = count(1)


@dataclass(frozen=True)
class Paid:
    """A payment of ours."""

    number: str
    person: int
    day: date
    cents: int


@dataclass(frozen=True)
class Record:
    """A record of theirs."""

    reference: str
    name: str
    phone: str
    day: str
    amount: str
    status: str = ""
    memo: str = ""


class Ledger:
    """A company with one household per person, and one source."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.engines = settings, Engines(settings)
        with self.engines.writer() as connection:
            for statement in (
                "INSERT INTO crm.branch (id, name, time_zone) VALUES (1, 'Akron', 'America/New_York')", "INSERT INTO crm.product (id, name) VALUES (1, 'Roof')",
                "INSERT INTO crm.lead_source (id, name, channel) VALUES (1, 'Web', 'Digital')",
            ):
                connection.execute(text(statement))
            for number, (name, phone) in enumerate(PEOPLE, 1):
                values = {"id": number, "name": name, "phone": phone, "at": NOW - timedelta(days=200)}
                for statement in (
                    "INSERT INTO crm.prospect (id, branch_id, name, phone) VALUES (:id, 1, :name, :phone)",
                    "INSERT INTO crm.lead (id, branch_id, prospect_id, source_id, created_at) VALUES (:id, 1, :id, 1, :at)",
                    "INSERT INTO crm.appointment (id, branch_id, lead_id, set_at, scheduled_at) VALUES (:id, 1, :id, :at, :at)",
                    "INSERT INTO crm.sale (id, branch_id, appointment_id, product_id, sold_at, gross, status) VALUES (:id, 1, :id, 1, :at, 9000, 'firm')",
                ):
                    connection.execute(text(statement), values)
            save_source(connection, Source("bank", "Bank", "payments"))

    def run(self, ours: Sequence[Paid], theirs: Sequence[Record]) -> Counter[tuple[str, str]]:
        """Hold ``theirs`` against ``ours``; return the open breaks by type and reference of either side."""
        with self.engines.writer() as connection:
            connection.execute(text("DELETE FROM crm.external_record; DELETE FROM crm.payment"))
            if ours:
                connection.execute(text("INSERT INTO crm.payment (external_id, branch_id, sale_id, paid_at, amount, method) VALUES (:number, 1, :person, :at, :amount, 'check')"),
                                   [{"number": one.number, "person": one.person + 1, "at": datetime(one.day.year, one.day.month, one.day.day, 15, tzinfo=UTC), "amount": Decimal(one.cents) / 100} for one in ours])
            if theirs:
                connection.execute(text("INSERT INTO crm.external_record (source, batch, key, payload) VALUES ('bank', 'b', :key, CAST(:payload AS jsonb))"),
                                   [{"key": str(next(_numbers)), "payload": json.dumps({"reference": one.reference, "name": one.name, "phone": one.phone, "date": one.day, "amount": one.amount, "status": one.status, **({"memo": one.memo} if one.memo else {})})} for one in theirs])
        done = run_ledger(self.engines.primary, self.settings, "bank", lambda: NOW)
        assert done is not None
        outside, crm = done.sides
        assert (outside.total_count, outside.total_cents) == (len(theirs), sum(cents(one.amount) for one in theirs))
        assert crm.total_count <= len(ours)
        with self.engines.primary.connect() as connection:
            kept = connection.execute(text("SELECT side, state = 'matched', count(*), sum(cents)::bigint FROM crm.recon_item WHERE source = 'bank' GROUP BY 1, 2")).all()
            assert sum(row[2] for row in kept) == outside.total_count + crm.total_count
            assert sum(row[3] for row in kept) == outside.total_cents + crm.total_cents
            matched = connection.execute(text("SELECT coalesce(sum(cents) FILTER (WHERE side = 'crm'), 0) - coalesce(sum(cents) FILTER (WHERE side = 'outside'), 0) FROM crm.recon_item WHERE source = 'bank' AND state = 'matched'")).scalar_one()
            assert matched == 0  # without a tolerance, what is matched is the same money on both sides
            rows = connection.execute(text("SELECT rule, coalesce(detail ->> 'our_reference', detail ->> 'reference', '') FROM crm.recon_case WHERE closed_on IS NULL")).all()
        return Counter((row[0], row[1]) for row in rows)


def cents(amount: str) -> int:
    try:
        return int((Decimal(amount) * 100).quantize(Decimal(1))) if amount.replace("-", "", 1).replace(".", "", 1).isdigit() else 0
    except ArithmeticError:
        return 0


@pytest.fixture(scope="module")
def ledger(database: Callable[..., Settings]) -> Iterator[Ledger]:
    made = Ledger(database())
    yield made
    made.engines.dispose()


DAYS = st.integers(0, 75).map(lambda n: FIRST + timedelta(days=n))
AMOUNTS = st.sampled_from([100, 100_00, 250_50, 400_00, 500_00, 600_00, 900_00, -250_50, 1])
OURS = st.lists(st.builds(Paid, st.integers(1, 40).map(lambda n: f"PY-{n}"), st.integers(0, 4), DAYS, AMOUNTS), max_size=14, unique_by=lambda one: one.number)
THEIRS = st.lists(st.builds(
    Record, st.one_of(st.integers(1, 45).map(lambda n: f"py-{n} "), st.just(""), st.just("XX-1")), st.sampled_from([*(name for name, _ in PEOPLE[:5]), ""]), st.sampled_from([*(phone for _, phone in PEOPLE[:5]), ""]),
    st.one_of(DAYS.map(str), st.sampled_from(["", "soon", "2026-13-45"])), st.one_of(AMOUNTS.map(lambda n: str(Decimal(n) / 100)), st.sampled_from(["", "ten", "1e9", "NaN", "12,50"]))), max_size=14)


@checked(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ours=OURS, theirs=THEIRS)
def test_nothing_is_left_over_or_counted_twice_whatever_both_sides_hold(ledger: Ledger, ours: list[Paid], theirs: list[Record]) -> None:
    ledger.run(ours, theirs)


def planted(seed: int) -> tuple[list[Paid], list[Record], Counter[tuple[str, str]]]:  # noqa: C901, PLR0912 - a table of cases
    """A ledger of three months with breaks of every type, references missing, names misspelt, deposits that join and instalments that part."""
    chance = random.Random(seed)
    ours: list[Paid] = []
    theirs: list[Record] = []
    truth: Counter[tuple[str, str]] = Counter()
    for n in range(420):
        person = n % len(PEOPLE)
        name, phone = PEOPLE[person]
        paid = Paid(f"PY-{seed}-{n:04d}", person, FIRST + timedelta(days=chance.randrange(75)), chance.randrange(50_00, 9_000_00))
        record = Record(paid.number, name, phone, str(paid.day), str(Decimal(paid.cents) / 100))
        if n >= len(PEOPLE):  # the first payment of each household is a plain one
            kind = chance.choice(["", "", "", "", "", "", "nameless", "late", "misspelt", "parted", "joined", "missing_outside", "missing_in_crm", "amount_differs", "date_differs", "duplicate"])
        else:
            kind = ""
        ours.append(paid)
        match kind:
            case "nameless":
                theirs.append(Record("", name.upper(), phone.replace("(", "").replace(") ", "-"), record.day, record.amount))
            case "late":
                theirs.append(Record(paid.number.lower(), name, phone, str(paid.day + timedelta(days=chance.randrange(4))), record.amount))
            case "misspelt":
                theirs.append(Record("", name.replace("a", "aa", 1).replace("k", "c", 1), "", str(paid.day + timedelta(days=1)), record.amount))
            case "parted":
                part = paid.cents // 3
                theirs += [Record(paid.number, name, phone, record.day, str(Decimal(one) / 100)) for one in (part, paid.cents - part)]
            case "joined":
                other = Paid(f"PY-{seed}-{n:04d}b", person, paid.day, chance.randrange(50_00, 9_000_00))
                ours.append(other)
                theirs.append(Record(chance.choice(["", f"DEP-{n}"]), name, phone, record.day, str(Decimal(paid.cents + other.cents) / 100)))
            case "missing_outside":
                truth["missing_outside", paid.number] += 1
            case "missing_in_crm":
                theirs += [record, Record(f"XX-{n}", f"Unknown Payer {n}", "", str(paid.day), str(Decimal(chance.randrange(50_00, 9_000_00)) / 100))]
                truth["missing_in_crm", f"XX-{n}"] += 1
            case "amount_differs":
                theirs.append(Record(paid.number, name, phone, record.day, str(Decimal(paid.cents + chance.choice([-1, 1, 10, 1250, 100_00])) / 100)))
                truth["amount_differs", paid.number] += 1
            case "date_differs":
                theirs.append(Record(paid.number, name, phone, str(paid.day + timedelta(days=chance.choice([-20, 9, 24]))), record.amount))
                truth["date_differs", paid.number] += 1
            case "duplicate":
                theirs += [record, record]
                truth["duplicate", paid.number] += 1
            case _:
                theirs.append(record)
    chance.shuffle(theirs)
    return ours, theirs, truth


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_breaks_of_every_type_are_called_by_their_names(ledger: Ledger, seed: int) -> None:
    ours, theirs, truth = planted(seed)
    found = ledger.run(ours, theirs)
    assert {kind for kind, _ in truth} == {"missing_outside", "missing_in_crm", "amount_differs", "date_differs", "duplicate"}
    wrong = (truth - found) + (found - truth)
    assert wrong == Counter()


def test_references_are_found_however_they_are_written(ledger: Ledger) -> None:
    ours = [Paid(f"PY-{number:06d}", number % 5, FIRST + timedelta(days=number), 100_000 + 7 * number) for number in range(1001, 1013)]
    amounts = [str(Decimal(one.cents) / 100) for one in ours]
    written = ["PY001001", "1002", "INV PY-001003", "py 001004", "#001005", "", "", "", "1009", "PY-001010", "PY-001010", "PY-001010"]
    theirs = [Record(written[place], "", "", str(one.day), amounts[place]) for place, one in enumerate(ours)]
    theirs[5] = Record("", "", "", str(ours[5].day), amounts[5], memo="ACH CREDIT IND ID:PY-001006 SEC:PPD")
    theirs[6] = Record("", "", "", str(ours[6].day), str(Decimal(ours[6].cents + ours[7].cents) / 100), memo="SETTLEMENT PY-001007 + PY-001008")
    theirs[8] = Record("1009", "", "", str(ours[8].day), "77.00")  # a bare number and another amount: it may be anything
    theirs[10] = Record("PY-001010", "", "", str(ours[9].day), f"-{amounts[9]}")
    del theirs[7]
    theirs.pop()
    found = ledger.run(ours[:10], theirs)
    assert found == Counter({("missing_in_crm", "1009"): 1, ("missing_outside", "PY-001009"): 1, ("missing_in_crm", "PY-001010"): 1})


@pytest.mark.parametrize("record", [Record("", "", "", str(FIRST), "77.00", memo="ATM CREDIT 5512"), Record("ZZ 4711", "Somebody", "", str(FIRST), "77.00")])
def test_what_a_person_says_belongs_together_wins_however_the_record_is_written(ledger: Ledger, record: Record) -> None:
    ours = [Paid("PY-900001", 3, FIRST + timedelta(days=2), 90_00)]
    assert sum(ledger.run(ours, [record]).values()) >= 1
    with ledger.engines.writer() as connection:
        person = connection.execute(text("INSERT INTO app.person (email, name, role, password_hash, all_branches) VALUES ('p' || random() || '@x.example', 'P', 'analyst', 'x', true) RETURNING id")).scalar_one()
        [(case, version)] = connection.execute(text("SELECT id, version FROM crm.recon_case WHERE rule = 'missing_in_crm' AND closed_on IS NULL")).all()
    pair(ledger.engines, Actor(person, "P", COMPANY, may_work=True, may_sign=False), case, version, "PY-900001")
    found = ledger.run(ours, [record])
    assert found == Counter({("amount_differs", "PY-900001"): 1})
    with ledger.engines.writer() as connection:
        assert connection.execute(text("SELECT level FROM crm.recon_item WHERE source = 'bank' AND side = 'outside'")).scalars().all() == [0]
        connection.execute(text("DELETE FROM crm.recon_pair"))
