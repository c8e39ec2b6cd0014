"""Deliveries in Chromium: a schedule made in words, its next times, a pause that is taken back where it is refused, and a page that is sent from its own menu, as PDF."""

import email
import email.policy
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pydantic import SecretStr
from pypdf import PdfReader

from jobs.delivery import studio_of
from jobs.paper.press import Press
from shared.delivery.caring import Caretaker
from shared.delivery.running import deliver_due, print_due
from shared.people.accounts import list_people
from shared.reports.kinds import KINDS
from shared.settings import Settings
from shared.warehouse.delivery_store import load_schedules
from shared.warehouse.engines import Engines
from tests.browser.conftest import LEADERSHIP, Window
from tests.conftest import CHROMIUM
from tests.integration.mail_server import mail_server


def test_a_schedule_is_made_in_words_paused_and_a_refusal_rolls_back(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.open("/reports/schedules")
    window.click("#page [data-do=deliveryEdit]")
    window.wait(lambda: len(window.texts("dialog .dl-preview li")) == 5)
    window.script("const field = document.querySelector('dialog [name=timing]'); field.value = 'when the moon is full'; field.dispatchEvent(new Event('input', {bubbles: true}))")
    window.wait(lambda: "at which time" in window.text("dialog .dl-preview.wrong"))
    window.click("dialog [type=submit]")
    window.wait(lambda: "Give the schedule a name" in window.text("dialog .problem"))
    window.script("const form = document.querySelector('dialog form'); form.elements.name.value = 'Numbers <i>daily</i>'; form.elements.timing.value = 'first business day of the month at 8 am'; form.elements.timing.dispatchEvent(new Event('input', {bubbles: true}))")
    window.wait(lambda: window.text("dialog .dl-preview b").startswith("On the first business day of the month at 08:00"))
    window.click("dialog [type=submit]")
    window.wait(lambda: window.texts("#page .dl-table tbody td:first-child a") == ["Numbers <i>daily</i>"])
    window.script("window.realFetch = window.fetch; window.fetch = () => Promise.resolve(new Response('{\"error\": \"Not today.\"}', {status: 422}))")
    before = window.text("#page .dl-next")
    window.click("#page [data-do=deliveryPause]")
    window.wait(lambda: window.text("#dl-problem") == "Not today.")
    assert (window.text("#page .dl-next"), window.text("#page [data-do=deliveryPause]")) == (before, "Pause")
    window.script("window.fetch = window.realFetch")
    window.click("#page [data-do=deliveryPause]")
    window.wait(lambda: window.texts("#page .dl-next") == ["Paused"] and window.texts("#page [data-do=deliveryPause]") == ["Resume"])
    window.open("/reports/schedules")
    assert window.texts("#page .dl-next") == ["Paused"]
    assert [problem for problem in window.problems() if "status of 422" not in problem] == []


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A mail server: its SMTP_URL, and where it keeps what it takes."""
    with mail_server(tmp_path / "mail") as url:
        yield url, tmp_path / "mail"


def test_a_page_is_sent_from_its_own_menu_with_its_filters_and_the_numbers_of_the_screen(window: Window, demo: Settings, mail: tuple[str, Path]) -> None:
    window.sign_in(LEADERSHIP)
    window.open("/?period=last_month")
    number = next(text for label, text in zip(window.texts("#page .strip .label"), window.texts("#page .strip .value"), strict=True) if label == "Leads")
    window.click("#page .top details.export summary")
    window.click("#page .top details.export a.item")
    window.wait(lambda: window.script("return document.querySelector('dialog [name=subject]')?.selectedOptions[0].textContent") == "Executive overview (last month)")
    assert str(window.script("return [...document.querySelectorAll('dialog optgroup')].map((group) => group.label).join()")).startswith("Pages,")
    window.script("const form = document.querySelector('dialog form'); form.elements.name.value = 'The month that was'; form.elements.format.value = 'pdf'")
    window.click("dialog [type=submit]")
    window.wait(lambda: "The month that was" in window.texts("#page .dl-table tbody td:first-child a"))
    settings = demo.model_copy(update={"smtp_url": SecretStr(mail[0]), "bi_internal_url": window.sites.bi, "chromium_path": CHROMIUM})
    engines = Engines(settings)
    studio, press = studio_of(engines, settings), Press(settings)
    try:
        schedule = next(each for each in load_schedules(engines) if each.name == "The month that was")
        assert schedule.definition["subject"] == "page:/?period=last_month"
        owner = next(person for person in list_people(engines) if person.email == LEADERSHIP)
        Caretaker(engines, settings, studio.sources).run_now(owner, schedule.id, is_test=False)
        assert deliver_due(engines, settings, studio).sent == 0, "this process has no browser, and leaves it to the one that has"
        studio.printer = lambda document, paper: press.make(document, KINDS["pdf"], paper)
        assert print_due(engines, studio) == 1
        assert deliver_due(engines, settings, studio).sent == 1
    finally:
        press.close()
        engines.dispose()
    kept = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in mail[1].glob("*.eml")]
    assert [str(each["To"]) for each in kept] == [LEADERSHIP]
    attached = next(kept[0].iter_attachments())
    assert attached.get_content_type() == "application/pdf"
    printed = " ".join(" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(attached.get_content())).pages)
    summary = kept[0].get_body(("plain",)).get_content()
    assert f"Leads {number}," in summary
    assert number in printed
    assert "Executive overview" in printed
    assert not window.problems()
