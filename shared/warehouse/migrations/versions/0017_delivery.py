"""Scheduled delivery: schedules, who receives them, their runs, what was made for whom, and the outbox."""

from shared.warehouse.migrations.from_sql import run

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
