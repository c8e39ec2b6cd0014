"""Custom reports: who owns them, every version that ever was, who may see them, drafts and frozen copies."""

from shared.warehouse.migrations.from_sql import run

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
