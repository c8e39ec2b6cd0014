"""Files that were sent and wait to be looked at, or to be confirmed."""

from shared.warehouse.migrations.from_sql import run

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
