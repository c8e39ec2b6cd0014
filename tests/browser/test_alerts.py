"""Warnings in Chromium: the bell, acknowledging, and the editor of rules."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.alerts.defaults import ensure_default_rules
from shared.alerts.evaluating import evaluate
from shared.alerts.watching import Watcher
from shared.metrics.exact import ExactAsk
from shared.metrics.reference import Reference
from shared.settings import Settings
from shared.warehouse.engines import Engines
from tests.browser.conftest import LEADERSHIP, MANAGER, Window


@pytest.fixture(scope="module")
def warned(demo: Settings) -> None:
    """The demo's rules, evaluated twice, an hour apart."""
    engines = Engines(demo)
    ensure_default_rules(engines)
    watcher = Watcher(engines, ExactAsk(engines, demo), Reference(engines), demo)
    for minutes in (61, 0):
        evaluate(engines, demo, watcher, lambda minutes=minutes: datetime.now(UTC) - timedelta(minutes=minutes))
    engines.primary.dispose()


def firing(window: Window) -> int:
    return len(window.texts("#page .al-item[data-state=firing]"))


def test_warnings_are_acknowledged_at_once_and_stay_so_and_a_refusal_rolls_back(warned: None, window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.wait(lambda: window.text("#react-entry-point .bell-n").isdigit())
    window.open("/alerts")
    before = firing(window)
    assert before > 0
    assert "Baltimore" in " ".join(window.texts("#page .al-item h3"))  # the slump, before the month is over
    window.script("window.realFetch = window.fetch; window.fetch = () => Promise.resolve(new Response('{\"error\": \"Not today.\"}', {status: 422}))")
    window.click("#page .al-item[data-state=firing] [data-do=alertAcknowledge]")
    window.wait(lambda: "Not today." in window.texts("#page .al-item .problem"))
    assert firing(window) == before
    window.script("window.fetch = window.realFetch")
    window.click("#page .al-item[data-state=firing] [data-do=alertAcknowledge]")
    window.wait(lambda: firing(window) == before - 1)
    window.wait(lambda: window.texts("#page .al-owner") == ["Ada Whitfield"])  # the server has said so too
    window.open("/alerts")
    assert firing(window) == before - 1
    assert window.problems() == []


def test_a_rule_is_made_and_one_that_cannot_be_is_refused_in_words(warned: None, window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.open("/alerts?show=rules")
    window.click("#page .card-h [data-do=alertEdit]")
    window.click("dialog [type=submit]")
    window.wait(lambda: "Give the rule a name" in window.text("dialog .problem"))
    window.script("document.querySelector('dialog [name=name]').value = 'Few leads <b>today</b>'")
    window.click("dialog [type=submit]")
    window.wait(lambda: "Few leads <b>today</b>" in " ".join(window.texts("#page .al-rules tbody b")))


def test_a_manager_sees_own_branches_only_and_changes_no_rule(warned: None, window: Window) -> None:
    window.sign_in(MANAGER)
    window.open("/alerts")
    assert {title.rsplit("\n", maxsplit=1)[-1] for title in window.texts("#page .al-item h3 span")} <= {"Pittsburgh"}
    assert window.script("return fetch('/alerts/rules', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{\"name\": \"x\", \"definition\": {\"kind\": \"pace\", \"metric\": \"leads\"}}'}).then(r => r.status)") == 403
    window.open("/alerts?show=rules")
    assert window.texts("#page [data-do=alertEdit]") == []
