"""Targets as people set them, and branches side by side."""

import requests
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import LEADERSHIP, MANAGER, Window

_CELL = ".tg tbody tr.company .tg-c[data-month$='-03']"


def typed(window: Window, selector: str, text: str) -> None:
    """Type into a cell and leave it by Enter."""
    window.click(selector)
    field = window.driver.find_element(By.CSS_SELECTOR, ".tg-in")
    field.send_keys(text, Keys.ENTER)


def said(window: Window) -> str:
    return window.text(".tg-said")


def test_a_cell_is_edited_kept_seen_in_history_and_taken_back(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.open("/targets?kpi=leads")
    before = window.text(_CELL)
    typed(window, _CELL, "4,321")
    assert window.text(_CELL) == "4,321"
    window.wait(lambda: said(window) == "Saved.")
    window.wait(lambda: "4,321" in window.text("#target-changes"))
    assert "Ada Whitfield" in window.text("#target-changes")
    assert window.script("return !!document.querySelector('.tg-check td.off')")
    window.open("/targets?kpi=leads")
    assert window.text(_CELL) == "4,321"
    window.click("[data-do=tg-undo]")
    window.wait(lambda: window.text(_CELL) == before)
    window.wait(lambda: len(window.texts("#target-changes li")) == 2)
    window.click(_CELL)
    window.driver.find_element(By.CSS_SELECTOR, ".tg-in").send_keys(Keys.ESCAPE)
    window.click("[data-do=tg-history]")
    window.wait(lambda: "Undoes change" in said(window))
    assert window.problems() == []


def test_a_change_over_somebody_elses_goes_back_with_who_did_it(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.open("/targets?kpi=doors")
    version, month = (str(window.script(f"return document.querySelector(arguments[0]).dataset.{name}", _CELL)) for name in ("version", "month"))
    other = requests.Session()
    for cookie in window.driver.get_cookies():
        other.cookies.set(cookie["name"], cookie["value"])
    answer = other.put(f"{window.sites.bi}/targets/cells", json={"kpi": "doors", "cells": [{"branch": None, "month": month, "value": 777, "version": version}]}, headers={"Origin": window.sites.bi}, timeout=20)
    assert answer.status_code == 200, answer.text
    typed(window, _CELL, "888")
    window.wait(lambda: "Ada Whitfield changed March" in said(window))
    assert window.text(_CELL) == "777"
    assert window.script("return document.querySelector(arguments[0]).classList.contains('refused')", _CELL)
    typed(window, _CELL, "nonsense")
    assert "is no number" in said(window)
    assert window.text(_CELL) == "777"


def test_a_yearly_total_is_spread_and_the_branches_follow(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.open("/targets?kpi=dials")
    window.script("document.querySelector('.tg-form [name=total]').value = '120,000'")
    window.click("[data-do=tg-spread]")
    assert window.text(".tg tr.company .tg-sum") == "120,000"
    window.wait(lambda: said(window) == "12 targets saved.")
    months = [float(str(each)) for each in window.script("return [...document.querySelectorAll('.tg tr.company .tg-c')].map(e => e.dataset.value)")]
    assert sum(months) == 120_000
    assert len(set(months)) > 6
    window.click("[data-do=tg-down]")
    window.wait(lambda: "targets saved" in said(window) and "12 " not in said(window))
    assert window.script("return document.querySelectorAll('.tg-check td.off').length") == 0
    assert window.text(".tg-check td:last-child") == "120,000"


def test_a_manager_reads_their_own_branch_and_checks_in(window: Window) -> None:
    window.sign_in(MANAGER)
    window.open("/targets?kpi=leads")
    assert len(window.texts(".tg tbody tr")) == 1
    assert window.script("return document.querySelectorAll('.tg button.tg-c, [data-do=tg-import]').length") == 0
    window.click("[data-do=care-status][data-status=at_risk]")
    window.driver.find_element(By.CSS_SELECTOR, ".care-line input").send_keys("Two canvassers are away <b>", Keys.ENTER)
    window.wait(lambda: "just now" in window.text(".care-list"))
    window.open("/targets?kpi=leads")
    assert "Two canvassers are away <b>" in window.text(".care-list")
    assert "At risk" in window.text(".care-list")
    window.open("/")
    window.click("[data-glass=leads]")
    window.wait(lambda: "Two canvassers are away" in window.text("#glass-body"))
    assert window.problems() == []


def test_a_phone_scrolls_the_year_inside_its_card(phone: Window) -> None:
    phone.sign_in(LEADERSHIP)
    for path in ("/targets?kpi=leads", "/compare?by=rep&norm=best"):
        phone.open(path)
        assert phone.script("return document.documentElement.scrollWidth") == 390, path
    assert phone.problems() == []


def test_branches_and_representatives_stand_side_by_side_and_sort(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    window.open("/compare?period=last_365_days")
    assert len(window.texts(".cp-t tbody tr")) > 1
    sums = "return [...document.querySelectorAll('.cp-t td[data-label=Leads]')].map(td => Number(td.dataset.value))"
    window.script("[...document.querySelectorAll('.cp-t thead a')].find(a => a.textContent.startsWith('Leads')).click()")
    window.wait(lambda: window.text(".cp-t th[aria-sort=descending]").startswith("Leads"))
    found = window.script(sums)
    assert found == sorted(found, reverse=True)  # type: ignore[call-overload]
    window.click(".cp-norm a:nth-child(4)")
    window.wait(lambda: "cp-best" in str(window.script("return document.querySelector('.cp').className")))
    assert max(window.script(sums)) == 100  # type: ignore[call-overload]
    window.script("[...document.querySelectorAll('.cp-choices a')].find(a => a.textContent === 'Representatives').click()")
    window.wait(lambda: window.text(".cp-t thead th") .startswith("Representative"))
    assert window.problems() == []
