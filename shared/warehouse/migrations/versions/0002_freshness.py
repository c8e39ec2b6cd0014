"""Dirty days, the state of each view, and the log of refreshes."""

from shared.warehouse.migrations.from_sql import run

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
