"""Commands on tables and views."""

from enum import StrEnum
from typing import Annotated

import typer


class Part(StrEnum):
    """What `refresh` refreshes of each view."""

    RECENT = "recent"
    ARCHIVE = "archive"


def migrate() -> None:
    """Bring the tables to the newest revision."""
    from shared.settings import load_settings
    from shared.warehouse.engines import Engines
    from shared.warehouse.migrate import migrate as run
    from shared.warehouse.upkeep import ensure_partitions

    engines = Engines(load_settings())
    before, after = run(engines.primary)
    made = ensure_partitions(engines.primary)
    typer.echo((f"The tables are at revision {after}" if before == after else f"The tables went from revision {before or 'nothing'} to {after}")
               + (f"; {made} partitions made." if made else "."))


def views(*, force: Annotated[bool, typer.Option(help="Build all, also those whose definition has not changed.")] = False) -> None:
    """Build the views whose definition has changed."""
    from jobs.progress import progress
    from shared.settings import load_settings
    from shared.warehouse.build import build_views
    from shared.warehouse.engines import Engines

    settings = load_settings()
    with progress("Building views", unit="views") as bar:

        def show(name: str, _done: int, total: int) -> None:
            bar.total(total)
            bar.describe(f"Building {name}" if name else "Views built")
            if _done:
                bar.advance()

        built = build_views(Engines(settings).primary, settings, force=force, progress=show)
    typer.echo(f"{len(built)} views built: {', '.join(built)}." if built else "Every view is as it should be.")


def refresh(
    names: Annotated[list[str] | None, typer.Argument(metavar="[VIEW]...", help="Views; none named: those that need it.")] = None,
    *,
    part: Annotated[Part, typer.Option(help="archive moves the recent window too and refreshes both.")] = Part.RECENT,
) -> None:
    """Refresh views now; the worker does so on its schedule."""
    from jobs.errors import CommandError
    from jobs.progress import progress
    from shared.settings import load_settings
    from shared.warehouse.catalogue import BY_NAME
    from shared.warehouse.engines import Engines
    from shared.warehouse.refresh import refresh as run
    from shared.warehouse.refresh import views_to_refresh

    settings = load_settings()
    engine = Engines(settings).primary
    if unknown := [name for name in names or [] if name not in BY_NAME]:
        raise typer.BadParameter(f"There is no view called {unknown[0]}; there are {', '.join(BY_NAME)}.", param_hint="VIEW")
    wanted = names or views_to_refresh(engine, settings, part.value)
    done = []
    with progress("Refreshing", total=len(wanted), unit="views") as bar:
        for name in wanted:
            bar.describe(f"Refreshing {name}")
            done.append(run(engine, settings, name, part.value))
            bar.advance()
    for one in done:
        typer.echo(f"{one.view}: {one.outcome}{f', {one.marks} marks covered' if one.outcome == 'done' else ''}{one.error and f' ({one.error})'}")
    if any(one.outcome == "failed" for one in done):
        raise CommandError("Not every view could be refreshed; numbers stay exact, reading them is slower.")
    if not done:
        typer.echo("No view needs it.")
