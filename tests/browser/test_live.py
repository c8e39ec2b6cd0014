"""What is committed is on the screen, whatever breaks on the way."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg2
import pytest

from tests.browser.conftest import CMO, LEADERSHIP, MANAGER
from tests.browser.live_window import comes, is_live_and_true, opened, phase, shown
from tests.browser.stage import NET_SALES, Stage, stage


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, scratch: Path) -> Iterator[Stage]:
    folder = scratch / "stage"
    folder.mkdir(mode=0o711)
    with stage(folder) as made:
        yield made


def test_a_committed_sale_is_on_every_open_page_of_both_sites_and_only_in_its_own_branch(company: Stage) -> None:
    with ExitStack() as windows:
        leader, manager, cmo = (windows.enter_context(opened(company, email)) for email in (LEADERSHIP, MANAGER, CMO))
        for window in (leader, manager, cmo):
            comes(window, lambda window=window: phase(window) == "live")
        own = manager.script("return document.querySelector('#react-entry-point .tile[data-glass=\"net_sales_amount@mtd\"]').dataset.live")
        branch = int(str(own).split(":")[4])
        before = shown(manager, str(own))
        other = next(one for one in (1, 2, 3, 4, 5) if one != branch)
        company.sell(branch=other)
        comes(leader, lambda: shown(leader) == company.net_sales(), 10)
        comes(cmo, lambda: shown(cmo) == company.net_sales(), 10)
        assert shown(manager, str(own)) == before == company.net_sales(branch)
        company.sell(branch=branch)
        comes(manager, lambda: shown(manager, str(own)) == company.net_sales(branch) != before, 10)
        comes(leader, lambda: shown(leader) == company.net_sales(), 10)


def test_a_killed_gateway_is_polled_around_and_found_again(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        company.kill("gateway")
        comes(window, lambda: phase(window) in {"reconnecting", "polling"})
        company.sell()
        comes(window, lambda: shown(window) == company.net_sales(), 25)
        assert phase(window) != "live"
        company.start("gateway")
        is_live_and_true(window, company)


def test_a_live_worker_killed_in_the_middle_leaves_no_wrong_number(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        seller = threading.Thread(target=lambda: [company.sell(amount=50_000) for _ in range(60)])
        seller.start()
        time.sleep(0.15)
        company.kill("live")
        seller.join()
        company.start("live")
        is_live_and_true(window, company)


def test_a_restarted_redis_is_begun_anew(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        epoch = window.script("return northline.live.epoch")
        company.valkey.stop()
        company.sell()
        company.valkey.start()
        is_live_and_true(window, company)
        comes(window, lambda: window.script("return northline.live.epoch") != epoch)


def test_a_restarted_database_is_caught_up_with(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        company.primary.stop()
        time.sleep(1)
        company.primary.start()
        is_live_and_true(window, company)


def test_a_network_that_was_cut_for_half_a_minute_costs_nothing(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        company.cable.cut()
        company.sell()
        time.sleep(30)
        company.cable.mend()
        company.sell()
        comes(window, lambda: shown(window) == company.net_sales(), 60)
        is_live_and_true(window, company)


def test_a_laptop_that_slept_is_up_to_date_when_it_wakes(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        company.cable.cut()  # what was sent meanwhile never arrives
        company.sell()
        time.sleep(1)
        company.cable.mend()
        assert shown(window) != company.net_sales()
        window.script("const now = Date.now; Date.now = () => now() + 3600e3")
        comes(window, lambda: shown(window) == company.net_sales(), 20)
        is_live_and_true(window, company)


def test_ten_thousand_commits_end_in_the_right_number(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        url = company.primary.url("stage").replace("postgresql+psycopg2", "postgresql")
        with closing(psycopg2.connect(url)) as connection:  # as a context it would be one transaction
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT min(id) FROM crm.product")
                product = cursor.fetchone()[0]
                for number in range(10_000):
                    cursor.execute("INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status) VALUES (%s, %s, now(), 100, 'pending')", (1 + number % 5, product))
        comes(window, lambda: shown(window) == company.net_sales(), 60)
        is_live_and_true(window, company)


def test_a_page_that_did_not_listen_for_a_while_is_brought_up_to_date(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        threading.Thread(target=lambda: [company.sell(amount=5_000) for _ in range(100)]).start()
        window.script("const end = Date.now() + 4000; while (Date.now() < end);")  # the tab is busy and reads nothing
        is_live_and_true(window, company)


def test_an_older_message_never_stands_over_a_newer_one(company: Stage) -> None:
    with opened(company) as window:
        comes(window, lambda: phase(window) == "live")
        company.sell()
        comes(window, lambda: shown(window) == company.net_sales())
        window.script("const L = northline.live, old = {topic: arguments[0], seq: L.seqs[arguments[0]], at: new Date().toISOString(), data: {text: 'old'}};"
                      "const frame = (n, one) => dash_clientside.live.message({data: JSON.stringify({v: 1, op: 'msgs', n, epoch: L.epoch, msgs: [one]})});"
                      "frame(L.frame + 1, old); frame(L.frame + 1, {...old, seq: old.seq + 1, at: '2020-01-01T00:00:00Z'});", NET_SALES)
        assert shown(window) == company.net_sales()
