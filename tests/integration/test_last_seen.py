"""What somebody saw at the end of the visit before this one."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.people.last_seen import PAUSE, LastSeen
from shared.people.preferences import preferences_of, remember
from shared.warehouse.engines import Engines
from tests.sites import Company

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


def test_a_visit_that_follows_a_pause_is_told_of_the_one_before(company: Company) -> None:
    clock, person = Clock(), company.people["cmo"]
    look = LastSeen(company.engines, "test:visits", clock)
    assert look(person, {"sales": 1}) is None
    clock.at += timedelta(minutes=5)
    assert look(person, {"sales": 2}) is None, "the page looked again by itself: the same visit"
    clock.at += PAUSE + timedelta(seconds=1)
    found = look(person, {"sales": 7})
    assert found
    assert (found.values, found.at) == ({"sales": 2}, START + timedelta(minutes=5))
    clock.at += timedelta(minutes=10)
    again = look(person, {"sales": 9})
    assert again == found, "the visit before this one stays the same while this one lasts"


def test_nobody_is_told_what_somebody_else_saw(company: Company) -> None:
    clock = Clock()
    look = LastSeen(company.engines, "test:others", clock)
    look(company.people["cmo"], {"sales": 1})
    clock.at += 2 * PAUSE
    assert look(company.people["boss"], {"sales": 2}) is None


@pytest.mark.parametrize("kept", [{"visit": {"at": "yesterday", "values": {}}}, {"visit": 7}, "nothing", {"visit": {"at": START.isoformat(), "values": [1]}}])
def test_what_another_release_wrote_is_no_error(company: Company, kept: object) -> None:
    person = company.people["boss"]
    remember(company.engines, person, {"seen:test:old": kept})
    assert LastSeen(company.engines, "test:old", Clock())(person, {"sales": 1}) is None
    assert preferences_of(company.engines, person)["seen:test:old"]["visit"]["values"] == {"sales": 1}


def test_the_page_does_not_wait_for_a_database_that_is_away(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    unreachable = company.settings.model_copy(update={"database_url": type(company.settings.database_url)("postgresql+psycopg2://x:x@127.0.0.1:1/x")})
    assert LastSeen(Engines(unreachable), "test:away", Clock())(company.people["boss"], {"sales": 1}) is None
