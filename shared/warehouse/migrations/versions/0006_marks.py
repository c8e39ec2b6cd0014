"""No statistics of dirty marks: they are out of date at once."""

from shared.warehouse.migrations.from_sql import run

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
