"""What deliveries send, over a company with rows: the numbers of the reader's branches and of no other, and nothing where a part cannot be read."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from shared.delivery import fitness
from shared.delivery.problems import GoneError, NotFitError
from shared.delivery.registry import sources_over
from shared.delivery.sources import Sources, draw, find
from shared.metrics.exact import ExactAsk
from shared.metrics.headline import Headlines
from shared.metrics.period import period
from shared.metrics.question import Question
from shared.metrics.reference import Reference
from shared.metrics.scope import COMPANY, Scope
from shared.people.changes import create_person
from shared.people.person import Person
from shared.warehouse.report_store import Viewer, create_report, put_in_bin
from tests.databases import Databases
from tests.integration.delivering import PASSWORD
from tests.integration.refresh_data import Warehouse, copy_of_company
from tests.oracles import company

ONE = Scope(frozenset({1}))


@dataclass(frozen=True)
class Shop:
    """A company with rows, a boss and a manager of branch 1."""

    warehouse: Warehouse
    ask: ExactAsk
    sources: Sources
    boss: Person
    manager: Person

    def report(self, *blocks: dict[str, object]) -> int:
        definition = {"schema": 1, "title": "Leads by source", "description": "", "limits": {"period": "ytd"}, "blocks": list(blocks)}
        return create_report(self.warehouse.engines, Viewer(self.boss.id, self.boss.name, self.boss.role, is_admin=False), json.dumps(definition), "Leads by source", "")


@pytest.fixture(scope="module")
def shop(databases: Databases, redis_url: str) -> Iterator[Shop]:
    made = copy_of_company(databases, redis_url)
    ask, reference = ExactAsk(made.engines, made.settings, company.clock), Reference(made.engines)
    headlines = Headlines(ask, reference, made.settings, company.clock)
    people = [create_person(made.engines, email=f"{name}@x.example", name=name.title(), role=role, password=PASSWORD, branches=branches) for name, role, branches in (("boss", "leadership", None), ("manager", "branch_manager", [1]))]
    yield Shop(made, ask, sources_over(made.engines, ask, headlines, reference, made.settings), *people)
    made.engines.dispose()


@pytest.mark.parametrize("scope", [COMPANY, ONE])
def test_a_brief_holds_the_numbers_of_the_scope_and_of_no_other_branch(shop: Shop, scope: Scope) -> None:
    document = draw(shop.sources, "brief:month-so-far", shop.boss, scope)
    fitness.check(document, company.NOW)
    block = document.block("branches")
    assert block is not None
    assert block.table is not None
    answer = shop.ask(Question(("net_sales_amount", "leads"), period("mtd", company.TODAY), split=("branch",)), scope).frame
    place = [column.label for column in block.table.columns].index("Leads")
    assert [(row[0], row[1], row[place]) for row in block.table.rows] == list(answer[["branch_label", "net_sales_amount", "leads"]].itertuples(index=False, name=None))
    assert len(block.table.rows) == (1 if scope is ONE else len(answer))
    if scope is COMPANY:
        assert block.table.totals[place] == answer["leads"].sum()


def test_a_report_is_drawn_in_its_readers_scope_for_those_who_may_see_it(shop: Shop) -> None:
    number = shop.report({"id": "a", "kind": "bar", "place": {"x": 0, "y": 0, "w": 6, "h": 4}, "metrics": ["leads"], "split": "branch"})
    subject = f"report:{number}"
    assert find(shop.sources, subject, shop.boss) is not None
    assert find(shop.sources, subject, shop.manager) is None
    with shop.warehouse.engines.writer() as connection:
        connection.execute(text("INSERT INTO app.report_share (report_id, role, may_edit) VALUES (:id, 'branch_manager', false)"), {"id": number})
    shown = {scope: draw(shop.sources, subject, person, scope) for scope, person in ((COMPANY, shop.boss), (ONE, shop.manager))}
    names = {scope: [row[0] for row in document.blocks[0].table.rows] for scope, document in shown.items() if document.blocks[0].table is not None}
    own = shop.ask(Question(("leads",), period("ytd", company.TODAY), split=("branch",)), ONE).frame
    assert names[ONE] == list(own["branch_label"])
    assert len(names[COMPANY]) > 1
    with shop.warehouse.engines.writer() as connection:
        put_in_bin(connection, number, into=True)
    with pytest.raises(GoneError, match="not exist any more"):
        draw(shop.sources, subject, shop.boss, COMPANY)


def test_a_report_of_which_a_block_cannot_be_read_is_kept_back(shop: Shop) -> None:
    number = shop.report({"id": "a", "kind": "bar", "place": {"x": 0, "y": 0, "w": 6, "h": 4}, "metrics": ["leads"], "split": "branch", "limits": {"branches": [2]}})
    fitness.check(draw(shop.sources, f"report:{number}", shop.boss, COMPANY), company.NOW)
    with pytest.raises(NotFitError, match="not yours to see"):
        fitness.check(draw(shop.sources, f"report:{number}", shop.boss, ONE), company.NOW)


@pytest.mark.parametrize("subject", ["brief:unknown", "report:999999", "report:1; DROP TABLE app.report", "report:²", "report:" + "9" * 40, "other:1", "brief"])
def test_what_is_not_there_is_not_found(shop: Shop, subject: str) -> None:
    assert find(shop.sources, subject, shop.boss) is None
    with pytest.raises(GoneError):
        draw(shop.sources, subject, shop.boss, COMPANY)
