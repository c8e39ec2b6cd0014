"""The truth about what the demo company's generator planted."""

from shared.warehouse.migrations.from_sql import run

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
