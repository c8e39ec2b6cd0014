"""The command that writes docs/metrics.md."""

from pathlib import Path
from typing import Annotated

import typer

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "metrics.md"


def metrics(*, write: Annotated[bool, typer.Option("--write", help="Write docs/metrics.md instead of showing it.")] = False) -> None:
    """Show every metric as declared: meaning, formula, unit, date anchor, splits and views."""
    from shared.metrics.document import document

    if not write:
        typer.echo(document(), nl=False)
        return
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(document(), encoding="utf-8")
    typer.echo(f"Wrote {DOCUMENT.relative_to(Path.cwd()) if DOCUMENT.is_relative_to(Path.cwd()) else DOCUMENT}.")
