"""``python -m jobs demo``."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from shared.warehouse.engines import Engines


class SizeChoice(StrEnum):
    """Sizes of the demo company (see docs/demo.md)."""

    SMALL = "small"
    STANDARD = "standard"
    LARGE = "large"


def demo(
    *,
    size: Annotated[SizeChoice, typer.Option(help="small: for tests; standard: 3 years, about 1.4 million rows; large: ten years, over 20 million.")] = SizeChoice.STANDARD,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Another seed makes another company.")] = 1,
    live: Annotated[bool, typer.Option("--live", help="Go on writing believable events until stopped; makes the company first where there is none.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Empty the tables first where a company is there already.")] = False,
) -> None:
    """Make the demo company: five branches, years of history ending today, planted faults whose truth is known."""
    from jobs.demo.load import load_company
    from shared.settings import load_settings
    from shared.warehouse.engines import Engines

    settings = load_settings()
    engines = Engines(settings)
    if not live or replace or not _has_company(engines):
        loaded = load_company(engines, settings, size=str(size), seed=seed, replace=replace)
        typer.echo(f"The demo company has {loaded.rows:,} rows: loaded in {loaded.seconds:,.1f} s, views built in {loaded.view_seconds:,.1f} s.")
    if live:
        from jobs.demo.live import run_live

        run_live(engines, settings)


def _has_company(engines: "Engines") -> bool:
    """Say whether there is one, once the database answers: a live demo starts beside it."""
    from shared.warehouse.upkeep import is_empty

    return not is_empty(engines.primary)
