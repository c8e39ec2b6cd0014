"""What stands between servers that run and sites that may start."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.people.demo import DemoPerson
    from shared.settings import Settings
    from shared.warehouse.engines import Engines


def prepare() -> None:
    """Migrate, build views and, in demo mode, create the demo company, its people, their reports and their schedules where they are missing."""
    from jobs.demo.deliveries import ensure_demo_schedules
    from jobs.demo.reports import ensure_demo_reports
    from jobs.warehouse_commands import migrate, views
    from shared.alerts.defaults import ensure_default_rules
    from shared.settings import load_settings
    from shared.warehouse.engines import Engines

    migrate()
    settings = load_settings()
    engines = Engines(settings)
    if settings.demo_mode:
        _ensure_demo_company(engines, settings)
    views()
    if settings.demo_mode:
        _ensure_demo_people(engines, settings)
        ensure_demo_reports(engines)
        ensure_demo_schedules(engines, settings)
    ensure_default_rules(engines)


def _ensure_demo_company(engines: "Engines", settings: "Settings") -> None:
    from jobs.errors import CommandError
    from shared.warehouse.upkeep import is_demo, is_empty

    if is_demo(engines.primary):
        return
    if not is_empty(engines.primary):
        raise CommandError("The database holds a company of its own and demo mode would make sign-ins that everybody knows: set DEMO_MODE=0, or use an empty database.")
    from jobs.demo.command import SizeChoice, demo

    demo(size=SizeChoice(settings.demo_size), seed=settings.demo_seed)


def _ensure_demo_people(engines: "Engines", settings: "Settings") -> None:
    from shared.people.accounts import branch_names
    from shared.people.demo import create_demo_people

    people = create_demo_people(engines, settings.demo_password.get_secret_value(), settings.demo_api_token.get_secret_value())
    if settings.demo_people_file:
        _write(Path(settings.demo_people_file), people, list(branch_names(engines).values()))


def _write(path: Path, people: "tuple[DemoPerson, ...]", branches: list[str]) -> None:
    """Write who the demo people are; ``branches``: what those see who see every branch."""
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps([{"email": one.email, "name": one.name, "role": one.role, "branches": branches if one.branches is None else list(one.branches)}
                                 for one in people]))
    draft.replace(path)
