"""Files made of rows that the worker reads: how many they are, so that it can be said how far they are."""

from shared.warehouse.migrations.from_sql import run

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
