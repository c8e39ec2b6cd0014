"""Remembered column mappings, the log of imports, and words for the rules of the operational tables."""

from shared.warehouse.migrations.from_sql import run

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
