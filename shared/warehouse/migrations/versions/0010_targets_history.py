"""Who changed which target, who looks after a KPI, and what was noted about it."""

from shared.warehouse.migrations.from_sql import run

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
