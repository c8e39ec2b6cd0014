"""The command that makes the demo company, and the one that lets it live."""

from enum import StrEnum
from typing import Annotated

import typer


class DemoSize(StrEnum):
    """How much the demo company has lived through."""

    SMALL = "small"
    STANDARD = "standard"
    LARGE = "large"


def demo(
    *,
    size: Annotated[DemoSize, typer.Option(help="small: seconds; standard: about a million rows; large: 20 million.")] = DemoSize.STANDARD,
    seed: Annotated[int, typer.Option(min=0, help="Another seed makes another company; the same one the same company.")] = 1,
    replace: Annotated[bool, typer.Option("--replace", help="Remove the company that is there first.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Go on writing believable events into the demo company until stopped.")] = False,
) -> None:
    """Make the demo company (demo mode only), or let it live."""
    from shared.settings import load_settings
    from shared.warehouse.engines import Engines

    settings = load_settings()
    engines = Engines(settings)
    if live:
        from jobs.demo.live import live as go_on

        go_on(engines, settings)
        return
    from jobs.demo.command import DemoRefusedError
    from jobs.demo.command import demo as make
    from jobs.errors import CommandError
    from shared.warehouse.bulk import NotEmptyError

    try:
        loaded = make(engines, settings, size=size.value, seed=seed, replace=replace)
    except (DemoRefusedError, NotEmptyError) as error:
        raise CommandError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error
    typer.echo(f"The demo company ({size.value}, seed {seed}): {loaded.rows:,} rows in {loaded.seconds:.1f} s, views in {loaded.view_seconds:.1f} s.")
