"""The trends page as people use it."""

from urllib.parse import parse_qs, urlsplit

from selenium.webdriver.common.by import By

from tests.browser.conftest import LEADERSHIP, MANAGER, Window


def query(window: Window) -> dict[str, list[str]]:
    return parse_qs(urlsplit(window.driver.current_url).query)


def drawn(window: Window) -> bool:
    return bool(window.script("return !!document.querySelector('.tr-line .js-plotly-plot .scatterlayer .trace')"))


def test_a_metric_is_found_by_its_name_and_split_and_both_stand_in_the_address(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.open("/trends")
    window.wait(lambda: drawn(window))
    window.click(".tr-pick > summary")
    field = window.driver.find_element(By.CSS_SELECTOR, ".tr-find input")
    window.wait(field.is_displayed)
    field.send_keys("no-show rate")
    assert window.script("return [...document.querySelectorAll('.tr-metrics [data-find]')].filter(e => !e.hidden).length") == 1
    field.send_keys("\n")
    window.wait(lambda: query(window).get("metric") == ["no_show_rate"])
    window.wait(lambda: window.text(".tr-main h2, .trends-main h2").startswith("No-show rate"))
    window.click(".tr-split .item[href*='split=branch']")
    window.wait(lambda: len(window.texts(".tr-small")) >= 2)
    scales = window.script("return [...document.querySelectorAll('.tr-small .js-plotly-plot')].map(p => p.layout.yaxis.range.join())")
    assert len(set(scales)) == 1, "small figures are comparable only on one scale"  # type: ignore[arg-type]
    window.driver.refresh()
    window.wait_until_ready()
    assert (query(window)["metric"], query(window)["split"]) == (["no_show_rate"], ["branch"])
    assert not [each for each in window.problems() if "WebSocket" not in each]


def test_an_annotation_is_drawn_into_the_line_and_goes_again(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.open("/trends?grain=day&span=13w")
    window.wait(lambda: drawn(window))
    window.click(".tr-add > summary")
    window.driver.find_element(By.CSS_SELECTOR, ".tr-form [name=text]").send_keys("Ice <b>storm</b>")
    window.click("[data-do=annotate]")
    window.wait(lambda: window.texts(".tr-notes [data-do=unannotate]"))
    assert "Ice <b>storm</b>" in window.text(".tr-notes")
    window.wait(lambda: "Ice" in str(window.script("return JSON.stringify(document.querySelector('.tr-line .js-plotly-plot').layout.annotations)")))
    window.click("[data-do=unannotate]")
    window.wait(lambda: not window.texts(".tr-notes li"))


def test_a_refused_annotation_is_taken_back_with_the_reason(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.open("/trends")
    window.click(".tr-add > summary")
    window.script("document.querySelector('.tr-form [name=first]').value = '2026-05-09'; document.querySelector('.tr-form [name=last]').value = '2026-05-01'; document.querySelector('.tr-form [name=text]').value = 'x'")
    window.click("[data-do=annotate]")
    window.wait(lambda: "first day is after the last" in window.text(".tr-happened .problem"))
    assert not window.texts(".tr-notes li")


def test_what_somebody_says_of_an_odd_day_is_remembered(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.open("/trends?metric=leads&grain=day&span=156w&sense=high")
    window.wait(lambda: window.texts(".tr-verdict"))
    day = str(window.script("return document.querySelector('.tr-verdict').dataset.day"))
    pressed = f".tr-verdict[data-day='{day}'] [data-verdict=not_expected][aria-pressed=true]"
    window.click(f".tr-verdict[data-day='{day}'] [data-verdict=not_expected]")
    window.wait(lambda: window.texts(pressed))
    window.wait(lambda: "Ada" in window.text(f".tr-verdict[data-day='{day}'] .tr-who"))
    window.driver.refresh()
    window.wait_until_ready()
    assert window.texts(pressed)
    window.click(f".tr-verdict[data-day='{day}'] [data-verdict=not_expected]")
    window.wait(lambda: not window.texts(pressed))


def test_why_a_bucket_changed_adds_up(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.open("/trends?metric=leads&grain=month")
    assert window.text(".tr-parts .sum-row td:last-child") == "100.0%"
    before = window.text(".tr-why .sub")
    window.click(".tr-why .seg a:last-child")
    window.wait(lambda: window.text(".tr-why .sub") != before)


def test_on_a_phone_nothing_is_wider_than_the_screen_and_a_manager_reads_only(phone: Window) -> None:
    phone.sign_in(MANAGER)
    phone.open("/trends?split=source&grain=day&span=13w")
    phone.wait(lambda: drawn(phone))
    assert phone.script("return document.documentElement.scrollWidth") == 390
    assert not phone.texts("[data-do=annotate]")
