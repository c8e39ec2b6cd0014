"""Periods that somebody has signed for."""

from shared.warehouse.migrations.from_sql import run

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
