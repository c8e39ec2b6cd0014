"""What has just happened and is yet to be told, and the numbers of those who tell it."""

from shared.warehouse.migrations.from_sql import run

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
