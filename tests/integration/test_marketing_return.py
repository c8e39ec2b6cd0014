"""How leads follow money is learnt once a day by whoever comes first, kept whole, and read by pages of every scope."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import text

from shared.analysis.response import Curve, Untold
from shared.marketing.learning import learn
from shared.marketing.learnt import LearntResponses
from shared.marketing.ripening import ripeness
from shared.marketing.standing import standing
from shared.metrics.exact import ExactAsk
from shared.metrics.scope import COMPANY, Scope
from shared.settings import Settings
from shared.warehouse.build import build_views
from shared.warehouse.engines import Engines
from shared.warehouse.response_store import try_to_be_the_one

NOW = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
WEEKS, HALF = 70, 1.0
FIRST = date(2026, 11, 16) - timedelta(weeks=WEEKS)
"""A Monday; the weeks end the Sunday before NOW."""


def clock() -> datetime:
    return NOW


@pytest.fixture(scope="module")
def company(database: Callable[..., Settings]) -> Iterator[tuple[Engines, Settings]]:
    """Two branches with a search source whose budget moves and whose leads follow it, a partner whose budget never moves, and leads by word of mouth."""
    settings = database()
    engines = Engines(settings)
    draw = np.random.default_rng(5)
    leads, spend = [], []
    for branch in (1, 2):
        money = np.exp(draw.normal(0, 0.4, WEEKS))
        for week in range(WEEKS):
            monday = FIRST + timedelta(weeks=week)
            spend += [{"branch": branch, "source": 1, "first": monday, "last": monday + timedelta(days=6), "amount": round(1_000 * branch * float(money[week]), 2), "kind": "media"},
                      {"branch": branch, "source": 2, "first": monday, "last": monday + timedelta(days=6), "amount": 500.0, "kind": "media"}]
            counts = {1: round(14 * branch * money[week] * (1 + HALF) / (money[week] + HALF)), 2: 5, 3: 3}
            leads += [{"branch": branch, "source": source, "at": datetime(monday.year, monday.month, monday.day, 15, tzinfo=UTC) + timedelta(days=n % 6)} for source, count in counts.items() for n in range(count)]
    leads = [{**lead, "id": number} for number, lead in enumerate(leads, start=1)]
    with engines.writer() as connection:
        connection.execute(text("INSERT INTO crm.branch (id, name, time_zone) VALUES (1, 'Columbus', 'America/New_York'), (2, 'Pittsburgh', 'America/New_York')"))
        connection.execute(text("INSERT INTO crm.product (id, name) VALUES (1, 'Windows')"))
        connection.execute(text("INSERT INTO crm.lead_source (id, name, channel, medium, campaign, is_paid) VALUES (1, 'Search', 'Digital', 'cpc', '', true), (2, 'Partner', 'Aggregator', 'partner', '', true), (3, 'Referral', 'Referral', '', '', false)"))
        connection.execute(text("INSERT INTO crm.prospect (id, branch_id, name) VALUES (:id, :branch, 'Household')"), leads)
        connection.execute(text("INSERT INTO crm.lead (id, branch_id, prospect_id, source_id, created_at) VALUES (:id, :branch, :id, :source, :at)"), leads)
        connection.execute(text("INSERT INTO crm.marketing_spend (branch_id, source_id, spent_on, spent_to, amount, kind) VALUES (:branch, :source, :first, :last, :amount, :kind)"), spend)
        # Every fifth lead is sold after three days for 10,000 dollars; every twentieth of them is called off two weeks later.
        connection.execute(text("INSERT INTO crm.appointment (branch_id, lead_id, set_at, scheduled_at) SELECT branch_id, id, created_at, created_at + interval '3 days' FROM crm.lead WHERE id % 5 = 0"))
        connection.execute(text("""INSERT INTO crm.sale (branch_id, appointment_id, product_id, sold_at, gross, status, cancelled_at)
            SELECT a.branch_id, a.id, 1, a.scheduled_at, 10000, CASE WHEN off THEN 'cancelled' ELSE 'firm' END, CASE WHEN off THEN a.scheduled_at + interval '14 days' END
            FROM crm.appointment a CROSS JOIN LATERAL (SELECT a.lead_id % 20 = 0 AND a.scheduled_at + interval '14 days' < :now AS off) o WHERE a.scheduled_at < :now"""), {"now": NOW})
    build_views(engines.primary, settings, clock=clock)
    yield engines, settings
    engines.dispose()


@pytest.fixture
def unlearnt(company: tuple[Engines, Settings]) -> tuple[Engines, Settings]:
    with company[0].writer() as connection:
        connection.execute(text("TRUNCATE app.learnt_response"))
    return company


def turn(engines: Engines, settings: Settings, moment: datetime = NOW) -> object:
    return learn(engines, settings, ExactAsk(engines, settings, lambda: moment), lambda: moment)


def test_it_is_learnt_once_a_day_and_anew_on_the_next(unlearnt: tuple[Engines, Settings]) -> None:
    engines, settings = unlearnt
    first = turn(engines, settings)
    assert first is not None
    assert (first.told, first.untold) == (1, 1)  # type: ignore[attr-defined]
    assert turn(engines, settings, NOW + timedelta(hours=2)) is None
    assert turn(engines, settings, NOW + timedelta(days=1)) is not None
    with engines.primary.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM app.learnt_response")).scalar_one() == 2


def test_while_one_learns_another_one_leaves_it_alone(unlearnt: tuple[Engines, Settings]) -> None:
    engines, settings = unlearnt
    with engines.primary.begin() as connection:
        assert try_to_be_the_one(connection)
        assert turn(engines, settings) is None
    assert turn(engines, settings) is not None


def test_a_turn_that_dies_leaves_nothing_behind(unlearnt: tuple[Engines, Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("shared.marketing.learning.written", fail)
        with pytest.raises(KeyboardInterrupt):
            turn(*unlearnt)
    assert LearntResponses(unlearnt[0]).newest().last is None
    assert turn(*unlearnt) is not None


def test_pages_read_the_curve_that_the_leads_were_made_with_and_why_the_other_cannot_be_told(unlearnt: tuple[Engines, Settings]) -> None:
    engines, settings = unlearnt
    turn(engines, settings)
    engines.wait_for_replicas()
    found = LearntResponses(engines).newest()
    assert found.last == date(2026, 11, 15)
    search, partner = found.curves["1"], found.curves["2"]
    assert isinstance(search, Curve)
    assert search.elasticity == pytest.approx(HALF / (1 + HALF), abs=0.06)
    assert isinstance(partner, Untold)
    assert "moved by only 0%" in partner.words
    assert "3" not in found.curves


def test_the_budget_is_that_of_the_branches_asked_for_and_its_leads_bring_what_stands(unlearnt: tuple[Engines, Settings]) -> None:
    engines, settings = unlearnt
    turn(engines, settings)
    engines.wait_for_replicas()
    ask, learnt = ExactAsk(engines, settings, clock), LearntResponses(engines).newest()
    with engines.primary.connect() as connection:
        for scope, branches in ((COMPANY, (1, 2)), (Scope(frozenset({2})), (2,))):
            budget = standing(ask, scope, None, learnt, ripeness(ask, scope, None).maturity)
            year = {"first": date(2026, 11, 16) - timedelta(weeks=52), "branches": list(branches)}
            spent = connection.execute(text("SELECT sum(amount) FROM crm.marketing_spend WHERE source_id = 1 AND spent_on >= :first AND branch_id = ANY(:branches)"), year).scalar_one()
            (search,) = [line for line in budget.lines if line.key == "1"]
            assert search.spend * 12 == pytest.approx(float(spent) * 365.25 / 364, rel=1e-6)
            # One in five is sold, one in four of those is called off: 1,500 dollars stay of a lead.
            assert search.value == pytest.approx(1_500, rel=0.1)
            assert budget.relative_leads(1.1).middle == pytest.approx(1 + 0.05 * search.leads / sum(line.leads for line in budget.lines), rel=0.01)


def test_what_is_still_to_come_and_to_go_is_expected_of_the_young(company: tuple[Engines, Settings]) -> None:
    engines, settings = company
    found = ripeness(ExactAsk(engines, settings, clock), COMPANY, None)
    assert found.maturity is not None
    november = found.maturity.estimate(found.months[date(2026, 11, 1)])
    ripe = found.maturity.estimate(found.months[date(2026, 8, 1)])
    assert ripe.ultimate == ripe.so_far
    assert ripe.so_far / ripe.leads == pytest.approx(1_500, rel=0.08)
    assert november.ultimate / november.leads == pytest.approx(1_500, rel=0.15), "neither what is not yet sold nor what will be called off misleads"
    assert november.error > 0
