"""What a leading live worker computes and publishes, turn by turn."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from redis.exceptions import RedisError

from shared.live import names
from shared.live.publishing import FencedError, Outgoing, Publisher, read_wishes
from shared.live.topic import parse
from shared.metrics.ask import Answer
from shared.metrics.exact import ExactAsk
from shared.metrics.headline import Headlines
from shared.metrics.reference import Reference
from shared.metrics.scope import COMPANY
from shared.warehouse.happenings import untold
from shared.warehouse.listening import next_fence
from tests.databases import Databases
from tests.integration.live_data import LEADS, NET, Stage, numbers
from tests.integration.refresh_data import Warehouse, copy_of_company

BRANCH_1, BRANCH_2 = "n:net_sales_amount:mtd:previous:1:", "n:net_sales_amount:mtd:previous:2:"


@pytest.fixture
def warehouse(databases: Databases, redis_url: str) -> Iterator[Warehouse]:
    made = copy_of_company(databases, redis_url)
    yield made
    made.engines.dispose()


@pytest.fixture
def stage(warehouse: Warehouse) -> Stage:
    return Stage.over(warehouse.settings, warehouse.engines)


def test_a_commit_becomes_a_message_that_says_what_sql_says(stage: Stage) -> None:
    stage.want(NET)
    turns = stage.leading()
    turns.settle()
    assert stage.latest(NET)["committed"] is None
    stage.sell(12_345.67)
    before = datetime.now(UTC)
    turns.settle("sale")
    message = stage.latest(NET)
    assert message["data"]["value"] == stage.net == 12_345.67
    assert message["data"]["text"] == "$12,346"
    assert message["committed"] <= message["published"]
    assert datetime.fromisoformat(message["at"]) >= before - timedelta(milliseconds=1)
    assert numbers(stage.log(NET)) == [1, 2]


def test_only_topics_whose_data_changed_are_published_and_few_questions_are_asked(stage: Stage) -> None:
    stage.want(NET, LEADS, BRANCH_1, BRANCH_2, "n:net_sales_amount:last_month:previous:*:", "n:tickets_opened:mtd:previous:*:")
    turns = stage.leading()
    turns.settle()
    asked = turns.leading._ask.asked
    stage.sell(branch=1)
    turns.settle("sale")
    seqs = {topic.decode(): int(seq) for topic, seq in stage.redis.hgetall(names.SEQUENCES).items()}
    assert {topic for topic, seq in seqs.items() if seq > 1} == {NET, BRANCH_1}
    assert turns.leading._ask.asked - asked <= 8
    turns.settle("sale")  # a notice without a change
    assert turns.leading._ask.asked - asked <= 8
    assert stage.latest(NET)["seq"] == 2


def test_the_data_of_a_message_is_what_a_page_would_draw(stage: Stage) -> None:
    topics = [NET, "n:open_amount:today:previous:1,2:", "n:close_rate:last_90_days:year:*:product=1", "n:speed_to_lead_median:mtd:previous:*:", "n:nps:qtd:previous:*:"]
    stage.want(*topics)
    stage.leading().settle()
    ask = ExactAsk(stage.engines, stage.settings)
    headlines = Headlines(ask, Reference(stage.engines), stage.settings)([parse(topic, ask.today).wanted(ask.today, 1) for topic in topics if _exists(topic)], COMPANY)
    for topic, headline in zip(filter(_exists, topics), headlines, strict=True):
        data = stage.latest(topic)["data"]
        assert (data["text"], data["words"], data["status"], data["status_words"]) == (headline.text, headline.words, headline.status, headline.status_words)


def _exists(topic: str) -> bool:
    try:
        parse(topic, datetime.now(UTC).date())
    except ValueError:
        return False
    return True


def test_a_topic_that_does_not_exist_takes_nobody_else_along(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.want(NET, "n:no_such_metric:mtd:previous:*:", "x", "e:1", "p:bi:/")
    stage.leading().settle()
    assert stage.text(NET)
    assert [record for record in caplog.records if "no_such_metric" in record.message]


def test_a_topic_that_cannot_be_computed_takes_nobody_else_along(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    real = ExactAsk.many

    def many(self: ExactAsk, questions: list[object], scope: object) -> list[Answer]:
        if any("leads" in question.metrics for question in questions):  # type: ignore[attr-defined]
            raise ZeroDivisionError
        return real(self, questions, scope)  # type: ignore[arg-type]

    monkeypatch.setattr(ExactAsk, "many", many)
    stage.want(NET, LEADS)
    stage.leading().settle()
    assert stage.text(NET)
    assert not stage.text(LEADS)


def test_the_leaderboard_has_texts_and_numbers(stage: Stage) -> None:
    stage.want("b:ytd:*", "b:last_365_days:1,2")
    stage.leading().settle()
    rows = stage.latest("b:last_365_days:1,2")["data"]["rows"]
    assert rows
    assert {"rank", "movement", "name", "branch", "nsli_text", "net_text", "close_text", "issued_text", "part", "small", "initials", "nsli", "net", "close", "issued"} <= rows[0].keys()


def test_levels_and_leaderboards_are_put_off_for_news_but_not_for_ever(stage: Stage) -> None:
    level, board = "n:open_amount:today:previous:*:", "b:last_365_days:*"
    stage.want(NET, level, board)
    turns = stage.leading()
    turns.leading._has_news = lambda: True
    turns.settle()
    stage.sell()
    turns.leading.note({"sale"})
    turns.leading._rested_at = 0
    turns.leading.turn()
    assert stage.shows_the_truth()
    assert stage.latest(level)["seq"] == 1
    turns.settle()
    assert stage.latest(level)["seq"] == 2
    assert stage.latest(level)["committed"] is not None


def test_what_nobody_wants_any_more_is_forgotten_and_computed_anew_when_wanted_again(stage: Stage) -> None:
    stage.want(NET)
    turns = stage.leading()
    turns.settle()
    stage.redis.zrem(names.WANTED, NET)
    turns.settle()
    assert not stage.redis.hexists(names.LATEST, NET)
    stage.sell()
    turns.settle("sale")
    assert stage.latest(NET) == {}
    stage.want(NET)
    turns.settle()
    assert stage.shows_the_truth()
    assert stage.latest(NET)["seq"] == 2


def test_at_midnight_of_the_head_office_presets_mean_other_days(stage: Stage) -> None:
    moment = datetime(2026, 4, 1, 3, 59, 50, tzinfo=UTC)  # ten seconds before April in New York
    stage.sell(1000, moment=datetime(2026, 3, 31, 15, tzinfo=UTC))
    stage.want(NET, "n:net_sales_amount:today:previous:1:")
    turns = stage.leading(lambda: moment)
    turns.settle()
    assert stage.latest(NET)["data"]["value"] >= 1000
    assert stage.latest("n:net_sales_amount:today:previous:1:")["data"]["value"] >= 1000
    moment += timedelta(seconds=20)
    turns.settle()
    assert stage.latest(NET)["data"]["value"] == 0
    assert stage.latest(NET)["committed"] is None
    assert stage.latest("n:net_sales_amount:today:previous:1:")["data"]["value"] == 0


def test_a_target_that_was_just_set_is_told(stage: Stage) -> None:
    stage.want(NET)
    turns = stage.leading()
    turns.settle()
    assert stage.latest(NET)["data"]["goal"] == "No target set"
    stage.run("INSERT INTO crm.target (kpi, month, value) VALUES ('net_sales_amount', date_trunc('month', now() AT TIME ZONE 'America/New_York')::date, 500000)")
    turns.settle("target")
    assert stage.latest(NET)["data"]["goal"] == "of $500.0K"


def test_another_epoch_begins_with_an_emptied_redis_and_everything_is_told_again(stage: Stage) -> None:
    stage.want(NET)
    turns = stage.leading()
    turns.settle()
    stage.sell()
    turns.settle("sale")
    epoch = stage.redis.get(names.EPOCH)
    stage.redis.flushdb()
    stage.want(NET)
    turns.settle()
    assert stage.redis.get(names.EPOCH) != epoch
    assert stage.latest(NET)["seq"] == 1
    assert stage.shows_the_truth()


def test_a_smaller_fence_is_refused_and_a_greater_one_taken(stage: Stage) -> None:
    stage.want(NET)
    first, second = stage.leading(), stage.leading()
    first.settle()
    second.settle()
    stage.sell()
    with pytest.raises(FencedError, match="another live worker"):
        first.settle("sale")
    second.settle("sale")
    assert stage.shows_the_truth()


def test_a_database_that_forgot_its_fences_leads_again(stage: Stage) -> None:
    stage.redis.set(names.FENCE, 1000)
    stage.want(NET)
    stage.leading().settle()
    assert int(stage.redis.get(names.FENCE)) == 1001
    assert next_fence(stage.engines, 0) == 1002


def test_a_publication_is_one_batch_with_numbers_in_order(stage: Stage) -> None:
    feed = stage.redis.pubsub(ignore_subscribe_messages=True)
    feed.subscribe(names.FEED)
    feed.get_message(timeout=1)
    publisher, moment = Publisher(stage.redis, 1), datetime.now(UTC)
    publisher.publish([Outgoing("n:a", b'{"x":[]}', moment, 1.5), Outgoing("e:1", b'{"n":1}', moment, once="1")])
    epoch = publisher.publish([Outgoing("n:a", b'{"x":{}}', moment), Outgoing("e:1", b'{"n":1}', moment, once="1"), Outgoing("e:1", b'{"n":2}', moment, once="2")])
    publisher.publish([Outgoing("e:1", b'{"n":2}', moment, once="2")])  # nothing new: no batch
    batches = []
    while (heard := feed.get_message(timeout=0.5)) is not None:
        batches.append(json.loads(heard["data"]))
    assert [batch["batch"] for batch in batches] == [1, 2]
    assert {batch["epoch"] for batch in batches} == {epoch} == {stage.redis.get(names.EPOCH).decode()}
    assert [(message["topic"], message["seq"]) for batch in batches for message in batch["messages"]] == [("n:a", 1), ("e:1", 1), ("n:a", 2), ("e:1", 2)]
    assert batches[0]["messages"][0]["data"] == {"x": []}
    assert read_wishes(stage.redis).topics == ()


def test_events_wait_for_redis_and_are_told_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = stage.leading()
    turns.settle()
    real = Publisher.publish

    def sent_but_not_heard(self: Publisher, messages: list[Outgoing]) -> str:
        real(self, messages)
        raise RedisError("timed out")

    stage.sell(18_400)
    with monkeypatch.context() as patch:
        patch.setattr(Publisher, "publish", sent_but_not_heard)
        turns.leading.note({"sale"})
        turns.leading.turn()
    assert len(untold(stage.engines)) == 1
    turns.settle("sale")
    assert untold(stage.engines) == []
    assert [message["data"]["text"] for message in stage.log("e:1")] == ["Somebody sold $18,400 in New York"]
    assert stage.log("e:1")[0]["data"]["amount"] == 18_400


def test_every_kind_of_happening_is_told_in_words(stage: Stage) -> None:
    turns = stage.leading()
    visit = stage.value("SELECT min(id) FROM crm.appointment WHERE branch_id = 1 AND rep_id IS NOT NULL AND setter_id IS NOT NULL")
    rep = stage.value(f"SELECT e.name FROM crm.appointment a JOIN crm.employee e ON e.id = a.rep_id WHERE a.id = {visit}")
    setter = stage.value(f"SELECT e.name FROM crm.appointment a JOIN crm.employee e ON e.id = a.setter_id WHERE a.id = {visit}")
    stage.run("INSERT INTO crm.sale (branch_id, appointment_id, product_id, sold_at, gross, status) SELECT 1, :visit, min(id), now(), 18400, 'pending' FROM crm.product", visit=visit)
    sale = stage.value("SELECT id FROM crm.sale ORDER BY sold_at DESC LIMIT 1")
    stage.run("INSERT INTO crm.job (branch_id, sale_id, product_id, crew, status, started_on) SELECT 1, :sale, min(id), 'Crew 7', 'in_progress', current_date FROM crm.product", sale=sale)
    stage.run("UPDATE crm.job SET status = 'complete', completed_on = current_date WHERE sale_id = :sale", sale=sale)
    stage.run("UPDATE crm.job SET go_back = true WHERE sale_id = :sale", sale=sale)
    stage.run("UPDATE crm.sale SET status = 'cancelled', cancelled_at = now() WHERE id = :sale", sale=sale)
    stage.run("INSERT INTO crm.appointment (branch_id, lead_id, setter_id, set_at, scheduled_at) SELECT 1, lead_id, setter_id, now(), now() + interval '1 day'"
              " FROM crm.appointment WHERE id = :visit", visit=visit)
    stage.run("INSERT INTO crm.ticket (branch_id, opened_at) VALUES (1, now())")
    turns.settle("sale")
    assert [(message["data"]["kind"], message["data"]["text"]) for message in stage.log("e:1")] == [
        ("sold", f"{rep} sold $18,400 in New York"), ("installed", "Crew 7 completed a job in New York"), ("rescinded", f"A sale of $18,400 by {rep} was rescinded in New York"),
        ("set", f"{setter} set an appointment in New York"), ("ticket", "A service ticket was opened in New York"),
    ]


def test_a_large_statement_is_one_line_per_branch_and_history_none(stage: Stage) -> None:
    turns = stage.leading()
    stage.run("INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status) SELECT 1 + n % 2, 1, now() - interval '1 minute', 100, 'pending' FROM generate_series(1, 5000) n")
    stage.run("INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status) SELECT 1, 1, now() - interval '400 days', 100, 'pending' FROM generate_series(1, 5000) n")
    turns.settle("sale")
    assert [(message["data"]["text"], message["data"]["count"]) for branch in (1, 2) for message in stage.log(f"e:{branch}")] == [
        ("2,500 sales worth $250.0K were entered in New York", 2500), ("2,500 sales worth $250.0K were entered in Honolulu", 2500)]
