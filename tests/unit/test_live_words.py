"""What live messages say, and which topics and days a change touches; without servers."""

from datetime import UTC, date, datetime

import orjson
import pytest

from shared.live.computing import in_stages, newest, touched, views_of
from shared.live.telling import messages_of
from shared.live.topic import parse
from shared.metrics.metric import Basis
from shared.metrics.registry import metrics
from shared.warehouse.catalogue import VIEWS
from shared.warehouse.changes import Change
from shared.warehouse.happenings import Happening
from shared.warehouse.triggers import scripts

TODAY = date(2026, 11, 22)
NET, LEVEL, BOARD = (parse(text, TODAY) for text in ("n:net_sales_amount:mtd:previous:1:", "n:open_amount:today:previous:*:", "b:mtd:2"))


def happening(kind: str, who: str = "", count: int = 1, amount: float | None = None) -> Happening:
    return Happening(7, datetime(2026, 11, 22, 14, tzinfo=UTC), kind, 3, "Atlanta", who, count, amount)


@pytest.mark.parametrize(("one", "text"), [
    (happening("sold", "Jane Doe", amount=18_400), "Jane Doe sold $18,400 in Atlanta"),
    (happening("sold", amount=18_400), "Somebody sold $18,400 in Atlanta"),
    (happening("sold", count=34, amount=512_000), "34 sales worth $512.0K were entered in Atlanta"),
    (happening("set", "Joe"), "Joe set an appointment in Atlanta"),
    (happening("set", count=2300), "2,300 appointments were set in Atlanta"),
    (happening("installed", "Crew 7"), "Crew 7 completed a job in Atlanta"),
    (happening("ticket"), "A service ticket was opened in Atlanta"),
    (happening("rescinded", "Jane Doe", amount=900), "A sale of $900 by Jane Doe was rescinded in Atlanta"),
])
def test_an_event_is_a_sentence(one: Happening, text: str) -> None:
    message, = messages_of([one])
    data = orjson.loads(message.data)
    assert data["text"] == text
    assert (message.topic, message.once, data["branch_id"], data["amount"]) == ("e:3", "7", 3, one.amount)
    assert data["at"] == "2026-11-22T14:00:00Z"


def test_a_change_touches_a_number_by_branch_and_day_and_a_level_by_any_day_before() -> None:
    change = Change(days=frozenset({(1, date(2026, 11, 3))}), newest=12.0)
    assert change.touches(None, date(2026, 11, 3), date(2026, 11, 3))
    assert change.touches(frozenset({1, 2}), date(2026, 11, 1), TODAY)
    assert not change.touches(frozenset({2}), date(2026, 11, 1), TODAY)
    assert not change.touches(None, date(2026, 11, 4), TODAY)
    assert not change.touches(None, date(2026, 10, 1), date(2026, 11, 2))
    assert change.touches(None, None, TODAY)
    assert not change.touches(None, None, date(2026, 11, 2))
    assert Change(is_whole=True).touches(frozenset({9}), TODAY, TODAY)


def test_two_changes_together_are_both() -> None:
    both = Change(days=frozenset({(1, TODAY)}), newest=5.0).with_earlier(Change(days=frozenset({(2, TODAY)}), newest=4.0))
    assert (both.days, both.newest, both.is_whole) == (frozenset({(1, TODAY), (2, TODAY)}), 5.0, False)
    assert Change().with_earlier(Change(is_whole=True)).is_whole


def test_topics_are_touched_by_their_views_and_branches() -> None:
    topics = {topic.text: topic for topic in (NET, LEVEL, BOARD)}
    changes = {"sales": Change(days=frozenset({(1, TODAY)}), newest=7.5)}
    assert set(touched(topics, changes)) == {NET.text}
    assert newest(NET, changes) == 7.5
    assert newest(LEVEL, changes) is None
    assert set(touched(topics, {"sales": Change(days=frozenset({(2, TODAY)}))})) == {BOARD.text}
    assert set(touched(topics, {"pipeline": Change(is_whole=True)})) == {LEVEL.text}
    cohort = next(name for name, declared in metrics().items() if declared.basis is Basis.COHORT)
    assert "sales_cycle" in views_of(parse(f"n:{cohort}:mtd:previous:*:", TODAY))  # how long a cohort takes to ripen


def test_plain_numbers_come_before_levels_and_boards() -> None:
    assert in_stages([BOARD, LEVEL, NET]) == [[NET], [LEVEL], [BOARD]]


def test_a_new_row_is_not_looked_for_among_rows_that_refer_to_it() -> None:
    insert, update = (scripts()["lead"].split(f"mart.mark_lead_{kind}()")[1].split("$$;")[0] for kind in ("insert", "update"))
    assert "crm.appointment" not in insert
    assert "crm.appointment" in update
    sale = scripts()["sale"].split("mart.mark_sale_insert()")[1].split("$$;")[0]
    assert "crm.job" not in sale
    assert sale.count("crm.appointment a ON a.lead_id = o.lead_id") == 3  # what the same lead has besides


def test_every_view_is_marked_by_every_table_that_it_names() -> None:
    for view in VIEWS:
        for table in view.dirtied_by:
            assert f"'{view.name}'" in scripts()[table].split(f"mart.mark_{table}_update()")[1].split("$$;")[0]
