"""People, their branches, sessions, sign-in attempts, API tokens, and the log of who changed whom."""

from shared.warehouse.migrations.from_sql import run

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
