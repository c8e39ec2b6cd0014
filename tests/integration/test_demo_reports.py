"""The demo company's library: reports of its people, made once."""

from collections.abc import Callable

from sqlalchemy import text

from jobs.demo.reports import DEMO_REPORTS, ensure_demo_reports
from shared.people.accounts import find_by_email
from shared.people.demo import create_demo_people
from shared.reports.chart_kinds import CHART_KINDS
from shared.reports.report_text import read_report
from shared.settings import Settings
from shared.warehouse.engines import Engines
from shared.warehouse.report_store import Viewer, library, newest


def test_the_library_of_a_demo_company_is_filled_once_and_never_again(database: Callable[..., Settings]) -> None:
    engines = Engines(database(demo_mode=True))
    create_demo_people(engines, "seven quiet lanterns", "nbi_demo_token")

    def seen_by(email: str) -> list[str]:
        person = find_by_email(engines, email)
        assert person is not None
        with engines.primary_reader() as connection:
            return [f"{entry.title}{'*' if entry.is_favourite else ''}{'' if entry.may_edit else ' (to read)'}" for entry in library(connection, Viewer(person.id, person.name, person.role, is_admin=False))]

    assert ensure_demo_reports(engines) == len(DEMO_REPORTS)
    assert seen_by("ada@northline.example")[:2] == ["Monday review*", "Cancellations*"]
    assert "Our sales floor (to read)" in seen_by("marcus@northline.example")
    assert "Cancellations" not in str(seen_by("marcus@northline.example"))
    assert "Monday review" in seen_by("lena@northline.example")
    with engines.primary_reader() as connection:
        numbers = connection.execute(text("SELECT id FROM app.report")).scalars().all()
        assert {block.kind for number in numbers for block in read_report(newest(connection, number).definition).blocks} == set(CHART_KINDS)
    with engines.writer() as connection:
        connection.execute(text("UPDATE app.report SET deleted_at = now()"))
    assert ensure_demo_reports(engines) == 0
    assert seen_by("ada@northline.example") == []
    engines.primary.dispose()
