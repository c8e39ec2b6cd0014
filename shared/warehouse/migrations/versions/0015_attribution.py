"""An index for journeys, and what lead sources were called before."""

from shared.warehouse.migrations.from_sql import run

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
