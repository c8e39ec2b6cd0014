"""Commands on the people who sign in; the site has pages for administrators too, this is for the first one and for emergencies."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from shared.people.person import Person
    from shared.warehouse.engines import Engines

app = typer.Typer(help="Add people, list them, shut them out, give them a new password.", no_args_is_help=True)
Email = Annotated[str, typer.Argument(help="E-mail address of the person.")]


@app.command("add")
def add(
    email: Email,
    name: Annotated[str, typer.Option(help="Full name.")],
    role: Annotated[str, typer.Option(help="leadership, branch_manager, department_head, analyst, cmo or admin.")],
    department: Annotated[str | None, typer.Option(help="Of a department head.")] = None,
    branch: Annotated[list[str] | None, typer.Option(help="Name of a branch that the person may see; may be given again.")] = None,
) -> None:
    """Create an account and print a one-time password."""
    from shared.people.changes import create_person
    from shared.people.passwords import new_one_time_password

    engines = _engines()
    password = new_one_time_password()
    person = create_person(engines, email=email, name=name, role=role, department=department, branches=_ids(engines, branch), password=password, must_change_password=True)
    typer.echo(f"{person.name} ({person.email}) can sign in with the one-time password {password}")


@app.command("list")
def list_() -> None:
    """List everybody."""
    from rich.console import Console
    from rich.table import Table

    from shared.people.accounts import branch_names, list_people

    engines = _engines()
    names = branch_names(engines)
    table = Table("e-mail", "name", "role", "branches", "active", "last sign-in")
    for person in list_people(engines):
        branches = "all" if person.all_branches else ", ".join(sorted(names.get(number, str(number)) for number in person.branches))
        seen = "never" if person.last_sign_in_at is None else f"{person.last_sign_in_at:%Y-%m-%d %H:%M} UTC"
        table.add_row(person.email, person.name, person.role, branches, "yes" if person.is_active else "no", seen)
    Console().print(table)


@app.command("password")
def password(email: Email) -> None:
    """Print a one-time password; every session of the person ends."""
    from shared.people.changes import reset_password

    engines = _engines()
    person = _find(engines, email)
    one_time = reset_password(engines, person)
    _close_live_connections(person.id)
    typer.echo(f"{person.name} ({person.email}) can sign in with the one-time password {one_time}")


@app.command("shut-out")
def shut_out(email: Email) -> None:
    """End every session and token of the person and let them in no more."""
    _set_active(email, active=False)


@app.command("let-in")
def let_in(email: Email) -> None:
    """End `shut-out`."""
    _set_active(email, active=True)


def _set_active(email: str, *, active: bool) -> None:
    from shared.people.changes import set_active

    engines = _engines()
    person = set_active(engines, _find(engines, email).id, active=active)
    _close_live_connections(person.id)
    typer.echo(f"{person.name} ({person.email}) {'can sign in' if active else 'is shut out'}.")


def _close_live_connections(person: int) -> None:
    from shared.live.control import close_connections, live_redis
    from shared.settings import load_settings

    close_connections(live_redis(load_settings()), person, rights_changed=True)


def _engines() -> "Engines":
    from shared.settings import load_settings
    from shared.warehouse.engines import Engines

    return Engines(load_settings())


def _find(engines: "Engines", email: str) -> "Person":
    from jobs.errors import CommandError
    from shared.people.accounts import find_by_email

    person = find_by_email(engines, email)
    if person is None:
        raise CommandError(f"There is no account with the address {email}; `python -m jobs person list` shows all.")
    return person


def _ids(engines: "Engines", names: list[str] | None) -> list[int] | None:
    if not names:
        return None
    from shared.people.accounts import branch_names

    known = {name.casefold(): number for number, name in branch_names(engines).items()}
    for name in names:
        if name.casefold() not in known:
            raise typer.BadParameter(f"There is no branch called {name}; there are {', '.join(sorted(known)) or 'none yet'}.", param_hint="--branch")
    return [known[name.casefold()] for name in names]
