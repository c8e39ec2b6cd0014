"""The command ``python -m jobs ledger SOURCE FILE``."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

_MOST_LINES = 40


def ledger(
    source: Annotated[str, typer.Argument(help="Whose records these are: bank, lender, ...", show_default=False)],
    file: Annotated[Path, typer.Argument(help="CSV, XLSX, XLS or Parquet", show_default=False)],
    *,
    book: Annotated[Literal["payments", "financed", "invoices", "sales"] | None, typer.Option(help="Makes the source where it does not exist, and says which of our books it is held against")] = None,
    mapping: Annotated[list[str] | None, typer.Option("--map", metavar="COLUMN=FIELD", help="Which field a column fills; COLUMN=- leaves it out; repeatable, remembered for the source")] = None,
    period: Annotated[str | None, typer.Option(metavar="FROM..TO", help="Days that the file reports on, such as 2026-10-01..2026-10-31; found out from what matches")] = None,
    dates: Annotated[Literal["us", "eu"] | None, typer.Option(help="Numeric dates begin with the month (us) or the day (eu); found out where the file shows it")] = None,
    decimal: Annotated[Literal["dot", "comma"] | None, typer.Option(help="The decimal mark; found out where the file shows it")] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook that has several")] = None,
    header_row: Annotated[int | None, typer.Option(min=1, help="Line that holds the column names; else the first that names day and amount")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how the file is read and change nothing")] = False,
) -> None:
    """Take another party's ledger, hold it against our book, and say what does not agree.

    Exit code: 0 taken, 2 refused (with line numbers; nothing was changed).
    """
    from jobs.imports.mapping import pairs
    from jobs.imports.refusal import ImportRefusedError
    from jobs.ledgers.loading import RefusedError, load_ledger
    from jobs.ledgers.telling import tell_balance
    from jobs.ledgers.told import Told
    from shared.reconciliation.source import Source, SourceError, save_source, sources
    from shared.settings import load_settings
    from shared.warehouse.engines import Engines

    settings = load_settings()
    engines = Engines(settings)
    try:
        with engines.primary.begin() as connection:
            if book and source not in {one.name for one in sources(connection)}:
                save_source(connection, Source(source, source.replace("_", " ").capitalize(), book))
        told = Told(pairs(mapping or [], "--map"), dates, decimal, sheet=sheet, header_row=header_row)
        looked = load_ledger(engines, source, file, told, dry_run=dry_run, period=_period(period))
    except (RefusedError, SourceError, ImportRefusedError) as error:
        typer.secho(f"Refused: {error}", fg="red", err=True)
        for problem in getattr(error, "problems", ()):
            typer.echo(f"  line {problem.line}: {problem.words}", err=True)
        raise typer.Exit(2) from error
    typer.echo(f"Read as {looked.understood.words()}.")
    for one in looked.understood.mapped:
        typer.echo(f"  {one.column}: {one.field or 'left out'}{f' ({one.how})' if one.how else ''}")
    left_out = looked.document["totals"]
    for row in left_out[:_MOST_LINES]:
        typer.echo(f"  line {row['line']} was left out: {row['words']}{'; ' + row['says'] if row['says'] else ''}")
    if len(left_out) > _MOST_LINES:
        typer.echo(f"  and {len(left_out) - _MOST_LINES:,} more lines, which the page lists with the file")
    typer.echo(f"{looked.staged.rows:,} records, {looked.staged.cents / 100:,.2f}, {looked.staged.first} to {looked.staged.last}.")
    if dry_run:
        for problem in looked.problems:
            typer.echo(f"  line {problem.line}: {problem.words}")
        typer.echo("Nothing was changed: this was a dry run.")
        return
    tell_balance(settings, source)


def _period(words: str | None) -> tuple[date, date] | None:
    if words is None:
        return None
    try:
        first, last = (datetime.strptime(part.strip(), "%Y-%m-%d").date() for part in words.split(".."))  # noqa: DTZ007 - a day, not a moment
    except ValueError:
        raise typer.BadParameter("must look like 2026-10-01..2026-10-31", param_hint="--period") from None
    return first, last
