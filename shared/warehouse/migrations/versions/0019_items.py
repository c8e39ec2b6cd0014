"""Of pairs only those of several rows are looked up: an index over all of them would cost as much as the rows."""

from shared.warehouse.migrations.from_sql import run

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
