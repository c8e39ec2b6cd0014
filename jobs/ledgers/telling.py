"""Says on the command line what came of holding a source against its book."""

import typer

from shared.settings import Settings
from shared.warehouse.engines import Engines


def tell_balance(settings: Settings, name: str) -> None:
    """Hold the source ``name`` against its book and print what came of it.  Raises CommandError."""
    from jobs.errors import CommandError
    from shared.reconciliation.ledger import run_ledger

    held = run_ledger(Engines(settings).primary, settings, name)
    if held is None:
        raise CommandError("A reconciliation is under way; try again when it is done.")
    for side, whose in zip(held.sides, ("theirs", "ours"), strict=True):
        typer.echo(f"{name}, {whose}: {side.matched_count:,} matched + {side.broken_count:,} broken = {side.total_count:,}; "
                   f"{side.matched_cents / 100:,.2f} + {side.broken_cents / 100:,.2f} = {side.total_cents / 100:,.2f}")
    for rule, count in sorted(held.found.items()):
        typer.echo(f"  {count:>6,}  {rule.replace('_', ' ').replace('crm', 'CRM')}")
