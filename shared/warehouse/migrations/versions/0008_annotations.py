"""What happened, in people's words, and what they say of an anomaly."""

from shared.warehouse.migrations.from_sql import run

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
