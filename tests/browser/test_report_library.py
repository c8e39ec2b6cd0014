"""The library and the viewer of reports: dialogs, the bin, links that carry state, and where a click on a mark leads."""

from tests.browser.conftest import LEADERSHIP, Window
from tests.browser.report_hands import definition, drag, made, session_of

SMALL: dict[str, object] = {"kind": "pie", "metrics": ["leads"], "split": "channel"}


def choose(window: Window, selector: str, words: str) -> None:
    """Click what says ``words``."""
    window.wait(lambda: window.script("const found = [...document.querySelectorAll(arguments[0])].find(e => e.textContent.includes(arguments[1])); if (found) found.click(); return Boolean(found)", selector, words))


def mark(window: Window, block: str, selector: str) -> None:
    """Click the middle of a mark of a figure as a mouse does."""
    window.wait(lambda: window.script("return document.querySelector(arguments[0])", f"[data-block={block}] {selector}"))
    window.script("document.querySelector(arguments[0]).scrollIntoView({block: 'center', behavior: 'instant'})", f"[data-block={block}]")
    window.wait(lambda: window.script("return document.querySelector(arguments[0]).opensRows", f"[data-block={block}] .js-plotly-plot"))
    x, y = window.script("const box = document.querySelector(arguments[0]).getBoundingClientRect(); return [box.left + box.width * .5, box.top + box.height * .3]", f"[data-block={block}] {selector}")  # type: ignore[misc]
    for kind, more in (("mouseMoved", {}), ("mouseMoved", {}), ("mousePressed", {"button": "left", "buttons": 1, "clickCount": 1}), ("mouseReleased", {"button": "left", "clickCount": 1})):
        window.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **more})
        window.wait(lambda: window.script("return new Promise((done) => setTimeout(() => done(true), 90))"))
    window.wait(lambda: window.texts(".rb-menu"))


def test_versions_sharing_freezing_and_the_bin_by_their_dialogs(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    number = made(window, definition=definition("Small", SMALL))
    me, address = session_of(window), f"{window.sites.bi}/library/reports/{number}"
    assert me.put(address, json={"base": 1, "definition": definition("Small", {**SMALL, "kind": "bar"}, {"kind": "kpi", "metrics": ["leads"]})}, timeout=20).json() == {"version": 2}
    window.open(f"/reports/{number}?period=last_month&compare=year&branch=1")
    assert "period=last_month&compare=year" in window.driver.current_url
    assert window.text(".chip").startswith("Branch: ")
    choose(window, ".rp-do .item", "Versions")
    window.wait(lambda: window.texts(".rd-versions article"))
    assert "Donut became Bar" in window.text(".rd-versions article")
    assert window.script("return [...document.querySelectorAll('.rd-versions article:first-child i')].map(e => e.className)") == ["changed", "added"]
    choose(window, ".rd-versions .button", "Restore")
    window.wait(lambda: me.get(address, timeout=20).json()["note"] == "Restores version 1")
    window.wait(lambda: window.script("return document.readyState === 'complete' && document.documentElement.dataset.ready === 'yes' && !document.querySelector('dialog')"))
    choose(window, ".rp-do .item", "Share")
    window.wait(lambda: window.texts("select[aria-label='Share with']"))
    for label in ("Everybody: Branch manager", "Lena Fischer"):
        window.script("const list = document.querySelector(\"select[aria-label='Share with']\"); list.value = [...list.options].find(e => e.textContent === arguments[0]).value; list.dispatchEvent(new Event('change'))", label)
    window.script("const may = document.querySelector(\"select[aria-label='What Lena Fischer may do']\"); may.value = 'yes'; may.dispatchEvent(new Event('change'))")
    choose(window, ".rd-share .button", "Save")
    window.wait(lambda: not window.texts("dialog"))
    assert [(each["label"], each["may_edit"]) for each in me.get(f"{address}/shares", timeout=20).json()["shares"]] == [("Branch manager", False), ("Lena Fischer", True)]
    choose(window, ".rp-do .item", "Freeze")
    window.wait(lambda: window.texts("dialog a"))
    frozen = str(window.script("return document.querySelector('dialog input').value"))
    assert frozen.startswith(f"{window.sites.bi}/reports/frozen/")
    assert "frozen by Ada Whitfield" in me.get(frozen, timeout=20).text
    window.open("/reports")
    choose(window, f"[data-row='{number}'] .item", "Delete")
    window.wait(lambda: "was deleted" in window.text(".rl-said") and me.get(f"{window.sites.bi}/reports/{number}", timeout=20).status_code == 404)
    choose(window, ".rl-said .button", "Undo")
    window.wait(lambda: me.get(f"{window.sites.bi}/reports/{number}", timeout=20).status_code == 200)
    assert window.script("return document.querySelector(arguments[0]).hidden", f"[data-row='{number}']") is False
    assert window.problems() == []


def test_a_report_is_dragged_into_a_folder_and_back(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    made(window, definition=definition("There"), folder="Board")
    number = made(window, definition=definition("Loose"))
    window.open("/reports")
    me = session_of(window)

    def folder() -> str:
        return str(window.script("return document.querySelector(arguments[0]).closest('.rl-group').dataset.folder", f"[data-row='{number}']"))

    drag(window, f"[data-row='{number}'] .rl-title", ".rl-group[data-folder=Board] h2")
    window.wait(lambda: folder() == "Board" and "is in the folder Board" in window.text(".rl-said"))
    assert f'data-row="{number}"' in me.get(f"{window.sites.bi}/reports", timeout=20).text.split('data-folder="Board"', 1)[1].split("</section>", 1)[0]
    choose(window, ".rl-said .button", "Undo")
    window.wait(lambda: folder() == "")
    assert f"/reports/{number}" not in window.driver.current_url
    assert window.problems() == []


def test_a_mark_leads_to_its_rows_its_days_and_its_series(window: Window) -> None:
    window.sign_in(LEADERSHIP)
    number = made(window, definition=definition("Marks", SMALL, {"kind": "stacked", "metrics": ["leads"], "split": "month", "series": "channel"}, {"kind": "gauge", "metrics": ["leads"]}, {"kind": "table", "metrics": ["leads"], "split": "source"}, limits={"period": "last_90_days"}))
    window.open(f"/reports/{number}")
    table = "document.querySelector('[data-block=b3] .card-b > .rp-scroll')"
    window.wait(lambda: window.script(f"{table}.scrollTop = 40; return {table}.scrollTop") == 40)
    assert window.script(f"{table}.dataset.old = 'yes'; return northline.redraw().then(() => [{table}.scrollTop, {table}.dataset.old || ''])") == [40, ""]  # new numbers leave a reader where they are
    mark(window, "b2", ".indicatorlayer")
    choose(window, ".rb-menu .item", "Rows behind it")
    window.wait(lambda: window.text("#glass-sum"))
    window.open(f"/reports/{number}")
    mark(window, "b1", ".barlayer .trace .point:nth-child(2) path")
    words = window.texts(".rb-menu .item")
    assert words[0] == "Show only these days"
    assert words[1].startswith("Show only ")
    assert words[2] == "Rows behind it"
    choose(window, ".rb-menu .item", "these days")
    window.wait(lambda: ".." in window.driver.current_url and len(window.texts(".rp-figure")) == 3)
    window.open(f"/reports/{number}?period=last_90_days")
    mark(window, "b1", ".barlayer .trace .point:nth-child(2) path")
    choose(window, ".rb-menu .item", words[1])
    window.wait(lambda: "only=channel" in window.driver.current_url and window.text(".chip").startswith("Channel: "))
    assert window.problems() == []
