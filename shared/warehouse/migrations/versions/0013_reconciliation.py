"""Reconciliation: runs, the cases that they open and close, what people did about them, and snapshots that only grow."""

from shared.warehouse.migrations.from_sql import run

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
