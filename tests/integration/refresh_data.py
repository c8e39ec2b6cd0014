"""A built company that refresh tests may change, comparisons of its views with its base tables, and refreshes that stop where a test wants."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from sqlalchemy import make_url, text

import shared.warehouse
from shared.clock import Clock
from shared.settings import Settings, load_settings
from shared.warehouse import parts, refresh
from shared.warehouse.build import build_views
from shared.warehouse.catalogue import BY_NAME, VIEWS, View
from shared.warehouse.engines import Engines
from shared.warehouse.refresh import Part, Refresh
from tests.databases import Databases, migrate_only
from tests.oracles import company

RECENT_FROM = date(2026, 1, 1)
"""First day of the recent window when the company is looked at."""


@dataclass
class Warehouse:
    """A company of its own with its views built."""

    settings: Settings
    engines: Engines

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A psycopg2 connection of its own; what it left open is rolled back."""
        with closing(psycopg2.connect(self.dsn)) as connection:
            yield connection

    @property
    def dsn(self) -> str:
        """The primary's address as psycopg2 takes it."""
        return make_url(self.settings.database_url.get_secret_value()).set(drivername="postgresql").render_as_string(hide_password=False)

    def refresh(self, view: str, part: Part = "recent", clock: Clock = company.clock) -> Refresh:
        """Refresh one part of a view, as the worker does."""
        return refresh.refresh(self.engines.primary, self.settings, view, part, clock)

    def refresh_all(self, part: Part, clock: Clock = company.clock) -> list[Refresh]:
        """Refresh what needs it, as the worker does."""
        return refresh.refresh_all(self.engines.primary, self.settings, part, clock)

    def marks(self, view: str) -> int:
        """How many dirty marks of a view there are."""
        return int(self.value("SELECT count(*) FROM mart.dirty_day WHERE view = :view", view=view))  # type: ignore[call-overload]

    def value(self, statement: str, **values: object) -> object:
        """The single value of a statement."""
        with self.engines.primary.connect() as connection:
            return connection.execute(text(statement), values).scalar_one()

    def wrong(self, views: Iterable[View] = VIEWS) -> list[str]:
        """How views differ from their base tables now."""
        with self.session() as connection, connection.cursor() as cursor:
            return wrong(cursor, views)


def copy_of_company(databases: Databases, redis_url: str, **overrides: object) -> Warehouse:
    """A copy of the company, built once per state of the warehouse's code."""
    code = sorted((*Path(shared.warehouse.__file__).parent.rglob("*.py"), *Path(shared.warehouse.__file__).parent.rglob("*.sql"), Path(company.__file__)))
    checksum = hashlib.sha256(b"".join(path.read_bytes() for path in code)).hexdigest()
    primary, replica = databases.fresh(template=databases.template("company", checksum, _fill))
    settings = _settings(primary, redis_url, replica_urls=replica)
    return Warehouse(settings.model_copy(update=overrides), Engines(settings))


def _fill(url: str) -> None:
    migrate_only(url)
    settings = _settings(url, "redis://127.0.0.1:1")
    engines = Engines(settings)
    company.write(engines.primary, company.make())
    build_views(engines.primary, settings, clock=company.clock)
    engines.dispose()


def _settings(url: str, redis_url: str, **more: object) -> Settings:
    return load_settings(**{"database_url": url, "replica_urls": "", "redis_url": redis_url, "secret_key": "s" * 48, **more})


def wrong(cursor: Cursor, views: Iterable[View] = VIEWS) -> list[str]:
    """How views differ from their base tables in this very snapshot; empty: they do not."""
    found = []
    for view in views:
        columns = ", ".join(view.columns)
        there, wanted = f"SELECT {columns} FROM mart.{view.name}", f"SELECT {columns} FROM ({parts.every_day(view)}) e"
        found += _differ(cursor, view.name, there, wanted)
        if view.has_levels:
            keys = ", ".join(("branch_id", *view.keys))
            open_now = ", ".join(f"sum({inflow}) - sum({outflow})" for inflow, outflow in parts.level_pairs(view))
            still = " OR ".join(f"sum({inflow}) <> sum({outflow})" for inflow, outflow in parts.level_pairs(view))
            found += _differ(cursor, f"{view.name}_balance", *(f"SELECT {keys}, {open_now} FROM {relation} x GROUP BY {keys} HAVING {still}"
                                                               for relation in (f"mart.{view.name}_balance", f"({parts.every_day(view)})")))
    return found


def _differ(cursor: Cursor, name: str, there: str, wanted: str) -> list[str]:
    cursor.execute(f"(SELECT 'missing', x.* FROM ({wanted} EXCEPT ALL {there}) x LIMIT 2) UNION ALL"
                   f" (SELECT 'too much', x.* FROM ({there} EXCEPT ALL {wanted}) x LIMIT 2)")
    return [f"{name}: {row}" for row in cursor.fetchall()]


POINTS = ("before", "locked", "unmarked", "refreshed", "committed")
"""Moments of a refresh: not begun; lock held, marks still there; marks deleted; view refreshed, not committed; committed."""


@dataclass
class Steps:
    """What happens at which point of a refresh; at each point a reader compares."""

    warehouse: Warehouse
    view: str
    actions: dict[str, list[Callable[[], object]]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def at(self, point: str, action: Callable[[], object]) -> None:
        """Do ``action`` at ``point``, after what was asked for before."""
        self.actions.setdefault(point, []).append(action)

    def reach(self, point: str) -> None:
        """The refresh is at ``point``."""
        for action in self.actions.pop(point, []):
            action()
            self.compare(point)
        self.compare(point)

    def compare(self, point: str) -> None:
        """Compare the view with its base tables."""
        self.wrong += [f"{point}: {row}" for row in self.warehouse.wrong([BY_NAME[self.view]])]


def stop_at_points(patch: pytest.MonkeyPatch, steps: Steps) -> None:
    """Have the real refresh stop at each point."""
    take, materialize = refresh.take_settled, refresh._materialize

    def taking(*given: object, **named: object) -> int | None:
        steps.reach("locked")
        taken = take(*given, **named)  # type: ignore[arg-type]
        steps.reach("unmarked")
        return taken

    def materializing(*given: object) -> None:
        materialize(*given)  # type: ignore[arg-type]
        steps.reach("refreshed")

    patch.setattr(refresh, "take_settled", taking)
    patch.setattr(refresh, "_materialize", materializing)
