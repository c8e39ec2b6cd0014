"""The commands of ``python -m jobs``.  Their bodies import what they need when they run, so that --help is quick."""

import logging
import os
import sys

import typer

from jobs.demo.command import demo
from jobs.errors import CommandError
from jobs.imports.command import import_file
from jobs.ledgers.command import ledger
from jobs.metrics_command import metrics
from jobs.person import app as person
from jobs.prepare import prepare
from jobs.reconciliation import reconcile
from jobs.warehouse_commands import migrate, refresh, views
from shared.settings import SettingError

app = typer.Typer(help="Work on the platform's data.  Without DATABASE_URL the commands work on the platform that make run keeps up.",
                  no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
app.command()(migrate)
app.command()(views)
app.command()(refresh)
app.command()(metrics)
app.command()(demo)
app.command()(reconcile)
app.command()(ledger)
app.command("import")(import_file)
app.command(hidden=True)(prepare)
app.add_typer(person, name="person")


def main() -> None:
    """Run the command line; what can be expected to fail ends in a sentence and exit code 1, bad use in 2."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        _find_platform()
        app(prog_name="python -m jobs")
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        typer.secho(sentence, fg="red", err=True)
        sys.exit(1)


def _find_platform() -> None:
    """Take the settings of the platform that runs here, unless the environment names servers."""
    if "DATABASE_URL" in os.environ:
        return
    from jobs.stack.options import load_options
    from jobs.stack.state import running_environment

    for name, value in running_environment(load_options().state_dir).items():
        os.environ.setdefault(name, value)


def _sentence(error: Exception) -> str | None:
    """Return what to tell the person about ``error``; None: it was not expected."""
    from redis.exceptions import RedisError
    from sqlalchemy.exc import DBAPIError, OperationalError

    from shared.people.problems import AccountError

    if isinstance(error, SettingError):
        hint = " Start the platform with make run, or set DATABASE_URL." if "DATABASE_URL is not set" in str(error) else ""
        return f"{error}.{hint}"
    if isinstance(error, (CommandError, AccountError)):
        return str(error)
    if isinstance(error, OperationalError):
        return f"The database does not answer or broke off: {str(error.orig).strip()}"
    if isinstance(error, DBAPIError):
        return f"The database refused: {str(error.orig).strip()}"
    if isinstance(error, RedisError):
        return f"Redis does not answer: {error}"
    return None
