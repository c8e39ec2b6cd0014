"""Operational facts, their business days and partitions."""

from shared.warehouse.migrations.from_sql import run

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
