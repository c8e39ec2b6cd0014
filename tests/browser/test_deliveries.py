"""Deliveries in Chromium: a schedule made in words, its next times, and a pause that is taken back where it is refused."""

from tests.browser.conftest import LEADERSHIP, Window


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
