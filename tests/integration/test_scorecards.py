"""Every scorecard over the demo company: what stands on the page equals ``ask``, the oracles and statements written for these tests alone."""

import html
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from bi_app.behind import Behind
from bi_app.filters import Filters
from bi_app.pages.scorecards import layout
from bi_app.sources import Sources
from bi_app.visit import Visit
from jobs.demo.load import load_company
from shared.cache import Cache
from shared.metrics.ask import CachedAsk
from shared.metrics.errors import OutOfScopeError
from shared.metrics.format import write
from shared.metrics.glass_box import GlassBoxes
from shared.metrics.headline import Headlines
from shared.metrics.question import Question
from shared.metrics.reference import Reference
from shared.metrics.registry import metric
from shared.metrics.scope import COMPANY, Scope
from shared.metrics.scorecard import SCORECARDS
from shared.metrics.standings import standings
from shared.people.person import Person
from shared.settings import Settings
from shared.warehouse.engines import Engines
from shared.warehouse.exceptions import EXCEPTIONS
from shared.web.prerender import plain, prerender
from tests.oracles.compare import World, wrong

NOW = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
TODAY = date(2026, 11, 20)
_IN_DAYS = "BETWEEN '2026-11-01' AND '2026-11-20'"
_COUNTS = {
    "unresulted": "SELECT count(*) FROM crm.appointment a, crm.lead l WHERE l.id = a.lead_id AND l.disregard IS NULL AND a.issued_at IS NOT NULL AND a.resulted_at IS NULL AND a.scheduled_on < '2026-11-20' AND a.scheduled_on >= '2025-11-20'",
    "cancelled": f"SELECT count(*) FROM crm.sale WHERE status = 'cancelled' AND cancelled_on {_IN_DAYS}",
    "oldest_jobs": "SELECT count(*) FROM crm.job WHERE status = 'in_progress' AND started_on <= '2026-11-20'",
    "late_jobs": "SELECT count(*) FROM crm.job WHERE completed_on IS NULL AND cancelled_on IS NULL AND promised_on < '2026-11-20'",
    "oldest_tickets": "SELECT count(*) FROM crm.ticket WHERE resolved_on IS NULL AND opened_on <= '2026-11-20'",
    "sla_breaches": f"""SELECT sum((coalesce(first_response_at, now()) > opened_at + interval '1 day')::int + (coalesce(resolved_at, now()) > opened_at + interval '10 days')::int)
                        FROM crm.ticket WHERE opened_on {_IN_DAYS}""",
    "slow_leads": f"SELECT count(*) FROM crm.lead WHERE disregard IS NULL AND first_attempt_at - created_at > interval '900 seconds' AND created_on {_IN_DAYS}",
    "untouched_leads": "SELECT count(*) FROM crm.lead WHERE disregard IS NULL AND first_attempt_at IS NULL AND created_on BETWEEN '2026-10-21' AND '2026-11-20'",
    "dry_canvassers": f"""SELECT count(DISTINCT h.rep_id) FROM crm.knock k JOIN crm.canvass_shift h ON h.id = k.shift_id WHERE k.knocked_on {_IN_DAYS} AND NOT EXISTS (
                          SELECT FROM crm.knock m JOIN crm.canvass_shift g ON g.id = m.shift_id WHERE g.rep_id = h.rep_id AND m.outcome IN ('lead', 'set') AND m.knocked_at >= k.knocked_at AND m.knocked_on <= '2026-11-20')""",
    "dry_shifts": f"""SELECT count(*) FROM crm.canvass_shift h WHERE h.started_on {_IN_DAYS} AND EXISTS (SELECT FROM crm.knock k WHERE k.shift_id = h.id)
                      AND NOT EXISTS (SELECT FROM crm.knock k WHERE k.shift_id = h.id AND k.outcome IN ('lead', 'set'))""",
    "failed_requests": f"SELECT count(*) FROM crm.request_log WHERE status BETWEEN 500 AND 599 AND requested_on {_IN_DAYS}",
    "slow_requests": f"SELECT count(*) FROM crm.request_log WHERE milliseconds >= 2001 AND requested_on {_IN_DAYS}",
}


@pytest.fixture(scope="module")
def world(database: Callable[..., Settings]) -> Iterator[World]:
    """The small demo company."""
    chosen = database()
    engines = Engines(chosen)
    load_company(engines, chosen, size="small", seed=3, clock=lambda: NOW)
    engines.wait_for_replicas()
    with engines.primary.connect() as connection:
        yield World(CachedAsk(engines, Cache(chosen), chosen, lambda: NOW), engines, chosen, connection)
    engines.primary.dispose()


@pytest.fixture(scope="module")
def sources(world: World) -> Sources:
    known = Reference(world.engines)
    headlines = Headlines(world.ask, known, world.settings, lambda: NOW)
    return Sources(world.settings, world.ask, headlines, known, GlassBoxes(world.ask, headlines, known, world.engines), behind=Behind(world.engines, world.settings))


def visit(sources: Sources, scope: Scope = COMPANY, **chosen: object) -> Visit:
    filters = Filters(**chosen)  # type: ignore[arg-type]
    who = Person(1, "ada@northline.test", "Ada Whitfield", role="leadership", all_branches=True)
    return Visit("/", who, scope, filters, TODAY, filters.span(TODAY, 1), tuple(each for each in sources.reference.branches() if scope.allows(each.id)), "Northline", "light", "token")


@pytest.mark.parametrize("department", SCORECARDS)
def test_every_number_of_a_scorecard_is_what_ask_and_the_oracles_say(department: str, world: World, sources: Sources) -> None:
    declared, seen = SCORECARDS[department], visit(sources)
    page = prerender(plain(layout(declared, seen, sources)))
    assert "Not available" not in page
    shown = {code: html.unescape(value) for code, value in reversed(re.findall(r'data-glass="([^"]+)"[^>]*>(?:(?!data-glass).)*?class="(?:value|amount)"[^>]*>([^<]*)<', page))}  # tiles come before buttons that lead to the same rows
    for name in (*declared.headlines, *declared.more):
        assert shown[name] == write(world.ask(Question((name,), seen.period), COMPANY).value(name), metric(name).unit), name
        assert wrong(world, Question((name,), seen.period), name) == []
    for name in declared.side_by_side:
        for row in world.ask(Question((name,), seen.period, split=("branch",)), COMPANY).frame.to_dict("records"):
            assert shown[f"{name}@@branch={row['branch']}"] == write(float(row[name]), metric(name).unit), (name, row)
    for each in declared.breakdowns:
        for row in world.ask(Question((each.metric,), seen.period, split=(each.dimension,)), COMPANY).frame.to_dict("records"):
            code = f"{each.metric}@@{each.dimension}={row[each.dimension]}"
            assert code not in shown or shown[code] == write(float(row[each.metric]), metric(each.metric).unit), code


@pytest.mark.parametrize("department", SCORECARDS)
def test_a_ranking_holds_what_ask_says_of_everybody(department: str, world: World, sources: Sources) -> None:
    ranking, seen = SCORECARDS[department].ranking, visit(sources)
    found = standings(sources.ask, sources.reference, seen.period, COMPANY, ranking.metrics[0], ranking.metrics, over=ranking.dimension)
    split = (ranking.dimension, "branch") if found[0].branch else (ranking.dimension,)
    rows = {(str(row[ranking.dimension]), str(row.get("branch", ""))): row for row in world.ask(Question(ranking.metrics, seen.period, split=split), COMPANY).frame.to_dict("records")}
    assert found
    for each in found:
        for name in ranking.metrics:
            assert write(each.values[name], metric(name).unit) == write(float(rows[each.key, each.branch_key][name]), metric(name).unit)
        if not each.is_small:
            assert each.fair_value == pytest.approx(each.values[ranking.metrics[0]], abs=1e-6)
    best = sorted((each.fair_value for each in found), reverse=metric(ranking.metrics[0]).better.value == "up")
    assert [each.fair_value for each in found] == best


@pytest.mark.parametrize("key", EXCEPTIONS)
def test_a_list_of_exceptions_counts_what_an_independent_statement_counts(key: str, world: World, sources: Sources) -> None:
    found = sources.behind.worst(key, visit(sources))  # type: ignore[union-attr]
    assert found.total == int(world.oracle.execute(text(_COUNTS[key])).scalar_one() or 0)
    assert len(found.rows) == min(found.total, 8)


def test_ages_lifetimes_and_doors_add_up_to_their_metrics(world: World, sources: Sources) -> None:
    behind, seen = sources.behind, visit(sources)
    assert behind is not None

    def value(name: str) -> float:
        return world.ask(Question((name,), seen.period), COMPANY).value(name)

    aged = behind.outstanding(seen)
    assert sum(each.jobs for each in aged) == value("backlog_jobs")
    assert sum(each.amount for each in aged) == pytest.approx(value("backlog_amount"))
    curve = behind.resolution(seen)
    assert curve.count == value("tickets_opened")
    assert curve.open == int(world.oracle.execute(text(f"SELECT count(*) FROM crm.ticket WHERE resolved_at IS NULL AND opened_on {_IN_DAYS}")).scalar_one())
    assert sum(each.doors for each in behind.knocks(seen)) == value("doors")
    assert sum(each.leads for each in behind.knocks(seen)) == value("door_leads")


def test_nobody_reads_behind_a_branch_that_is_not_theirs(sources: Sources) -> None:
    behind, ids = sources.behind, [branch.id for branch in sources.reference.branches()]
    assert behind is not None
    mine = Scope(frozenset({ids[0]}))
    name = next(branch.name for branch in sources.reference.branches() if branch.id == ids[0])
    for key, declared in EXCEPTIONS.items():
        if declared.has_branch:
            assert {row["branch"] for row in behind.worst(key, visit(sources, mine)).rows} <= {name}
    assert {each.branch_id for each in behind.knocks(visit(sources, mine))} == {ids[0]}
    for look in (behind.outstanding, behind.resolution, behind.knocks, lambda seen: behind.worst("cancelled", seen)):
        with pytest.raises(OutOfScopeError):
            look(visit(sources, mine, branches=(ids[1],)))


def test_the_signs_are_read_and_a_redis_that_is_away_is_a_red_light(world: World) -> None:
    well = {sign.name: sign for sign in Behind(world.engines, world.settings).signs().signs}
    assert well["redis"].status == well["primary"].status == "good"
    assert {"views", "marks", "refreshes", "replica1", "cache", "queue", "worker", "clients", "push"} <= set(well)
    away = world.settings.model_copy(update={"redis_url": type(world.settings.redis_url)("redis://127.0.0.1:1")})
    ill = {sign.name: sign for sign in Behind(world.engines, away).signs().signs}
    assert ill["redis"].status == "bad"
    assert ill["primary"].status == "good"
