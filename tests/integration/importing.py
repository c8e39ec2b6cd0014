"""What the tests of imports share: a company to import into, and an ear that is deaf to progress."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from jobs.imports.run import Outcome, Request, run_import
from jobs.imports.spool import Spool
from jobs.progress import Bar
from shared.settings import Settings
from shared.warehouse.build import build_views
from shared.warehouse.engines import Engines

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
Import = Callable[..., Outcome]


class Deaf:
    """Hears an import and keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.before_writing: Callable[[], None] = lambda: None

    @contextmanager
    def step(self, label: str, total: float | None, unit: str) -> Iterator[Bar]:
        assert unit
        assert total is None or total >= 0
        if label == "Writing":
            self.before_writing()

        class Still:
            def advance(self, amount: float = 1) -> None:
                assert amount >= 0

            def describe(self, label: str) -> None: ...

            def total(self, amount: float) -> None: ...

        yield Still()

    def understood(self, spool: Spool, mapped: object, plan: object, style_of: str) -> None:
        self.said.append(f"{spool.note}; {style_of}")

    def say(self, sentence: str) -> None:
        self.said.append(sentence)


@pytest.fixture
def company(fresh: Engines, settings: Settings, tmp_path: Path) -> Engines:
    """An empty company but for the sample branches, people, products, sources and prospects; its views mark dirty days."""
    build_views(fresh.primary, settings)
    for entity in ("branch", "employee", "product", "lead_source", "prospect"):
        run_import(fresh.primary, Request(entity, SAMPLES / f"{entity}.csv", rejects=tmp_path / "none.csv"), Deaf())
    return fresh


@pytest.fixture
def imported(company: Engines, tmp_path: Path) -> Import:
    """Imports a text as a file of an entity: ``imported("lead", text, dates="us")``."""

    def run(entity: str, content: str, watcher: Deaf | None = None, name: str = "file.csv", **options: object) -> Outcome:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return run_import(company.primary, Request(entity, path, **options), watcher or Deaf())  # type: ignore[arg-type]

    return run


def rows(engines: Engines, statement: str) -> list[tuple[object, ...]]:
    with engines.primary.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def rejected(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


LEADS = """external_id,prospect_external_id,source,created_at
L1,C-1,Paid search,2026-05-04 09:12
L2,C-2,Referral,2026-05-05 10:00
"""
