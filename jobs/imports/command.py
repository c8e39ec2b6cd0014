"""The command `python -m jobs import ENTITY FILE`: options in, sentences and an exit code out."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from jobs.imports.refusal import ImportRefusedError, shown
from shared.settings import SettingError, load_settings
from shared.warehouse.load_entities import ENTITIES

REFUSED = 2
_SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "\\t": "\t"}


def import_file(
    entity: Annotated[str, typer.Argument(help=f"What the file holds: {', '.join(ENTITIES)}", show_default=False)],
    file: Annotated[Path, typer.Argument(help="CSV (comma, semicolon, tab or pipe), XLSX, XLS or Parquet", show_default=False)],
    *,
    mapping: Annotated[list[str] | None, typer.Option("--map", metavar="COLUMN=FIELD", help="Which field a column fills; COLUMN=- leaves it out; repeatable, remembered for files with the same header")] = None,
    constants: Annotated[list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="One value for every row, e.g. branch=Tampa; repeatable")] = None,
    dates: Annotated[Literal["us", "eu"] | None, typer.Option(help="Numeric dates begin with the month (us) or the day (eu); found out where the file shows it")] = None,
    decimal: Annotated[Literal["dot", "comma"] | None, typer.Option(help="The decimal mark; found out where the file shows it")] = None,
    separator: Annotated[str | None, typer.Option(help="comma, semicolon, tab, pipe or one character; found out")] = None,
    encoding: Annotated[str | None, typer.Option(help="utf-8, utf-16, cp1252, …; found out")] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook that has several")] = None,
    header_row: Annotated[int | None, typer.Option(min=1, help="Line that holds the column names; else the first that is not blank")] = None,
    rejects: Annotated[Path | None, typer.Option(help="Where rejected rows are written; else FILE.rejects.csv beside it")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell exactly what would happen and load nothing")] = False,
    all_or_nothing: Annotated[bool, typer.Option("--all-or-nothing", help="Load nothing if any row is rejected")] = False,
) -> None:
    """Import a file of your own data; importing it again changes nothing, a corrected one updates.

    Exit code: 0 all rows are in, 1 some rows were rejected, 2 the file was refused and nothing was loaded.
    """
    try:
        from jobs.imports.mapping import pairs
        from jobs.imports.perform import perform
        from jobs.imports.run import Request

        request = Request(entity, file, pairs(mapping or [], "--map"), pairs(constants or [], "--set"), dates, decimal, _separator(separator), encoding, sheet, header_row,
                          rejects, dry_run=dry_run, all_or_nothing=all_or_nothing)
        code = perform(load_settings(), request)
    except SettingError as error:
        code = _refuse(f"{error}. Start the platform with make run, or set DATABASE_URL")
    except ImportRefusedError as error:
        code = _refuse(str(error))
    except KeyboardInterrupt:
        code = _refuse("stopped; nothing was loaded")
    raise typer.Exit(code)


def _separator(wanted: str | None) -> str | None:
    found = _SEPARATORS.get(wanted.lower(), wanted) if wanted else None
    if wanted is not None and (found is None or len(found) != 1 or found in '"\r\n\x00'):
        raise ImportRefusedError(f"--separator {shown(wanted)} must be comma, semicolon, tab, pipe or one character")
    return found


def _refuse(sentence: str) -> int:
    typer.secho(f"Refused: {sentence}", fg="red", err=True)
    return REFUSED
